// Search of events: the query, when, how many there were, the most frequent values, and the events themselves.
import { get } from '../api.js';
import { faultPosition, narrowed } from '../query.js';
import { go, hashOf, note } from '../router.js';
import { h, replace } from '../ui/dom.js';
import { exportButton } from '../ui/download.js';
import { button, heading, notice, say, time, troubleBox, workButton } from '../ui/parts.js';
import { appendRows, table } from '../ui/table.js';
import { showEvent, summaryOf } from './event_detail.js';
import { drawHistogram, topValues } from './event_overview.js';
import { timeRange } from './time_range.js';

const PAGE = 50;
const EXPORT_MAX = 100000; // as much as a browser holds well; `carrel export` has no such bound

/** The query with the character at fault marked. */
function faultBox(text, problem) {
  const at = faultPosition(problem);
  const lines = [h('p', null, problem.lines.join('\n'))];
  if (at !== null) {
    const signs = [...text];
    lines.push(
      h(
        'pre',
        { class: 'fault-text' },
        signs.slice(0, at - 1).join(''),
        h('mark', null, signs[at - 1] ?? ' '),
        signs.slice(at).join(''),
      ),
    );
  }
  return h('div', { class: 'error', role: 'alert', id: 'query-fault' }, lines);
}

function columnsOf(open) {
  return [
    {
      name: 'timestamp',
      label: 'Time (UTC)',
      kind: 'nowrap',
      cell: (each) =>
        h('button', { type: 'button', class: 'link mono', onclick: () => open(each.id) }, time(each.timestamp)),
    },
    { name: 'host', label: 'Host', cell: (each) => each.host ?? '–' },
    { name: 'channel', label: 'Channel', cell: (each) => each.channel ?? each.source ?? '–' },
    { name: 'event_code', label: 'Code', kind: 'number', cell: (each) => each.event_code ?? '–' },
    {
      name: 'summary',
      label: 'Summary',
      kind: 'grow mono',
      cell: (each) => h('span', { class: 'clip' }, summaryOf(each)),
    },
  ];
}

async function showList(place, query, open, signal) {
  const columns = columnsOf(open);
  const page = await get('/events', { ...query, limit: PAGE }, { signal });
  if (page.items.length === 0) {
    say('No event passes.');
    return void replace(place, notice('No event passes. Try fewer conditions or more time.'));
  }
  const settings = { caption: 'Events, the newest first', kind: 'events' };
  const made = table(columns, page.items, settings);
  let { next } = page;
  const more = workButton('Show more', async () => {
    const following = await get('/events', { ...query, limit: PAGE, cursor: next }, { signal });
    appendRows(made, columns, following.items, settings);
    ({ next } = following);
    more.hidden = next === null;
  });
  more.hidden = next === null;
  replace(place, made, more);
}

function searchForm(state, submit) {
  const input = h('input', {
    type: 'search',
    id: 'query',
    value: state.q,
    spellcheck: 'false',
    autocapitalize: 'none',
    placeholder: 'powershell host:ws5 event_code:>=4700 -"C:\\\\Windows"',
    'aria-describedby': 'query-fault',
  });
  const range = timeRange(state, () => submit(read()));
  const read = () => ({ ...state, q: input.value.trim(), id: '', ...range.read() });
  const form = h(
    'form',
    { class: 'search', role: 'search' },
    h('div', { class: 'labelled grow' }, h('label', { for: 'query' }, 'Query'), input),
    range.element,
    button('Search', null, { type: 'submit', kind: 'primary', glyph: 'search' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(read());
  });
  return { form, input };
}

export async function show(main, { params, signal }) {
  const state = {
    q: params.get('q') ?? '',
    from: params.get('from') ?? '',
    to: params.get('to') ?? '',
    field: params.getAll('field'),
    id: params.get('id') ?? '',
  };
  const query = { q: state.q, from: state.from, to: state.to };
  const exported = { ...query, limit: EXPORT_MAX };
  const search = (next) => go(hashOf(['events'], next));
  const pivot = (term, isExcluded) => search({ ...state, id: '', q: narrowed(state.q, term, isExcluded) });
  const open = (id) => {
    const opened = hashOf(['events'], { ...state, id });
    note(opened);
    return showEvent(id, pivot, () => {
      if (location.hash === opened) note(hashOf(['events'], { ...state, id: '' }));
    });
  };
  const { form, input } = searchForm(state, search);
  const [chart, list] = [h('div', { class: 'panel chart' }), h('div', { class: 'list' }, notice('Searching…'))];
  const side = h('div', null);
  const layout = h('div', { class: 'with-side' }, h('div', null, chart, list), side);
  replace(
    main,
    heading(
      'Events',
      button('Save search', async () => (await import('./saved_searches.js')).saveSearch({ ...query, query: state.q })),
      exportButton('Export NDJSON', '/events', exported, 'application/x-ndjson', 'events.ndjson'),
      exportButton('Export CSV', '/events', exported, 'text/csv', 'events.csv'),
    ),
    form,
    layout,
  );
  if (state.id) open(state.id);
  try {
    await showList(list, query, open, signal);
  } catch (error) {
    if (error.name === 'AbortError') return;
    if (error.status === 400) {
      input.setAttribute('aria-invalid', 'true');
      replace(layout, faultBox(state.q, error));
    } else
      replace(
        layout,
        troubleBox(error, () => go(location.hash)),
      );
    return;
  }
  drawHistogram(chart, query, { signal, onselect: (from, to) => search({ ...state, from, to, id: '' }) });
  replace(
    side,
    topValues(query, {
      signal,
      pivot,
      fields: state.field,
      addField: (name) => search({ ...state, field: [...state.field, name] }),
    }),
  );
}
