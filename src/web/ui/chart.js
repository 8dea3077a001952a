// Drawings of numbers over time. Each says in words what it shows.
import { h, svg } from './dom.js';

const WIDTH = 1000;
const HEIGHT = 120;
const SLOTS_MIN = 24; // a few bars do not become walls

/**
 * Bars of `[{start: ms, count}]` that can be selected with the pointer or the keyboard.
 * @param {(from: number, to: number) => void} onselect gets times in ms, half open
 */
export function histogram(buckets, { interval, label, describe, onselect }) {
  const most = Math.max(1, ...buckets.map((each) => each.count));
  const slots = Math.max(SLOTS_MIN, buckets.length);
  const width = WIDTH / slots;
  const bars = buckets.map((each, at) =>
    svg('rect', {
      x: at * width + (width > 4 ? 0.75 : 0),
      width: Math.max(0.5, width - (width > 4 ? 1.5 : 0)),
      y: HEIGHT - (each.count / most) * HEIGHT,
      height: (each.count / most) * HEIGHT,
      class: 'column',
    }),
  );
  const picked = svg('rect', { class: 'picked', y: 0, height: HEIGHT, width: 0 });
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    bars,
    picked,
  );
  const told = h('p', { class: 'hint', role: 'status' });
  const box = h(
    'div',
    {
      class: 'histogram',
      role: 'group',
      tabindex: '0',
      'aria-label': `${label} Arrow keys move, with Shift they select, Enter narrows to the selection.`,
    },
    drawing,
  );
  const selection = { from: null, to: null };
  const paint = () => {
    const [low, high] = [Math.min(selection.from, selection.to), Math.max(selection.from, selection.to)];
    picked.setAttribute('x', low * width);
    picked.setAttribute('width', (high - low + 1) * width);
    told.textContent = describe(buckets.slice(low, high + 1));
  };
  const choose = () => {
    const [low, high] = [Math.min(selection.from, selection.to), Math.max(selection.from, selection.to)];
    onselect(buckets[low].start, buckets[high + 1]?.start ?? buckets[high].start + interval);
  };
  listenToPointer(box, { count: buckets.length, slots }, selection, paint, choose);
  listenToKeys(box, buckets.length, selection, paint, choose);
  return h('div', null, box, told);
}

function listenToPointer(box, { count, slots }, selection, paint, choose) {
  const at = (event) => {
    const edges = box.getBoundingClientRect();
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - edges.left) / edges.width) * slots)));
  };
  let isDown = false;
  box.addEventListener('pointerdown', (event) => {
    isDown = true;
    box.setPointerCapture(event.pointerId);
    selection.from = selection.to = at(event);
    paint();
  });
  box.addEventListener('pointermove', (event) => {
    if (isDown) selection.to = at(event);
    else selection.from = selection.to = at(event);
    paint();
  });
  box.addEventListener('pointerup', () => {
    if (isDown) choose();
    isDown = false;
  });
  box.addEventListener('pointercancel', () => {
    isDown = false;
  });
}

function listenToKeys(box, count, selection, paint, choose) {
  const step = { ArrowLeft: -1, ArrowRight: 1 };
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && selection.from !== null) return choose();
    if (!(event.key in step) && event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    const before = selection.to ?? -1;
    const moved = event.key === 'Home' ? 0 : event.key === 'End' ? count - 1 : before + step[event.key];
    selection.to = Math.max(0, Math.min(count - 1, moved));
    if (!event.shiftKey || selection.from === null) selection.from = selection.to;
    paint();
  });
}

/** A line of `[{at, value}]`, from 0 to the most that it was. */
export function plot(points, { label, format, span, now }) {
  const most = Math.max(...points.map((each) => each.value), 0);
  const scale = most > 0 ? most : 1;
  const x = (at) => WIDTH - ((now - at) / span) * WIDTH;
  const y = (value) => HEIGHT - 2 - (value / scale) * (HEIGHT - 4);
  const path = points
    .map((each, at) => `${at === 0 ? 'M' : 'L'}${x(each.at).toFixed(1)} ${y(each.value).toFixed(1)}`)
    .join('');
  const area =
    points.length > 1
      ? `${path}L${x(points.at(-1).at).toFixed(1)} ${HEIGHT}L${x(points[0].at).toFixed(1)} ${HEIGHT}Z`
      : '';
  const last = points.at(-1)?.value;
  const value = last === undefined ? '–' : format(last);
  return h(
    'figure',
    { class: 'plot' },
    h('figcaption', null, h('span', null, label), h('strong', { class: 'mono' }, value)),
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${label}: ${value}, at most ${format(most)} in the last ${Math.ceil(span / 60000)} min`,
      },
      svg('path', { d: area, class: 'area' }),
      svg('path', { d: path, class: 'stroke' }),
    ),
    h('span', { class: 'quiet mono', 'aria-hidden': 'true' }, `max ${format(most)}`),
  );
}

/** How much of a whole: a bar behind a number, which says the same. */
export function meter(share) {
  return h('span', {
    class: 'meter',
    'aria-hidden': 'true',
    vars: { share: `${Math.round(Math.min(1, share) * 100)}%` },
  });
}
