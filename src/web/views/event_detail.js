// One event: every value of it, with what to do with a value; what was before and after it; the text as it came.
import { get, pathOf, post } from '../api.js';
import { formatJson } from '../json.js';
import { equalTerm, flatten } from '../query.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { timeText } from '../text.js';
import { drawer, formDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { selectField, textField } from '../ui/form.js';
import { button, copyText, fillFrom, iconButton, mono, notice, section, time, toast, toolbar } from '../ui/parts.js';

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'informational'];
const COLUMNS = ['timestamp', 'received_at', 'host', 'source', 'channel', 'event_code', 'severity', 'id'];
const AROUND = 5;

/** Values longer than this say nothing as an exact condition of a search. */
const PIVOT_MAX = 500;

function valueRow(path, value, pivot) {
  const text = String(value);
  const canPivot = pivot && value !== null && text.length <= PIVOT_MAX && text !== '';
  const narrow = (isExcluded) => () => pivot(equalTerm(path, value), isExcluded);
  return h(
    'tr',
    null,
    h('th', { scope: 'row' }, path),
    h('td', { class: 'mono value' }, text),
    h(
      'td',
      { class: 'tools' },
      canPivot && iconButton('plus', `Only ${path} = ${text.slice(0, 60)}`, narrow(false)),
      canPivot && iconButton('minus', `Without ${path} = ${text.slice(0, 60)}`, narrow(true)),
      iconButton('copy', `Copy ${path}`, () => copyText(text)),
    ),
  );
}

function valueTable(caption, pairs, pivot) {
  return h(
    'table',
    { class: 'values' },
    h('caption', { class: 'hidden' }, caption),
    h('colgroup', null, h('col'), h('col'), h('col')),
    h(
      'thead',
      { class: 'hidden' },
      h(
        'tr',
        null,
        ['Field', 'Value', 'Actions'].map((each) => h('th', { scope: 'col' }, each)),
      ),
    ),
    h(
      'tbody',
      null,
      pairs.map(([path, value]) => valueRow(path, value, pivot)),
    ),
  );
}

/** A few values of an event, to tell it from others in a line. */
export function summaryOf(event) {
  const { fields } = event;
  const text = ['Message', 'message', 'CommandLine', 'Image', 'msg', 'log']
    .map((name) => fields[name])
    .find((each) => typeof each === 'string');
  if (text) return text.replace(/\s+/g, ' ').slice(0, 240);
  return flatten(fields)
    .slice(0, 6)
    .map(([path, value]) => `${path}=${value}`)
    .join('  ')
    .slice(0, 240);
}

function neighbourTable(events) {
  return h(
    'ul',
    { class: 'neighbours' },
    events.map((each) =>
      h(
        'li',
        null,
        h(
          'a',
          { href: hashOf(['events'], { id: each.id }) },
          mono(timeText(each.timestamp)),
          ` ${each.event_code ?? ''} `,
        ),
        h('span', { class: 'quiet' }, summaryOf(each)),
      ),
    ),
  );
}

function aroundSection(id) {
  const place = h('div', null);
  const show = button('Show events around it', () =>
    fillFrom(place, async () => {
      const around = await get(`${pathOf('events', id)}/around`, { n: AROUND });
      return [
        h('h3', null, 'Before'),
        around.before.length ? neighbourTable(around.before.reverse()) : notice('Nothing.'),
        h('h3', null, 'After'),
        around.after.length ? neighbourTable(around.after) : notice('Nothing.'),
      ];
    }),
  );
  return section('On the same host', show, place);
}

function raiseAlert(event) {
  const fields = [
    textField('title', 'Title', { required: true, maxlength: 200 }),
    selectField('severity', 'Severity', SEVERITIES, { value: 'medium' }),
  ];
  formDialog(
    'Raise an alert',
    fields,
    async (values) => {
      const made = await post('/alerts', { ...values, event_ids: [event.id] });
      toast(`Alert “${made.title}” raised.`);
      location.hash = hashOf(['alerts'], { id: made.id });
    },
    'Raise alert',
  );
}

/** @param {(term: string, isExcluded: boolean) => void} pivot narrows the search; without it values can only be copied */
export function eventContent(event, pivot) {
  const columns = COLUMNS.filter((name) => event[name] !== null && event[name] !== undefined).map((name) => [
    name,
    event[name],
  ]);
  const text = formatJson(event.fields, 2);
  return [
    toolbar(
      button('Copy as JSON', () => copyText(formatJson(event, 2)), { glyph: 'copy' }),
      button('Copy link', () => copyText(new URL(hashOf(['events'], { id: event.id }), location.href).href)),
      may('write:alerts') && button('Raise alert', () => raiseAlert(event), { kind: 'primary' }),
    ),
    section('Columns', valueTable('Columns', columns, pivot)),
    section('Fields', valueTable('Fields', flatten(event.fields), pivot)),
    aroundSection(event.id),
    h('details', null, h('summary', null, 'As JSON'), h('pre', { tabindex: '0' }, text)),
  ];
}

export async function showEvent(id, pivot, onclose) {
  const place = h('div', null, notice('Loading…'));
  const box = drawer('Event', place, onclose);
  await fillFrom(place, async () => {
    const event = await get(pathOf('events', id));
    box.querySelector('h2').replaceChildren('Event ', time(event.timestamp));
    return eventContent(
      event,
      pivot &&
        ((term, isExcluded) => {
          box.close();
          pivot(term, isExcluded);
        }),
    );
  });
}
