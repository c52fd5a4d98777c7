// The numbers of the page: the observations of a window in the chosen buckets, and each percentile in all its versions.

import { spread, tally } from './buckets.js';
import * as quantile from './quantile.js';

export const PERCENTILES = [0.5, 0.9, 0.95, 0.99, 0.999];
/**
 * The observed histogram in `bounds`: as exposed where it has these bounds, otherwise counted anew from the measured totals
 * `samples` if they are those of all its requests, otherwise divided from the native buckets. `by` says which.
 */
export function rebucket(histogram, bounds, samples) {
  const isOwn = bounds.length === histogram.bounds.length && bounds.every((bound, at) => bound === histogram.bounds[at]);
  if (isOwn) return { by: 'exposed', bounds, cumulative: histogram.cumulative };
  if (samples.length > 0 && samples.length === histogram.count) return { by: 'samples', bounds, cumulative: tally(samples, bounds) };
  if (histogram.native) return { by: 'native', bounds, cumulative: spread(histogram.native, bounds) };
  return null;
}

/** The bounds and counts of the native buckets. */
export function nativeView({ native }) {
  if (!native) return null;
  const bounds = [];
  const cumulative = [];
  let below = 0;
  for (const [low, high, count] of quantile.nativeBuckets(native)) {
    if (low > 0 && bounds.at(-1) !== low) {
      bounds.push(low);
      cumulative.push(below);
    }
    below += count;
    if (high > 0) {
      bounds.push(high);
      cumulative.push(below);
    }
  }
  return { by: 'native', bounds, cumulative: [...cumulative, below] };
}

/**
 * Each percentile: the declared one, what the requests had, and what Prometheus estimates. `seen` is the histogram in the
 * chosen buckets, or null; `truth` is the answer of /truth for the delay of these requests and the chosen buckets.
 */
export function percentiles({ histogram, seen, truth, samples, isNative }) {
  return PERCENTILES.map((q) => {
    const known = truth.quantiles.find((quantile) => quantile.q === q) ?? {};
    const native = histogram?.native ? quantile.native(q, histogram.native) : NaN;
    const classic = seen ? quantile.classic(q, seen.bounds, seen.cumulative) : NaN;
    return {
      q,
      truth: known.seconds ?? NaN,
      expected: (isNative ? known.native_seconds : known.reported_seconds) ?? NaN,
      real: real(q, histogram, samples),
      classic: isNative ? NaN : classic,
      chosen: isNative ? native : classic,
      range: seen && quantile.range(q, seen.bounds, seen.cumulative),
      native,
    };
  });
}

/**
 * Between which values the percentile of the requests is known to lie: one value where each of them is known. `samples` are
 * the sorted totals of some of the requests; the others may all be shorter, or all longer.
 */
function real(q, histogram, samples) {
  if (!histogram || !(histogram.count > 0)) return null;
  const { count } = histogram;
  const rank = Math.max(Math.ceil(q * count - 1e-9), 1);
  const seen = [[histogram.bounds, histogram.cumulative]];
  const native = nativeView(histogram);
  if (native) seen.push([native.bounds, native.cumulative]);
  const ranges = seen.map(([bounds, cumulative]) => quantile.rangeOfRank(rank, bounds, cumulative)).filter(Boolean);
  const unknown = count - samples.length;
  if (unknown >= 0) ranges.push([samples[rank - 1 - unknown] ?? 0, samples[rank - 1] ?? Infinity]);
  return [Math.max(...ranges.map(([low]) => low)), Math.min(...ranges.map(([, high]) => high))];
}

/** The share of the observations in each bucket: {low, high, share}; the last one reaches to Infinity. */
export function shares({ bounds, cumulative }) {
  const total = cumulative.at(-1) || 1;
  return cumulative.map((count, at) => ({
    low: bounds[at - 1] ?? 0,
    high: bounds[at] ?? Infinity,
    share: (count - (cumulative[at - 1] ?? 0)) / total,
  }));
}
