// Investigations: the list of cases, and how many there are; one has its own screen.
import { get, post } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { wordsText } from '../text.js';
import { formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { countBar } from '../ui/filters.js';
import { areaField, given, selectField, textField, words } from '../ui/form.js';
import { button, failed, severityChip, statusChip } from '../ui/parts.js';
import { listScreen } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';
import { userOptions } from './alert_detail.js';

export const PRIORITIES = ['critical', 'high', 'medium', 'low'];
export const VERDICTS = ['true_positive', 'false_positive', 'inconclusive'];
const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in title and description', kind: 'grow' },
  { name: 'priority', label: 'Priority', options: words(PRIORITIES) },
  { name: 'assignee_id', label: 'Assigned to', placeholder: 'user name' },
  { name: 'verdict', label: 'Verdict', options: words(VERDICTS) },
  { name: 'tag', label: 'Tag' },
];
const COLUMNS = [
  { name: 'priority', label: 'Priority', sort: true, cell: (each) => severityChip(each.priority) },
  {
    name: 'title',
    label: 'Title',
    sort: true,
    kind: 'grow',
    cell: (each) => [
      h('a', { href: hashOf(['investigations', each.id]) }, each.title),
      h('div', { class: 'quiet small mono' }, each.number),
    ],
  },
  { name: 'status', label: 'Status', sort: true, cell: (each) => statusChip(each.status) },
  { name: 'assignee', label: 'Assigned to', cell: (each) => each.assignee_id ?? '–' },
  timeColumn('created_at', 'Created'),
];

/** The assignee as a choice of users; where there are none, as a text. */
export async function assigneeField(value = null) {
  const users = await userOptions();
  if (users.length === 1) return textField('assignee_id', 'Assigned to', { value });
  if (value && !users.some(([name]) => name === value)) users.push([value, value]);
  return selectField('assignee_id', 'Assigned to', users, { value: value ?? '' });
}

async function newInvestigation() {
  const fields = [
    textField('title', 'Title', { required: true, maxlength: 200 }),
    selectField('priority', 'Priority', words(PRIORITIES), { value: 'medium' }),
    await assigneeField(),
    areaField('description', 'Description'),
  ];
  const create = async (values) => go(hashOf(['investigations', (await post('/investigations', given(values))).id]));
  formDialog('New investigation', fields, create, 'Create');
}

async function showAll(main, screen) {
  const counts = h('div', null);
  const { to, query } = listScreen(main, screen, {
    screen: ['investigations'],
    title: 'Investigations',
    path: '/investigations',
    what: 'investigation',
    above: counts,
    filters: FILTERS,
    actions: () => [
      may('write:investigations') &&
        button('New investigation', () => newInvestigation().catch(failed), { glyph: 'plus' }),
    ],
    columns: () => COLUMNS,
  });
  const stats = await get('/investigations/stats', {}, { signal: screen.signal }).catch(() => null);
  if (stats === null) return;
  replace(
    counts,
    countBar('By status', stats.by_status, query.status, wordsText, (status) => to({ status })),
  );
}

export async function show(main, screen) {
  if (screen.parts.length === 0) return showAll(main, screen);
  const { showInvestigation } = await import('./investigation.js');
  return showInvestigation(main, screen.parts[0], screen.signal);
}
