//! Numbers as text.

use std::io::Write;

/// Appends a number as both text formats write it, in the shortest form that reads back as the same number.
pub fn push(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        let _ = write!(out, "{number}");
    } else {
        out.extend_from_slice(not_finite(number));
    }
}

/// Appends a number in the canonical form of OpenMetrics, which the bounds of buckets must have:
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>
pub fn push_canonical(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        return out.extend_from_slice(not_finite(number));
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        let _ = write!(out, "{mantissa}e{sign}{digits:0>2}");
    } else if number.fract() == 0.0 {
        let _ = write!(out, "{number:.1}");
    } else {
        let _ = write!(out, "{number}");
    }
}

fn not_finite(number: f64) -> &'static [u8] {
    if number.is_nan() {
        b"NaN"
    } else if number > 0.0 {
        b"+Inf"
    } else {
        b"-Inf"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(number: f64) -> String {
        let mut out = Vec::new();
        push_canonical(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bounds_are_canonical() {
        for (number, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (10.0, "10.0"),
            (0.005, "0.005"),
            (2.048, "2.048"),
            (0.000_1, "0.0001"),
            (0.000_01, "1e-05"),
            (0.000_025, "2.5e-05"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1.5e100, "1.5e+100"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(number), text);
        }
    }

    #[test]
    fn every_number_reads_back_as_itself() {
        for number in [0.1, 1e300, 5e-324, f64::MAX, -2.5, f64::NEG_INFINITY] {
            let mut out = Vec::new();
            push(&mut out, number);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(text.parse(), Ok(number), "{text}");
            assert_eq!(canonical(number).parse(), Ok(number));
        }
    }
}
