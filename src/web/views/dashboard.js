// The state of things at a glance: what is open, what fires, what is in trouble, and how much came in.
import { get } from '../api.js';
import { go, hashOf } from '../router.js';
import { countText, plural, wordsText } from '../text.js';
import { histogram, meter } from '../ui/chart.js';
import { h, replace } from '../ui/dom.js';
import { labelled, select } from '../ui/form.js';
import { button, fillFrom, heading, notice, section, severityChip, statusChip, tile } from '../ui/parts.js';
import { SEVERITIES } from './event_detail.js';

const DAY_MS = 86400000;
const TROUBLES = [
  ['dead_letters_pending', 'dead letter', ['dead_letters'], { status: 'pending' }],
  ['rule_feeds_failing', 'failing feed of rules', ['feeds'], { status: 'error' }],
  ['ioc_feeds_failing', 'failing feed of indicators', ['feeds', 'iocs'], { status: 'error' }],
];
const iso = (ms) => new Date(ms).toISOString();

/** Names with their counts and bars, each a link if there is somewhere to go. */
function ranking(rows, empty) {
  if (rows.length === 0) return notice(empty);
  const most = Math.max(1, ...rows.map((each) => each.count));
  const item = ({ label, count, href }) =>
    h(
      'li',
      null,
      h(
        href ? 'a' : 'div',
        { class: href ? 'button value' : 'value', href },
        meter(count / most),
        h('span', { class: 'name' }, label),
        h('span', { class: 'count mono' }, countText(count)),
      ),
    );
  return h('ul', { class: 'top' }, rows.map(item));
}

function troublesSection(troubles) {
  const items = TROUBLES.filter(([name]) => troubles[name] > 0).map(([name, what, screen, query]) =>
    h('li', null, h('a', { href: hashOf(screen, query) }, plural(troubles[name], what))),
  );
  return section('Troubles', items.length > 0 ? h('ul', { class: 'plain' }, items) : notice('None.'));
}

function numbers(found) {
  const isWell = found.system_health === 'OK';
  return [
    h(
      'div',
      { class: 'tiles' },
      tile('Events', countText(found.total_events)),
      tile('Alerts', countText(found.total_alerts)),
      tile('Active alerts', countText(found.active_alerts)),
      tile('Rules firing', countText(found.rules_fired)),
      tile('System', isWell ? 'OK' : wordsText(found.system_health.toLowerCase()), isWell ? 'on' : 'off'),
    ),
    h(
      'div',
      { class: 'halves' },
      section(
        'Active alerts by severity',
        ranking(
          SEVERITIES.filter((each) => found.active_by_severity[each] > 0).map((each) => ({
            label: severityChip(each),
            count: found.active_by_severity[each],
          })),
          'No alert is active.',
        ),
      ),
      section(
        'Alerts by status',
        ranking(
          Object.entries(found.alerts_by_status)
            .filter(([, count]) => count > 0)
            .map(([status, count]) => ({
              label: statusChip(status),
              count,
              href: hashOf(['alerts'], { status }),
            })),
          'There are no alerts.',
        ),
      ),
      section(
        'Rules with the most alerts',
        ranking(
          found.top_rules.map((each) => ({
            label: each.name ?? each.rule_id,
            count: each.alerts,
            href: hashOf(['alerts'], { rule_id: each.rule_id }),
          })),
          'No rule has an alert.',
        ),
      ),
      troublesSection(found.troubles),
    ),
  ];
}

/** Bars of `events` or `alerts` over time; what is selected opens their list. */
function chart(items, name, what, isDaily) {
  const buckets = items.map((each) => ({ start: Date.parse(each.start), count: each[name] }));
  const total = buckets.reduce((sum, each) => sum + each.count, 0);
  const label = `${plural(total, what)} from ${items[0].name} to ${items.at(-1).name}.`;
  const nameAt = (start) => iso(start).slice(0, isDaily ? 10 : 7);
  return section(
    wordsText(name),
    h('p', { class: 'quiet' }, label),
    histogram(buckets, {
      interval: (isDaily ? 1 : 31) * DAY_MS,
      label,
      describe: (some) => {
        const [first, last] = [nameAt(some[0].start), nameAt(some.at(-1).start)];
        const count = some.reduce((sum, each) => sum + each.count, 0);
        return `${first === last ? first : `${first} – ${last}`}: ${plural(count, what)}`;
      },
      onselect: (from, to) => go(hashOf([name], { from: iso(from), to: iso(to) })),
    }),
  );
}

export async function show(main, { params, signal }) {
  const interval = params.get('interval') === 'month' ? 'month' : 'day';
  const [top, charts] = [h('div', { class: 'stack' }), h('div', { class: 'halves' })];
  const picker = select(
    [
      ['day', '30 days'],
      ['month', '12 months'],
    ],
    interval,
  );
  picker.addEventListener('change', () => go(hashOf(['dashboard'], { interval: picker.value })));
  replace(
    main,
    heading(
      'Dashboard',
      button('Refresh', () => go(location.hash)),
    ),
    top,
    h('div', { class: 'filters' }, labelled('Last', picker)),
    charts,
  );
  await Promise.all([
    fillFrom(top, async () => numbers(await get('/dashboard', {}, { signal }))),
    fillFrom(charts, async () => {
      const { items } = await get('/dashboard/chart', { interval }, { signal });
      const isDaily = interval === 'day';
      return [chart(items, 'events', 'event', isDaily), chart(items, 'alerts', 'alert', isDaily)];
    }),
  ]);
}
