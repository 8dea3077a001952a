// The list of a resource: filters in the address, pages by cursor, rows that can be selected for bulk actions.
import { get } from '../api.js';
import { countText, plural } from '../text.js';
import { h, replace } from './dom.js';
import { fillFrom, notice, say, workButton } from './parts.js';
import { appendRows, table } from './table.js';

const PAGE = 50;

/**
 * @param {{path: string, query: object, columns: object[], caption: string, signal: AbortSignal, what: string, sort?: string,
 *   onsort?: Function, bulk?: (ids: string[], reload: Function) => any[], empty?: any, labelOf?: Function}} options
 * @returns {{element: Element, reload: () => Promise}}
 */
export function resourceList(options) {
  const place = h('div', { class: 'list' });
  const selection = options.bulk ? new Set() : null;
  const bar = h('div', { class: 'bulk', role: 'group', 'aria-label': 'Actions for what is selected', hidden: true });
  const reload = () => fillFrom(place, async () => pageOf(await load(options), options, { selection, onselect }));
  const onselect = () => {
    bar.hidden = selection.size === 0;
    replace(bar, h('strong', null, `${selection.size} selected`), options.bulk([...selection], done));
  };
  const done = () => {
    selection.clear();
    bar.hidden = true;
    return reload();
  };
  reload();
  return { element: h('div', null, bar, place), reload };
}

const load = (options, cursor) =>
  get(
    options.path,
    {
      limit: PAGE,
      count: cursor || options.hasTotal === false ? undefined : 'true',
      sort: options.sort,
      ...options.query,
      cursor,
    },
    { signal: options.signal },
  );

function pageOf(page, options, selecting) {
  const { total: count = page.items.length, next } = page;
  say(
    page.total === undefined && next
      ? `At least ${plural(count, options.what, options.whats)}.`
      : plural(count, options.what, options.whats),
  );
  if (page.items.length === 0) return options.empty ?? notice(`No ${options.whats ?? `${options.what}s`} to show.`);
  const settings = {
    caption: options.caption,
    sort: options.sort,
    onsort: options.onsort,
    labelOf: options.labelOf,
    ...selecting,
    kind: options.kind,
  };
  const made = table(options.columns, page.items, settings);
  const total =
    page.total === undefined ? null : h('p', { class: 'quiet' }, plural(page.total, options.what, options.whats));
  const shown = { count: page.items.length, next: page.next };
  const more = workButton('Show more', async () => {
    const next = await load(options, shown.next);
    appendRows(made, options.columns, next.items, settings);
    shown.count += next.items.length;
    shown.next = next.next;
    more.hidden = next.next === null;
    more.textContent = `Show more (${countText(shown.count)} shown)`;
  });
  more.hidden = page.next === null;
  return [total, made, more];
}
