// Ties the page together: what is asked of the server, what the user chooses, and what is shown.

import { axisEnd, curveBuckets, drawChart } from './chart.js';
import { choices, readChoices, setChoices } from './choices.js';
import { delayMenu } from './delays.js';
import { explanation, fillExemplars, fillFacts, sentence } from './facts.js';
import { COLUMNS, STEP_MS, drawHeatmap } from './heatmap.js';
import { History } from './history.js';
import { Load } from './load.js';
import { Refusal, repeat, scrape, truth } from './poll.js';
import { copy, link, queries } from './promql.js';
import { take } from './reading.js';
import { fillTable, makeTable } from './table.js';
import { whole } from './text.js';
import { PERCENTILES, nativeView, percentiles, rebucket } from './view.js';

/** Requests of the page that a scrape may have counted and the page not seen answered yet. */
const ON_THEIR_WAY = 6;

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const past = new History();
const load = new Load((why) => {
  element('load-error').textContent = why;
  loadDelay = '';
  choose({ window: 'start' });
});
/** Counts the starts and stops of the load: one that has been overtaken ends nothing. */
let turn = 0;
let isStarting = false;
/** Those who wait for a reading that is asked for from now on. */
const waiting = [];
/** What the service says of itself; null until it has, and to be asked for again after each failure. */
let declared = null;
let isDeclaredOld = true;
/** The delay of the page's load since the mark; empty for the declared one. */
let loadDelay = '';
let readings = 0;
/** Since when the server is unreachable. */
let since = '';

// === what the server says ===

/** By delay and buckets: what `/truth` answered, {refused: why}, or null while it has not answered. */
let truths = new Map();

/** The truth for a delay and buckets, where an empty text means the service's own. */
function truthOf(delay, buckets) {
  if (!delay && !buckets) return declared;
  const other = Object.fromEntries(Object.entries({ delay, buckets }).filter(([, spec]) => spec));
  const [key, known] = [JSON.stringify(other), truths];
  if (!known.has(key)) {
    known.set(key, null);
    const keep = (answer) => {
      known.set(key, answer);
      render();
    };
    // Where the server does not answer, the next reading asks again.
    truth(other).then(keep, (error) => (error instanceof Refusal ? keep({ refused: error.answer }) : known.delete(key)));
  }
  return known.get(key) ?? null;
}

/** A reading that is asked for after this call. */
const nextReading = () => new Promise((resolve) => waiting.push(resolve));

async function once() {
  if (isDeclaredOld) declared = await truth();
  isDeclaredOld = false;
  const served = waiting.length;
  const asked = performance.now();
  const reading = take(await scrape(), declared.namespace, asked);
  if (past.readings.length && reading.instance !== past.readings.at(-1).instance) declared = await truth();
  if (past.add(reading)) {
    load.forget();
    truths = new Map();
    say(`The server was restarted at ${new Date(reading.start * 1000).toLocaleTimeString()}: the counts begin anew.`);
  } else if (root.dataset.state === 'unreachable') {
    say('');
  }
  if (past.mark === null && load.isOn) past.setMark();
  load.isPaused = false;
  root.dataset.state = 'live';
  root.dataset.readings = readings += 1;
  for (const resolve of waiting.splice(0, served)) resolve();
  render();
}

function say(text) {
  if (element('status').textContent !== text) element('status').textContent = text;
}

function failed({ message }) {
  if (root.dataset.state !== 'unreachable') since = new Date().toLocaleTimeString();
  root.dataset.state = 'unreachable';
  say(`${message}. Since ${since} nothing here is new; the page goes on trying.`);
  isDeclaredOld = true;
  load.isPaused = true; // a browser has few connections, and the next question needs one
}

// === what is shown ===

/** The buckets that the user looks through, in the grammar of `--buckets`; empty for the service's own and native ones. */
function chosenBuckets() {
  const { layout, custom } = choices;
  return layout === 'custom' ? custom : ['own', 'native'].includes(layout) ? '' : layout;
}

