// Listeners: where messages come in, whether they run, and what has become of what came.
import { get, pathOf, post, remove } from '../api.js';
import { formatJson } from '../json.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { agoText, bytesText, countText, plural, wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, listField, numberField, objectField, selectField, textField, words } from '../ui/form.js';
import {
  button,
  chip,
  facts,
  failed,
  line,
  mono,
  notice,
  section,
  statusChip,
  tile,
  time,
  toast,
  toolbar,
  workButton,
} from '../ui/parts.js';
import { createDialog, editDialog, listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, timeColumn } from '../ui/table.js';

const EVERY_MS = 2000;
const MAPPINGS_MAX = 1000;
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

/** By which field mapping its events are read first; where mappings are not to be seen it is named by its id. */
async function mappingField(value = null) {
  const { items } = await get('/field-mappings', { limit: MAPPINGS_MAX }).catch(() => ({ items: [] }));
  const hint = 'A field mapping that comes before those in force.';
  if (items.length === 0) return textField('field_mapping', 'Read by', { value, hint });
  const options = [['', 'Those in force'], ...items.map((each) => [each.id, each.name])];
  if (value && !items.some((each) => each.id === value)) options.push([value, value]);
  return selectField('field_mapping', 'Read by', options, { value: value ?? '', hint });
}

/** The name of a field mapping; the id that a listener knows it by, where mappings are not to be seen. */
function mappingName(id) {
  const place = h('span', null, id);
  if (may('read:rules'))
    get(pathOf('field-mappings', id)).then(
      ({ name }) => replace(place, name),
      () => {},
    );
  return place;
}

/** Where it listens does not change while it is to run. */
const fieldsOf = async (one, place = []) => [
  textField('name', 'Name', { value: one.name }),
  areaField('description', 'Description', { value: one.description, rows: 2 }),
  ...place,
  textField('source', 'Source', { value: one.source, hint: 'Of events that name none.' }),
  listField('tags', 'Tags', { value: one.tags }),
  objectField('fields', 'Fields', { value: one.fields, hint: 'In each event, as JSON: {"site": "lab", "rack": 7}' }),
  await mappingField(one.field_mapping),
  numberField('connections_max', 'Connections at most', { value: one.connections_max, min: 1 }),
  numberField('message_bytes_max', 'Bytes of a message at most', { value: one.message_bytes_max, min: 480 }),
  numberField('idle_seconds', 'Seconds until an idle connection is closed', { value: one.idle_seconds, min: 1 }),
];

const addressFields = (one) => [
  textField('host', 'Address', { value: one.host, placeholder: '127.0.0.1' }),
  numberField('port', 'Port', { value: one.port, min: 1, max: 65535 }),
];

/** A new listener is made of a template; what is left empty is the template's. */
async function newListener(reload) {
  const { items } = await get('/listeners/templates');
  const template = selectField(
    'template',
    'Template',
    items.map((each) => [each.id, `${each.name} (${each.host}, port ${each.port})`]),
    { hint: 'What is left empty is as it says.' },
  );
  const created = () => {
    toast(may('admin:system') ? 'Created. It runs once it is started.' : 'Created. An administrator starts it.');
    reload();
  };
  const fields = [template, ...(await fieldsOf({}, addressFields({})))];
  createDialog('New listener', '/listeners/from-template', fields, created);
}

async function editListener(one, path, reload) {
  const place = [
    selectField('type', 'Type', words(TYPES), { value: one.type }),
    selectField('protocol', 'Protocol', words(PROTOCOLS), { value: one.protocol }),
    ...addressFields(one),
  ];
  editDialog('Edit the listener', path, one, await fieldsOf(one, one.enabled ? [] : place), reload);
}

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
  return toolbar(
    may('admin:system') && [
      one.status !== 'running' && turn('Start', 'start', 'It runs.', { kind: 'primary' }),
      one.enabled && turn('Stop', 'stop', 'It has stopped.'),
      one.enabled && turn('Restart', 'restart', 'It was restarted.'),
    ],
    may('write:listeners') && [
      button('Edit', () => editListener(one, path, reload).catch(failed)),
      !one.enabled && eraseButton('Delete this listener', 'Its dead letters stay.', erase),
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
  line(
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
    ['Address', mono(addressText(one))],
    ['Source', one.source],
    ['Fields', one.fields && mono(formatJson(one.fields))],
    ['Read by', one.field_mapping ? mappingName(one.field_mapping) : 'Those in force'],
    ['At most', `${plural(one.connections_max, 'connection')}, ${bytesText(one.message_bytes_max)} a message`],
    ['Runs since', time(one.started_at, 0)],
    ['Stopped', time(one.stopped_at, 0)],
    ['Changed by', one.updated_by],
    ['Id', mono(one.id)],
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
