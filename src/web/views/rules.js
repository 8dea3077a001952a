// Rules: facets beside the list; one rule has its own screen.
import { get, post, request } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { countText, plural, wordsText } from '../text.js';
import { eraseButton, formDialog, told } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { filterBar } from '../ui/filters.js';
import { fileField, given, selectField, textField, words } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import { button, chip, fillFrom, heading, notice, severityChip } from '../ui/parts.js';
import { timeColumn } from '../ui/table.js';
import { tellBulk } from './alerts.js';
import { showRule } from './rule.js';

const FACETS = [
  ['type', 'Type'],
  ['severity', 'Severity'],
  ['enabled', 'Enabled'],
  ['lifecycle', 'Lifecycle'],
  ['logsource.product', 'Product'],
  ['logsource.category', 'Category'],
  ['logsource.service', 'Service'],
];
const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in name and description', kind: 'grow' },
  { name: 'mitre_technique', label: 'Technique', placeholder: 'T1059.001' },
  { name: 'tag', label: 'Tag', placeholder: 'attack.execution' },
];
const FACET_VALUES = 8;

/** Where a rule looks, and the techniques that it names. */
function aboutText({ logsource, mitre_techniques: techniques }) {
  const source = [logsource?.product, logsource?.category, logsource?.service].filter(Boolean).join(' / ');
  return [source, techniques.slice(0, 6).join(' ')].filter(Boolean).join(' · ');
}

const COLUMNS = [
  { name: 'severity', label: 'Severity', sort: true, cell: (each) => severityChip(each.severity) },
  {
    name: 'name',
    label: 'Name',
    sort: true,
    kind: 'grow',
    cell: (each) => [
      h('a', { href: hashOf(['rules', each.id]) }, each.name),
      h('div', { class: 'quiet small' }, aboutText(each)),
    ],
  },
  { name: 'enabled', label: 'State', cell: (each) => chip(each.enabled ? 'On' : 'Off', each.enabled ? 'on' : '') },
  { name: 'lifecycle', label: 'Lifecycle', cell: (each) => wordsText(each.lifecycle) },
  timeColumn('updated_at', 'Updated'),
];

function facetText(name, value) {
  if (name === 'enabled') return value === 'true' ? 'On' : 'Off';
  return name.startsWith('logsource.') ? value : wordsText(value);
}

function facetBox([name, label], values, chosen, to) {
  const known = (values ?? []).filter((each) => each.value !== null);
  if (known.length === 0) return null;
  const items = known.slice(0, FACET_VALUES).map((each) => {
    const value = String(each.value);
    const isChosen = chosen === value;
    return h(
      'li',
      null,
      h(
        'button',
        {
          type: 'button',
          class: 'value',
          'aria-pressed': String(isChosen),
          onclick: () => to({ [name]: isChosen ? '' : value }),
        },
        h('span', { class: 'name' }, facetText(name, value)),
        h('span', { class: 'count mono' }, countText(each.count)),
      ),
    );
  });
  return h(
    'section',
    { class: 'top-field', 'aria-label': label },
    h('h3', null, label),
    h('ul', { class: 'top' }, items),
  );
}

/** Of one facet, the values that could be chosen instead: its own filter does not count. */
async function facetsOf(query, signal) {
  const chosen = FACETS.filter(([name]) => query[name]);
  const [all, ...others] = await Promise.all([
    get('/rules/facets', query, { signal }),
    ...chosen.map(([name]) => get('/rules/facets', { ...query, [name]: '' }, { signal })),
  ]);
  return { ...all.facets, ...Object.fromEntries(chosen.map(([name], at) => [name, others[at].facets[name]])) };
}

const bulkActions = (ids, reload) => {
  const patchAll = (enabled) => async () => {
    tellBulk(await post('/rules/bulk', { action: 'patch', ids, patch: { enabled } }), 'rule');
    reload();
  };
  return [
    button('Switch on', patchAll(true)),
    button('Switch off', patchAll(false)),
    button('Set lifecycle', () =>
      formDialog(
        'Lifecycle',
        [
          selectField('to', 'Lifecycle', words(['experimental', 'test', 'stable', 'deprecated', 'archived']), {
            value: 'test',
          }),
          textField('note', 'Reason'),
        ],
        async (values) => {
          tellBulk(await post('/rules/bulk', { action: 'lifecycle', ids, ...given(values) }), 'rule');
          reload();
        },
        'Apply',
      ),
    ),
    eraseButton('Delete rules', `${plural(ids.length, 'rule')} will be gone, with all versions.`, async () => {
      tellBulk(await post('/rules/bulk', { action: 'delete', ids }), 'rule');
      reload();
    }),
  ];
};

function importDialog(reload) {
  formDialog(
    'Import rules',
    [fileField('file', 'YAML, or a tar or zip of it', { accept: '.yml,.yaml,.zip,.tar,.gz,.tgz' })],
    async (values) => {
      if (!values.file) throw new Error('Choose a file.');
      const found = await request('POST', '/rules/import', { body: values.file, type: 'application/octet-stream' });
      told(
        'Imported',
        h(
          'p',
          null,
          `${found.created} created, ${found.updated} updated, ${found.unchanged} unchanged, ${found.rejected} rejected.`,
        ),
        h(
          'ul',
          null,
          found.errors
            .slice(0, 20)
            .map((each) =>
              h('li', null, [each.file, each.line && `line ${each.line}`, each.detail].filter(Boolean).join(': ')),
            ),
        ),
      );
      reload();
    },
    'Import',
  );
}

function showRules(main, { params, signal }) {
  const values = Object.fromEntries(params);
  const to = (more) => go(hashOf(['rules'], { ...values, ...more }));
  const { sort = '-created_at', ...query } = values;
  const side = h('div', null);
  const list = resourceList({
    path: '/rules',
    query,
    sort,
    signal,
    what: 'rule',
    caption: 'Rules',
    columns: COLUMNS,
    labelOf: (each) => each.name,
    kind: 'cards',
    onsort: (next) => to({ sort: next }),
    bulk: may('write:rules') ? bulkActions : null,
    empty: notice('No rule passes these filters.'),
  });
  replace(
    main,
    heading(
      'Rules',
      may('write:rules') && [
        button('Import', () => importDialog(() => go(location.hash))),
        h('a', { class: 'button', href: hashOf(['rules', 'new']) }, 'New rule'),
      ],
    ),
    filterBar(FILTERS, params, to),
    h(
      'div',
      { class: 'with-side' },
      list.element,
      h(
        'aside',
        { class: 'side', 'aria-labelledby': 'facets-title' },
        h('h2', { id: 'facets-title' }, 'Narrow to'),
        side,
      ),
    ),
  );
  fillFrom(side, async () => {
    const facets = await facetsOf(query, signal);
    return FACETS.map((each) => facetBox(each, facets[each[0]], query[each[0]], to));
  });
}

export const show = (main, screen) =>
  screen.parts.length > 0 ? showRule(main, screen.parts[0], screen.signal) : showRules(main, screen);
