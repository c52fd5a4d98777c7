// The last five minutes: a column for each five seconds, a row for each bucket; the more requests, the stronger the colour.

import { tick } from './text.js';
import { shares } from './view.js';

export const STEP_MS = 5000;
export const COLUMNS = 60;

/** Draws `columns`, {back, seen}: how many steps ago, and the histogram {bounds, cumulative} or null. `truth`: a line. */
export function drawHeatmap(canvas, { columns, truth, axis, end }) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth || 640, canvas.clientHeight || 160];
  Object.assign(canvas, { width: width * ratio, height: height * ratio });
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const color = (name) => style.getPropertyValue(name).trim();
  const em = parseFloat(style.fontSize);
  const [left, bottom] = [4.5 * em, height - 1.5 * em];
  const y = vertical(axis, end, bottom);
  const step = (width - left) / COLUMNS;

  context.fillStyle = color('--heat');
  for (const { back, seen } of columns) {
    if (!seen) continue;
    for (const { low, high, share } of shares(seen)) {
      if (!(share > 0)) continue;
      context.globalAlpha = 0.12 + 0.88 * Math.min(Math.sqrt(share * 1.6), 1);
      const top = y(high);
      context.fillRect(width - (back + 1) * step, top, step - 0.5, Math.max(y(low) - top - 0.5, 1));
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = color('--muted');
  context.font = `${em}px ${style.fontFamily}`;
  context.textAlign = 'right';
  for (const value of axis === 'linear' ? [0, end / 2, end] : [end, end / 10, end / 100, end / 1000]) {
    context.fillText(tick(value), left - em / 2, Math.min(Math.max(y(value) + em / 3, em), bottom));
  }
  context.textAlign = 'left';
  context.fillText('5 minutes ago', left, height - em / 3);
  context.textAlign = 'right';
  context.fillText('now', width, height - em / 3);
  if (Number.isFinite(truth)) {
    context.strokeStyle = color('--truth');
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(left, y(truth));
    context.lineTo(width, y(truth));
    context.stroke();
  }
}

function vertical(axis, end, height) {
  if (axis === 'linear') return (value) => height * (1 - Math.min(value / end, 1));
  const start = end / 1e4;
  return (value) => height * (1 - Math.log(Math.min(Math.max(value, start), end) / start) / Math.log(1e4));
}
