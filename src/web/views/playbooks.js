// Playbooks: the list of them; one has its own screen.
import { Problem, get, pathOf, post } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { plural } from '../text.js';
import { formDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { given, selectField, textField } from '../ui/form.js';
import { button, chip } from '../ui/parts.js';
import { listScreen } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';

const ALL_MAX = 1000;
const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in name and description', kind: 'grow' },
  {
    name: 'enabled',
    label: 'State',
    options: [
      ['true', 'On'],
      ['false', 'Off'],
    ],
  },
  { name: 'tag', label: 'Tag' },
];
const COLUMNS = [
  {
    name: 'name',
    label: 'Name',
    sort: true,
    kind: 'grow',
    cell: (each) => [
      h('a', { href: hashOf(['playbooks', each.id]) }, each.name),
      each.description && h('div', { class: 'quiet small clip' }, each.description),
    ],
  },
  { name: 'enabled', label: 'State', cell: (each) => chip(each.enabled ? 'On' : 'Off', each.enabled ? 'on' : '') },
  { name: 'priority', label: 'Priority', sort: true, kind: 'number', cell: (each) => each.priority },
  { name: 'steps', label: 'Steps', kind: 'number', cell: (each) => each.steps.length },
  {
    name: 'triggers',
    label: 'Started by',
    cell: (each) => (each.triggers?.length ? plural(each.triggers.length, 'trigger') : 'People'),
  },
  timeColumn('updated_at', 'Updated'),
];

/** Has a playbook executed, for what `subject` names (`{alert_id}`, `{investigation_id}`) or the form asks for. */
export async function runDialog(playbook, subject = null) {
  const fields = subject
    ? []
    : [
        textField('alert_id', 'Alert', { hint: 'Its id; or that of an investigation; or neither.' }),
        textField('investigation_id', 'Investigation'),
      ];
  if (!playbook) {
    const { items } = await get('/playbooks', { enabled: 'true', sort: 'name', limit: ALL_MAX });
    if (items.length === 0) throw new Problem(0, { detail: 'No playbook is switched on.' });
    fields.unshift(
      selectField(
        'id',
        'Playbook',
        items.map((each) => [each.id, each.name]),
      ),
    );
  }
  formDialog(
    playbook ? `Run “${playbook.name}”` : 'Run a playbook',
    fields,
    async ({ id = playbook?.id, ...values }) => {
      const made = await post(`${pathOf('playbooks', id)}/execute`, subject ?? given(values));
      go(hashOf(['executions', made.id]));
    },
    'Run',
  );
}

function showAll(main, screen) {
  listScreen(main, screen, {
    screen: ['playbooks'],
    title: 'Playbooks',
    path: '/playbooks',
    what: 'playbook',
    sort: '-priority',
    filters: FILTERS,
    actions: () => [
      may('write:rules') &&
        button('New playbook', async () => (await import('./playbook.js')).newPlaybook(), { glyph: 'plus' }),
    ],
    columns: () => COLUMNS,
  });
}

export async function show(main, screen) {
  if (screen.parts.length === 0) return showAll(main, screen);
  const { showPlaybook } = await import('./playbook.js');
  return showPlaybook(main, screen.parts[0], screen.signal);
}
