// One playbook: its steps, what starts it, how it went, and the document that makes or changes one.
import { Problem, get, patch, pathOf, post, remove } from '../api.js';
import { formatJson, parseJson } from '../json.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { countText, durationText, wordsText } from '../text.js';
import { codeEditor } from '../ui/code_editor.js';
import { drawer, eraseButton } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { resourceList } from '../ui/list.js';
import {
  button,
  chip,
  facts,
  failed,
  fetchedSection,
  heading,
  line,
  mono,
  notice,
  section,
  toolbar,
} from '../ui/parts.js';
import { time, toast, workButton } from '../ui/parts.js';
import { EXECUTION_COLUMNS } from './executions.js';
import { runDialog } from './playbooks.js';

const TEMPLATE = {
  name: 'A name for people',
  description: null,
  enabled: false,
  priority: 0,
  triggers: [],
  steps: [{ id: 'note', name: 'Write it down', type: 'add_note', parameters: { note: 'Seen: {{alert.title}}' } }],
  tags: [],
};

const conditionText = ({ field, operator, value }) =>
  [field, wordsText(operator).toLowerCase(), value !== undefined && formatJson(value)].filter(Boolean).join(' ');
const conditionList = (conditions) =>
  h(
    'ul',
    { class: 'plain mono' },
    conditions.map((each) => h('li', null, conditionText(each))),
  );

/** The approval that the step needs, in a line. */
function approvalText({ mode = 'any', min_approvers: least = 1, approvers = [], roles = [] } = {}) {
  const who = [...approvers, ...roles.map((each) => `role ${each}`)].join(', ') || 'who may change rules';
  return `${wordsText(mode)} of ${who}, at least ${least}`;
}

function stepItem(step) {
  return h(
    'li',
    { class: 'step' },
    line(
      h('strong', null, step.name ?? step.id),
      chip(wordsText(step.type)),
      step.requires_approval && chip('Needs an approval', 'severity-medium'),
    ),
    facts([
      ['Id', mono(step.id)],
      ...Object.entries(step.parameters ?? {}).map(([name, value]) => [
        wordsText(name),
        mono(typeof value === 'string' ? value : formatJson(value)),
      ]),
      step.conditions?.length && ['Only if', conditionList(step.conditions)],
      step.requires_approval && ['Approval', approvalText(step.approval)],
      step.on_failure === 'continue' && ['If it fails', 'The next step follows'],
      step.retries && ['Retries', `${step.retries}, after ${step.retry_delay_s ?? 5} s`],
      step.timeout_s && ['Ends after', `${step.timeout_s} s`],
    ]),
  );
}

const executionsSection = (playbook, signal) =>
  section(
    'Executions',
    resourceList({
      path: `${pathOf('playbooks', playbook.id)}/executions`,
      query: {},
      sort: '-created_at',
      signal,
      what: 'execution',
      caption: 'Executions of this playbook',
      columns: EXECUTION_COLUMNS.filter((each) => each.name !== 'playbook'),
      kind: 'cards',
      empty: notice('It has not run yet.'),
    }).element,
  );

const statsSection = (id) =>
  fetchedSection('How it went', async () => {
    const found = await get(`${pathOf('playbooks', id)}/stats`);
    return facts([
      ['Executions', countText(found.total)],
      ...Object.entries(found.by_status)
        .filter(([, count]) => count > 0)
        .map(([status, count]) => [wordsText(status), countText(count)]),
      ['Takes', found.average_duration_s === null ? null : durationText(found.average_duration_s)],
      ['Last begun', time(found.last_started_at, 0)],
    ]);
  }).element;

