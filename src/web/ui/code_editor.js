// A text with numbered lines. Faults stand in a list below it, and at their lines.
import { freshId, h, replace } from './dom.js';

const LINE_PX = 20;
const LINES_ABOVE = 5;

/** Selects from the place of a fault to the end of its line. */
function goTo(area, { line, column = 1 }) {
  const lines = area.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(start + column - 1, start + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, (line - LINES_ABOVE) * LINE_PX);
}

function faultItem(area, fault) {
  const place = `Line ${fault.line}${fault.column ? `, column ${fault.column}` : ''}`;
  const link = h('button', { type: 'button', class: 'link', onclick: () => goTo(area, fault) }, place);
  return h('li', null, fault.line && link, ` ${fault.detail}`);
}

/** The numbers of the lines; those of `bad` are marked. */
function numbers(area, bad) {
  const count = area.value.split('\n').length;
  return Array.from({ length: count }, (_, at) => h('span', { class: bad.has(at + 1) ? 'bad' : null }, String(at + 1)));
}

/** @returns {{element, value: () => string, mark: (faults: {line, column, detail}[]) => void}} */
export function codeEditor({ label, value = '', oninput, readonly = false }) {
  const id = freshId('code');
  const gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' });
  const list = h('div', { id: `${id}-faults`, role: 'status' });
  const area = h('textarea', {
    id,
    spellcheck: 'false',
    autocapitalize: 'none',
    wrap: 'off',
    value,
    readonly,
    'aria-describedby': list.id,
  });
  let bad = new Set();
  const number = () => {
    replace(gutter, numbers(area, bad));
    gutter.scrollTop = area.scrollTop;
  };
  const mark = (faults) => {
    bad = new Set(faults.map((each) => each.line));
    if (faults.length) area.setAttribute('aria-invalid', 'true');
    else area.removeAttribute('aria-invalid');
    replace(
      list,
      faults.length > 0 &&
        h(
          'ul',
          { class: 'code-faults' },
          faults.map((each) => faultItem(area, each)),
        ),
    );
    number();
  };
  area.addEventListener('scroll', () => {
    gutter.scrollTop = area.scrollTop;
  });
  area.addEventListener('input', () => {
    number();
    oninput?.(area.value);
  });
  number();
  const box = h('div', { class: 'code-box' }, gutter, area);
  return {
    element: h('div', { class: 'code' }, h('label', { for: id }, label), box, list),
    value: () => area.value,
    mark,
  };
}
