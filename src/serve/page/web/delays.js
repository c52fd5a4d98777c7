// The menu of delays for the page's load: families of the grammar, each with sliders.

const seconds = (label, most, value) => ({ label, least: 0.001, most, value, write: (number) => `${round(number * 1000)}ms` });
const number = (label, least, most, value) => ({ label, least, most, value, write: (given) => `${round(given)}` });
const round = (given) => Number(given.toPrecision(3));

/** Each family: its sliders (on a logarithmic scale), and the spec from what they say. */
const FAMILIES = {
  constant: { sliders: [seconds('delay', 3, 0.25)], write: (delay) => `constant(${delay})` },
  uniform: {
    sliders: [seconds('low', 3, 0.05), seconds('width', 3, 0.5)],
    write: (low, width) => `uniform(${low},${round(parseFloat(low) + parseFloat(width))}ms)`,
  },
  normal: { sliders: [seconds('mean', 3, 0.3), seconds('sd', 1, 0.05)], write: (mean, sd) => `normal(${mean},${sd})` },
  lognormal: {
    sliders: [seconds('p50', 1, 0.1), number('p99 / p50', 1.1, 20, 6)],
    write: (p50, ratio) => `lognormal(p50=${p50},p99=${round(parseFloat(p50) * ratio)}ms)`,
  },
  exponential: { sliders: [seconds('mean', 1, 0.1)], write: (mean) => `exponential(${mean})` },
  pareto: {
    sliders: [seconds('min', 1, 0.05), number('alpha', 1.1, 5, 2)],
    write: (min, alpha) => `pareto(${min},${alpha})`,
  },
  weibull: {
    sliders: [seconds('scale', 1, 0.2), number('shape', 0.4, 5, 1.5)],
    write: (scale, shape) => `weibull(${scale},${shape})`,
  },
  mix: {
    sliders: [seconds('fast', 1, 0.05), seconds('slow', 3, 0.8), number('% slow', 0.1, 50, 2)],
    write: (fast, slow, share) =>
      `mix(${round(100 - share)}:exponential(${fast}),${share}:uniform(${slow},${round(parseFloat(slow) * 1.5)}ms))`,
  },
};

/** Fills the menu `select`, keeps `sliders` and `text` in step with it, and calls `changed` with each new spec. */
export function delayMenu({ select, sliders, text }, changed) {
  for (const name of Object.keys(FAMILIES)) select.append(new Option(name, name));
  const say = (spec) => {
    text.value = spec;
    changed(spec);
  };
  select.addEventListener('change', () => {
    const family = FAMILIES[select.value];
    sliders.replaceChildren();
    if (!family) return say('');
    const inputs = family.sliders.map((slider) => addSlider(sliders, slider));
    const write = () => say(family.write(...inputs.map(({ read }) => read())));
    for (const { input } of inputs) input.addEventListener('input', write);
    write();
  });
  text.addEventListener('change', () => changed(text.value.trim()));
}

/** A slider whose steps are equal ratios. */
function addSlider(into, { label, least, most, value, write }) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'range', min: 0, max: 200, value: 200 * (Math.log(value / least) / Math.log(most / least)) });
  const read = () => write(least * (most / least) ** (input.value / 200));
  const shown = document.createElement('output');
  const show = () => {
    shown.value = read();
    input.setAttribute('aria-valuetext', shown.value);
  };
  input.addEventListener('input', show);
  show();
  const row = document.createElement('label');
  row.append(`${label} `, input, shown);
  into.append(row);
  return { input, read };
}
