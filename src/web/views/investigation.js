// One investigation: what happened in order of time, its notes, files and alerts, and what becomes of it.
import { get, pathOf, post, remove, request } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { countText, wordsText } from '../text.js';
import { eraseButton, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, given, listField, numberField, selectField, textField, words } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import {
  button,
  chip,
  facts,
  failed,
  fetchedSection,
  heading,
  line,
  mono,
  notice,
  section,
  toolbar,
} from '../ui/parts.js';
import { severityChip, statusChip, time, toast, workButton } from '../ui/parts.js';
import { editDialog } from '../ui/record.js';
import { timeColumn } from '../ui/table.js';
import { evidenceSection } from './evidence.js';
import { assigneeField, PRIORITIES, VERDICTS } from './investigations.js';
import { runDialog } from './playbooks.js';
import { timelineSection } from './timeline.js';

const NEXT = {
  open: ['in_progress'],
  in_progress: ['awaiting_review', 'resolved', 'false_positive'],
  awaiting_review: ['resolved', 'in_progress'],
};
const canClose = ({ status }) => status === 'resolved' || status === 'false_positive';
const canChange = ({ status }) => status !== 'closed' && may('write:investigations');

function noteSection(text, path, reload) {
  const add = workButton(
    'Add note',
    async () => {
      text.fault(null);
      try {
        await post(`${path}/notes`, { content: text.read() ?? '' });
      } catch (error) {
        text.fault(error.lines?.join('\n') ?? error.message);
        throw error;
      }
      text.control.value = '';
    },
    reload,
    { kind: 'primary' },
  );
  return section('Note', text.element, toolbar(add));
}

function moveDialog(one, path, status, reload) {
  formDialog(
    `${wordsText(one.status)} → ${wordsText(status)}`,
    [areaField('note', 'Why', { rows: 3, maxlength: 1000 })],
    async (values) => {
      await post(`${path}/status`, { status, ...given(values) }, { version: one.version });
      toast('Status changed.');
      reload();
    },
    'Change',
  );
}

function closeDialog(one, path, reload) {
  const fields = [
    selectField('verdict', 'Verdict', words(VERDICTS), {
      value: one.status === 'false_positive' ? 'false_positive' : 'true_positive',
    }),
    textField('resolution_category', 'Category', { maxlength: 100 }),
    areaField('summary', 'Summary', { hint: 'At least 10 characters.', maxlength: 5000 }),
    listField('affected_assets', 'Affected hosts and users'),
    numberField('ml_feedback', 'How helpful were the alerts?', { min: 1, max: 5, hint: '1 to 5, or nothing.' }),
  ];
  formDialog(
    'Close the investigation',
    fields,
    async (values) => {
      await post(`${path}/close`, given(values), { version: one.version });
      toast('Closed.');
      reload();
    },
    'Close it',
  );
}

async function edit(one, path, reload) {
  const fields = [
    textField('title', 'Title', { value: one.title, maxlength: 200 }),
    selectField('priority', 'Priority', words(PRIORITIES), { value: one.priority }),
    await assigneeField(one.assignee_id),
    areaField('description', 'Description', { value: one.description }),
    listField('tags', 'Tags', { value: one.tags }),
    listField('mitre_techniques', 'Techniques', { value: one.mitre_techniques }),
  ];
  editDialog('Edit the investigation', path, one, fields, reload);
}

function actionsOf(one, path, reload) {
  const erase = async () => {
    await remove(path, one.version);
    go(hashOf(['investigations']));
  };
  return [
    canChange(one) && [
      (NEXT[one.status] ?? []).map((status) => button(wordsText(status), () => moveDialog(one, path, status, reload))),
      canClose(one) && button('Close', () => closeDialog(one, path, reload), { kind: 'primary' }),
      button('Edit', () => edit(one, path, reload).catch(failed)),
    ],
    one.status !== 'closed' &&
      may('write:alerts') &&
      may('read:rules') &&
      button('Run a playbook', () => runDialog(null, { investigation_id: one.id }).catch(failed)),
    may('write:investigations') &&
      may('admin:system') &&
      eraseButton('Delete this investigation', 'Its notes and its trail will be gone; its alerts stay.', erase),
  ];
}

