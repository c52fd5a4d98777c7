// How numbers are written for people.

/** A space at which no line is broken. */
const SPACE = '\u00a0';
const UNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];

/** Seconds with three digits and the unit that suits them: `1.98 s`, `27.0 ms`. */
export function seconds(value) {
  if (value === Infinity) return '∞';
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return `0${SPACE}s`;
  const [unit, name] = UNITS.find(([unit]) => Math.abs(value) >= unit * 0.9995) ?? UNITS.at(-1);
  return `${digits(value / unit)}${SPACE}${name}`;
}

/** As `seconds`, without zeros at the end: for the ticks of an axis. */
export function tick(value) {
  return value === 0 ? '0' : seconds(value).replace(/(\.\d*?)0+(?=\s)/, '$1').replace(/\.(?=\s)/, '');
}

/** A number with three digits, and never with an exponent. */
export function digits(value) {
  const size = Math.floor(Math.log10(Math.abs(value) * 1.0005 || 1));
  return value.toFixed(Math.min(Math.max(2 - size, 0), 6));
}

/** A share with a sign: `+2.4 %`. */
export function signedPercent(ratio) {
  if (!Number.isFinite(ratio)) return '–';
  const percent = ratio * 100;
  const places = Math.abs(percent) < 9.95 ? 1 : 0;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(places)}${SPACE}%`;
}

/** In words how far an estimate is from the exact value: `: 2.4 % too high`. */
export function wrongBy(ratio) {
  if (!Number.isFinite(ratio)) return '';
  if (Math.abs(ratio) < 0.0005) return ', which is right';
  return `: ${signedPercent(ratio).slice(1)} too ${ratio > 0 ? 'high' : 'low'}`;
}

/** The name of a percentile: `p99.9` for 0.999. */
export function percentile(q) {
  return `p${Number((q * 100).toPrecision(6))}`;
}

/** estimate / exact - 1. */
export function errorRatio(estimate, exact) {
  return estimate === exact ? 0 : estimate / exact - 1;
}

/** Whole numbers with separators. */
export function whole(count) {
  return Math.round(count).toLocaleString('en');
}
