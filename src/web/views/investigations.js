// Investigations: cases, with all that happened in order of time.
import { get, patch, pathOf, post } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { wordsText } from '../text.js';
import { formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { filterBar } from '../ui/filters.js';
import { areaField, selectField, textField } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import {
  attempt,
  button,
  chip,
  facts,
  fillFrom,
  heading,
  notice,
  section,
  severityChip,
  statusChip,
  time,
  toast,
} from '../ui/parts.js';

const STATUSES = ['open', 'in_progress', 'awaiting_review', 'resolved', 'false_positive', 'closed'];
const NEXT = {
  open: ['in_progress'],
  in_progress: ['awaiting_review', 'resolved', 'false_positive'],
  awaiting_review: ['resolved', 'in_progress'],
};
const PRIORITIES = ['critical', 'high', 'medium', 'low'];
const VERDICTS = ['true_positive', 'false_positive', 'inconclusive'];
const words = (names) => names.map((each) => [each, wordsText(each)]);
const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in title and description', kind: 'grow' },
  { name: 'status', label: 'Status', options: words(STATUSES) },
  { name: 'priority', label: 'Priority', options: words(PRIORITIES) },
];
const COLUMNS = [
  { name: 'number', label: 'Number', kind: 'nowrap', cell: (each) => h('span', { class: 'mono' }, each.number ?? '–') },
  { name: 'priority', label: 'Priority', sort: true, cell: (each) => severityChip(each.priority) },
  {
    name: 'title',
    label: 'Title',
    kind: 'grow',
    cell: (each) => h('a', { href: hashOf(['investigations', each.id]) }, each.title),
  },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'assignee', label: 'Assigned to', cell: (each) => each.assignee_id ?? '–' },
  { name: 'created_at', label: 'Created (UTC)', sort: true, kind: 'nowrap', cell: (each) => time(each.created_at, 0) },
];
const MISSING = 'This server has no investigations yet.';

function newInvestigation() {
  const fields = [
    textField('title', 'Title', { required: true }),
    selectField('priority', 'Priority', words(PRIORITIES), { value: 'medium' }),
    areaField('description', 'Description'),
  ];
  formDialog(
    'New investigation',
    fields,
    async (values) => {
      const made = await post(
        '/investigations',
        Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
      );
      go(hashOf(['investigations', made.id]));
    },
    'Create',
  );
}

async function showAll(main, { params, signal }) {
  const values = Object.fromEntries(params);
  const to = (more) => go(hashOf(['investigations'], { ...values, ...more }));
  const { sort = '-created_at', ...query } = values;
  try {
    await get('/investigations/count', {}, { signal });
  } catch (error) {
    if (error.status !== 404) throw error;
    replace(main, heading('Investigations'), notice(MISSING));
    return;
  }
  const list = resourceList({
    path: '/investigations',
    query,
    sort,
    signal,
    what: 'investigation',
    caption: 'Investigations',
    columns: COLUMNS,
    kind: 'cards',
    onsort: (next) => to({ sort: next }),
    empty: notice('No investigation passes these filters.'),
  });
  replace(
    main,
    heading(
      'Investigations',
      may('write:investigations') && button('New investigation', newInvestigation, { glyph: 'plus' }),
    ),
    filterBar(FILTERS, params, to),
    list.element,
  );
}

/** What an entry of the timeline says, by its type. */
const ENTRIES = {
  event: (entry) => [
    h('a', { href: hashOf(['events'], { id: entry.id }) }, 'Event'),
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
};
const otherEntry = (entry) =>
  Object.entries(entry)
    .filter(([name, value]) => name !== 'type' && name !== 'at' && value !== null)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');

function timelineSection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const { items } = await get(`${pathOf('investigations', id)}/timeline`, { limit: 200 });
    if (items.length === 0) return notice('Nothing has happened yet.');
    return h(
      'ol',
      { class: 'timeline' },
      items.map((each) =>
        h(
          'li',
          null,
          h('span', { class: 'line' }, time(each.at, 0), chip(wordsText(each.type))),
          h('div', null, (ENTRIES[each.type] ?? otherEntry)(each)),
        ),
      ),
    );
  });
  return section('Timeline', place);
}

function noteForm(id, reload) {
  const text = areaField('content', 'Text', { rows: 3 });
  const add = button(
    'Add note',
    () =>
      attempt(add, async () => {
        await post(`${pathOf('investigations', id)}/notes`, { content: text.read() ?? '' });
        reload();
      }),
    { kind: 'primary' },
  );
  return section('Note', text.element, h('div', { class: 'actions' }, add));
}

function closeDialog(one, reload) {
  const fields = [
    selectField('verdict', 'Verdict', words(VERDICTS)),
    textField('resolution_category', 'Category'),
    areaField('summary', 'Summary', { hint: 'At least 10 characters.' }),
  ];
  formDialog(
    'Close the investigation',
    fields,
    async (values) => {
      await post(
        `${pathOf('investigations', one.id)}/close`,
        Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)),
        { version: one.version },
      );
      reload();
    },
    'Close it',
  );
}

function editDialog(one, reload) {
  const fields = [
    textField('title', 'Title', { value: one.title }),
    selectField('priority', 'Priority', words(PRIORITIES), { value: one.priority }),
    areaField('description', 'Description', { value: one.description }),
  ];
  formDialog('Edit the investigation', fields, async (values) => {
    await patch(pathOf('investigations', one.id), values, one.version);
    reload();
  });
}

function actionsOf(one, reload) {
  if (!may('write:investigations')) return [];
  const moves = (NEXT[one.status] ?? []).map((status) => {
    const made = button(wordsText(status), () =>
      attempt(made, async () => {
        await post(`${pathOf('investigations', one.id)}/status`, { status }, { version: one.version });
        toast('Status changed.');
        reload();
      }),
    );
    return made;
  });
  const canClose = one.status === 'resolved' || one.status === 'false_positive';
  return [
    ...moves,
    canClose && button('Close', () => closeDialog(one, reload), { kind: 'primary' }),
    button('Edit', () => editDialog(one, reload)),
  ];
}

async function showOne(main, id, signal) {
  const one = await get(pathOf('investigations', id), {}, { signal });
  const reload = () => {
    if (!signal.aborted) showOne(main, id, signal);
  };
  const list = (name) => (one[name]?.length ? one[name].join(', ') : null);
  replace(
    main,
    h('p', null, h('a', { href: '#/investigations' }, '← Investigations')),
    heading(one.title, ...actionsOf(one, reload)),
    h(
      'div',
      { class: 'two' },
      h('div', null, timelineSection(id), may('write:investigations') && noteForm(id, reload)),
      section(
        'About',
        h('div', { class: 'line' }, severityChip(one.priority), statusChip(one.status)),
        one.description && h('p', { class: 'prose' }, one.description),
        facts([
          ['Created', time(one.created_at, 0)],
          ['By', one.created_by],
          ['Assigned to', one.assignee_id],
          ['Closed', time(one.closed_at, 0)],
          one.verdict && ['Verdict', wordsText(one.verdict)],
          ['Summary', one.summary],
          ['Techniques', list('mitre_techniques')],
          ['Tags', list('tags')],
          ['Id', h('span', { class: 'mono' }, one.id)],
        ]),
      ),
    ),
  );
}

export const show = (main, screen) =>
  screen.parts.length > 0 ? showOne(main, screen.parts[0], screen.signal) : showAll(main, screen);
