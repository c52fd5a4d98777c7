//! Histogram buckets: their bounds, the bucket of a value, and the quantile that Prometheus computes from counts. Pure.
//! Classic ones are here, those of native histograms in `native`.

mod counts;
mod native;

use std::{fmt, str::FromStr};

pub use counts::NativeCounts;
pub use native::{NativeHistogram, Schema};

/// Maximum number of bounds; each is a series per label set.
const MAX_BOUNDS: usize = 200;
/// The bounds that the OpenTelemetry semantic conventions advise for `http.server.request.duration`, in seconds:
/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration>.
pub const SEMCONV: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The finite upper bounds of a histogram's buckets: seconds above 0, strictly increasing. A last bucket up to +Inf is
/// implied.
///
/// | spec | bounds |
/// |---|---|
/// | `exponential(START,FACTOR,COUNT)` | START, START x FACTOR, START x FACTOR^2, ... |
/// | `linear(START,WIDTH,COUNT)` | START, START + WIDTH, START + 2 WIDTH, ... |
/// | `semconv` | the bounds that the OpenTelemetry conventions advise for HTTP servers |
/// | `0.1,0.5,1` | exactly these |
///
/// Computed bounds are rounded to 15 digits, so that the label is `le="0.3"`, not `le="0.30000000000000004"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    spec: String,
    bounds: Vec<f64>,
}

/// Why a spec was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("buckets `{given}`: {reason}")]
pub struct BucketsError {
    given: String,
    reason: String,
}

impl Buckets {
    /// The finite upper bounds, in seconds.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The bucket of a value, from 0 to `bounds().len()`: the first whose bound is not below it.
    #[must_use]
    pub fn index(&self, seconds: f64) -> usize {
        self.bounds.partition_point(|&bound| bound < seconds)
    }
}

/// `exponential(0.001,2,15)`: 1 ms to 16.384 s.
impl Default for Buckets {
    fn default() -> Self {
        let bounds = progression(15, |n| 0.001 * libm::pow(2.0, n));
        Self {
            spec: "exponential(0.001,2,15)".to_owned(),
            bounds,
        }
    }
}

impl fmt::Display for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spec)
    }
}

impl FromStr for Buckets {
    type Err = BucketsError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        parse(given).map_err(|reason| BucketsError {
            given: given.chars().take(200).collect(),
            reason,
        })
    }
}

fn parse(given: &str) -> Result<Buckets, String> {
    let spec: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let (name, arguments) = match spec.strip_suffix(')').and_then(|spec| spec.split_once('(')) {
        Some((name, arguments)) => (name, numbers(arguments)?),
        None if spec == "semconv" => ("semconv", Vec::new()),
        None => ("", numbers(&spec)?),
    };
    let (spec, bounds) = match (name, &arguments[..]) {
        ("semconv", []) => (spec, SEMCONV.to_vec()),
        ("", list) => (join(list), list.to_vec()),
        ("exponential", &[start, factor, count]) => {
            let spec = format!("exponential({start},{factor},{count})");
            (spec, progression(whole(count)?, |n| start * libm::pow(factor, n)))
        }
        ("linear", &[start, width, count]) => {
            let spec = format!("linear({start},{width},{count})");
            (spec, progression(whole(count)?, |n| start + width * n))
        }
        ("exponential", _) => return Err("expected exponential(START,FACTOR,COUNT)".to_owned()),
        ("linear", _) => return Err("expected linear(START,WIDTH,COUNT)".to_owned()),
        _ => return Err("expected exponential(START,FACTOR,COUNT), linear(START,WIDTH,COUNT), semconv, or a list".to_owned()),
    };
    check(&bounds)?;
    Ok(Buckets { spec, bounds })
}

fn numbers(list: &str) -> Result<Vec<f64>, String> {
    let items = list.split(',').enumerate();
    items
        .map(|(i, item)| match item.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!(
                "number {} is `{item}`, expected a finite decimal number",
                i + 1
            )),
        })
        .collect()
}

fn join(list: &[f64]) -> String {
    let items: Vec<_> = list.iter().map(ToString::to_string).collect();
    items.join(",")
}

fn whole(count: f64) -> Result<u8, String> {
    format!("{count}")
        .parse()
        .ok()
        .filter(|&count| count > 0 && usize::from(count) <= MAX_BOUNDS)
        .ok_or_else(|| format!("COUNT is {count}, expected a whole number from 1 to {MAX_BOUNDS}"))
}

fn progression(count: u8, at: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..count)
        .map(|n| at(f64::from(n)))
        .map(|bound| format!("{bound:.14e}").parse().unwrap_or(bound))
        .collect()
}

fn check(bounds: &[f64]) -> Result<(), String> {
    if bounds.len() > MAX_BOUNDS {
        return Err(format!(
            "{} bounds, expected at most {MAX_BOUNDS}",
            bounds.len()
        ));
    }
    let previous = std::iter::once(&0.0).chain(bounds);
    for (n, (previous, bound)) in previous.zip(bounds).enumerate() {
        if !bound.is_finite() || bound <= previous {
            return Err(format!(
                "bound {} is {bound}, expected more than {previous}, and finite",
                n + 1
            ));
        }
    }
    Ok(())
}

/// What Prometheus' `histogram_quantile(q, ...)` returns for a classic histogram, in the unit of its bounds.
///
/// `cumulative` has the counts (or rates, or shares) up to each of `bounds`, and the total last. The rank `q x total` is
/// interpolated linearly within its bucket, from 0 in the first one; above the highest bound, that bound is returned. No
/// observations, no finite bound, lengths that do not match, or `q` not a number give NaN; `q` below 0 gives -Inf, above
/// 1 +Inf. As in
/// [Prometheus](https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), counts that
/// decrease, or differ from the previous one by a rounding error, are first set to the previous one.
#[must_use]
pub fn quantile(q: f64, bounds: &[f64], cumulative: &[f64]) -> f64 {
    if let Some(limit) = native::outside(q) {
        return limit;
    }
    let counts = smoothed(cumulative);
    let (Some(&highest), Some(&total)) = (bounds.last(), counts.last()) else {
        return f64::NAN;
    };
    if counts.len() != bounds.len() + 1 || total == 0.0 || total.is_nan() {
        return f64::NAN;
    }
    let rank = q * total;
    let bucket = counts[..bounds.len()].partition_point(|&count| count < rank);
    let (low, below) = match bucket {
        _ if bucket == bounds.len() => return highest,
        0 if bounds[0] <= 0.0 => return bounds[0],
        0 => (0.0, 0.0),
        _ => (bounds[bucket - 1], counts[bucket - 1]),
    };
    low + (bounds[bucket] - low) * ((rank - below) / (counts[bucket] - below))
}

/// The counts without decreases, and without steps that are rounding errors.
fn smoothed(cumulative: &[f64]) -> Vec<f64> {
    let step = |previous: &mut f64, &count: &f64| {
        let noise = 1e-12 * (previous.abs() + count.abs());
        if count - *previous > noise || previous.is_nan() {
            *previous = count;
        }
        Some(*previous)
    };
    cumulative.iter().scan(f64::NAN, step).collect()
}

#[cfg(test)]
mod native_tests;
#[cfg(test)]
mod tests;
