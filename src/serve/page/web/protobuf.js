// Reads length-delimited messages of io.prometheus.client.MetricFamily, into the same families as exposition.js. The numbers
// of the fields are those of https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto

import { emptyHistogram, setBuckets } from './exposition.js';

const KINDS = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** Reads an exposition from an ArrayBuffer. Throws an Error where it is truncated or invalid. */
export function parse(buffer) {
  const families = new Map();
  const all = new Message(new DataView(buffer));
  try {
    while (!all.isOver()) {
      const { name, family } = readFamily(all.inner());
      families.set(name, family);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error('this is not a protobuf message: a number is where a text or a message should be');
  }
  return families;
}

/** One message: where it is read, and where it ends. */
class Message {
  constructor(view, at = 0, end = view.byteLength) {
    Object.assign(this, { view, at, end });
  }

  isOver() {
    return this.at >= this.end;
  }

  /** Moves on, and returns where it was. */
  skip(bytes) {
    const at = this.at;
    if (at + bytes > this.end) throw new Error(`the protobuf message is truncated at byte ${at}`);
    this.at += bytes;
    return at;
  }

  varint() {
    let [value, factor] = [0, 1];
    for (let read = 0; read < 10; read += 1) {
      const byte = this.view.getUint8(this.skip(1));
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw new Error(`this is not a protobuf message: byte ${this.at} begins no number`);
  }

  /** A message or text, preceded by its length. */
  inner() {
    const length = this.varint();
    const at = this.skip(length);
    return new Message(this.view, at, at + length);
  }

  text() {
    return new TextDecoder().decode(new Uint8Array(this.view.buffer, this.at, this.end - this.at));
  }

  /** Calls the reader of each known field with its value: a number, or a Message. */
  fields(readers) {
    while (!this.isOver()) {
      const tag = this.varint();
      const read = readers[Math.floor(tag / 8)];
      const value = this.value(tag % 8);
      read?.(value);
    }
  }

  value(wire) {
    switch (wire) {
      case VARINT:
        return this.varint();
      case FIXED64:
        return this.view.getFloat64(this.skip(8), true);
      case BYTES:
        return this.inner();
      case FIXED32:
        return this.view.getFloat32(this.skip(4), true);
      default:
        throw new Error(`this is not a protobuf message: byte ${this.at} follows a field of an unknown type`);
    }
  }
}

/** A signed number in zigzag encoding. */
const signed = (value) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function readFamily(message) {
  const family = { kind: KINDS[0], series: [] };
  let name = '';
  message.fields({
    1: (text) => (name = text.text()),
    3: (kind) => (family.kind = KINDS[kind] ?? 'unknown'),
    4: (metric) => family.series.push(readSeries(metric)),
  });
  return { name, family };
}

function readSeries(message) {
  const series = { labels: Object.create(null) };
  const number = (inner) => {
    series.value = 0; // which is not written
    inner.fields({ 1: (value) => (series.value = value) });
  };
  message.fields({
    1: (label) => readLabel(label, series.labels),
    2: number,
    3: number,
    5: number,
    7: (histogram) => (series.histogram = readHistogram(histogram)),
  });
  return series;
}

function readLabel(message, labels) {
  let [name, value] = ['', ''];
  message.fields({ 1: (text) => (name = text.text()), 2: (text) => (value = text.text()) });
  labels[name] = value;
}

function readHistogram(message) {
  const histogram = emptyHistogram();
  const buckets = [];
  const spans = [];
  const deltas = [];
  let schema = null;
  let zero = 0;
  message.fields({
    1: (count) => (histogram.count = count),
    2: (sum) => (histogram.sum = sum),
    3: (bucket) => buckets.push(readBucket(bucket, histogram.exemplars)),
    5: (number) => (schema = signed(number)),
    7: (count) => (zero = count),
    12: (span) => spans.push(readSpan(span)),
    13: (packed) => {
      if (!(packed instanceof Message)) deltas.push(signed(packed));
      else while (!packed.isOver()) deltas.push(signed(packed.varint()));
    },
  });
  setBuckets(histogram, buckets);
  if (schema !== null && spans.length > 0) histogram.native = { schema, zero, buckets: nativeBuckets(spans, deltas) };
  return histogram;
}

function readBucket(message, exemplars) {
  let [count, bound] = [0, 0];
  message.fields({
    1: (value) => (count = value),
    2: (value) => (bound = value),
    3: (exemplar) => exemplars.push(readExemplar(exemplar)),
  });
  return [bound, count];
}

function readExemplar(message) {
  const exemplar = { labels: Object.create(null), value: 0, time: null };
  message.fields({
    1: (label) => readLabel(label, exemplar.labels),
    2: (value) => (exemplar.value = value),
    3: (time) => {
      let [seconds, nanos] = [0, 0];
      time.fields({ 1: (value) => (seconds = value), 2: (value) => (nanos = value) });
      exemplar.time = seconds + nanos / 1e9;
    },
  });
  return exemplar;
}

function readSpan(message) {
  const span = { offset: 0, length: 0 };
  message.fields({ 1: (offset) => (span.offset = signed(offset)), 2: (length) => (span.length = length) });
  return span;
}

/** Index -> count. A span begins `offset` after the end of the one before; a count is a difference from the one before. */
function nativeBuckets(spans, deltas) {
  const buckets = new Map();
  let [index, count, next] = [0, 0, 0];
  for (const { offset, length } of spans) {
    index += offset;
    if (next + length > deltas.length) throw new Error('a native histogram has fewer counts than its spans say');
    for (let left = length; left > 0; left -= 1) {
      count += deltas[next];
      next += 1;
      if (count > 0) buckets.set(index, count);
      index += 1;
    }
  }
  return buckets;
}
