// A bar of filters whose state is in the address.
import { countText } from '../text.js';
import { h } from './dom.js';
import { labelled, select } from './form.js';
import { button } from './parts.js';

/**
 * @param {{name: string, label: string, options?: any[], placeholder?: string, kind?: string}[]} filters a filter with
 *   `options` is chosen, another one is written
 * @param {(values: object) => void} onchange
 */
export function filterBar(filters, params, onchange) {
  const controls = filters.map((each) => {
    const value = params.get(each.name) ?? '';
    const control = each.options
      ? select([['', 'Any'], ...each.options], value)
      : h('input', {
          type: 'search',
          value,
          placeholder: each.placeholder,
          spellcheck: 'false',
          autocapitalize: 'none',
        });
    return { name: each.name, control, label: each.label, kind: each.kind };
  });
  const read = () => Object.fromEntries(controls.map((each) => [each.name, each.control.value.trim()]));
  const form = h(
    'form',
    { class: 'filters', role: 'search' },
    controls.map((each) => labelled(each.label, each.control, each.kind)),
    button('Filter', null, { type: 'submit' }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onchange(read());
  });
  for (const each of controls)
    if (each.control.tagName === 'SELECT') each.control.addEventListener('change', () => onchange(read()));
  return form;
}

/** Counts by value, as buttons that filter by them. `counts`: `{value: count}`. */
export function countBar(label, counts, chosen, wordOf, onchoose) {
  const items = Object.entries(counts).map(([value, count]) => {
    const isChosen = value === chosen;
    return h(
      'button',
      {
        type: 'button',
        class: 'count-chip',
        'aria-pressed': String(isChosen),
        onclick: () => onchoose(isChosen ? '' : value),
      },
      wordOf(value),
      h('strong', { class: 'mono' }, countText(count)),
    );
  });
  return h('div', { class: 'counts', role: 'group', 'aria-label': label }, items);
}
