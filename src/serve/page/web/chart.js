// The histogram as areas, with the declared density over it, and the chosen percentile: exact, and as it is reported.

import { percentile, seconds, tick } from './text.js';
import { shares } from './view.js';

const SVG = 'http://www.w3.org/2000/svg';
/** On the logarithmic axis: the longest over the shortest latency. */
const DECADES = 1e4;

/** Buckets for /truth that give the declared density in steps as fine as the chart can show: 200 bounds, the most it takes. */
export function curveBuckets(axis, most) {
  const step = Number((most / 200).toPrecision(3));
  const start = Number((most / DECADES).toPrecision(3));
  return axis === 'linear' ? `linear(${step},${step},200)` : `exponential(${start},1.0474,200)`;
}

/** Where the axis ends: beyond what is declared, measured and reported at p99.9, by at most 2.5 times. */
export function axisEnd(values) {
  const most = Math.max(...values.filter(Number.isFinite), 0.001) * 1.05;
  const size = 10 ** Math.floor(Math.log10(most));
  return [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * size >= most) * size;
}

/**
 * Draws into an SVG element. `seen` is {bounds, cumulative} or null, `curve` the shares of the declared delay in fine
 * buckets or null, `row` the chosen percentile.
 */
export function drawChart(svg, { seen, curve, row, axis, end }) {
  const frame = frameOf(svg);
  const x = scale(axis, end, frame);
  const bars = seen ? shares(seen).map((bucket) => block(bucket, x)) : [];
  const line = curve ? shares(curve).slice(0, -1).map((bucket) => block(bucket, x)) : [];
  const highest = peak(bars, line, x);
  const y = (density) => frame.bottom - Math.min(density / highest, 1.04) * (frame.bottom - frame.top);
  svg.replaceChildren(
    ...grid(frame, { x, y, highest }),
    ...place(row, frame, x),
    ...bars.filter(({ density }) => density > 0).map((bar) => drawBar(bar, y, frame)),
    ...bars.filter(({ density }) => density > 1.04 * highest).flatMap((bar) => cut(bar, frame)),
    ...(line.length ? [element('path', { class: 'curve', d: steps(line, y) })] : []),
    ...markers(row, frame, x),
  );
}

/** Where the axes are, in pixels; the margins grow with the text. */
function frameOf(svg) {
  const [width, height] = [svg.clientWidth || 640, svg.clientHeight || 320];
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const em = parseFloat(getComputedStyle(svg).fontSize) || 12;
  return { em, width, height, left: 4.5 * em, right: width - em, top: 3.6 * em, bottom: height - 3 * em };
}

/** From seconds to pixels, with its ticks; what is left of the axis is at its start. */
function scale(axis, end, { left: from, right: to, em }) {
  if (axis === 'linear') {
    const step = niceStep(end / Math.max(Math.floor((to - from) / (7.5 * em)), 2));
    const ticks = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, n) => n * step);
    const at = (value) => from + (to - from) * Math.min(value / end, 1);
    return { at, ticks, step, size: (low, high) => high - low, from, to };
  }
  const start = end / DECADES;
  const at = (value) => from + (to - from) * (Math.log(Math.min(Math.max(value, start), end) / start) / Math.log(DECADES));
  const ticks = [];
  for (let at = Math.ceil(Math.log10(start) - 1e-9); 10 ** at <= end * 1.000001; at += 1) ticks.push(10 ** at);
  const size = (low, high) => Math.log2(high / Math.max(low, start));
  return { at, ticks, step: null, size, from, to };
}

/** 1, 2 or 5 times a power of ten: the least that is at least this. */
function niceStep(least) {
  const size = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find((step) => step * size >= least * 0.999) * size;
}

/** The unit of the axis for a share: the step of its ticks, or so much less that no share is above 100 %; a doubling stays one. */
function unitOf({ step }, highest) {
  return step === null ? 1 : 1 / niceStep(Math.max(highest, 1 / step));
}

/** The horizontal extent of a bucket in pixels, and its share of the observations per second or doubling. */
function block({ low, high, share }, x) {
  const [left, right] = [x.at(low), x.at(high)];
  const units = high === Infinity ? Infinity : x.size(low, high);
  return { left, right, share, density: units > 0 ? share / units : 0 };
}

