// One indicator: where it was found, what it is linked with, and the form that makes or changes one.
import { get, patch, pathOf, remove } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { wordsText } from '../text.js';
import { confirmed, drawer, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, listField, numberField, selectField, textField } from '../ui/form.js';
import { button, chip, facts, fillFrom, notice, section, severityChip, statusChip, time, toast } from '../ui/parts.js';
import { SEVERITIES } from './event_detail.js';

export const TYPES = [
  'ip',
  'cidr',
  'domain',
  'hash',
  'url',
  'email',
  'filename',
  'registry_key',
  'cve',
  'ja3',
  'user_agent',
];
export const STATUSES = ['active', 'deprecated', 'archived', 'whitelist'];
const words = (names) => names.map((each) => [each, wordsText(each)]);

/** The fields of a new indicator, or of one that there is. */
export const iocFields = (ioc = {}) => [
  textField('value', 'Value', {
    value: ioc.value,
    hint: 'It may be written to be harmless: hxxp://evil[.]example',
    spellcheck: 'false',
  }),
  selectField('type', 'Type', ioc.type ? words(TYPES) : [['', 'Guess it'], ...words(TYPES)], { value: ioc.type ?? '' }),
  selectField('severity', 'Severity', words(SEVERITIES), { value: ioc.severity ?? 'medium' }),
  selectField('status', 'Status', words(STATUSES), { value: ioc.status ?? 'active' }),
  numberField('confidence', 'Confidence', { value: ioc.confidence ?? 50, min: 0, max: 100 }),
  areaField('description', 'Description', { value: ioc.description, rows: 3 }),
  listField('tags', 'Tags', { value: ioc.tags ?? [] }),
];

function matchesSection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const { items } = await get(`${pathOf('iocs', id)}/matches`, { limit: 50 });
    if (items.length === 0) return notice('It has not been found in an event.');
    return h(
      'ul',
      { class: 'neighbours' },
      items.map((each) =>
        h(
          'li',
          null,
          h('a', { href: hashOf(['events'], { id: each.event_id }) }, time(each.event_timestamp)),
          h('span', { class: 'mono' }, ` ${each.field}`),
          h('span', { class: 'quiet' }, ` ${each.value}`),
        ),
      ),
    );
  });
  return section('Found in events', place);
}

function alertsSection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const { items } = await get(`${pathOf('iocs', id)}/alerts`, { limit: 50 });
    if (items.length === 0) return notice('None is linked.');
    return h(
      'ul',
      { class: 'plain' },
      items.map((each) =>
        h(
          'li',
          { class: 'line' },
          severityChip(each.severity),
          h('a', { href: hashOf(['alerts'], { id: each.id }) }, each.title),
        ),
      ),
    );
  });
  return section('Alerts', place);
}

function content(ioc, box, changed) {
  const path = pathOf('iocs', ioc.id);
  return [
    h(
      'div',
      { class: 'line' },
      chip(wordsText(ioc.type)),
      severityChip(ioc.severity),
      statusChip(ioc.status),
      ioc.tags.map((each) => chip(each, 'tag')),
    ),
    ioc.description && h('p', { class: 'prose' }, ioc.description),
    facts([
      ['Normalized', h('span', { class: 'mono' }, ioc.normalized)],
      ['Confidence', ioc.confidence],
      ['Hits', ioc.hit_count],
      ['First seen', time(ioc.first_seen, 0)],
      ['Last seen', time(ioc.last_seen, 0)],
      ['Expires', time(ioc.expires_at, 0)],
      ['Source', ioc.source],
      [
        'Techniques',
        ioc.mitre_techniques.map((each) => [h('a', { href: hashOf(['coverage'], { technique: each }) }, each), ' ']),
      ],
    ]),
    h(
      'div',
      { class: 'actions' },
      h(
        'a',
        { class: 'button', href: hashOf(['events'], { q: `"${ioc.normalized.replace(/["\\]/g, '\\$&')}"` }) },
        'Search events',
      ),
      may('write:iocs') &&
        button('Edit', () =>
          formDialog('Edit the indicator', iocFields(ioc), async (values) => {
            await patch(path, values, ioc.version);
            changed();
          }),
        ),
      may('write:iocs') &&
        button(
          'Delete',
          () =>
            confirmed('Delete this indicator', 'Its history and matches will be gone, too.', 'Delete', async () => {
              await remove(path, ioc.version);
              box.close();
              changed(true);
            }),
          { kind: 'danger' },
        ),
    ),
    matchesSection(ioc.id),
    may('read:alerts') && alertsSection(ioc.id),
  ];
}

export function showIoc(id, onchange, onclose) {
  const place = h('div', null, notice('Loading…'));
  const box = drawer('Indicator', place, onclose);
  const load = () =>
    fillFrom(place, async () => {
      const ioc = await get(pathOf('iocs', id));
      replace(box.querySelector('h2'), h('span', { class: 'mono' }, ioc.value));
      return content(ioc, box, (isGone) => {
        toast(isGone ? 'Deleted.' : 'Saved.');
        onchange();
        if (!isGone) load();
      });
    });
  load();
}
