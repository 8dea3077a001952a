// Files that come from the server.
import { Problem, addressOf } from '../api.js';
import { h } from './dom.js';
import { workButton } from './parts.js';

/** Gives a whole list to the browser, to be kept as a file. */
export const exportButton = (label, path, query, type, name) =>
  workButton(label, async () => {
    const reply = await fetch(addressOf(path, query), { headers: { Accept: type } });
    if (!reply.ok) throw new Problem(reply.status, { detail: 'The export was refused.' });
    const url = URL.createObjectURL(await reply.blob());
    h('a', { href: url, download: name }).click();
    URL.revokeObjectURL(url);
  });
