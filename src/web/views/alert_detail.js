// One alert: what it says, what can become of it, its events and what was done with it.
import { get, patch, pathOf, post, remove } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { plural, timeText, wordsText } from '../text.js';
import { confirmed, drawer, formDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { areaField, labelled, listField, numberField, select, selectField, textField } from '../ui/form.js';
import {
  attempt,
  button,
  chip,
  facts,
  fillFrom,
  notice,
  section,
  severityChip,
  statusChip,
  time,
  toast,
} from '../ui/parts.js';
import { SEVERITIES, summaryOf } from './event_detail.js';

export const DISPOSITIONS = ['undetermined', 'true_positive', 'false_positive', 'benign', 'suspicious', 'inconclusive'];
export const STATUSES = [
  'acknowledged',
  'investigating',
  'resolved',
  'escalated',
  'dismissed',
  'false_positive',
  'closed',
];
const NEXT = {
  pending: ['acknowledged', 'dismissed', 'false_positive', 'closed'],
  acknowledged: ['investigating', 'dismissed', 'false_positive', 'closed'],
  investigating: ['resolved', 'escalated', 'dismissed', 'false_positive', 'closed'],
  resolved: ['closed'],
  escalated: ['closed'],
  dismissed: ['closed'],
  false_positive: ['closed'],
};
const EVENTS_MAX = 50;

/** Who an alert can be given to. */
export async function userOptions() {
  const users = await get('/users/assignable').catch(() => ({ items: [] }));
  return [
    ['', 'Nobody'],
    ...users.items.map((each) => [
      each.username,
      each.full_name ? `${each.full_name} (${each.username})` : each.username,
    ]),
  ];
}

function statusButtons(alert, done) {
  const next = may('alert:acknowledge') ? (NEXT[alert.status] ?? []) : [];
  if (next.length === 0) return null;
  const text = h('input', { type: 'text', maxlength: 1000, placeholder: 'Why (optional)' });
  const buttons = next.map((status, at) => {
    const made = button(
      wordsText(status),
      () =>
        attempt(made, async () => {
          await post(
            `${pathOf('alerts', alert.id)}/status`,
            { status, ...(text.value ? { note: text.value } : {}) },
            { version: alert.version },
          );
          done();
        }),
      { kind: at === 0 ? 'primary' : '' },
    );
    return made;
  });
  return h(
    'div',
    { class: 'transitions' },
    labelled('Note', text, 'grow'),
    h('div', { class: 'actions', role: 'group', 'aria-label': 'Next status' }, buttons),
  );
}

/** A choice that is stored when it is made. */
function choice(alert, name, label, options, done) {
  const control = select(options, alert[name] ?? '');
  control.addEventListener('change', () =>
    attempt(control, async () => {
      await patch(pathOf('alerts', alert.id), { [name]: control.value || null }, alert.version);
      done();
    }),
  );
  return labelled(label, control);
}

function editAlert(alert, done) {
  const fields = [
    textField('title', 'Title', { value: alert.title }),
    areaField('description', 'Description', { value: alert.description }),
    selectField(
      'severity',
      'Severity',
      SEVERITIES.map((each) => [each, wordsText(each)]),
      { value: alert.severity },
    ),
    numberField('risk_score', 'Risk score', { value: alert.risk_score, min: 0, max: 100 }),
    listField('tags', 'Tags', { value: alert.tags }),
  ];
  formDialog('Edit alert', fields, async (values) => {
    await patch(pathOf('alerts', alert.id), values, alert.version);
    done();
  });
}

/** The investigation that an alert belongs to, or the button that opens one; nothing where the server has none. */
function investigationFact(alert) {
  if (!('investigation_id' in alert) || !may('read:investigations')) return null;
  const id = alert.investigation_id;
  if (id) return ['Investigation', h('a', { href: hashOf(['investigations', id]) }, id)];
  if (!may('write:investigations') || !may('write:alerts')) return null;
  const open = button('Open an investigation', () =>
    attempt(open, async () => {
      const made = await post(`${pathOf('alerts', alert.id)}/investigation`, {});
      go(hashOf(['investigations', made.id]));
    }),
  );
  return ['Investigation', open];
}

function historySection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const { items } = await get(`${pathOf('alerts', id)}/history`);
    if (items.length === 0) return notice('Nothing yet.');
    return h(
      'ol',
      { class: 'timeline' },
      items
        .reverse()
        .map((each) =>
          h(
            'li',
            null,
            time(each.at, 0),
            h(
              'span',
              null,
              ` ${wordsText(each.field)}: ${wordsText(each.from)} → `,
              h('strong', null, wordsText(each.to)),
              each.by && ` by ${each.by}`,
              each.note && h('q', null, each.note),
            ),
          ),
        ),
    );
  });
  return section('History', place);
}

