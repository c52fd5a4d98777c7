// Arithmetic with the buckets of histograms: differences, coarser native buckets, and the same observations in other buckets.

/** The upper bound of a native bucket: bucket `index` holds values above that of `index - 1` and up to this. */
export function bound(schema, index) {
  return 2 ** (index * 2 ** -schema);
}

/** A native histogram in the buckets of a lower schema, each of which is exactly 2^n of the higher one. */
export function coarser(native, schema) {
  const steps = native.schema - schema;
  if (steps <= 0) return native;
  const buckets = new Map();
  for (const [index, count] of native.buckets) {
    const into = ((index - 1) >> steps) + 1;
    buckets.set(into, (buckets.get(into) ?? 0) + count);
  }
  return { ...native, schema, buckets };
}

/** What a histogram observed between two readings; null where it was reset or has other bounds than before. */
export function subtract(later, earlier) {
  const isSame = later.bounds.length === earlier.bounds.length && later.bounds.every((bound, at) => bound === earlier.bounds[at]);
  if (!isSame || later.count < earlier.count) return null;
  const cumulative = later.cumulative.map((count, at) => count - earlier.cumulative[at]);
  if (cumulative.some((count) => count < 0)) return null;
  return {
    ...later,
    count: later.count - earlier.count,
    sum: later.sum - earlier.sum,
    cumulative,
    native: later.native && subtractNative(later.native, earlier.native),
  };
}

function subtractNative(later, earlier) {
  if (!earlier) return later;
  const schema = Math.min(later.schema, earlier.schema);
  const [to, from] = [coarser(later, schema), coarser(earlier, schema)];
  const buckets = new Map();
  for (const [index, count] of to.buckets) {
    const rest = count - (from.buckets.get(index) ?? 0);
    if (rest > 0) buckets.set(index, rest);
  }
  return { schema, zero: to.zero - from.zero, buckets };
}

/** How many of the sorted values are up to each bound, and the total last. */
export function tally(sorted, bounds) {
  let at = 0;
  const counts = bounds.map((bound) => {
    while (at < sorted.length && sorted[at] <= bound) at += 1;
    return at;
  });
  return [...counts, sorted.length];
}

/** A native histogram in other bounds: a bucket that has a bound inside is divided, evenly in the logarithm of the value. */
export function spread({ schema, zero, buckets }, bounds) {
  const all = [...buckets].sort(([one], [other]) => one - other);
  let at = 0;
  let below = zero;
  const counts = bounds.map((limit) => {
    if (limit < 0) return 0;
    while (at < all.length && bound(schema, all[at][0]) <= limit) {
      below += all[at][1];
      at += 1;
    }
    if (at === all.length || limit <= bound(schema, all[at][0] - 1)) return below;
    const part = (Math.log2(limit) - (all[at][0] - 1) * 2 ** -schema) * 2 ** schema;
    return below + all[at][1] * part;
  });
  return [...counts, all.slice(at).reduce((sum, [, count]) => sum + count, below)];
}