/** The density at the top: that of the highest bar that is wide enough to be seen, or of the curve if it is not a spike. */
function peak(bars, line, x) {
  const most = (of, least) => Math.max(0, ...of.filter(({ left, right }) => right - left >= least).map(({ density }) => density));
  const bar = most(bars, (x.to - x.from) / 100);
  const sorted = line.map(({ density }) => density).sort((one, other) => one - other);
  const curve = sorted[Math.floor(sorted.length * 0.97)] || most(line, 0);
  return 1.15 * (bar > 0 ? Math.max(bar, Math.min(curve, 2 * bar)) : curve) || 1;
}

function drawBar({ left, right, density }, y, { bottom }) {
  const top = y(density);
  return element('rect', { class: 'bar', x: left, y: top, width: Math.max(right - left - 1, 0.5), height: Math.max(bottom - top, 0) });
}

/** The share of a bar that is higher than the chart, where it is not negligible. */
function cut({ left, right, share }, { em, top }) {
  if (share < 0.01) return [];
  return [label(`↑ ${Number((share * 100).toPrecision(2))}\u00a0%`, { x: (left + right) / 2 + em / 3, y: top + 1.2 * em, 'text-anchor': 'start' })];
}

function steps(line, y) {
  return line.map(({ left, right, density }, at) => `${at ? 'L' : 'M'}${left.toFixed(1)} ${y(density).toFixed(1)}H${right.toFixed(1)}`).join('');
}

function grid({ em, width, height, left, right, bottom }, { x, y, highest }) {
  const parts = [];
  const unit = unitOf(x, highest);
  const step = niceStep((highest * unit) / 4);
  for (let share = 0; share <= highest * unit; share += step) {
    const at = y(share / unit);
    parts.push(element('line', { class: 'grid', x1: left, x2: right, y1: at, y2: at }));
    parts.push(label(`${Number((share * 100).toPrecision(3))}\u00a0%`, { x: left - em / 2, y: at + em / 3, 'text-anchor': 'end' }));
  }
  for (const value of x.ticks) {
    const isLast = x.at(value) > width - 3 * em;
    const at = isLast ? width : x.at(value);
    parts.push(label(tick(value), { x: at, y: bottom + 1.4 * em, 'text-anchor': isLast ? 'end' : 'middle' }));
  }
  parts.push(label(`latency${x.step ? '' : ' (logarithmic)'}`, { x: right, y: height - em / 3, 'text-anchor': 'end' }));
  parts.push(label(`share of the requests per ${x.step ? tick(unit) : 'doubling'}`, { x: 0, y: em, 'text-anchor': 'start' }));
  return parts;
}

/** The bucket in which the percentile lies, as far as the buckets can tell. */
function place({ range }, { top, bottom }, x) {
  if (!range) return [];
  const [left, right] = range.map((bound) => x.at(bound));
  return [element('rect', { class: 'place', x: left, y: top, width: Math.max(right - left, 1), height: bottom - top })];
}

function markers(row, { em, width, bottom }, x) {
  const reported = Number.isFinite(row.chosen) ? row.chosen : row.expected;
  const name = percentile(row.q);
  const lines = [
    { value: row.truth, kind: 'truth', text: `true ${name}: ${seconds(row.truth)}` },
    { value: reported, kind: 'reported', text: `Prometheus: ${seconds(reported)}` },
  ].filter(({ value }) => Number.isFinite(value));
  const isLeft = row.truth <= reported;
  const places = lines.map(({ value }) => x.at(value));
  return lines.flatMap(({ value, kind, text }) => {
    const at = x.at(value);
    const toLeft = (kind === 'truth') === isLeft;
    const room = text.length * 0.8 * em; // bold and 1.2 em high, and a gap
    const anchor = (toLeft && at - room > 0) || at + room > width ? 'end' : 'start';
    // Both lines cross the row of the lower text.
    const beside = kind === 'truth' ? [at] : places.filter((place) => Math.abs(place - at) < room);
    const y = (kind === 'truth' ? 2.2 : 3.4) * em;
    // Where there is no room beside the lines, it crosses them.
    const x1 = anchor === 'end' ? Math.max(Math.min(...beside) - 5, room) : Math.min(Math.max(...beside) + 5, width - room);
    return [
      element('line', { class: kind, x1: at, x2: at, y1: y + 2, y2: bottom }),
      label(text, { class: kind, x: x1, y, 'text-anchor': anchor }),
    ];
  });
}

function label(text, attributes) {
  const created = element('text', attributes);
  created.textContent = text;
  return created;
}

function element(name, attributes) {
  const created = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  return created;
}
