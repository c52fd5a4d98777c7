//! Reads numbers and booleans.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use super::variables::Variables;
use crate::telemetry::error::TelemetryError;

/// A whole number in a range; `None` where the variable is not set.
pub fn number<T>(
    variables: &Variables,
    name: &'static str,
    range: &RangeInclusive<T>,
    unit: &str,
) -> Result<Option<T>, TelemetryError>
where
    T: FromStr + PartialOrd + Display,
{
    let Some(given) = variables.get(name)? else {
        return Ok(None);
    };
    let number = given.parse().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    let refused = || {
        let reason = format!("must be a whole number of {unit} from {least} to {most}");
        TelemetryError::variable(name, given, reason)
    };
    number.ok_or_else(refused).map(Some)
}

/// `true` or `false` in any case. The specification reads every other value as false, with a warning.
pub fn boolean(
    variables: &Variables,
    name: &'static str,
    warnings: &mut Vec<String>,
) -> Result<bool, TelemetryError> {
    let Some(given) = variables.get(name)? else {
        return Ok(false);
    };
    if !["true", "false"]
        .iter()
        .any(|known| given.eq_ignore_ascii_case(known))
    {
        warnings.push(format!(
            "{name}=`{given}`: read as `false`; supported are `true` and `false`"
        ));
    }
    Ok(given.eq_ignore_ascii_case("true"))
}