function eventsSection(alert) {
  const place = h('div', null);
  if (alert.event_ids.length === 0) return section('Events', notice('It cites none.'));
  fillFrom(place, async () => {
    const found = await post('/events/get', { ids: alert.event_ids.slice(0, EVENTS_MAX) });
    const items = found.items.map((each) =>
      h(
        'li',
        null,
        h(
          'a',
          { href: hashOf(['events'], { id: each.id }) },
          h('span', { class: 'mono' }, timeText(each.timestamp)),
          ` ${each.host ?? ''}`,
        ),
        ' ',
        h('span', { class: 'quiet' }, summaryOf(each)),
      ),
    );
    return [
      h('ul', { class: 'neighbours' }, items),
      found.missing.length > 0 && notice(`${plural(found.missing.length, 'event')} have been deleted.`),
    ];
  });
  return section(`Events (${alert.event_ids.length})`, place);
}

function iocsSection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const { items } = await get(`${pathOf('alerts', id)}/iocs`, { limit: 50 });
    if (items.length === 0) return notice('None is linked.');
    return h(
      'ul',
      { class: 'plain' },
      items.map((each) =>
        h(
          'li',
          null,
          h('a', { href: hashOf(['iocs'], { id: each.id }), class: 'mono' }, each.value),
          ' ',
          chip(each.type),
        ),
      ),
    );
  });
  return section('Indicators', place);
}

async function alertContent(alert, reload, box) {
  const users = may('alert:assign') ? await userOptions() : null;
  if (users && alert.assigned_to && !users.some(([name]) => name === alert.assigned_to))
    users.push([alert.assigned_to, alert.assigned_to]);
  const changed = (text) => () => {
    toast(text);
    reload();
  };
  return [
    h(
      'div',
      { class: 'line' },
      severityChip(alert.severity),
      statusChip(alert.status),
      alert.tags.map((each) => chip(each, 'tag')),
    ),
    alert.description && h('p', { class: 'prose' }, alert.description),
    statusButtons(alert, changed('Status changed.')),
    h(
      'div',
      { class: 'filters' },
      users && choice(alert, 'assigned_to', 'Assigned to', users, changed('Assigned.')),
      may('alert:disposition') &&
        choice(
          alert,
          'disposition',
          'Disposition',
          DISPOSITIONS.map((each) => [each, wordsText(each)]),
          changed('Disposition set.'),
        ),
    ),
    facts([
      ['Created', time(alert.created_at, 0)],
      ['Last seen', time(alert.last_seen, 0)],
      ['Seen again', alert.duplicate_count],
      ['Risk score', alert.risk_score],
      ['Disposition', wordsText(alert.disposition)],
      ['Assigned to', alert.assigned_to],
      alert.rule_id && ['Rule', h('a', { href: hashOf(['rules', alert.rule_id]) }, alert.rule_id)],
      investigationFact(alert),
      alert.fingerprint && ['Fingerprint', h('span', { class: 'mono' }, alert.fingerprint)],
      ['Id', h('span', { class: 'mono' }, alert.id)],
    ]),
    eventsSection(alert),
    may('read:iocs') && iocsSection(alert.id),
    historySection(alert.id),
    may('write:alerts') &&
      h(
        'div',
        { class: 'actions' },
        button('Edit', () => editAlert(alert, changed('Saved.'))),
        button(
          'Delete',
          () =>
            confirmed('Delete this alert', 'Its history will be gone, too.', 'Delete', async () => {
              await remove(pathOf('alerts', alert.id), alert.version);
              toast('Deleted.');
              box.close();
              reload(true);
            }),
          { kind: 'danger' },
        ),
      ),
  ];
}

export async function showAlert(id, { onchange, onclose }) {
  const place = h('div', null, notice('Loading…'));
  const box = drawer('Alert', place, onclose);
  const show = () =>
    fillFrom(place, async () => {
      const alert = await get(pathOf('alerts', id));
      box.querySelector('h2').textContent = alert.title;
      return alertContent(
        alert,
        (isGone) => {
          onchange?.();
          if (!isGone) show();
        },
        box,
      );
    });
  await show();
}
