// What the user has chosen to see, kept in the URL's fragment, so that it can be shared and survives a reload.

const DEFAULTS = { q: '0.99', window: 'start', axis: 'linear', layout: 'own', custom: '', view: '' };

export const choices = { ...DEFAULTS };

/** Reads the fragment. `allowed` has the values of some choices; others than those are not taken over. */
export function readChoices(allowed) {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = given.get(name) ?? usual;
    choices[name] = allowed[name]?.includes(value) === false ? usual : value;
  }
}

export function setChoices(changed) {
  Object.assign(choices, changed);
  const kept = Object.entries(choices).filter(([name, value]) => value !== DEFAULTS[name]);
  history.replaceState(null, '', `#${new URLSearchParams(kept)}`);
}
