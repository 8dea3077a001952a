// One record: the window that shows it, the form that changes it, the screen of a list that opens it.
import { Problem, get, patch, post } from '../api.js';
import { formatJson } from '../json.js';
import { go, hashOf, note } from '../router.js';
import { wordsText } from '../text.js';
import { drawer, formDialog } from './dialog.js';
import { h, replace } from './dom.js';
import { filterBar } from './filters.js';
import { given } from './form.js';
import { resourceList } from './list.js';
import { fillFrom, heading, notice } from './parts.js';

const EVERY_MS = 500;

/**
 * @param {(record, reload: Function, close: Function) => any} content `reload` shows the record anew, `close` ends the window; the
 *   list behind it is shown anew by both
 */
export function recordDrawer(kind, path, { titleOf, content, onchange, onclose }) {
  const place = h('div', null, notice('Loading…'));
  const box = drawer(kind, place, onclose);
  const load = () =>
    fillFrom(place, async () => {
      const record = await get(path);
      replace(box.querySelector('h2'), titleOf(record));
      return content(record, reload, close);
    });
  const reload = () => Promise.all([onchange?.(), load()]);
  const close = () => {
    box.close();
    onchange?.();
  };
  load();
  return box;
}

const isSame = (one, other) => formatJson(one ?? null) === formatJson(other ?? null);
const shown = (value) => (value === null || typeof value !== 'object' ? String(value ?? '–') : formatJson(value));

/**
 * Looks at what goes on at `path` until it is over, and gives it then; null if nobody sees it any more. What failed or was
 * cancelled is thrown.
 * @param {(entry) => void} onlook is called with each state of it
 */
export async function finished(path, entry, isShown, onlook) {
  let now = entry;
  while (now.finished_at === null) {
    onlook?.(now);
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (!isShown()) return null;
    now = await get(path);
  }
  if (now.state === 'failed' || now.state === 'cancelled')
    throw new Problem(0, { detail: now.detail || wordsText(now.state) });
  return now;
}

/** Makes a record of what is given. */
export const createDialog = (title, path, fields, done) =>
  formDialog(
    title,
    fields,
    async (values) => {
      await post(path, given(values));
      done();
    },
    'Create',
  );

/**
 * Sends what was changed. If somebody else has changed the same record, the fields that they changed say what is there now, and
 * saving again overwrites it.
 */
export function editDialog(title, path, record, fields, done) {
  const before = Object.fromEntries(fields.map((each) => [each.name, each.read()]));
  let known = record;
  const save = async (values) => {
    const changes = Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSame(value, before[name])));
    try {
      await patch(path, changes, known.version);
    } catch (error) {
      if (error.code !== 'stale_version') throw error;
      const now = await get(path);
      const others = fields.filter(({ name }) => name in now && !isSame(now[name], known[name]));
      known = now;
      if (others.length === 0) return save(values);
      const detail = (name) => `Somebody else has changed this to: ${shown(now[name])}. Saving again overwrites it.`;
      throw Object.assign(error, { errors: others.map(({ name }) => ({ field: name, detail: detail(name) })) });
    }
    return done();
  };
  return formDialog(title, fields, save);
}

/**
 * The screen of a list. Its filters and its sort are in the address, and so is the record that is open over it.
 * @param {{screen: string[], title: string, columns: (open) => object[], filters?: object[], actions?: (reload) => any[],
 *   above?: Element, open?: (id, onchange, onclose) => any, sort?: string, keep?: object}} options and those of `resourceList`;
 *   `keep` is what the address says beside them
 */
export function listScreen(main, { params, signal }, options) {
  const {
    screen,
    title,
    columns,
    filters,
    actions,
    above,
    open,
    keep,
    sort: first = '-created_at',
    ...others
  } = options;
  const values = Object.fromEntries(params);
  const { id, sort = first, ...query } = values;
  const to = (more) => go(hashOf(screen, { ...keep, ...values, id: '', ...more }));
  const openOne = (which) => {
    const opened = hashOf(screen, { ...keep, ...values, id: which });
    note(opened);
    open(which, list.reload, () => {
      if (location.hash === opened) note(hashOf(screen, { ...keep, ...values, id: '' }));
    });
  };
  const list = resourceList({
    query,
    sort,
    signal,
    onsort: (next) => to({ sort: next }),
    caption: title,
    kind: 'cards',
    empty: notice(
      Object.values(query).some(Boolean) ? `No ${others.what} passes these filters.` : 'There are none yet.',
    ),
    ...others,
    columns: columns(openOne),
  });
  replace(main, heading(title, actions?.(list.reload)), above, filters && filterBar(filters, params, to), list.element);
  if (id) openOne(id);
  return { ...list, to, query };
}
