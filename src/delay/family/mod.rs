//! The families of distributions. A new one is a file, its `mod` line, and its row in [`ALL`].

mod capped;
mod constant;
mod exponential;
mod level;
mod lognormal;
mod mix;
mod normal;
mod pareto;
mod quantiles;
mod uniform;
mod weibull;

use super::spec::Syntax;

pub use uniform::uniform;

/// Every family, in the order in which help and errors list them.
pub const ALL: &[Syntax] = &[
    constant::SYNTAX,
    uniform::SYNTAX,
    normal::SYNTAX,
    lognormal::SYNTAX,
    exponential::SYNTAX,
    weibull::SYNTAX,
    pareto::SYNTAX,
    quantiles::SYNTAX,
    mix::SYNTAX,
    capped::SYNTAX,
];
