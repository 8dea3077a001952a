// Screens by the fragment of the address: `#/alerts/42?tab=history`. A link to a screen shows what was seen.

let shown = null;

export function parseHash(hash = location.hash) {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return { parts: path.split('/').filter(Boolean).map(decodeURIComponent), params: new URLSearchParams(search) };
}

export function hashOf(parts, params = {}) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') pairs.append(name, each);
    }
  }
  const search = pairs.toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${search && `?${search}`}`;
}

/** Goes to a screen; with `replace` the one that is left is not gone back to. */
export function go(hash, { replace = false } = {}) {
  if (hash === location.hash) return dispatchEvent(new HashChangeEvent('hashchange'));
  if (!replace) return void (location.hash = hash);
  history.replaceState(null, '', hash);
  return dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Changes the address without showing the screen again: it shows that already. */
export const note = (hash) => history.replaceState(null, '', hash);

/** What a screen gets: it stops what it began when `signal` says that it has been left. */
export function beginScreen() {
  shown?.abort();
  shown = new AbortController();
  return shown.signal;
}
