// Alerts as a work list: what is open by status, filters, actions for many, one in a drawer.
import { get, post } from '../api.js';
import { go, hashOf, note } from '../router.js';
import { may, session } from '../session.js';
import { plural, wordsText } from '../text.js';
import { confirmed, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { countBar, filterBar } from '../ui/filters.js';
import { areaField, selectField, textField } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import { button, failed, heading, notice, severityChip, statusChip, time, toast } from '../ui/parts.js';
import { DISPOSITIONS, showAlert, STATUSES, userOptions } from './alert_detail.js';
import { SEVERITIES } from './event_detail.js';

const words = (names) => names.map((each) => [each, wordsText(each)]);
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
    cell: (each) => h('button', { type: 'button', class: 'link', onclick: () => open(each.id) }, each.title),
  },
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'assigned_to', label: 'Assigned to', cell: (each) => each.assigned_to ?? '–' },
  { name: 'risk_score', label: 'Risk', sort: true, kind: 'number', cell: (each) => each.risk_score ?? '–' },
  { name: 'duplicate_count', label: 'Again', kind: 'number', cell: (each) => each.duplicate_count },
  { name: 'created_at', label: 'Created (UTC)', sort: true, kind: 'nowrap', cell: (each) => time(each.created_at, 0) },
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
      tellBulk(
        await post('/alerts/bulk', { ids, ...(values.note ? { note: values.note } : {}), ...bodyOf(values) }),
        'alert',
      );
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
    button(
      'Delete',
      () =>
        confirmed(
          'Delete alerts',
          `${plural(ids.length, 'alert')} and their history will be gone.`,
          'Delete',
          async () => {
            tellBulk(await post('/alerts/bulk', { action: 'delete', ids }), 'alert');
            reload();
          },
        ),
      { kind: 'danger' },
    ),
];

function newAlert(reload) {
  const fields = [
    textField('title', 'Title', { required: true }),
    selectField('severity', 'Severity', words(SEVERITIES), { value: 'medium' }),
    areaField('description', 'Description', { rows: 3 }),
  ];
  formDialog(
    'New alert',
    fields,
    async (values) => {
      await post('/alerts', values);
      reload();
    },
    'Create',
  );
}

export async function show(main, { params, signal }) {
  const values = Object.fromEntries(params);
  const to = (more) => go(hashOf(['alerts'], { ...values, id: '', ...more }));
  const { id, sort = '-created_at', ...query } = values;
  const open = (which) => {
    const opened = hashOf(['alerts'], { ...values, id: which });
    note(opened);
    return showAlert(which, {
      onchange: () => list.reload(),
      onclose: () => {
        if (location.hash === opened) note(hashOf(['alerts'], { ...values, id: '' }));
      },
    });
  };
  const list = resourceList({
    path: '/alerts',
    query,
    sort,
    signal,
    what: 'alert',
    caption: 'Alerts',
    columns: columnsOf(open),
    labelOf: (each) => each.title,
    onsort: (next) => to({ sort: next }),
    bulk: may('write:alerts') ? bulkActions : null,
    kind: 'cards',
    empty: notice('No alert passes these filters.'),
  });
  const counts = h('div', { class: 'count-rows' });
  replace(
    main,
    heading(
      'Alerts',
      may('write:alerts') && button('New alert', () => newAlert(() => list.reload()), { glyph: 'plus' }),
    ),
    counts,
    filterBar(FILTERS, params, to),
    list.element,
  );
  if (id) open(id);
  const stats = await get('/alerts/stats', {}, { signal }).catch(() => null);
  if (stats !== null)
    replace(
      counts,
      countBar('By status', stats.by_status, query.status, wordsText, (status) => to({ status })),
    );
}
