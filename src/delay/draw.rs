//! The draw: a number in (0, 1) computed from the seed and a request's ids, the same on every replica and platform.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::contract::TraceContext;

/// What a draw is used for. Different domains give independent draws for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// How long the request is delayed.
    Delay = 0,
    /// Whether the request is failed by `--error-rate`.
    Error = 1,
}

/// The draw of one request, strictly between 0 and 1.
///
/// `u = ((h >> 12) + 0.5) / 2^52`, where `h` is XXH3-64 with the seed over 25 bytes: the domain, the trace id and the
/// parent id, both big-endian. `docs/draw.md` has test vectors and repeats one in Python.
///
/// ```
/// # use httpserver::delay::{Domain, draw};
/// let id = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
/// assert_eq!(draw(7, Domain::Delay, id), 0.568_563_876_136_300_2);
/// # Ok::<(), httpserver::contract::TraceparentError>(())
/// ```
#[must_use]
pub fn draw(seed: u64, domain: Domain, id: TraceContext) -> f64 {
    let mut bytes = [domain as u8; 25];
    bytes[1..17].copy_from_slice(&id.trace_id.to_be_bytes());
    bytes[17..].copy_from_slice(&id.parent_id.to_be_bytes());
    unit(xxh3_64_with_seed(&bytes, seed))
}

// An f64 holds 52 bits and a half exactly.
fn unit(hash: u64) -> f64 {
    ((hash >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::delay::{Delay, parse_duration};

    /// The rows of the table in `docs/draw.md`, each as its five cells.
    fn vectors() -> Vec<[String; 5]> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/draw.md");
        let rows = fs::read_to_string(path).unwrap();
        rows.lines()
            .filter(|row| row.starts_with("| ") && !row.starts_with("| seed"))
            .map(|row| {
                let cells = row.trim_matches('|').split('|');
                let cells: Vec<_> = cells.map(|cell| cell.trim().replace('`', "")).collect();
                cells.try_into().unwrap()
            })
            .collect()
    }

    fn delay(spec: &str, u: f64) -> Duration {
        spec.parse::<Delay>().unwrap().quantile(u)
    }

    #[test]
    fn the_draws_match_the_vectors_in_the_docs() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 6);
        for [seed, traceparent, u, uniform, lognormal] in vectors {
            let drawn = draw(
                seed.parse().unwrap(),
                Domain::Delay,
                traceparent.parse().unwrap(),
            );
            assert_eq!(format!("{drawn:.17}"), u);
            let expected = [uniform, lognormal].map(|text| parse_duration(&text).unwrap());
            let specs = ["uniform(0s,2s)", "lognormal(p50=200ms,p99=1.5s)"];
            assert_eq!(
                specs.map(|spec| delay(spec, drawn)),
                expected,
                "{traceparent}"
            );
        }
    }

    #[test]
    fn every_input_changes_the_draw() {
        let id = TraceContext {
            trace_id: 1,
            parent_id: 1,
        };
        let others = [
            draw(8, Domain::Delay, id),
            draw(7, Domain::Error, id),
            draw(7, Domain::Delay, TraceContext { trace_id: 2, ..id }),
            draw(7, Domain::Delay, TraceContext { parent_id: 2, ..id }),
        ];
        for other in others {
            assert!((other - draw(7, Domain::Delay, id)).abs() > 1e-9);
        }
    }

    #[test]
    fn the_extreme_hashes_stay_strictly_between_0_and_1() {
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
    }
}
