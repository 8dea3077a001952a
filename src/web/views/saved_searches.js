// Saved searches: run as a search of events, kept for oneself or shown to all.
import { get, pathOf, post, remove } from '../api.js';
import { equalTerm } from '../query.js';
import { go, hashOf } from '../router.js';
import { may, session } from '../session.js';
import { eraseButton, formDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { areaField, checkField, given, listField, pairsField, textField } from '../ui/form.js';
import { button, chip, failed, linkButton, toast, toolbar } from '../ui/parts.js';
import { editDialog, listScreen } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';

const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in name and description', kind: 'grow' },
  {
    name: 'public',
    label: 'Seen by',
    options: [
      ['true', 'All'],
      ['false', 'Its owner'],
    ],
  },
  { name: 'created_by', label: 'Owner', placeholder: 'user name' },
  { name: 'tag', label: 'Tag' },
];
const SPAN_HINT = 'A time, or one counted from each run: -24h.';

/** A filter of the list of events as a condition of the query language. */
function termOf([name, value]) {
  const terms = [value].flat().map((each) => equalTerm(name.replace(/^field\./, ''), each));
  return terms.length === 1 ? terms[0] : `(${terms.join(' OR ')})`;
}

/** What the screen of events is to show: the same events, with the filters as conditions. */
export function searchOf({ query, filters, from, to }) {
  const terms = Object.entries(filters ?? {}).map(termOf);
  const words = terms.length > 0 && /\bOR\b/.test(query ?? '') ? `(${query})` : query;
  return { q: [words, ...terms].filter(Boolean).join(' '), from, to };
}

const isOwn = (search) =>
  search.created_by === null || search.created_by === session().username || may('write:users') || may('admin:system');

const fieldsOf = (search) => [
  textField('name', 'Name', { value: search.name, required: true, maxlength: 200 }),
  textField('query', 'Query', { value: search.query, spellcheck: 'false' }),
  pairsField('filters', 'Filters', { value: search.filters, hint: 'One a line: host=ws5, field.user.name=ann.' }),
  textField('from', 'From', { value: search.from, hint: SPAN_HINT }),
  textField('to', 'To', { value: search.to, hint: 'Empty: until each run.' }),
  areaField('description', 'Description', { value: search.description, rows: 2 }),
  listField('tags', 'Tags', { value: search.tags }),
  checkField('is_public', 'Seen by all who may read events', { value: search.is_public }),
];

/** Asks for a name and keeps a search. */
export function saveSearch(search, done) {
  formDialog('Save the search', fieldsOf(search), async (values) => {
    await post('/saved-searches', given(values));
    toast('Search saved.');
    done?.();
  });
}

/** A first page of one event counts the run; the screen of events shows the rest. */
async function run(search) {
  await get(`${pathOf('saved-searches', search.id)}/run`, { limit: 1 });
  go(hashOf(['events'], searchOf(search)));
}

function actionsOf(search, reload) {
  if (!isOwn(search)) return '–';
  const path = pathOf('saved-searches', search.id);
  const erase = async () => {
    await remove(path, search.version);
    reload();
  };
  return toolbar(
    button('Edit', () => editDialog('Edit the search', path, search, fieldsOf(search), reload)),
    eraseButton('Delete this search', `“${search.name}” will be gone.`, erase),
  );
}

const spanText = ({ from, to }) => [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');

export function show(main, screen) {
  const list = listScreen(main, screen, {
    screen: ['saved_searches'],
    title: 'Saved searches',
    path: '/saved-searches',
    what: 'saved search',
    whats: 'saved searches',
    filters: FILTERS,
    actions: (reload) => [button('New search', () => saveSearch({}, reload), { glyph: 'plus' })],
    columns: () => [
      {
        name: 'name',
        label: 'Name',
        sort: true,
        kind: 'grow',
        cell: (each) => [
          linkButton(each.name, () => run(each).catch(failed)),
          each.description && h('div', { class: 'quiet small clip' }, each.description),
          h('div', { class: 'mono clip' }, [searchOf(each).q, spanText(each)].filter(Boolean).join(' · ')),
        ],
      },
      { name: 'is_public', label: 'Seen by', cell: (each) => (each.is_public ? chip('All', 'on') : chip('Owner')) },
      { name: 'created_by', label: 'Owner', cell: (each) => each.created_by ?? '–' },
      { name: 'usage_count', label: 'Runs', sort: true, kind: 'number', cell: (each) => each.usage_count },
      timeColumn('last_used_at', 'Last run'),
      { name: 'actions', label: 'Actions', cell: (each) => actionsOf(each, () => list.reload()) },
    ],
  });
}
