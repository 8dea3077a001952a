// Listeners: where messages come in, whether they run, and what has become of what came.
import { get, pathOf, post, remove } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { agoText, bytesText, countText, plural, wordsText } from '../text.js';
import { confirmed, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, given, listField, numberField, selectField, textField, words } from '../ui/form.js';
import {
  button,
  chip,
  facts,
  failed,
  notice,
  section,
  statusChip,
  tile,
  time,
  toast,
  workButton,
} from '../ui/parts.js';
import { editDialog, listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, timeColumn } from '../ui/table.js';

const EVERY_MS = 2000;
const TYPES = ['syslog', 'cef', 'json'];
const PROTOCOLS = ['udp', 'tcp', 'tls'];
const STATUSES = ['running', 'stopped', 'starting', 'error'];
const FILTERS = [
  { name: 'status', label: 'Status', options: words(STATUSES) },
  { name: 'type', label: 'Type', options: words(TYPES) },
  { name: 'protocol', label: 'Protocol', options: words(PROTOCOLS) },
];
const addressText = ({ protocol, host, port }) => `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;

const columnsOf = (open) => [
  openColumn('name', 'Name', open, (each) => each.status_detail ?? each.description),
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'type', label: 'Type', cell: (each) => chip(wordsText(each.type)) },
  { name: 'port', label: 'Address', sort: true, kind: 'mono', cell: addressText },
  { name: 'source', label: 'Source', cell: (each) => each.source ?? '–' },
  timeColumn('started_at', 'Runs since', false),
];

/** A new listener is made of a template; what is left empty is the template's. */
async function newListener(reload) {
  const { items } = await get('/listeners/templates');
  const fields = [
    selectField(
      'template',
      'Template',
      items.map((each) => [each.id, `${each.name} (${each.host}, port ${each.port})`]),
    ),
    textField('name', 'Name', { hint: 'Empty: that of the template.' }),
    textField('host', 'Address', { placeholder: '127.0.0.1' }),
    numberField('port', 'Port', { min: 1, max: 65535 }),
    textField('source', 'Source', { hint: 'Of events that name none.' }),
    listField('tags', 'Tags'),
  ];
  formDialog(
    'New listener',
    fields,
    async (values) => {
      await post('/listeners/from-template', given(values));
      toast(may('admin:system') ? 'Created. It runs once it is started.' : 'Created. An administrator starts it.');
      reload();
    },
    'Create',
  );
}

/** Where it listens does not change while it is to run. */
const fieldsOf = (one) => [
  textField('name', 'Name', { value: one.name }),
  areaField('description', 'Description', { value: one.description, rows: 2 }),
  ...(one.enabled
    ? []
    : [
        selectField('type', 'Type', words(TYPES), { value: one.type }),
        selectField('protocol', 'Protocol', words(PROTOCOLS), { value: one.protocol }),
        textField('host', 'Address', { value: one.host }),
        numberField('port', 'Port', { value: one.port, min: 1, max: 65535 }),
      ]),
  textField('source', 'Source', { value: one.source, hint: 'Of events that name none.' }),
  listField('tags', 'Tags', { value: one.tags }),
  numberField('connections_max', 'Connections at most', { value: one.connections_max, min: 1 }),
  numberField('message_bytes_max', 'Bytes of a message at most', { value: one.message_bytes_max, min: 480 }),
  numberField('idle_seconds', 'Seconds until an idle connection is closed', { value: one.idle_seconds, min: 1 }),
];

function actionsOf(one, reload, close) {
  const path = pathOf('listeners', one.id);
  const turn = (label, way, text, more) =>
    workButton(
      label,
      async () => {
        const now = await post(`${path}/${way}`, {});
        if (now.status === 'error') toast(now.status_detail, 'error');
        else toast(text);
      },
      reload,
      more,
    );
  const erase = async () => {
    await remove(path, one.version);
    close();
  };
  return h(
    'div',
    { class: 'actions' },
    may('admin:system') && [
      one.status !== 'running' && turn('Start', 'start', 'It runs.', { kind: 'primary' }),
      one.enabled && turn('Stop', 'stop', 'It has stopped.'),
      one.enabled && turn('Restart', 'restart', 'It was restarted.'),
    ],
    may('write:listeners') && [
      button('Edit', () => editDialog('Edit the listener', path, one, fieldsOf(one), reload)),
      !one.enabled &&
        button('Delete', () => confirmed('Delete this listener', 'Its dead letters stay.', 'Delete', erase), {
          kind: 'danger',
        }),
    ],
  );
}

/** The counts to the moment, as long as they are shown. */
function statsSection(id) {
  const tiles = h('div', { class: 'tiles' });
  const below = h('div', null, notice('Loading…'));
  const look = async () => {
    const found = await get(`${pathOf('listeners', id)}/stats`);
    const number = (label, name) => tile(label, countText(found[name]));
    replace(
      tiles,
      number('Received', 'received'),
      number('Stored', 'stored'),
      number('Dead letters', 'dead_letters'),
      number('Dropped', 'dropped'),
      number('Waiting', 'queued'),
      tile('Now', `${found.events_per_second.toFixed(1)}/s`),
    );
    replace(
      below,
      facts([
        ['Lost by the kernel', countText(found.lost)],
        ['Cut', countText(found.cut)],
        ['Connections', `${countText(found.connections)}, ${countText(found.connections_refused)} refused`],
        [
          'Last message',
          found.last_event_at ? [time(found.last_event_at, 0), ` ${agoText(found.last_event_at)}`] : null,
        ],
      ]),
    );
  };
  const again = async () => {
    try {
      await look();
    } catch (error) {
      return replace(below, notice(error.message, 'error'));
    }
    return setTimeout(() => tiles.isConnected && again(), EVERY_MS);
  };
  again();
  return section('What came', tiles, below);
}

const content = (one, reload, close) => [
  h(
    'div',
    { class: 'line' },
    statusChip(one.status),
    chip(wordsText(one.type)),
    one.tags.map((each) => chip(each, 'tag')),
  ),
  one.status_detail && notice(one.status_detail, 'error'),
  one.description && h('p', { class: 'prose' }, one.description),
  actionsOf(one, reload, close),
  statsSection(one.id),
  may('read:events') &&
    h('p', null, h('a', { href: hashOf(['dead_letters'], { listener: one.id }) }, 'Its dead letters')),
  facts([
    ['Address', h('span', { class: 'mono' }, addressText(one))],
    ['Source', one.source],
    ['Fields', one.fields && Object.entries(one.fields).map(([name, value]) => h('div', null, `${name}: ${value}`))],
    ['Read by', one.field_mapping],
    ['At most', `${plural(one.connections_max, 'connection')}, ${bytesText(one.message_bytes_max)} a message`],
    ['Runs since', time(one.started_at, 0)],
    ['Stopped', time(one.stopped_at, 0)],
    ['Changed by', one.updated_by],
    ['Id', h('span', { class: 'mono' }, one.id)],
  ]),
];

export const show = (main, screen) =>
  listScreen(main, screen, {
    screen: ['listeners'],
    title: 'Listeners',
    path: '/listeners',
    what: 'listener',
    filters: FILTERS,
    actions: (reload) => [
      may('write:listeners') && button('New listener', () => newListener(reload).catch(failed), { glyph: 'plus' }),
    ],
    columns: columnsOf,
    open: (id, onchange, onclose) =>
      recordDrawer('Listener', pathOf('listeners', id), { titleOf: (each) => each.name, content, onchange, onclose }),
  });
