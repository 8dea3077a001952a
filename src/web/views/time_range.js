// When: a span that ends now, two times, or all that there is. Times are UTC.
import { h } from '../ui/dom.js';
import { labelled, select } from '../ui/form.js';

const SPANS = [
  ['', 'All time'],
  ['-15m', 'Last 15 minutes'],
  ['-1h', 'Last hour'],
  ['-24h', 'Last 24 hours'],
  ['-7d', 'Last 7 days'],
  ['-30d', 'Last 30 days'],
  ['custom', 'From … to …'],
];

const isSpan = (from) => SPANS.some(([value]) => value === from);
/** `2020-09-20T17:39:01` of a time of the API, as the picker of the browser writes it. */
const asInput = (time) => (time && !isSpan(time) ? time.replace('Z', '').slice(0, 19) : '');
const asTime = (value) => value && `${value.length === 16 ? `${value}:00` : value}Z`;

/** `read()` gives `{from, to}` as the API takes them; `onchange` is called when that changes. */
export function timeRange({ from = '', to = '' }, onchange) {
  const span = select(SPANS, isSpan(from) && !to ? from : 'custom');
  const input = (value) => h('input', { type: 'datetime-local', step: '1', value, onchange });
  const [first, last] = [input(asInput(from)), input(asInput(to))];
  const pair = h('div', { class: 'pair' }, labelled('From (UTC)', first), labelled('To (UTC)', last));
  const read = () =>
    span.value === 'custom' ? { from: asTime(first.value), to: asTime(last.value) } : { from: span.value, to: '' };
  pair.hidden = span.value !== 'custom';
  span.addEventListener('change', () => {
    pair.hidden = span.value !== 'custom';
    if (span.value === 'custom') first.focus();
    else onchange();
  });
  return { element: [labelled('Time', span), pair], read };
}
