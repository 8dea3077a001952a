// Indicators: list, counts, import, and what is done with many.
import { get, post, request } from '../api.js';
import { may } from '../session.js';
import { plural, wordsText } from '../text.js';
import { eraseButton, formDialog, told } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { countBar } from '../ui/filters.js';
import { areaField, selectField, textField, words } from '../ui/form.js';
import { button, chip, linkButton, severityChip, statusChip, toast } from '../ui/parts.js';
import { createDialog, listScreen } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';
import { tellBulk } from './alerts.js';
import { SEVERITIES } from './event_detail.js';
import { iocFields, showIoc, STATUSES, TYPES } from './ioc_detail.js';

const FORMATS = ['list', 'csv', 'stix', 'misp', 'json'];
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
    cell: (each) => linkButton(each.value, () => open(each.id), 'mono'),
  },
  { name: 'severity', label: 'Severity', sort: true, cell: (each) => severityChip(each.severity) },
  { name: 'confidence', label: 'Confidence', sort: true, kind: 'number', cell: (each) => each.confidence },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'hit_count', label: 'Hits', sort: true, kind: 'number', cell: (each) => each.hit_count },
  timeColumn('last_seen', 'Last seen'),
  timeColumn('expires_at', 'Expires'),
];

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
  eraseButton('Delete indicators', `${plural(ids.length, 'indicator')} will be gone.`, async () => {
    tellBulk(await post('/iocs/bulk', { action: 'delete', ids }), 'indicator');
    reload();
  }),
];

export async function show(main, screen) {
  const counts = h('div', null);
  const { to, query } = listScreen(main, screen, {
    screen: ['iocs'],
    title: 'Indicators',
    path: '/iocs',
    what: 'indicator',
    kind: 'cards tight',
    above: counts,
    filters: FILTERS,
    actions: (reload) =>
      may('write:iocs') && [
        button('Import', () => importDialog(reload)),
        button('New indicator', () => createDialog('New indicator', '/iocs', iocFields(), reload), { glyph: 'plus' }),
      ],
    columns: columnsOf,
    labelOf: (each) => each.value,
    bulk: may('write:iocs') ? bulkActions : null,
    open: showIoc,
  });
  const stats = await get('/iocs/stats', {}, { signal: screen.signal }).catch(() => null);
  if (stats === null) return;
  replace(
    counts,
    countBar('By status', stats.by_status, query.status, wordsText, (status) => to({ status })),
  );
}
