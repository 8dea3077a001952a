// Dead letters: what came in and could not be stored, to be tried again or thrown away.
import { pathOf, post, remove } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { bytesText, plural, wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { words } from '../ui/form.js';
import {
  chip,
  facts,
  failed,
  line,
  linkButton,
  mono,
  section,
  statusChip,
  time,
  toast,
  toolbar,
  workButton,
} from '../ui/parts.js';
import { listScreen, recordDrawer } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';

const FILTERS = [
  { name: 'status', label: 'Status', options: words(['pending', 'replayed', 'discarded']) },
  { name: 'protocol', label: 'Protocol', options: words(['syslog', 'cef', 'json', 'fluentd', 'http']) },
  { name: 'listener', label: 'Listener', placeholder: 'id' },
  { name: 'reason', label: 'Reason', placeholder: 'not JSON', kind: 'grow' },
];
const ALL_MAX = 1000;
const FILTER_NAMES = ['protocol', 'listener', 'reason', 'from', 'to'];

const columnsOf = (open) => [
  {
    name: 'raw',
    label: 'What came',
    kind: 'grow',
    cell: (each) => [
      h(
        'span',
        { class: 'mono clip' },
        linkButton(each.raw.slice(0, 200) || '(nothing)', () => open(each.id), 'mono'),
      ),
      h('div', { class: 'quiet small' }, each.reason),
    ],
  },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'protocol', label: 'Protocol', cell: (each) => chip(wordsText(each.protocol)) },
  { name: 'source', label: 'From', cell: (each) => each.source ?? '–' },
  { name: 'retries', label: 'Tries', kind: 'number', cell: (each) => each.retries },
  timeColumn('received_at', 'Received'),
];

/** What became of many, and why not of the first that failed. */
function tellMany(reply, done) {
  const fault = reply.items.find((each) => !each.ok);
  const parts = [`${plural(reply[done], 'letter')} ${done}`];
  if (reply.failed) parts.push(`${reply.failed} not: ${fault?.detail}`);
  if (reply.more) parts.push('there are more');
  toast(`${parts.join(', ')}.`, reply.failed ? 'error' : 'done');
}

const many = (way, body) => async () => tellMany(await post(`/dlq/${way}`, body), `${way}ed`);

const bulkActions = (ids, reload) => [
  workButton('Replay', many('replay', { ids }), reload),
  eraseButton(
    'Discard dead letters',
    `${plural(ids.length, 'letter')} will not be stored.`,
    async () => {
      await many('discard', { ids })();
      reload();
    },
    'Discard',
  ),
];

function actionsOf(one, reload) {
  if (one.status !== 'pending' || !may('admin:system')) return null;
  const path = pathOf('dlq', one.id);
  const replay = (label, query, more) =>
    workButton(
      label,
      async () => {
        // A failure counts as a try, so it is shown anew, too.
        const isStored = await post(`${path}/replay`, {}, { query }).catch(failed);
        if (isStored) toast('Stored as an event.');
      },
      reload,
      more,
    );
  const discard = async () => {
    await remove(path);
    toast('Discarded.');
  };
  return toolbar(
    replay('Replay', {}, { kind: 'primary' }),
    replay('Replay as a message', { as: 'message' }),
    workButton('Discard', discard, reload, { kind: 'danger' }),
  );
}

const content = (one, reload) => [
  line(statusChip(one.status), chip(wordsText(one.protocol)), one.was_cut && chip('Cut', 'severity-medium')),
  facts([
    ['Reason', one.reason],
    ['Details', one.details],
    ['Received', time(one.received_at)],
    ['From', one.source],
    one.listener_id && ['Listener', h('a', { href: hashOf(['listeners'], { id: one.listener_id }) }, one.listener_id)],
    ['Size', bytesText(one.size_bytes)],
    ['Tries', one.retries],
    one.event_id && ['Event', h('a', { href: hashOf(['events'], { id: one.event_id }) }, one.event_id)],
    one.changed_at && [wordsText(one.status), [time(one.changed_at, 0), one.changed_by && ` by ${one.changed_by}`]],
    ['Id', mono(one.id)],
  ]),
  actionsOf(one, reload),
  section(one.encoding === 'base64' ? 'What came (base64)' : 'What came', h('pre', { tabindex: '0' }, one.raw)),
];

export function show(main, screen) {
  const mayAct = may('admin:system');
  const values = Object.fromEntries(screen.params);
  const filter = Object.fromEntries(FILTER_NAMES.filter((name) => values[name]).map((name) => [name, values[name]]));
  return listScreen(main, screen, {
    screen: ['dead_letters'],
    title: 'Dead letters',
    path: '/dlq',
    what: 'dead letter',
    sort: '-received_at',
    filters: FILTERS,
    labelOf: (each) => each.raw.slice(0, 60),
    actions: (reload) => [
      mayAct && workButton('Replay all pending', many('replay', { filter, limit: ALL_MAX }), reload),
    ],
    bulk: mayAct ? bulkActions : null,
    columns: columnsOf,
    open: (id, onchange, onclose) =>
      recordDrawer('Dead letter', pathOf('dlq', id), { titleOf: (each) => each.reason, content, onchange, onclose }),
  });
}
