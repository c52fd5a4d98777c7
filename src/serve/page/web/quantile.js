// Percentiles of a histogram, as Prometheus estimates them, and within what its buckets prove.

import { bound } from './buckets.js';

/** The quantile for a `q` that is not from 0 to 1, or null. */
function outside(q) {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  return q > 1 ? Infinity : null;
}

/** The counts without decreases, and without steps that are rounding errors. */
function smoothed(cumulative) {
  let previous = NaN;
  return cumulative.map((count) => {
    const noise = 1e-12 * (Math.abs(previous) + Math.abs(count));
    if (count - previous > noise || Number.isNaN(previous)) previous = count;
    return previous;
  });
}

/** The bucket that has a rank, as computed from the total: its index and the counts, or null without observations. */
function find(rankOf, bounds, cumulative) {
  const counts = smoothed(cumulative);
  const total = counts.at(-1);
  if (bounds.length === 0 || counts.length !== bounds.length + 1 || !(total > 0)) return null;
  const rank = rankOf(total);
  const bucket = counts.slice(0, -1).findIndex((count) => count >= rank);
  return { counts, rank, bucket: bucket < 0 ? bounds.length : bucket };
}

/**
 * What histogram_quantile(q, ...) returns for a classic histogram: `cumulative` has the counts up to each of `bounds`, and
 * the total last. https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function classic(q, bounds, cumulative) {
  const limit = outside(q);
  if (limit !== null) return limit;
  const found = find((total) => q * total, bounds, cumulative);
  if (!found) return NaN;
  const { counts, rank, bucket } = found;
  if (bucket === bounds.length) return bounds.at(-1);
  if (bucket === 0 && bounds[0] <= 0) return bounds[0];
  const [low, below] = bucket === 0 ? [0, 0] : [bounds[bucket - 1], counts[bucket - 1]];
  return low + (bounds[bucket] - low) * ((rank - below) / (counts[bucket] - below));
}

/** The bounds [low, high] between which the buckets prove that the percentile lies; null without observations. */
export function range(q, bounds, cumulative) {
  return outside(q) === null ? between(find((total) => q * total, bounds, cumulative), bounds) : null;
}

/** The bounds between which the buckets prove that the observation with this rank lies; the least one has rank 1. */
export function rangeOfRank(rank, bounds, cumulative) {
  return between(find(() => rank, bounds, cumulative), bounds);
}

function between(found, bounds) {
  if (!found) return null;
  const { bucket } = found;
  const high = bounds[bucket] ?? Infinity;
  return [bounds[bucket - 1] ?? (high > 0 ? 0 : -Infinity), high];
}

/** The observed buckets of a native histogram, in order: [low, high, count]. */
export function nativeBuckets({ schema, zero, buckets }) {
  const positive = [...buckets].sort(([one], [other]) => one - other);
  const all = positive.map(([index, count]) => [bound(schema, index - 1), bound(schema, index), count]);
  return [[0, 0, zero], ...all].filter(([, , count]) => count > 0);
}

/**
 * What histogram_quantile(q, ...) returns for a native histogram: the rank is searched from below for q under 0.5, otherwise
 * from above, and the logarithm of the value is interpolated.
 */
export function native(q, histogram) {
  const limit = outside(q);
  if (limit !== null) return limit;
  const all = nativeBuckets(histogram);
  const total = all.reduce((sum, [, , count]) => sum + count, 0);
  const upwards = q < 0.5;
  const rank = total * (upwards ? q : 1 - q);
  let seen = 0;
  for (const [low, high, count] of upwards ? all : all.reverse()) {
    seen += count;
    if (seen < rank) continue;
    if (high <= 0) return 0;
    const fromLow = upwards ? rank - (seen - count) : seen - rank;
    const [from, to] = [Math.log2(low), Math.log2(high)];
    return 2 ** (from + (to - from) * (fromLow / count));
  }
  return NaN;
}
