// Tables that become cards where there is no room for columns.
import { h } from './dom.js';
import { linkButton, time } from './parts.js';

/** A time, which the list can be sorted by unless `sort` says otherwise. */
export const timeColumn = (name, label, sort = true) => ({
  name,
  label: `${label} (UTC)`,
  sort,
  kind: 'nowrap',
  cell: (each) => time(each[name], 0),
});

/** What a row is called, as a button that opens it; what is quiet stands below. */
export const openColumn = (name, label, open, belowOf = () => null, sort = true) => ({
  name,
  label,
  sort,
  kind: 'grow',
  cell: (each) => [
    linkButton(each[name] ?? each.id, () => open(each.id)),
    h('div', { class: 'quiet small' }, belowOf(each)),
  ],
});

/**
 * @param {{name: string, label: string, cell: (row) => any, kind?: string, sort?: boolean}[]} columns
 * @param {{caption: string, sort?: string, onsort?: Function, selection?: Set, onselect?: Function, key?: Function}} options
 */
export function table(columns, rows, options) {
  const body = h(
    'tbody',
    { role: 'rowgroup' },
    rows.map((row) => rowOf(columns, row, options)),
  );
  const head = h(
    'thead',
    { role: 'rowgroup' },
    h(
      'tr',
      { role: 'row' },
      options.selection &&
        h('th', { role: 'columnheader', class: 'select', scope: 'col' }, selectAll(rows, body, options)),
      columns.map((each) => headOf(each, options)),
    ),
  );
  return h(
    'table',
    { role: 'table', class: options.kind ?? '' },
    h('caption', { class: 'hidden' }, options.caption),
    head,
    body,
  );
}

export function appendRows(made, columns, rows, options) {
  made.tBodies[0].append(...rows.map((row) => rowOf(columns, row, options)));
}

function headOf(column, { sort, onsort }) {
  const attributes = { role: 'columnheader', scope: 'col', class: column.kind?.replace('mono', '') };
  if (!column.sort || !onsort) return h('th', attributes, column.label);
  const isUp = sort === column.name;
  const isDown = sort === `-${column.name}`;
  const button = h(
    'button',
    { type: 'button', class: 'sort', onclick: () => onsort(isDown ? column.name : `-${column.name}`) },
    column.label,
    h('span', { 'aria-hidden': 'true' }, isUp ? ' ↑' : isDown ? ' ↓' : ''),
  );
  return h('th', { ...attributes, 'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : 'none' }, button);
}

function rowOf(columns, row, { selection, onselect, key = (each) => each.id, labelOf, rowKind }) {
  const cells = columns.map((column) =>
    h('td', { role: 'cell', class: column.kind, 'data-label': column.label }, column.cell(row)),
  );
  if (!selection) return h('tr', { role: 'row', class: rowKind?.(row) }, cells);
  const box = h('input', {
    type: 'checkbox',
    'aria-label': `Select ${labelOf?.(row) ?? key(row)}`,
    checked: selection.has(key(row)),
    'data-key': key(row),
  });
  box.addEventListener('change', () => {
    if (box.checked) selection.add(key(row));
    else selection.delete(key(row));
    onselect();
  });
  return h('tr', { role: 'row' }, h('td', { role: 'cell', class: 'select' }, box), cells);
}

function selectAll(rows, body, { selection, onselect }) {
  const box = h('input', {
    type: 'checkbox',
    'aria-label': 'Select all that are shown',
    checked: rows.length > 0 && selection.size >= rows.length,
  });
  box.addEventListener('change', () => {
    for (const each of body.querySelectorAll('td.select input')) {
      each.checked = box.checked;
      if (box.checked) selection.add(each.dataset.key);
      else selection.delete(each.dataset.key);
    }
    onselect();
  });
  return box;
}
