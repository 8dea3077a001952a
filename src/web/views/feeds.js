// Feeds of rules and of indicators: whether they can be read, what came of it, and reading one now.
import { get, pathOf, post, remove } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { countText, wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { words } from '../ui/form.js';
import {
  button,
  chip,
  facts,
  fetchedSection,
  line,
  mono,
  notice,
  statusChip,
  time,
  toast,
  toolbar,
  workButton,
} from '../ui/parts.js';
import { createDialog, editDialog, finished, listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, timeColumn } from '../ui/table.js';
import { feedFields, LIMITS, TYPES } from './feed_form.js';

const KINDS = {
  rules: { screen: ['feeds'], path: 'feeds', label: 'Of rules', read: 'read:rules', write: 'admin:system' },
  iocs: {
    screen: ['feeds', 'iocs'],
    path: 'ioc-feeds',
    label: 'Of indicators',
    read: 'read:iocs',
    write: 'write:iocs',
  },
};
const STATUSES = ['active', 'disabled', 'error', 'syncing'];
const HISTORY = 20;
const FILTERS = [
  { name: 'status', label: 'Status', options: words(STATUSES) },
  { name: 'type', label: 'Type', options: words(TYPES) },
];

const columnsOf = (open) => [
  openColumn('name', 'Name', open, (each) =>
    each.last_error ? h('span', { class: 'fault' }, each.last_error) : (each.url ?? each.path),
  ),
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'type', label: 'Type', cell: (each) => chip(wordsText(each.type)) },
  {
    name: 'update_strategy',
    label: 'Read',
    cell: (each) => each.update_schedule ?? wordsText(each.update_strategy),
  },
  { name: 'priority', label: 'Priority', sort: true, kind: 'number', cell: (each) => each.priority },
  timeColumn('last_sync_at', 'Last read', false),
];

/** `files 2, created 1`: what is 0 is left out. */
const statsText = (stats) =>
  Object.entries(stats ?? {})
    .filter(([name, count]) => count > 0 && name !== 'bytes')
    .map(([name, count]) => `${name} ${countText(count)}`)
    .join(', ');

function actionsOf(kind, feed, reload, close) {
  if (!may(kind.write)) return null;
  const path = pathOf(kind.path, feed.id);
  const read = (label, way, more) => {
    const made = workButton(
      label,
      async () => {
        const entry = await post(`${path}/${way}`, {});
        toast('It is being read.');
        const done = await finished(`${path}/history${pathOf(entry.id)}`, entry, () => made.isConnected).finally(
          reload,
        );
        if (done) toast(statsText(done.stats) || 'Nothing was new.');
      },
      null,
      more,
    );
    return made;
  };
  const turn = feed.enabled ? 'disable' : 'enable';
  const erase = async () => {
    await remove(path, feed.version);
    close();
  };
  return toolbar(
    feed.enabled && [read('Read now', 'sync', { kind: 'primary' }), read('Try without storing', 'test')],
    workButton(feed.enabled ? 'Switch off' : 'Switch on', () => post(`${path}/${turn}`, {}), reload),
    button('Edit', () => editDialog('Edit the feed', path, feed, feedFields(feed, kind === KINDS.rules), reload)),
    eraseButton('Delete this feed', 'What came from it stays.', erase),
  );
}

/** One reading: when, what came of it, and what was wrong with single files. */
function entryItem(entry) {
  const faults = (entry.items ?? []).filter((each) => each.detail);
  return h(
    'li',
    null,
    line(
      statusChip(entry.state),
      time(entry.created_at, 0),
      h(
        'span',
        { class: 'quiet' },
        [entry.kind === 'test' && 'test', wordsText(entry.trigger), entry.created_by].filter(Boolean).join(', '),
      ),
    ),
    entry.detail && h('div', { class: 'fault' }, entry.detail),
    h('div', null, statsText(entry.stats)),
    faults.length > 0 &&
      h(
        'details',
        null,
        h('summary', null, `${faults.length} with a fault`),
        h(
          'ul',
          { class: 'plain' },
          faults.map((each) =>
            h(
              'li',
              { class: 'break' },
              [each.file ?? each.value, each.line && `line ${each.line}`, each.detail].filter(Boolean).join(': '),
            ),
          ),
        ),
      ),
  );
}

const historySection = (path) =>
  fetchedSection('History', async () => {
    const { items } = await get(`${path}/history`, { limit: HISTORY });
    if (items.length === 0) return notice('It has not been read yet.');
    return h('ol', { class: 'timeline' }, items.map(entryItem));
  }).element;

const contentOf = (kind) => (feed, reload, close) => [
  line(
    statusChip(feed.status),
    chip(wordsText(feed.type)),
    feed.tags.map((each) => chip(each, 'tag')),
  ),
  feed.last_error && notice(feed.last_error, 'error'),
  feed.description && h('p', { class: 'prose' }, feed.description),
  actionsOf(kind, feed, reload, close),
  facts([
    feed.url && ['URL', mono(feed.url)],
    feed.branch && ['Branch', feed.branch],
    feed.path && ['Path', mono(feed.path)],
    feed.format && ['Format', wordsText(feed.format)],
    ['Secret', feed.has_auth ? 'Set' : 'None'],
    ...Object.entries(LIMITS).map(
      ([name, label]) => feed[name]?.length !== 0 && feed[name] && [label, [feed[name]].flat().join(', ')],
    ),
    ['Read', feed.update_schedule ?? wordsText(feed.update_strategy)],
    ['Last read', time(feed.last_sync_at, 0)],
    ['Next', time(feed.next_sync_at, 0)],
    ['Came of it', statsText(feed.stats)],
    kind === KINDS.rules && ['Rules', h('a', { href: hashOf(['rules'], { feed_id: feed.id }) }, 'Of this feed')],
    kind === KINDS.iocs && ['Indicators', h('a', { href: hashOf(['iocs'], { feed_id: feed.id }) }, 'Of this feed')],
    ['Id', mono(feed.id)],
  ]),
  historySection(pathOf(kind.path, feed.id)),
];

function kindLinks(kind) {
  const link = (each) =>
    h('a', { class: 'button', href: hashOf(each.screen), 'aria-current': each === kind ? 'true' : null }, each.label);
  return h(
    'div',
    { class: 'counts', role: 'group', 'aria-label': 'Which feeds' },
    Object.values(KINDS)
      .filter((each) => may(each.read))
      .map(link),
  );
}

export function show(main, screen) {
  const kind = screen.parts[0] === 'iocs' || !may('read:rules') ? KINDS.iocs : KINDS.rules;
  return listScreen(main, screen, {
    screen: kind.screen,
    title: kind === KINDS.rules ? 'Feeds of rules' : 'Feeds of indicators',
    path: `/${kind.path}`,
    what: 'feed',
    sort: '-priority',
    above: kindLinks(kind),
    filters: FILTERS,
    actions: (reload) => [
      may(kind.write) &&
        button(
          'New feed',
          () => createDialog('New feed', `/${kind.path}`, feedFields({}, kind === KINDS.rules), reload),
          { glyph: 'plus' },
        ),
    ],
    columns: columnsOf,
    open: (id, onchange, onclose) =>
      recordDrawer('Feed', pathOf(kind.path, id), {
        titleOf: (each) => each.name,
        content: contentOf(kind),
        onchange,
        onclose,
      }),
  });
}