function alertsSection(one, path, signal, reload) {
  const canLink = canChange(one) && may('write:alerts');
  const unlink = (each) =>
    workButton('Unlink', () => request('DELETE', `${path}/alerts${pathOf(each.id)}`), reload, {
      'aria-label': `Unlink ${each.title}`,
    });
  const link = () =>
    formDialog(
      'Link an alert',
      [textField('alert', 'Alert', { hint: 'Its id, as its window shows it.' })],
      async ({ alert }) => {
        if (!alert) throw new Error('An id is needed.');
        await request('PUT', `${path}/alerts${pathOf(alert)}`);
        reload();
      },
      'Link',
    );
  return section(
    'Alerts',
    resourceList({
      path: `${path}/alerts`,
      query: {},
      sort: '-created_at',
      signal,
      what: 'alert',
      caption: 'Alerts of this investigation',
      kind: 'cards',
      empty: notice('None is linked.'),
      columns: [
        { name: 'severity', label: 'Severity', cell: (each) => severityChip(each.severity) },
        {
          name: 'title',
          label: 'Title',
          kind: 'grow',
          cell: (each) => h('a', { href: hashOf(['alerts'], { id: each.id }) }, each.title),
        },
        { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
        timeColumn('created_at', 'Created', false),
        ...(canLink ? [{ name: 'actions', label: 'Actions', cell: unlink }] : []),
      ],
    }).element,
    canLink && toolbar(button('Link an alert', link, { glyph: 'plus' })),
  );
}

const statsSection = (path) =>
  fetchedSection('Its alerts', async () => {
    const found = await get(`${path}/stats`);
    return [
      found.alerts > 0 &&
        line(
          Object.entries(found.by_severity)
            .filter(([, count]) => count > 0)
            .map(([name, count]) => [severityChip(name), countText(count)]),
        ),
      facts([
        ['Alerts', countText(found.alerts)],
        ['First', time(found.first_alert_at, 0)],
        ['Last', time(found.last_alert_at, 0)],
        ['Tactics', found.mitre_tactics.map(wordsText).join(', ')],
        [
          'Techniques',
          found.mitre_techniques.map((each) => [
            h('a', { href: hashOf(['coverage'], { technique: each }) }, each),
            ' ',
          ]),
        ],
      ]),
    ];
  }).element;

const aboutSection = (one) =>
  section(
    'About',
    line(
      severityChip(one.priority),
      statusChip(one.status),
      one.tags.map((each) => chip(each, 'tag')),
    ),
    one.description && h('p', { class: 'prose' }, one.description),
    facts([
      ['Number', mono(one.number)],
      ['Assigned to', one.assignee_id],
      ['Created', [time(one.created_at, 0), one.created_by && ` by ${one.created_by}`]],
      ['Began by', wordsText(one.trigger_source)],
      one.trigger_alert_id && [
        'Began with',
        h('a', { href: hashOf(['alerts'], { id: one.trigger_alert_id }) }, 'An alert'),
      ],
      one.closed_at && ['Closed', time(one.closed_at, 0)],
      one.verdict && ['Verdict', wordsText(one.verdict)],
      one.resolution_category && ['Category', one.resolution_category],
      one.summary && ['Summary', h('span', { class: 'prose' }, one.summary)],
      one.affected_assets.length > 0 && ['Affected', one.affected_assets.join(', ')],
      may('read:alerts') && [
        'Playbooks',
        h('a', { href: hashOf(['executions'], { investigation_id: one.id }) }, 'Executions about it'),
      ],
      ['Id', mono(one.id)],
    ]),
  );

const noteField = () => areaField('content', 'Text', { rows: 3, maxlength: 5000 });

/** What is written in `draft`, a note that was not added yet, stays when the investigation is shown anew. */
export async function showInvestigation(main, id, signal, draft = noteField()) {
  const path = pathOf('investigations', id);
  const one = await get(path, {}, { signal });
  const reload = () => (signal.aborted ? null : showInvestigation(main, id, signal, draft));
  const timeline = timelineSection(path, signal);
  replace(
    main,
    h('p', null, h('a', { href: '#/investigations' }, '← Investigations')),
    heading(one.title, ...actionsOf(one, path, reload)),
    h(
      'div',
      { class: 'two' },
      h(
        'div',
        null,
        may('read:alerts') && alertsSection(one, path, signal, reload),
        evidenceSection(path, { canWrite: canChange(one), signal, onchange: timeline.reload }),
        canChange(one) && noteSection(draft, path, timeline.reload),
        timeline.element,
      ),
      h('div', null, aboutSection(one), may('read:alerts') && statsSection(path)),
    ),
  );
}
