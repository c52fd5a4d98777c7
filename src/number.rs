//! Whole numbers as values of flags; the error names the range.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use clap::builder::{StringValueParser, TypedValueParser};

/// A parser of the whole numbers in a range.
pub fn whole<N>(range: RangeInclusive<N>) -> impl TypedValueParser<Value = N>
where
    N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    StringValueParser::new().try_map(move |given| {
        let number = given.parse().ok();
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (first, last) = (range.start(), range.end());
                format!("must be a whole number from {first} to {last}")
            })
    })
}
