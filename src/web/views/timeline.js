// What happened in an investigation, the newest first, in pages.
import { get } from '../api.js';
import { hashOf } from '../router.js';
import { bytesText, wordsText } from '../text.js';
import { h } from '../ui/dom.js';
import { labelled, select, words } from '../ui/form.js';
import { chip, fillFrom, line, notice, section, severityChip, statusChip, time, workButton } from '../ui/parts.js';

const PAGE = 100;
const TYPES = ['event', 'alert', 'transition', 'note', 'evidence'];

/** What an entry says, by its type. */
const ENTRIES = {
  event: (entry) => [
    h('a', { href: hashOf(['events'], { id: entry.id }) }, 'An event'),
    entry.alert_id && [' of ', h('a', { href: hashOf(['alerts'], { id: entry.alert_id }) }, 'an alert')],
  ],
  alert: (entry) => [
    severityChip(entry.severity),
    ' ',
    h('a', { href: hashOf(['alerts'], { id: entry.id }) }, entry.title),
    ' ',
    statusChip(entry.status),
  ],
  transition: (entry) => [
    `${wordsText(entry.from)} → `,
    h('strong', null, wordsText(entry.to)),
    entry.by && ` by ${entry.by}`,
    entry.note && h('q', null, entry.note),
  ],
  note: (entry) => [
    h('span', { class: 'prose' }, entry.content),
    entry.author && h('span', { class: 'quiet' }, ` ${entry.author}`),
  ],
  evidence: (entry) => [
    h('bdi', { class: 'break' }, entry.file_name),
    h('span', { class: 'quiet' }, ` ${bytesText(entry.size)}${entry.by ? ` by ${entry.by}` : ''}`),
  ],
};

/** An entry of a type that this page does not know yet. */
const otherEntry = (entry) =>
  Object.entries(entry)
    .filter(([name, value]) => name !== 'type' && name !== 'at' && value !== null)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');

const itemOf = (entry) =>
  h(
    'li',
    null,
    line(time(entry.at, 0), chip(wordsText(entry.type))),
    h('div', null, (ENTRIES[entry.type] ?? otherEntry)(entry)),
  );

/** @returns {{element, reload}} */
export function timelineSection(path, signal) {
  const type = select([['', 'All'], ...words(TYPES)], '');
  const place = h('div', { class: 'list' });
  const load = (cursor) => get(`${path}/timeline`, { limit: PAGE, type: type.value, cursor }, { signal });
  const reload = () =>
    fillFrom(place, async () => {
      let { items, next } = await load();
      if (items.length === 0) return notice('Nothing has happened yet.');
      const list = h('ol', { class: 'timeline' }, items.map(itemOf));
      const more = workButton('Show more', async () => {
        ({ items, next } = await load(next));
        list.append(...items.map(itemOf));
        more.hidden = next === null;
      });
      more.hidden = next === null;
      return [list, more];
    });
  type.addEventListener('change', reload);
  reload();
  return { element: section('Timeline', h('div', { class: 'filters' }, labelled('Show', type)), place), reload };
}
