// Alerts as a work list: what is open by status, filters, actions for many, one in a drawer.
import { get, post } from '../api.js';
import { may, session } from '../session.js';
import { plural, wordsText } from '../text.js';
import { eraseButton, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { countBar } from '../ui/filters.js';
import { areaField, given, selectField, textField, words } from '../ui/form.js';
import { button, failed, linkButton, severityChip, statusChip, toast } from '../ui/parts.js';
import { createDialog, listScreen } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';
import { DISPOSITIONS, showAlert, STATUSES, userOptions } from './alert_detail.js';
import { SEVERITIES } from './event_detail.js';

const FILTERS = [
  { name: 'q', label: 'Query', placeholder: 'words, severity:high, risk_score:>=70', kind: 'grow' },
  { name: 'severity', label: 'Severity', options: words(SEVERITIES) },
  { name: 'disposition', label: 'Disposition', options: words(DISPOSITIONS) },
  { name: 'assigned_to', label: 'Assigned to', placeholder: 'user name' },
  { name: 'tag', label: 'Tag' },
];

const columnsOf = (open) => [
  { name: 'severity', label: 'Severity', sort: true, cell: (each) => severityChip(each.severity) },
  {
    name: 'title',
    label: 'Title',
    kind: 'grow',
    cell: (each) => linkButton(each.title, () => open(each.id)),
  },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'assigned_to', label: 'Assigned to', cell: (each) => each.assigned_to ?? '–' },
  { name: 'risk_score', label: 'Risk', sort: true, kind: 'number', cell: (each) => each.risk_score ?? '–' },
  { name: 'duplicate_count', label: 'Again', kind: 'number', cell: (each) => each.duplicate_count },
  timeColumn('created_at', 'Created'),
];

/** What a bulk action did, and why not where it did not. */
export function tellBulk(reply, what) {
  const failures = reply.items.filter((each) => !each.ok);
  toast(
    `${plural(reply.succeeded, what)} changed${failures.length ? `, ${failures.length} not: ${failures[0].detail}` : '.'}`,
    failures.length ? 'error' : 'done',
  );
}

function bulkDialog(ids, reload, field, bodyOf) {
  formDialog(
    `${field.label} of ${plural(ids.length, 'alert')}`,
    [field.made, areaField('note', 'Note', { rows: 2 })],
    async (values) => {
      tellBulk(await post('/alerts/bulk', { ids, ...given({ note: values.note }), ...bodyOf(values) }), 'alert');
      reload();
    },
    'Apply',
  );
}

async function assignDialog(ids, reload) {
  const options = await userOptions();
  bulkDialog(
    ids,
    reload,
    {
      label: 'Assignee',
      made: selectField('assigned_to', 'Assigned to', options, { value: session().username ?? '' }),
    },
    (values) => ({ action: 'patch', patch: { assigned_to: values.assigned_to } }),
  );
}

const bulkActions = (ids, reload) => [
  may('alert:acknowledge') &&
    button('Set status', () =>
      bulkDialog(
        ids,
        reload,
        { label: 'Status', made: selectField('to', 'Status', words(STATUSES), { value: 'acknowledged' }) },
        (values) => ({ action: 'status', to: values.to }),
      ),
    ),
  may('alert:assign') && button('Assign', () => assignDialog(ids, reload).catch(failed)),
  may('alert:disposition') &&
    button('Set disposition', () =>
      bulkDialog(
        ids,
        reload,
        { label: 'Disposition', made: selectField('disposition', 'Disposition', words(DISPOSITIONS)) },
        (values) => ({ action: 'patch', patch: { disposition: values.disposition } }),
      ),
    ),
  may('write:alerts') &&
    eraseButton('Delete alerts', `${plural(ids.length, 'alert')} and their history will be gone.`, async () => {
      tellBulk(await post('/alerts/bulk', { action: 'delete', ids }), 'alert');
      reload();
    }),
];

function newAlert(reload) {
  const fields = [
    textField('title', 'Title', { required: true }),
    selectField('severity', 'Severity', words(SEVERITIES), { value: 'medium' }),
    areaField('description', 'Description', { rows: 3 }),
  ];
  createDialog('New alert', '/alerts', fields, reload);
}

export async function show(main, screen) {
  const counts = h('div', { class: 'count-rows' });
  const { to, query } = listScreen(main, screen, {
    screen: ['alerts'],
    title: 'Alerts',
    path: '/alerts',
    what: 'alert',
    kind: 'cards tight',
    above: counts,
    filters: FILTERS,
    actions: (reload) => may('write:alerts') && button('New alert', () => newAlert(reload), { glyph: 'plus' }),
    columns: columnsOf,
    labelOf: (each) => each.title,
    bulk: may('write:alerts') ? bulkActions : null,
    open: showAlert,
  });
  const stats = await get('/alerts/stats', {}, { signal: screen.signal }).catch(() => null);
  if (stats === null) return;
  replace(
    counts,
    countBar('By status', stats.by_status, query.status, wordsText, (status) => to({ status })),
  );
}
