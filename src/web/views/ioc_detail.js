// One indicator: where it was found, what it is linked with, and the form that makes or changes one.
import { get, pathOf, remove } from '../api.js';
import { hashOf } from '../router.js';
import { may } from '../session.js';
import { wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { areaField, listField, numberField, selectField, textField, words } from '../ui/form.js';
import {
  button,
  chip,
  facts,
  fetchedSection,
  line,
  mono,
  notice,
  severityChip,
  statusChip,
  time,
  toolbar,
} from '../ui/parts.js';
import { editDialog, recordDrawer } from '../ui/record.js';
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

const matchesSection = (id) =>
  fetchedSection('Found in events', async () => {
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
          mono(` ${each.field}`),
          h('span', { class: 'quiet' }, ` ${each.value}`),
        ),
      ),
    );
  }).element;

const alertsSection = (id) =>
  fetchedSection('Alerts', async () => {
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
  }).element;

function content(ioc, reload, close) {
  const path = pathOf('iocs', ioc.id);
  return [
    line(
      chip(wordsText(ioc.type)),
      severityChip(ioc.severity),
      statusChip(ioc.status),
      ioc.tags.map((each) => chip(each, 'tag')),
    ),
    ioc.description && h('p', { class: 'prose' }, ioc.description),
    facts([
      ['Normalized', mono(ioc.normalized)],
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
    toolbar(
      h(
        'a',
        { class: 'button', href: hashOf(['events'], { q: `"${ioc.normalized.replace(/["\\]/g, '\\$&')}"` }) },
        'Search events',
      ),
      may('write:iocs') && button('Edit', () => editDialog('Edit the indicator', path, ioc, iocFields(ioc), reload)),
      may('write:iocs') &&
        eraseButton('Delete this indicator', 'Its history and matches will be gone, too.', async () => {
          await remove(path, ioc.version);
          close();
        }),
    ),
    matchesSection(ioc.id),
    may('read:alerts') && alertsSection(ioc.id),
  ];
}

export const showIoc = (id, onchange, onclose) =>
  recordDrawer('Indicator', pathOf('iocs', id), { titleOf: (each) => each.value, content, onchange, onclose });
