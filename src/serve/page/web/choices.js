// What the user has chosen to see, kept in the URL's fragment, so that it can be shared and survives a reload.

const DEFAULTS = { q: '0.99', window: 'start', axis: 'linear', layout: 'own', custom: '', view: '' };

export const choices = { ...DEFAULTS };

export function readChoices() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DEFAULTS)) choices[name] = given.get(name) ?? DEFAULTS[name];
}

export function setChoices(changed) {
  Object.assign(choices, changed);
  const kept = Object.entries(choices).filter(([name, value]) => value !== DEFAULTS[name]);
  history.replaceState(null, '', `#${new URLSearchParams(kept)}`);
}
