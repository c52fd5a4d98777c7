// The sentence at the top, the counts, and the last exemplars.

import { classic } from './quantile.js';
import { inFlight, isBalanced } from './reading.js';
import { digits, errorRatio, percentile, seconds, whole, wrongBy } from './text.js';

/** With fewer requests above a percentile, or in all, it is mostly chance; until then the page says what to expect. */
const ENOUGH_ABOVE = 5;
const ENOUGH = 100;
/** The share of requests with another delay above which a comparison says nothing. */
const MOST_OTHERWISE = 0.02;

/** What a newcomer should read first. `row` is the chosen percentile. */
export function sentence({ row, count, layoutName, otherwise, delay }) {
  if (otherwise > count * MOST_OTHERWISE) {
    return `${whole(otherwise)} of these ${whole(count)} requests had another delay or status than declared, so they cannot be compared with ${delay}.`;
  }
  const isSeen = count >= ENOUGH && count * (1 - row.q) >= ENOUGH_ABOVE && Number.isFinite(row.chosen);
  const says = isSeen ? row.chosen : row.expected;
  if (!Number.isFinite(says)) return `The true ${percentile(row.q)} is ${seconds(row.truth)}.`;
  const verb = isSeen ? 'says' : 'will say';
  const error = errorRatio(says, row.truth);
  if (isSeen && isOfRequests(says, error, row.real)) {
    return `The true ${percentile(row.q)} is ${seconds(row.truth)}. A dashboard with ${layoutName} says ${seconds(says)}, as these requests had by chance, or because slower ones are still in flight.`;
  }
  return `The true ${percentile(row.q)} is ${seconds(row.truth)}. A dashboard with ${layoutName} ${verb} ${seconds(says)}${wrongBy(error)}.`;
}

/** Whether an estimate is off because the requests are: it agrees with what they had, which is known better than that. */
function isOfRequests(says, error, [low, high] = [NaN, NaN]) {
  return Math.abs(error) > Math.max(high / low - 1, 0.01) && says >= low * 0.99 && says <= high * 1.01;
}

/** Why: what is declared, and which requests are looked at. */
export function explanation({ delay, of, by }) {
  const parts = [`Each request is delayed by ${delay}, so its percentiles are known exactly. Seen: ${of}.`];
  if (by === 'native') parts.push('The counts in these buckets are divided from the native histogram, and so are approximate.');
  return parts.join(' ');
}

/** Fills the counts from the last reading and what happened in the last minute. */
export function fillFacts(list, reading, minute) {
  const cell = (fact) => list.querySelector(`[data-fact=${fact}]`);
  const span = minute ? (minute.to - minute.from) / 1000 : 0;
  cell('rate').textContent = span > 0 ? `${digits(minute.accepted / span)} /s` : '–';
  cell('in_flight').textContent = whole(inFlight(reading));
  for (const fact of ['cancelled', 'errors', 'rejected', 'overrides']) cell(fact).textContent = whole(reading[fact]);
  const isOk = isBalanced(reading);
  const { accepted, total, cancelled } = reading;
  cell('ledger').textContent =
    `${whole(accepted)} accepted = ${whole(total.count)} completed + ${whole(cancelled)} cancelled + ${whole(inFlight(reading))} in flight` +
    `: ${isOk ? 'balanced' : 'NOT balanced'}`;
  cell('ledger').dataset.balanced = isOk;
  const { count, sum, bounds, cumulative } = reading.clock;
  cell('clock').textContent = count
    ? `mean ${seconds(sum / count)}, p99 about ${seconds(classic(0.99, bounds, cumulative))} late`
    : '–';
}

/** Lists the last exemplars, with a link to the trace where `template` has a place for its id. */
export function fillExemplars(list, { exemplars }, template) {
  const last = exemplars.filter(({ labels }) => labels.trace_id).sort((one, other) => other.time - one.time);
  const items = last.slice(0, 5).map(({ labels, value, time }) => {
    const item = document.createElement('li');
    const id = labels.trace_id;
    const isLinked = /^https?:/.test(template ?? '');
    const shown = document.createElement(isLinked ? 'a' : 'code');
    shown.textContent = id;
    if (isLinked) Object.assign(shown, { href: template.replaceAll('{trace_id}', encodeURIComponent(id)), rel: 'noopener' });
    item.append(`${seconds(value)} at ${new Date(time * 1000).toLocaleTimeString()} `, shown);
    return item;
  });
  if (items.length === 0) {
    const item = document.createElement('li');
    item.textContent = 'none: spans are recorded where OTEL_EXPORTER_OTLP_ENDPOINT is set';
    items.push(item);
  }
  // A link that has the focus keeps it while nothing is new.
  const isNew = items.length !== list.children.length || items.some((item, at) => item.textContent !== list.children[at].textContent);
  if (isNew) list.replaceChildren(...items);
}
