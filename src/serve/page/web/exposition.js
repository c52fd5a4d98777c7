// Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0.0.
//
// Gives a Map from the name of each family to {kind, series}; a series is {labels, value} or {labels, histogram}, and a
// histogram {count, sum, bounds, cumulative, exemplars, native}: see emptyHistogram. Counters keep their suffix `_total`.

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const BRACES = '\\{((?:[^"}]|"(?:[^"\\\\]|\\\\.)*")*)\\}';
const SAMPLE = new RegExp(
  `^(${NAME})(?:${BRACES})?[ \\t]+(\\S+)(?:[ \\t]+[-+.\\deE]+)?(?:[ \\t]+#[ \\t]+${BRACES}[ \\t]+(\\S+)(?:[ \\t]+(\\S+))?)?[ \\t]*$`,
);
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|$)/y;
const SUFFIX = /_(?:bucket|count|sum|created)$/;

/** A histogram without observations: `cumulative` has the count up to each bound, and the total last. */
export function emptyHistogram() {
  return { count: 0, sum: 0, bounds: [], cumulative: [], exemplars: [], native: null };
}

/** Sorts the buckets [upper bound, count up to it], and separates the last one, which has no bound. */
export function setBuckets(histogram, buckets) {
  buckets.sort(([one], [other]) => one - other);
  const finite = buckets.filter(([bound]) => bound < Infinity);
  histogram.bounds = finite.map(([bound]) => bound);
  histogram.cumulative = [...finite.map(([, count]) => count), histogram.count];
}

/** Reads an exposition. Throws an Error that names the line which is not part of one, or where it is truncated. */
export function parse(text) {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the exposition is truncated: its last line has no end');
  const kinds = new Map();
  const families = new Map();
  const histograms = new Map();
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '# EOF') break;
    if (line.startsWith('#')) {
      const [, word, name, kind] = line.split(/[ \t]+/);
      if (word === 'TYPE') kinds.set(name, kind);
    } else if (line.trim() !== '') {
      read(line, at + 1);
    }
  }
  for (const { histogram, buckets } of histograms.values()) {
    if (Number.isNaN(histogram.count)) throw new Error('the exposition is truncated: a histogram has no count');
    setBuckets(histogram, buckets);
  }
  return families;

  function read(line, number) {
    const match = SAMPLE.exec(line);
    if (!match) throw new Error(`line ${number} is not part of an exposition: ${line.slice(0, 60)}`);
    const [, name, inBraces, value, exemplarLabels, exemplarValue, exemplarTime] = match;
    const labels = readLabels(inBraces ?? '', number);
    const base = name.replace(SUFFIX, '');
    if (kinds.get(base) === 'histogram' && base !== name) {
      const { histogram, buckets } = series(base, labels);
      const part = name.slice(base.length);
      if (part === '_count') histogram.count = readNumber(value, number);
      if (part === '_sum') histogram.sum = readNumber(value, number);
      if (part === '_bucket') buckets.push([readNumber(labels.le ?? '', number), readNumber(value, number)]);
      if (exemplarLabels !== undefined) {
        histogram.exemplars.push({
          labels: readLabels(exemplarLabels, number),
          value: readNumber(exemplarValue, number),
          time: exemplarTime === undefined ? null : readNumber(exemplarTime, number),
        });
      }
    } else if (!name.endsWith('_created')) {
      const kind = kinds.get(name) ?? kinds.get(name.replace(/_total$/, '')) ?? 'unknown';
      family(name, kind).series.push({ labels, value: readNumber(value, number) });
    }
  }

  function family(name, kind) {
    if (!families.has(name)) families.set(name, { kind, series: [] });
    return families.get(name);
  }

  /** The histogram of these labels without `le`. */
  function series(name, { le, ...labels }) {
    const key = JSON.stringify([name, Object.entries(labels).sort()]);
    let known = histograms.get(key);
    if (!known) {
      known = { histogram: { ...emptyHistogram(), count: NaN }, buckets: [] };
      histograms.set(key, known);
      family(name, 'histogram').series.push({ labels, histogram: known.histogram });
    }
    return known;
  }
}

function readLabels(text, number) {
  const labels = Object.create(null);
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.trimEnd().length) {
    const from = LABEL.lastIndex;
    const match = LABEL.exec(text);
    if (!match) throw new Error(`line ${number} has labels that cannot be read: ${text.slice(from, from + 60)}`);
    labels[match[1]] = match[2].replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

const NOT_FINITE = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity, NaN };

function readNumber(text, number) {
  const value = NOT_FINITE[text] ?? (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`line ${number} has no number: ${text.slice(0, 60)}`);
  return value;
}
