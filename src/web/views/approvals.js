// Approvals: what waits for whoever is here, and all others; one in a window, with what was said to it.
import { get, pathOf, post } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { agoText, wordsText } from '../text.js';
import { h } from '../ui/dom.js';
import { areaField, given, words } from '../ui/form.js';
import { chip, facts, fetchedSection, line, mono, notice, statusChip, time, toast, workButton } from '../ui/parts.js';
import { listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, timeColumn } from '../ui/table.js';

const STATUSES = ['pending', 'escalated', 'approved', 'rejected', 'expired', 'cancelled'];
const OPEN = ['pending', 'escalated'];
const DEEDS = [
  ['approve', 'Approve', 'Approved.', 'primary'],
  ['reject', 'Reject', 'Rejected.', 'danger'],
  ['escalate', 'Escalate', 'Escalated.', ''],
  ['comment', 'Comment', 'Comment added.', ''],
  ['cancel', 'Take back', 'Taken back.', ''],
];
const FILTERS = [
  { name: 'status', label: 'Status', options: words(STATUSES) },
  { name: 'approver', label: 'Approver', placeholder: 'user name' },
  { name: 'requested_by', label: 'Requested by', placeholder: 'user name' },
];

/** Both lists of this screen, as links. */
function lists(isMine) {
  const link = (label, query, isHere) =>
    h('a', { class: 'button', href: hashOf(['approvals'], query), 'aria-current': isHere ? 'true' : null }, label);
  return h(
    'div',
    { class: 'counts', role: 'group', 'aria-label': 'Which approvals' },
    link('Mine to decide', {}, isMine),
    link('All', { of: 'all' }, !isMine),
  );
}

const belowOf = ({ playbook_name: playbook, requested_by: who }) =>
  who ? `${playbook}, requested by ${who}` : playbook;

const columnsOf = (open) => [
  openColumn('step_name', 'Step', open, belowOf, false),
  { name: 'status', label: 'Status', cell: (each) => statusChip(each.status) },
  { name: 'approvals', label: 'Approved', cell: (each) => `${each.approval_count} of ${each.approvals_needed}` },
  timeColumn('created_at', 'Created'),
  timeColumn('expires_at', 'Expires'),
];

function decision(approval, comment, reload) {
  const path = `${pathOf('approvals', approval.id)}/actions`;
  const buttons = DEEDS.map(([action, label, text, kind]) =>
    workButton(
      label,
      async () => {
        await post(path, given({ action, comment: comment.read(), expected_version: approval.version }));
        comment.control.value = '';
        toast(text);
      },
      reload,
      { kind },
    ),
  );
  return [comment.element, h('div', { class: 'actions', role: 'group', 'aria-label': 'What you say to it' }, buttons)];
}

const saidSection = (id) =>
  fetchedSection('What was said', async () => {
    const { items } = await get(`${pathOf('approvals', id)}/actions`, { limit: 200 });
    if (items.length === 0) return notice('Nothing yet.');
    return h(
      'ol',
      { class: 'timeline' },
      items.map((each) =>
        h(
          'li',
          null,
          time(each.created_at, 0),
          ' ',
          h('strong', null, wordsText(each.action)),
          ` by ${each.user ?? 'nobody'}`,
          each.comment && h('q', null, each.comment),
        ),
      ),
    );
  }).element;

/** What is written in `comment` stays when the approval is shown anew. */
const contentWith = (comment) => (approval, reload) => [
  line(
    statusChip(approval.status),
    chip(wordsText(approval.context?.step_type)),
    approval.escalation_level > 0 && chip(`Escalated ${approval.escalation_level} times`, 'severity-high'),
  ),
  facts([
    ['Playbook', approval.playbook_name],
    ['Execution', h('a', { href: hashOf(['executions', approval.execution_id]) }, 'Its steps')],
    approval.alert_id && ['Alert', h('a', { href: hashOf(['alerts'], { id: approval.alert_id }) }, approval.alert_id)],
    ['Requested by', approval.requested_by],
    ['Approvers', approval.approvers.join(', ')],
    [
      'Approved',
      `${approval.approval_count} of ${approval.approvals_needed} (${wordsText(approval.mode).toLowerCase()})`,
    ],
    ['Rejected', approval.rejection_count],
    approval.escalate_to.length > 0 && ['Escalates to', approval.escalate_to.join(', ')],
    approval.escalates_at && ['Escalates', time(approval.escalates_at, 0)],
    ['Expires', [time(approval.expires_at, 0), OPEN.includes(approval.status) && ` ${agoText(approval.expires_at)}`]],
    ['Decided', time(approval.resolved_at, 0)],
    approval.notice !== 'none' && ['Notice', [wordsText(approval.notice), ' ', approval.notice_detail]],
    ['Id', mono(approval.id)],
  ]),
  may('write:alerts') && OPEN.includes(approval.status) && decision(approval, comment, reload),
  saidSection(approval.id),
];

export function show(main, screen) {
  const { of, ...values } = Object.fromEntries(screen.params);
  const isMine = of !== 'all' && !Object.keys(values).some((name) => name !== 'id' && name !== 'sort');
  const params = new URLSearchParams(values);
  listScreen(
    main,
    { ...screen, params },
    {
      screen: ['approvals'],
      title: 'Approvals',
      path: isMine ? '/approvals/pending' : '/approvals',
      what: 'approval',
      hasTotal: !isMine,
      above: lists(isMine),
      filters: !isMine && FILTERS,
      keep: isMine ? {} : { of: 'all' },
      empty: notice(isMine ? 'Nothing waits for you.' : 'No approval passes these filters.'),
      columns: columnsOf,
      open: (id, onchange, onclose) =>
        recordDrawer('Approval', pathOf('approvals', id), {
          titleOf: (each) => each.step_name ?? each.step_id,
          content: contentWith(areaField('comment', 'Comment', { rows: 2 })),
          onchange,
          onclose,
        }),
    },
  );
}