function render() {
  showLoad();
  if (!declared || !past.readings.length) return;
  const [reading, isNative] = [past.readings.at(-1), choices.layout === 'native'];
  const window = past.window(choices.window);
  const histogram = window?.histogram ?? null;
  const samples = window ? load.between(window.from, window.asked) : [];
  // Of the window `load` the page knows which delay its requests had.
  const delay = choices.window === 'load' ? loadDelay : '';
  const asked = truthOf(delay, chosenBuckets());
  if (!asked) return;
  element('layout-error').textContent = asked.refused ?? '';
  const known = asked.refused ? truthOf(delay, '') : asked;
  if (!known?.buckets) return;
  const bounds = known.buckets.map(({ le }) => le);
  const through = (observed, own) => (isNative ? nativeView(observed) : rebucket(observed, bounds, own));
  const seen = histogram && through(histogram, samples);
  const rows = percentiles({ histogram, seen, truth: known, samples, isNative });
  const row = rows.find(({ q }) => q === Number(choices.q)) ?? rows[3];
  const end = axisEnd([known.max_seconds < 3 * rows[4].truth ? known.max_seconds : rows[4].truth, row.expected, row.chosen]
    .map((value) => Math.min(value, 2.5 * rows[4].truth)));
  const curve = truthOf(delay, curveBuckets(choices.axis, end));

  const count = histogram?.count ?? 0;
  // In the window `load` those of others; some of this page's are counted before it has their answers.
  const otherwise = delay ? count - samples.length - ON_THEIR_WAY : (window?.overrides ?? 0);
  const isOwn = !isNative && (asked.refused || !chosenBuckets());
  const layoutName = isOwn ? 'these buckets' : element('layout').selectedOptions[0].dataset.name;
  element('sentence').textContent = sentence({ row, count, layoutName, otherwise, delay: known.delay });
  element('explanation').textContent = explanation({ delay: known.delay, of: observed(window), by: !isNative && seen?.by });
  drawChart(element('chart'), {
    seen: count > 0 ? seen : null,
    curve: curve?.buckets && { bounds: curve.buckets.map(({ le }) => le), cumulative: [...curve.buckets.map(({ probability }) => probability), 1] },
    row, axis: choices.axis, end,
  });
  fillTable(element('rows'), rows, row.q);
  element('rows').dataset.layout = chosenBuckets() || choices.layout; // that are shown: others wait for their truth
  const columns = past.steps(STEP_MS, COLUMNS).map(({ back, histogram: part }) => ({ back, seen: part?.count ? through(part, []) : null }));
  drawHeatmap(element('heatmap'), { columns, truth: row.truth, axis: choices.axis, end });
  fillFacts(element('facts'), reading, past.window('minute'));
  fillExemplars(element('exemplars'), reading.total, declared.links?.trace);
  showQueries(row.q);
}

function observed(window) {
  if (!window) return 'nothing yet';
  const count = `${whole(window.histogram.count)} requests`;
  if (choices.window === 'start') return `${count} since the service was started`;
  return `${count} in ${choices.window === 'load' ? 'the load of this page, ' : 'the last '}${whole((window.to - window.from) / 1000)} s`;
}

function showQueries(q) {
  for (const [name, query] of Object.entries(queries(declared.namespace, q))) {
    const code = document.querySelector(`#promql code[data-of=${name}]`);
    if (code.textContent !== query) code.textContent = query;
    const shown = code.parentElement.querySelector('a');
    shown.hidden = !declared.links?.prometheus;
    if (!shown.hidden) shown.href = link(declared.links.prometheus, query);
  }
  for (const name of ['prometheus', 'grafana']) {
    const shown = element(name);
    shown.hidden = !/^https?:/.test(declared.links?.[name] ?? '');
    if (!shown.hidden) shown.href = declared.links[name];
  }
}

function showLoad() {
  const button = element('load-toggle');
  const isOn = load.isOn || isStarting;
  button.setAttribute('aria-pressed', isOn);
  button.textContent = isOn ? 'Stop the load' : 'Start a gentle load';
  element('load-sent').textContent = whole(load.sent);
  element('load-skipped').textContent = whole(load.skipped);
  element('load-rate-shown').value = `${element('load-rate').value} /s`;
}

