//! Reads the spec of a delay: a family's name with its arguments, nested at most eight deep.

mod cursor;
mod error;
mod parser;

pub use cursor::Cursor;
pub use error::SpecError;
pub use parser::{Parsed, Parser, Syntax, parse};
