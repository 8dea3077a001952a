// Indicators: list, counts, import, and what is done with many.
import { get, post, request } from '../api.js';
import { go, hashOf, note } from '../router.js';
import { may } from '../session.js';
import { plural, wordsText } from '../text.js';
import { confirmed, formDialog, told } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { countBar, filterBar } from '../ui/filters.js';
import { areaField, selectField, textField } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import { button, chip, heading, notice, severityChip, statusChip, time, toast } from '../ui/parts.js';
import { tellBulk } from './alerts.js';
import { SEVERITIES } from './event_detail.js';
import { iocFields, showIoc, STATUSES, TYPES } from './ioc_detail.js';

const FORMATS = ['list', 'csv', 'stix', 'misp', 'json'];
const words = (names) => names.map((each) => [each, wordsText(each)]);
const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words in value and description', kind: 'grow' },
  { name: 'value', label: 'Value', placeholder: 'hxxp://evil[.]example' },
  { name: 'type', label: 'Type', options: words(TYPES) },
  { name: 'severity', label: 'Severity', options: words(SEVERITIES) },
  { name: 'tag', label: 'Tag' },
];

const columnsOf = (open) => [
  { name: 'type', label: 'Type', cell: (each) => chip(wordsText(each.type)) },
  {
    name: 'value',
    label: 'Value',
    kind: 'grow',
    cell: (each) => h('button', { type: 'button', class: 'link mono', onclick: () => open(each.id) }, each.value),
  },
  { name: 'severity', label: 'Severity', sort: true, cell: (each) => severityChip(each.severity) },
  { name: 'confidence', label: 'Confidence', sort: true, kind: 'number', cell: (each) => each.confidence },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'hit_count', label: 'Hits', sort: true, kind: 'number', cell: (each) => each.hit_count },
  { name: 'last_seen', label: 'Last seen (UTC)', sort: true, kind: 'nowrap', cell: (each) => time(each.last_seen, 0) },
  { name: 'expires_at', label: 'Expires (UTC)', sort: true, kind: 'nowrap', cell: (each) => time(each.expires_at, 0) },
];

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

function importDialog(reload) {
  const fields = [
    areaField('feed', 'Feed', { rows: 8, hint: 'Indicators, one a line, or a CSV, STIX, MISP or JSON document.' }),
    selectField('format', 'Format', [['', 'What it looks like'], ...words(FORMATS)]),
    selectField('severity', 'Severity of what does not say it', words(SEVERITIES), { value: 'medium' }),
    textField('source', 'Source'),
  ];
  formDialog(
    'Import indicators',
    fields,
    async ({ feed, ...query }) => {
      const found = await request('POST', '/iocs/import', { body: feed ?? '', type: 'text/plain', query });
      told(
        'Imported',
        h(
          'p',
          null,
          `${found.created} created, ${found.updated} updated, ${found.unchanged} unchanged, ${found.repeated} repeated, ${found.rejected} rejected.`,
        ),
        h(
          'ul',
          null,
          found.errors
            .slice(0, 20)
            .map((each) => h('li', null, `${each.line ? `Line ${each.line}` : (each.path ?? '')} ${each.detail}`)),
        ),
      );
      reload();
    },
    'Import',
  );
}

const bulkActions = (ids, reload) => [
  button('Set status', () =>
    formDialog(
      'Status',
      [selectField('status', 'Status', words(STATUSES))],
      async (values) => {
        tellBulk(await post('/iocs/bulk', { action: 'patch', ids, patch: values }), 'indicator');
        reload();
      },
      'Apply',
    ),
  ),
  may('write:hunts') &&
    button('Hunt', () =>
      formDialog(
        `Hunt for ${plural(ids.length, 'indicator')}`,
        [
          textField('from', 'From', {
            value: new Date(Date.now() - 7 * 86400000).toISOString(),
            hint: 'At most 90 days before the end.',
          }),
          textField('to', 'To', { value: new Date().toISOString() }),
        ],
        async (values) => {
          await post('/hunts', { ioc_ids: ids, ...values });
          toast('The hunt has begun; what it finds is told with the indicators.');
        },
        'Hunt',
      ),
    ),
  button(
    'Delete',
    () =>
      confirmed('Delete indicators', `${plural(ids.length, 'indicator')} will be gone.`, 'Delete', async () => {
        tellBulk(await post('/iocs/bulk', { action: 'delete', ids }), 'indicator');
        reload();
      }),
    { kind: 'danger' },
  ),
];

export async function show(main, { params, signal }) {
  const values = Object.fromEntries(params);
  const to = (more) => go(hashOf(['iocs'], { ...values, id: '', ...more }));
  const { id, sort = '-created_at', ...query } = values;
  const open = (which) => {
    const opened = hashOf(['iocs'], { ...values, id: which });
    note(opened);
    showIoc(
      which,
      () => list.reload(),
      () => {
        if (location.hash === opened) note(hashOf(['iocs'], { ...values, id: '' }));
      },
    );
  };
  const list = resourceList({
    path: '/iocs',
    query,
    sort,
    signal,
    what: 'indicator',
    caption: 'Indicators',
    columns: columnsOf(open),
    labelOf: (each) => each.value,
    kind: 'cards',
    onsort: (next) => to({ sort: next }),
    bulk: may('write:iocs') ? bulkActions : null,
    empty: notice('No indicator passes these filters.'),
  });
  const counts = h('div', null);
  const create = () =>
    formDialog(
      'New indicator',
      iocFields(),
      async (fields) => {
        await post('/iocs', given(fields));
        list.reload();
      },
      'Create',
    );
  replace(
    main,
    heading(
      'Indicators',
      may('write:iocs') && [
        button('Import', () => importDialog(() => list.reload())),
        button('New indicator', create, { glyph: 'plus' }),
      ],
    ),
    counts,
    filterBar(FILTERS, params, to),
    list.element,
  );
  if (id) open(id);
  const stats = await get('/iocs/stats', {}, { signal }).catch(() => null);
  if (stats !== null)
    replace(
      counts,
      countBar('By status', stats.by_status, query.status, wordsText, (status) => to({ status })),
    );
}
