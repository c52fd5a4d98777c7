//! What Prometheus reports from a native histogram of a delay, for very many requests.

use std::{collections::BTreeMap, time::Duration};

use super::cumulative::within;
use crate::{
    buckets::{NativeHistogram, Schema},
    delay::Delay,
};

/// The run whose range of delays decides the schema. Most delays reach 0 or have a long tail: the more requests, the
/// wider the range that a histogram has to hold, and the lower its schema.
pub const REQUESTS: u32 = 10_000;

/// The schema that a histogram of [`REQUESTS`] requests is expected to have.
///
/// With N requests, the lowest and the highest are expected at the shares 1/(N+1) and N/(N+1) of the distribution.
/// Delays of 0 have their own bucket; the lowest is that of the others.
#[must_use]
pub fn schema(delay: &Delay) -> Schema {
    let share = 1.0 / f64::from(REQUESTS + 1);
    let zero = delay.cdf(Duration::ZERO);
    let seconds = |u| delay.quantile(u).as_secs_f64();
    Schema::fitting(seconds(zero + share), seconds(1.0 - share))
}

/// What `histogram_quantile(q, ...)` returns, in seconds, for a native histogram at `schema` in which each bucket has
/// exactly its share of the delays.
///
/// Only the buckets that can hold the rank are computed: those of `quantile(q)`, and, where `q` falls exactly between
/// two values, of the next value.
#[must_use]
pub fn quantile(q: f64, delay: &Delay, schema: Schema) -> f64 {
    let around = [q, q.next_up()].map(|u| schema.index(delay.quantile(u).as_secs_f64()));
    let edges = around.into_iter().flatten();
    shares(delay, schema, edges.flat_map(|index| [index - 1, index])).quantile(q)
}

/// A native histogram of the delay, in which each bucket has its share of the delays.
///
/// It has the given buckets and the highest one, by index; each has also the delays of the absent ones below it.
#[must_use]
pub fn shares(
    delay: &Delay,
    schema: Schema,
    buckets: impl IntoIterator<Item = i32>,
) -> NativeHistogram {
    let cumulative = |index| (index, within(delay, schema.bound(index)));
    let highest = schema.index(delay.max().as_secs_f64());
    let sorted: BTreeMap<_, _> = buckets.into_iter().chain(highest).map(cumulative).collect();
    let zero = delay.cdf(Duration::ZERO);
    let share = |below: &mut f64, (index, within): (i32, f64)| {
        let share = within - *below;
        *below = within;
        Some((index, share))
    };
    NativeHistogram {
        schema,
        zero,
        buckets: sorted.into_iter().scan(zero, share).collect(),
    }
}
