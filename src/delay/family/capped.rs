//! `capped(SPEC,MAX)`: any delay, cut to a longest one.

use crate::delay::spec::{Parsed, Parser, Syntax};

pub const SYNTAX: Syntax = Syntax {
    usage: "capped(SPEC,MAX)",
    about: "longer delays are cut to MAX",
    parse,
    #[cfg(test)]
    examples: &["capped(exponential(1s),1.5s)"],
    #[cfg(test)]
    random: |mean, max, _| format!("capped(exponential({mean}ns),{max}ns)"),
};

fn parse(parser: &mut Parser) -> Parsed {
    let delay = parser.delay()?;
    parser.sign(',')?;
    let max = parser.duration()?;
    Ok(delay.capped(max.into()))
}
