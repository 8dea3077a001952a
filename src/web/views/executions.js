// Executions of playbooks: what runs, what waits for whom, and the steps of one as they come to pass.
import { get, pathOf, post, remove } from '../api.js';
import { formatJson } from '../json.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { durationText, wordsText } from '../text.js';
import { eraseButton, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, given, words } from '../ui/form.js';
import { button, facts, failed, heading, mono, section, statusChip, time, workButton } from '../ui/parts.js';
import { listScreen } from '../ui/record.js';
import { table, timeColumn } from '../ui/table.js';

const STATUSES = ['pending', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'skipped'];
const OPEN = ['pending', 'running', 'waiting'];
const EVERY_MS = 1000;
const STEPS_MAX = 100; // more than a playbook can have
const FILTERS = [
  { name: 'status', label: 'Status', options: words(STATUSES) },
  {
    name: 'trigger',
    label: 'Started by',
    options: [
      ['manual', 'People'],
      ['alert', 'An alert'],
    ],
  },
  { name: 'alert_id', label: 'Alert', placeholder: 'id' },
  { name: 'investigation_id', label: 'Investigation', placeholder: 'id' },
];

/** What it is about, as a link. */
function subjectOf({ alert_id: alert, investigation_id: investigation }) {
  if (alert) return h('a', { href: hashOf(['alerts'], { id: alert }) }, 'Alert');
  if (investigation) return h('a', { href: hashOf(['investigations', investigation]) }, 'Investigation');
  return '–';
}

const secondsOf = ({ started_at: begun, finished_at: finished, completed_at: end = finished }) =>
  begun && end ? durationText((Date.parse(end) - Date.parse(begun)) / 1000) : '–';

export const EXECUTION_COLUMNS = [
  {
    ...timeColumn('created_at', 'Created'),
    cell: (each) => h('a', { href: hashOf(['executions', each.id]) }, time(each.created_at, 0)),
  },
  { name: 'playbook', label: 'Playbook', kind: 'grow', cell: (each) => each.playbook_name },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  {
    name: 'steps',
    label: 'Steps done',
    cell: (each) =>
      `${each.current_step} of ${each.step_count}${each.failed_steps ? `, ${each.failed_steps} failed` : ''}`,
  },
  { name: 'subject', label: 'About', cell: subjectOf },
  {
    name: 'created_by',
    label: 'By',
    cell: (each) => (each.trigger === 'manual' ? (each.created_by ?? '–') : 'An alert'),
  },
];

function showAll(main, screen) {
  listScreen(main, screen, {
    screen: ['executions'],
    title: 'Executions',
    path: '/playbook-executions',
    what: 'execution',
    filters: FILTERS,
    columns: () => EXECUTION_COLUMNS,
  });
}

const STEP_COLUMNS = [
  { name: 'position', label: 'Step', kind: 'number', cell: (each) => each.position + 1 },
  {
    name: 'name',
    label: 'Name',
    kind: 'grow',
    cell: (each) => [
      each.name ?? each.step_id,
      h('div', { class: 'quiet small' }, wordsText(each.type)),
      each.error && h('div', { class: 'fault' }, each.error),
      each.output && h('pre', { tabindex: '0', 'aria-label': 'Output' }, formatJson(each.output, 1)),
    ],
  },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'attempts', label: 'Attempts', kind: 'number', cell: (each) => each.attempts },
  { name: 'answer_status', label: 'Answer', kind: 'number', cell: (each) => each.answer_status ?? '–' },
  timeColumn('started_at', 'Begun', false),
  { name: 'seconds', label: 'Took', kind: 'number', cell: secondsOf },
];

/** What is said to the approval that an execution waits for. */
function decideDialog(path, word, reload) {
  formDialog(
    `${wordsText(word)} the step`,
    [areaField('comment', 'Comment', { rows: 3 })],
    async (values) => {
      await post(`${path}/${word}`, given(values));
      reload();
    },
    wordsText(word),
  );
}

function actionsOf(one, reload) {
  if (!may('write:alerts')) return [];
  const path = pathOf('playbook-executions', one.id);
  if (!OPEN.includes(one.status)) {
    const erase = async () => {
      await remove(path, one.version);
      go(hashOf(['executions']));
    };
    return [eraseButton('Delete this execution', 'Its steps and approvals will be gone.', erase)];
  }
  return [
    one.status === 'waiting' && [
      button('Approve', () => decideDialog(path, 'approve', reload), { kind: 'primary' }),
      button('Reject', () => decideDialog(path, 'reject', reload), { kind: 'danger' }),
    ],
    workButton('Cancel', () => post(`${path}/cancel`, {}), reload),
  ];
}

const factsOf = (one) =>
  facts([
    ['Status', statusChip(one.status)],
    one.error && ['Error', h('span', { class: 'fault' }, one.error)],
    ['Steps done', `${one.current_step} of ${one.step_count}`],
    ['Failed steps', one.failed_steps],
    ['About', subjectOf(one)],
    may('read:rules')
      ? ['Playbook', h('a', { href: hashOf(['playbooks', one.playbook_id]) }, one.playbook_name)]
      : ['Playbook', one.playbook_name],
    ['Its version', one.playbook_version],
    ['Started by', one.trigger === 'manual' ? one.created_by : `An alert, ${one.depth} deep`],
    ['Created', time(one.created_at, 0)],
    ['Begun', time(one.started_at, 0)],
    ['Completed', time(one.completed_at, 0)],
    one.status === 'waiting' && [
      'Waits for',
      h('a', { href: hashOf(['approvals'], { execution_id: one.id }) }, 'An approval'),
    ],
    ['Id', mono(one.id)],
  ]);

/** Puts one heading for another; whoever was at a button is at the same one again, or at the screen. */
function exchange(main, old, title) {
  const label = old.contains(document.activeElement) ? document.activeElement.textContent : null;
  old.replaceWith(title);
  if (label !== null)
    ([...title.querySelectorAll('button')].find((each) => each.textContent === label) ?? main).focus();
}

/** Shows an execution until it is over, anew when something has come of it. */
async function showOne(main, id, signal) {
  const path = pathOf('playbook-executions', id);
  const [about, steps] = [h('div', null), h('div', { class: 'list' })];
  const state = h('p', { class: 'hidden', role: 'status' });
  let seen = '';
  const look = async () => {
    // The steps after it: of one that is over they are then the last ones, too.
    const one = await get(path, {}, { signal });
    const { items } = await get(`${path}/steps`, { limit: STEPS_MAX }, { signal });
    if (formatJson([one, items]) === seen) return one;
    const isFirst = seen === '';
    seen = formatJson([one, items]);
    const title = heading(one.playbook_name, ...actionsOf(one, look));
    if (isFirst) {
      replace(
        main,
        h('p', null, h('a', { href: '#/executions' }, '← Executions')),
        title,
        h('div', { class: 'two' }, section('Steps', steps), section('About', about)),
        state,
      );
    } else exchange(main, main.querySelector('.heading'), title);
    replace(about, factsOf(one));
    replace(steps, table(STEP_COLUMNS, items, { caption: 'Steps of this execution' }));
    state.textContent = wordsText(one.status);
    return one;
  };
  const again = async () => {
    if (signal.aborted) return;
    const one = await look().catch(failed);
    if (one && OPEN.includes(one.status)) setTimeout(again, EVERY_MS);
  };
  if (OPEN.includes((await look()).status)) setTimeout(again, EVERY_MS);
}

export const show = (main, screen) =>
  screen.parts.length > 0 ? showOne(main, screen.parts[0], screen.signal) : showAll(main, screen);
