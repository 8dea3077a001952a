// Beside the list of events: how many there were when, and the most frequent values.
import { get } from '../api.js';
import { equalTerm, extent } from '../query.js';
import { countText, plural, timeText } from '../text.js';
import { histogram, meter } from '../ui/chart.js';
import { h } from '../ui/dom.js';
import { button, fillFrom, iconButton, notice, say } from '../ui/parts.js';

const BUCKETS = 90;
const VALUES = 8;
const FIRST_FIELDS = ['host', 'channel', 'event_code', 'source', 'severity'];
const STEPS = [
  ['1s', 1],
  ['2s', 2],
  ['5s', 5],
  ['10s', 10],
  ['30s', 30],
  ['1m', 60],
  ['2m', 120],
  ['5m', 300],
  ['10m', 600],
  ['30m', 1800],
  ['1h', 3600],
  ['2h', 7200],
  ['6h', 21600],
  ['12h', 43200],
  ['1d', 86400],
  ['1w', 604800],
  ['30d', 2592000],
  ['365d', 31536000],
];

const iso = (ms) => new Date(ms).toISOString();

/** The shortest interval of which not too many fit between two times. */
export function intervalFor(seconds) {
  return STEPS.find(([, each]) => seconds / each <= BUCKETS) ?? STEPS.at(-1);
}

/** What is drawn is filled up to the times that were requested, where that is known. */
export async function drawHistogram(place, query, { signal, onselect }) {
  await fillFrom(place, async () => {
    const edges = await extent('/events', query, signal);
    if (edges === null) return notice('No events pass.');
    const [interval, seconds] = intervalFor((edges.last - edges.first) / 1000 + 1);
    const found = await get('/events/histogram', { ...query, interval }, { signal });
    const buckets = found.items.map((each) => ({ start: Date.parse(each.start), count: each.count }));
    const all = buckets.reduce((sum, each) => sum + each.count, 0);
    const span = `${timeText(iso(edges.first), 0)} to ${timeText(iso(edges.last), 0)}`;
    say(plural(all, 'event'));
    return [
      h('p', { class: 'quiet' }, h('strong', null, plural(all, 'event')), ` · ${span} UTC · one bar is ${interval}`),
      histogram(buckets, {
        interval: seconds * 1000,
        label: `${plural(all, 'event')} from ${span}.`,
        describe: (some) => describe(some, seconds),
        onselect: (from, to) => onselect(iso(from), iso(to)),
      }),
    ];
  });
}

function describe(some, seconds) {
  const count = some.reduce((sum, each) => sum + each.count, 0);
  const end = some.at(-1).start + seconds * 1000;
  return `${timeText(iso(some[0].start), 0)} – ${timeText(iso(end), 0)}: ${plural(count, 'event')}`;
}

function valueItem(field, each, most, pivot) {
  const term = () => equalTerm(field, each.value);
  return h(
    'li',
    null,
    h(
      'button',
      { type: 'button', class: 'value', title: String(each.value), onclick: () => pivot(term(), false) },
      meter(each.count / most),
      h('span', { class: 'name' }, String(each.value)),
      h('span', { class: 'count mono' }, countText(each.count)),
    ),
    iconButton('minus', `Without ${field} = ${String(each.value).slice(0, 60)}`, () => pivot(term(), true)),
  );
}

function fieldBox(field, query, { signal, pivot }) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const found = await get('/events/top', { ...query, field, limit: VALUES }, { signal });
    if (found.items.length === 0) return notice('No event has it.');
    const more = found.distinct - found.items.length;
    return [
      h(
        'ul',
        { class: 'top' },
        found.items.map((each) => valueItem(field, each, found.items[0].count, pivot)),
      ),
      more > 0 && h('p', { class: 'hint' }, `${plural(more, 'more value')}${found.error ? ' (about)' : ''}`),
    ];
  });
  return h(
    'section',
    { class: 'top-field', 'aria-label': `Values of ${field}` },
    h('h3', { class: 'mono' }, field),
    place,
  );
}

/** The most frequent values of some fields; others are requested by name. */
export function topValues(query, options) {
  const boxes = h(
    'div',
    null,
    [...FIRST_FIELDS, ...options.fields].map((each) => fieldBox(each, query, options)),
  );
  const input = h('input', {
    type: 'text',
    'aria-label': 'Another field',
    placeholder: 'Another field, as user.name',
    spellcheck: 'false',
  });
  const form = h('form', { class: 'inline' }, input, button('Show', null, { type: 'submit' }));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) options.addField(name);
  });
  return h(
    'aside',
    { class: 'side', 'aria-labelledby': 'top-title' },
    h('h2', { id: 'top-title' }, 'Top values'),
    form,
    boxes,
  );
}