// === what the user does ===

/**
 * Starts the load; with another delay than before only when every request with that one has ended, and has been counted in
 * a reading, so that the window `load` has none of them.
 */
async function startLoad() {
  const own = (turn += 1);
  const delay = element('load-delay').value.trim();
  element('load-error').textContent = '';
  if (root.dataset.state === 'live') say('');
  if (delay !== loadDelay || past.mark === null) {
    load.stop();
    isStarting = true;
    showLoad();
    const refused = delay ? await truth({ delay }).catch((error) => error) : null;
    await load.idle();
    if (own === turn && !(refused instanceof Error)) await nextReading();
    if (own !== turn) return;
    isStarting = false;
    if (refused instanceof Error) {
      element('load-error').textContent = refused.answer || refused.message;
      return showLoad();
    }
    loadDelay = delay;
    past.setMark();
  }
  load.start(Number(element('load-rate').value), delay);
  choose({ window: delay ? 'load' : choices.window });
}

function stopLoad() {
  turn += 1;
  isStarting = false;
  load.stop();
  showLoad();
}

/** Takes over a choice, and shows everything anew. */
function choose(changed) {
  setChoices(changed);
  show();
  render();
}

/** Sets the controls to what is chosen. */
function show() {
  const isLecture = choices.view === 'lecture';
  root.classList.toggle('lecture', isLecture);
  element('lecture').textContent = isLecture ? 'Leave lecture view' : 'Lecture view';
  for (const name of ['window', 'axis']) {
    for (const input of document.getElementsByName(name)) input.checked = input.value === choices[name];
  }
  element('layout').value = choices.layout;
  element('layout-custom').value = choices.custom;
  element('layout-custom').parentElement.hidden = choices.layout !== 'custom';
}

/** The values of the choices that have a control. */
function allowed() {
  const values = (name) => [...document.getElementsByName(name)].map(({ value }) => value);
  const layout = [...element('layout').options].map(({ value }) => value);
  return { q: PERCENTILES.map(String), window: values('window'), axis: values('axis'), layout };
}

function listen() {
  for (const name of ['window', 'axis']) {
    for (const input of document.getElementsByName(name)) input.addEventListener('change', () => choose({ [name]: input.value }));
  }
  element('layout').addEventListener('change', ({ target }) => choose({ layout: target.value }));
  element('layout-custom').addEventListener('change', ({ target }) => choose({ custom: target.value.trim() }));
  element('load-toggle').addEventListener('click', () => (load.isOn || isStarting ? stopLoad() : startLoad()));
  const restart = () => (load.isOn || isStarting ? startLoad() : showLoad());
  element('load-rate').addEventListener('input', () => {
    load.rate = Number(element('load-rate').value);
    showLoad();
  });
  const menu = { select: element('load-family'), sliders: element('load-sliders'), text: element('load-delay') };
  delayMenu(menu, restart);
  const lecture = () => choose({ view: choices.view === 'lecture' ? '' : 'lecture' });
  element('lecture').addEventListener('click', lecture);
  document.addEventListener('keydown', ({ key }) => key === 'Escape' && choices.view === 'lecture' && lecture());
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden || !(load.isOn || isStarting)) return;
    stopLoad();
    say('The load was stopped, because this page was hidden.');
  });
  for (const button of document.querySelectorAll('.copy')) {
    button.addEventListener('click', async () => {
      button.textContent = await copy(button.parentElement.querySelector('code'));
      setTimeout(() => (button.textContent = 'copy'), 1500);
    });
  }
  addEventListener('hashchange', () => {
    readChoices(allowed());
    show();
    render();
  });
  addEventListener('resize', render);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', render);
}

makeTable(element('rows'), (q) => choose({ q: String(q) }));
element('greeting').textContent = `hello [${new URLSearchParams(location.search).get('user') || 'stranger'}]`;
readChoices(allowed());
listen();
show();
showLoad();
repeat(once, failed);
