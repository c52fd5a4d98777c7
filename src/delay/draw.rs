//! The draw: the number in (0, 1) that a request's ids and the seed decide, the same everywhere and for ever.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Identity;

/// What a draw decides, so that one request's delay and its failure are independent.
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
/// # Ok::<(), httpserver::delay::TraceparentError>(())
/// ```
#[must_use]
pub fn draw(seed: u64, domain: Domain, id: Identity) -> f64 {
    let mut bytes = [domain as u8; 25];
    bytes[1..17].copy_from_slice(&id.trace_id.to_be_bytes());
    bytes[17..].copy_from_slice(&id.parent_id.to_be_bytes());
    unit(xxh3_64_with_seed(&bytes, seed))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "52 bits and a half are exact in an f64"
)]
fn unit(hash: u64) -> f64 {
    ((hash >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}
