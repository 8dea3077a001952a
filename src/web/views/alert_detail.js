// One alert: what it says, what can become of it, its events and what was done with it.
import { get, patch, pathOf, post, remove } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { plural, timeText, wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { areaField, labelled, listField, numberField, select, selectField, textField, words } from '../ui/form.js';
import {
  attempt,
  button,
  chip,
  facts,
  failed,
  fetchedSection,
  fillFrom,
  line,
  mono,
  notice,
  section,
  toolbar,
} from '../ui/parts.js';
import { severityChip, statusChip, time, toast, workButton } from '../ui/parts.js';
import { editDialog, recordDrawer } from '../ui/record.js';
import { SEVERITIES, summaryOf } from './event_detail.js';
import { evidenceSection } from './evidence.js';
import { runDialog } from './playbooks.js';

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
  const move = (status) => async () => {
    const body = { status, ...(text.value ? { note: text.value } : {}) };
    await post(`${pathOf('alerts', alert.id)}/status`, body, { version: alert.version });
    toast('Status changed.');
  };
  const buttons = next.map((status, at) =>
    workButton(wordsText(status), move(status), done, { kind: at === 0 ? 'primary' : '' }),
  );
  return h(
    'div',
    { class: 'transitions' },
    labelled('Note', text, 'grow'),
    h('div', { class: 'actions', role: 'group', 'aria-label': 'Next status' }, buttons),
  );
}

/** A choice that is stored when it is made; what is there is shown again in any case. */
function choice(alert, name, label, options, done) {
  const control = select(options, alert[name] ?? '');
  control.addEventListener('change', async () => {
    const store = () => patch(pathOf('alerts', alert.id), { [name]: control.value || null }, alert.version);
    if (await attempt(control, store)) toast(`${label}: ${control.selectedOptions[0].textContent}.`);
    done();
  });
  return labelled(label, control);
}

function editAlert(alert, path, done) {
  const fields = [
    textField('title', 'Title', { value: alert.title }),
    areaField('description', 'Description', { value: alert.description }),
    selectField('severity', 'Severity', words(SEVERITIES), { value: alert.severity }),
    numberField('risk_score', 'Risk score', { value: alert.risk_score, min: 0, max: 100 }),
    listField('tags', 'Tags', { value: alert.tags }),
  ];
  editDialog('Edit the alert', path, alert, fields, done);
}

/** The investigation that an alert belongs to, or the button that opens one; nothing where the server has none. */
function investigationFact(alert) {
  if (!('investigation_id' in alert) || !may('read:investigations')) return null;
  const id = alert.investigation_id;
  if (id) return ['Investigation', h('a', { href: hashOf(['investigations', id]) }, id)];
  if (!may('write:investigations') || !may('write:alerts')) return null;
  const open = workButton('Open an investigation', async () =>
    go(hashOf(['investigations', (await post(`${pathOf('alerts', alert.id)}/investigation`, {})).id])),
  );
  return ['Investigation', open];
}

const historySection = (id) =>
  fetchedSection('History', async () => {
    const { items } = await get(`${pathOf('alerts', id)}/history`);
    if (items.length === 0) return notice('Nothing yet.');
    return h(
      'ol',
      { class: 'timeline' },
      items.reverse().map((each) =>
        h(
          'li',
          null,
          time(each.at, 0),
          h(
            'span',
            null,
            ` ${wordsText(each.field)}`,
            // A note alone changes nothing.
            each.from !== each.to && `: ${wordsText(each.from)} → `,
            each.from !== each.to && h('strong', null, wordsText(each.to)),
            each.by && ` by ${each.by}`,
            each.note && h('q', null, each.note),
          ),
        ),
      ),
    );
  }).element;

function eventsSection(alert) {
  const place = h('div', null);
  if (alert.event_ids.length === 0) return section('Events', notice('It cites none.'));
  fillFrom(place, async () => {
    const found = await post('/events/get', { ids: alert.event_ids.slice(0, EVENTS_MAX) });
    const items = found.items.map((each) =>
      h(
        'li',
        null,
        h('a', { href: hashOf(['events'], { id: each.id }) }, mono(timeText(each.timestamp)), ` ${each.host ?? ''}`),
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

const iocsSection = (id) =>
  fetchedSection('Indicators', async () => {
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
  }).element;

async function alertContent(alert, reload, close) {
  const users = may('alert:assign') ? await userOptions() : null;
  if (users && alert.assigned_to && !users.some(([name]) => name === alert.assigned_to))
    users.push([alert.assigned_to, alert.assigned_to]);
  const path = pathOf('alerts', alert.id);
  const erase = async () => {
    await remove(path, alert.version);
    toast('Deleted.');
    close();
  };
  return [
    line(
      severityChip(alert.severity),
      statusChip(alert.status),
      alert.tags.map((each) => chip(each, 'tag')),
    ),
    alert.description && h('p', { class: 'prose' }, alert.description),
    statusButtons(alert, reload),
    h(
      'div',
      { class: 'filters' },
      users && choice(alert, 'assigned_to', 'Assigned to', users, reload),
      may('alert:disposition') && choice(alert, 'disposition', 'Disposition', words(DISPOSITIONS), reload),
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
      ['Playbooks', h('a', { href: hashOf(['executions'], { alert_id: alert.id }) }, 'Executions about it')],
      alert.fingerprint && ['Fingerprint', mono(alert.fingerprint)],
      ['Id', mono(alert.id)],
    ]),
    eventsSection(alert),
    may('read:iocs') && iocsSection(alert.id),
    historySection(alert.id),
    evidenceSection(path, { canWrite: may('alert:acknowledge') }),
    may('write:alerts') &&
      toolbar(
        may('read:rules') && button('Run a playbook', () => runDialog(null, { alert_id: alert.id }).catch(failed)),
        button('Edit', () => editAlert(alert, path, reload)),
        eraseButton('Delete this alert', 'Its history will be gone, too.', erase),
      ),
  ];
}

export const showAlert = (id, onchange, onclose) =>
  recordDrawer('Alert', pathOf('alerts', id), {
    titleOf: (each) => each.title,
    content: alertContent,
    onchange,
    onclose,
  });
