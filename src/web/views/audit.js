// The audit log: who did what, and whether the log goes on from what was seen before.
import { get, pathOf } from '../api.js';
import { formatJson } from '../json.js';
import { countText, wordsText } from '../text.js';
import { h } from '../ui/dom.js';
import { exportButton } from '../ui/download.js';
import { words } from '../ui/form.js';
import {
  button,
  chip,
  copyText,
  facts,
  failed,
  fillFrom,
  line,
  mono,
  section,
  time,
  toolbar,
  workButton,
} from '../ui/parts.js';
import { listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, timeColumn } from '../ui/table.js';

const KEPT = 'carrel.audit-head';
const FILTERS = [
  { name: 'principal', label: 'Who', placeholder: 'user name' },
  { name: 'action', label: 'Action', placeholder: 'delete_alert' },
  { name: 'outcome', label: 'Outcome', options: words(['done', 'refused', 'failed']) },
  { name: 'target', label: 'Target', placeholder: '/alerts/…', kind: 'grow' },
  { name: 'address', label: 'Address', placeholder: '192.0.2.7' },
  { name: 'from', label: 'From', placeholder: '2026-01-31T00:00:00Z' },
  { name: 'to', label: 'To', placeholder: '2026-02-01T00:00:00Z' },
];
const OUTCOME = { done: 'on', refused: 'severity-medium', failed: 'off' };

const columnsOf = (open) => [
  { name: 'seq', label: 'Number', kind: 'number', cell: (each) => each.seq },
  timeColumn('at', 'Time'),
  { name: 'principal', label: 'Who', cell: (each) => each.principal ?? '–' },
  openColumn('action', 'Action', open, (each) => each.target, false),
  { name: 'outcome', label: 'Outcome', cell: (each) => chip(wordsText(each.outcome), OUTCOME[each.outcome]) },
  { name: 'address', label: 'Address', cell: (each) => each.address ?? '–' },
];

const content = (entry) => [
  line(chip(wordsText(entry.outcome), OUTCOME[entry.outcome])),
  facts([
    ['Number', entry.seq],
    ['Time', time(entry.at)],
    ['Who', entry.principal],
    ['Target', mono(entry.target ?? '–')],
    ['Address', entry.address],
    ['Request', mono(entry.request_id ?? '–')],
    ['Hash', mono(entry.hash)],
  ]),
  section('Detail', h('pre', { tabindex: '0' }, formatJson(entry.detail, 2))),
];

/** The head that this browser saw last; null if it saw none. */
function keptHead() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function keepHead(head) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(head));
  } catch {
    // Then the next look has nothing to compare with.
  }
}

/** What can be seen from here: that no number is missing, and that the entry seen last is still what it was. */
async function verdictOf(head, count) {
  if (count < head.seq) return ['off', `The head is number ${head.seq}, but there are ${countText(count)} entries.`];
  const kept = keptHead();
  if (!kept || kept.seq === 0) return ['', 'This browser had seen no entry before: from now on it remembers the head.'];
  const entry = kept.seq > head.seq ? null : await get(pathOf('audit', kept.seq)).catch(() => null);
  const when = `which this browser saw ${kept.seen.slice(0, 16).replace('T', ' ')} UTC`;
  if (!entry) return ['off', `Entry ${kept.seq}, ${when}, is not there any more.`];
  if (entry.hash !== kept.hash) return ['off', `Entry ${kept.seq}, ${when}, is another one now.`];
  return ['on', `It goes on from entry ${kept.seq}, ${when}.`];
}

async function chainState(again) {
  const head = await get('/audit/head');
  const { count } = await get('/audit/count');
  const [kind, text] = await verdictOf(head, count);
  const keep = () => keepHead({ seq: head.seq, hash: head.hash, seen: new Date().toISOString() });
  if (kind !== 'off' && head.seq > 0) keep();
  const copy = button('Copy the head', () => copyText(`${head.seq}:${head.hash}`).catch(failed), { glyph: 'copy' });
  return [
    line(chip({ on: 'Unbroken', off: 'Broken' }[kind] ?? 'Not compared', kind), text),
    facts([
      ['Head', head.seq],
      ['Hash', mono(head.hash)],
      ['Time', time(head.at)],
    ]),
    toolbar(
      copy,
      kind === 'off' && workButton('Remember this head from now on', async () => keep(), again, { kind: 'danger' }),
    ),
    h(
      'p',
      { class: 'quiet' },
      'Keep the head elsewhere: ',
      h('span', { class: 'mono nowrap' }, 'carrel check --audit-head'),
      ' verifies every entry up to it.',
    ),
  ];
}

export function show(main, screen) {
  const chain = h('div', { class: 'stack' });
  const { id: _, sort: __, ...query } = Object.fromEntries(screen.params);
  listScreen(main, screen, {
    screen: ['audit'],
    title: 'Audit log',
    path: '/audit',
    what: 'entry',
    whats: 'entries',
    sort: '-at',
    above: section('The chain', chain),
    filters: FILTERS,
    actions: () => [
      exportButton('Export NDJSON', '/audit', query, 'application/x-ndjson', 'audit.ndjson'),
      exportButton('Export CSV', '/audit', query, 'text/csv', 'audit.csv'),
    ],
    columns: columnsOf,
    open: (id, onchange, onclose) =>
      recordDrawer('Entry', pathOf('audit', id), { titleOf: (each) => each.action, content, onclose }),
  });
  const look = () => fillFrom(chain, () => chainState(look));
  return look();
}
