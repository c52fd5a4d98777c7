// The readings of the last five minutes, and what was observed in a window of them.

import { emptyHistogram, setBuckets } from './exposition.js';
import { subtract } from './buckets.js';

const KEPT_MS = 310_000;
const MINUTE_MS = 60_000;

export class History {
  readings = [];
  /** The reading after which the load of this page began. */
  mark = null;

  /** Adds a reading. Returns whether the service has been restarted since the one before; then all is forgotten. */
  add(reading) {
    const last = this.readings.at(-1);
    const isRestart =
      last !== undefined &&
      (last.instance !== reading.instance || last.start !== reading.start || !difference(reading, last));
    if (isRestart) {
      this.readings = [];
      this.mark = null;
    }
    this.readings.push(reading);
    while (this.readings[0].at < reading.at - KEPT_MS) this.readings.shift();
    return isRestart;
  }

  /** Begins the window `load` with the last reading. */
  setMark() {
    this.mark = this.readings.at(-1) ?? null;
  }

  /** What was observed in the window `minute`, `load` or `start` (since the start of the service); null without readings. */
  window(name) {
    const later = this.readings.at(-1);
    if (!later) return null;
    if (name === 'start') return difference(later, zero(later));
    const earlier = name === 'load' ? (this.mark ?? later) : this.before(later.at - MINUTE_MS);
    return difference(later, earlier);
  }

  /** The last reading that is as old as this, or the oldest. */
  before(at) {
    return this.readings.findLast((reading) => reading.at <= at) ?? this.readings[0];
  }

  /** The histograms of consecutive spans of `step` milliseconds, the last of which ends now: {back, histogram}, `back` steps ago. */
  steps(step, count) {
    const spans = [];
    const now = Math.floor((this.readings.at(-1)?.at ?? 0) / step) * step;
    let later = this.readings.at(-1);
    for (let back = 0; back < count && later; back += 1) {
      const from = now - back * step;
      const earlier = this.readings.findLast((reading) => reading.at <= from);
      if (!earlier) break;
      const histogram = earlier === later ? null : subtract(later.total, earlier.total);
      spans.push({ back, histogram });
      later = earlier;
    }
    return spans;
  }
}

/** A reading in which nothing has happened yet. */
function zero({ total }) {
  const none = emptyHistogram();
  setBuckets(none, total.bounds.map((bound) => [bound, 0]));
  return { at: -Infinity, total: none, accepted: 0, cancelled: 0, overrides: 0, errors: 0, rejected: 0 };
}

/** What happened between two readings; null where the later one has less than the earlier. */
function difference(later, earlier) {
  const histogram = subtract(later.total, earlier.total);
  const counts = {};
  for (const name of ['accepted', 'cancelled', 'overrides', 'errors', 'rejected']) {
    counts[name] = later[name] - earlier[name];
    if (counts[name] < 0) return null;
  }
  return histogram && { histogram, ...counts, from: earlier.at, to: later.at, asked: later.asked };
}
