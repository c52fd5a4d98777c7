//! The declared delay: a quantile function, its grammar, and the draw that anyone can repeat.

mod identity;

pub use identity::{Identity, TraceparentError};
