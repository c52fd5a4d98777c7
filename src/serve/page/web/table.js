// The table of percentiles, which is the text of the chart, too.

import { errorRatio, percentile, seconds, signedPercent } from './text.js';
import { PERCENTILES } from './view.js';

const COLUMNS = ['truth', 'classic', 'range', 'native', 'real'];

/** Makes the rows; the button of each calls `choose` with its percentile. */
export function makeTable(body, choose) {
  for (const q of PERCENTILES) {
    const row = body.insertRow();
    row.dataset.q = q;
    const head = document.createElement('th');
    head.scope = 'row';
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', textContent: percentile(q) });
    button.addEventListener('click', () => choose(q));
    head.append(button);
    row.append(head, ...COLUMNS.map((column) => Object.assign(document.createElement('td'), { className: column })));
    for (const cell of row.cells) if (cell !== head) cell.dataset.col = cell.className;
  }
}

/** Fills the table. */
export function fillTable(body, rows, chosen) {
  for (const [at, row] of rows.entries()) {
    const line = body.rows[at];
    line.querySelector('button').setAttribute('aria-pressed', row.q === chosen);
    const [truth, classic, range, native, real] = [...line.cells].slice(1);
    one(truth, row.truth);
    estimate(classic, row.classic, row);
    between(range, row.range);
    estimate(native, row.native, row);
    between(real, row.real);
  }
}

function one(cell, value) {
  cell.textContent = seconds(value);
  cell.dataset.seconds = value;
}

/** An estimate and its error; one that is not only the chance of which requests there were is marked. */
function estimate(cell, value, { truth, real }) {
  one(cell, value);
  if (!Number.isFinite(value)) return;
  const shown = document.createElement('span');
  const [low, high] = real ?? [value, value];
  shown.className = value < low * 0.99 || value > high * 1.01 ? 'error' : 'error small';
  shown.textContent = signedPercent(errorRatio(value, truth));
  cell.append(' ', shown);
}

function between(cell, range) {
  const [low, high] = range ?? [NaN, NaN];
  Object.assign(cell.dataset, { low, high });
  delete cell.dataset.seconds;
  if (low === high) return one(cell, low);
  cell.textContent = range ? `${seconds(low)} to ${seconds(high)}` : '–';
}