/** A playbook as a document; the server says what is wrong with it before it is kept. */
function editDocument(title, value, save) {
  const editor = codeEditor({ label: 'Playbook (JSON)', value: formatJson(value, 2) });
  const box = drawer(
    title,
    h(
      'div',
      null,
      editor.element,
      toolbar(
        workButton('Check', () => check()),
        workButton('Save', () => keep(), null, { kind: 'primary' }),
      ),
    ),
  );
  const faults = (found) => found.map(({ field, detail }) => ({ detail: [field, detail].filter(Boolean).join(': ') }));
  const read = () => {
    try {
      return parseJson(editor.value());
    } catch (error) {
      editor.mark([{ detail: error.message, ...placeOf(editor.value(), error.message) }]);
      throw new Problem(0, { detail: 'This is not JSON.' });
    }
  };
  const check = async () => {
    const found = await post('/playbooks/validate', read());
    editor.mark(faults(found.errors));
    if (found.valid) toast('Valid.');
  };
  const keep = async () => {
    try {
      await save(read());
      box.close();
    } catch (error) {
      if (error.errors) editor.mark(faults(error.errors));
      throw error;
    }
  };
}

/** The line of a fault that the browser's reader of JSON tells by its position. */
function placeOf(text, message) {
  const at = /position (\d+)/.exec(message);
  if (!at) return {};
  const before = text.slice(0, Number(at[1])).split('\n');
  return { line: before.length, column: before.at(-1).length + 1 };
}

export const newPlaybook = () =>
  editDocument('New playbook', TEMPLATE, async (value) =>
    go(hashOf(['playbooks', (await post('/playbooks', value)).id])),
  );

function editPlaybook(playbook, reload) {
  const value = Object.fromEntries(Object.keys(TEMPLATE).map((name) => [name, playbook[name]]));
  editDocument('Edit the playbook', value, async (changed) => {
    await patch(pathOf('playbooks', playbook.id), changed, playbook.version);
    reload();
  });
}

function actionsOf(playbook, reload) {
  const path = pathOf('playbooks', playbook.id);
  const run =
    may('write:alerts') &&
    playbook.enabled &&
    button('Run', () => runDialog(playbook).catch(failed), { kind: 'primary' });
  if (!may('write:rules')) return [run];
  const turn = playbook.enabled ? 'disable' : 'enable';
  return [
    run,
    workButton(playbook.enabled ? 'Switch off' : 'Switch on', () => post(`${path}/${turn}`, {}), reload),
    workButton('Duplicate', async () => go(hashOf(['playbooks', (await post(`${path}/duplicate`, {})).id]))),
    button('Edit', () => editPlaybook(playbook, reload)),
    eraseButton('Delete this playbook', 'Its versions will be gone, too.', async () => {
      await remove(path, playbook.version);
      go(hashOf(['playbooks']));
    }),
  ];
}

const triggerItem = ({ name, conditions }) => h('li', null, name && h('strong', null, name), conditionList(conditions));

const aboutSection = (playbook) =>
  section(
    'About',
    line(
      chip(playbook.enabled ? 'On' : 'Off', playbook.enabled ? 'on' : ''),
      playbook.tags.map((each) => chip(each, 'tag')),
    ),
    playbook.description && h('p', { class: 'prose' }, playbook.description),
    facts([
      ['Priority', playbook.priority],
      ['Version', playbook.version],
      ['Updated', time(playbook.updated_at, 0)],
      ['By', playbook.updated_by ?? playbook.created_by],
      ['Id', mono(playbook.id)],
    ]),
    h('h3', null, 'An alert starts it if'),
    playbook.triggers?.length
      ? h('ul', { class: 'plain' }, playbook.triggers.map(triggerItem))
      : notice('Only people start it.'),
  );

export async function showPlaybook(main, id, signal) {
  const playbook = await get(pathOf('playbooks', id), {}, { signal });
  const reload = () => (signal.aborted ? null : showPlaybook(main, id, signal));
  replace(
    main,
    h('p', null, h('a', { href: '#/playbooks' }, '← Playbooks')),
    heading(playbook.name, ...actionsOf(playbook, reload)),
    h(
      'div',
      { class: 'two' },
      h(
        'div',
        null,
        section('Steps', h('ol', { class: 'steps' }, playbook.steps.map(stepItem))),
        may('read:alerts') && executionsSection(playbook, signal),
      ),
      h('div', null, aboutSection(playbook), statsSection(id)),
    ),
  );
}
