// Fields of forms. Each is `{name, element, read, fault, focus}`: `fault` shows what is wrong with it. One that has `isFor` is shown
// while that is true, one with `fold` in the box of that title, and the `parts` of one are fields within it.
import { formatJson, parseJson } from '../json.js';
import { wordsText } from '../text.js';
import { freshId, h } from './dom.js';

/** A place below `control` for what is wrong with it. */
function faultOf(control) {
  const error = h('p', { class: 'fault', id: freshId('fault'), hidden: true });
  const ids = [control.getAttribute('aria-describedby'), error.id].filter(Boolean);
  control.setAttribute('aria-describedby', ids.join(' '));
  const fault = (text) => {
    error.hidden = text === null;
    error.textContent = text ?? '';
    if (text === null) control.removeAttribute('aria-invalid');
    else control.setAttribute('aria-invalid', 'true');
  };
  return { error, fault };
}

/** Fields that belong together; they get the same box, and a name for it. */
function fieldset(name, label, parts, read) {
  const element = h(
    'fieldset',
    { name },
    h('legend', null, label),
    parts.map((each) => each.element),
  );
  const { error, fault } = faultOf(element);
  element.append(error);
  return { name, element, read, fault, focus: () => parts[0]?.focus() };
}

function field(name, label, control, read, hint) {
  const id = control.id || freshId('field');
  control.id = id;
  const help = hint && h('p', { class: 'hint', id: `${id}-hint` }, hint);
  if (help) control.setAttribute('aria-describedby', help.id);
  const { error, fault } = faultOf(control);
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), control, help, error);
  return { name, element, read, fault, focus: () => control.focus(), control };
}

/** A text; an empty one is `null` unless `keepsEmpty`. */
export function textField(name, label, { value = '', type = 'text', hint, keepsEmpty = false, ...more } = {}) {
  const control = h('input', { type, name, value: value ?? '', autocomplete: 'off', ...more });
  return field(name, label, control, () => (control.value === '' && !keepsEmpty ? null : control.value), hint);
}

export function numberField(name, label, { value = '', hint, ...more } = {}) {
  const control = h('input', { type: 'number', name, value: value ?? '', ...more });
  return field(name, label, control, () => (control.value === '' ? null : Number(control.value)), hint);
}

export function areaField(name, label, { value = '', hint, rows = 4, ...more } = {}) {
  const control = h('textarea', { name, rows, value: value ?? '', ...more });
  return field(name, label, control, () => control.value || null, hint);
}

/** Names as options that people read. */
export const words = (names) => names.map((each) => [each, wordsText(each)]);

/** Of the values of a form, those that were given. */
export const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** A file; `null` if none was chosen. */
export function fileField(name, label, more = {}) {
  const control = h('input', { type: 'file', name, ...more });
  return field(name, label, control, () => control.files[0] ?? null);
}

/** `options`: texts, or pairs of value and label. */
export function selectField(name, label, options, { value, hint, ...more } = {}) {
  const control = select(options, value, { name, ...more });
  return field(name, label, control, () => control.value || null, hint);
}

export function select(options, value, more = {}) {
  const pairs = options.map((each) => (Array.isArray(each) ? each : [each, each]));
  const control = h(
    'select',
    more,
    pairs.map(([key, label]) => h('option', { value: key }, label)),
  );
  control.value = value ?? pairs[0]?.[0] ?? '';
  return control;
}

export function checkField(name, label, { value = false } = {}) {
  const id = freshId('field');
  const control = h('input', { type: 'checkbox', id, name, checked: value });
  const { error, fault } = faultOf(control);
  const element = h('div', { class: 'field check' }, control, h('label', { for: id }, label), error);
  return { name, element, read: () => control.checked, fault, focus: () => control.focus(), control };
}

/** Several of some: checkboxes in a group. */
export function choiceField(name, label, options, { value = [] } = {}) {
  const boxes = options.map((each) => checkField(each, each, { value: value.includes(each) }));
  const made = fieldset(name, label, boxes, () => boxes.filter((each) => each.read()).map((each) => each.name));
  made.element.classList.add('choices');
  return made;
}

/** An object whose members are fields, named by their paths. */
export const groupField = (name, label, parts, read) => ({ ...fieldset(name, label, parts, read), parts });

const itemsOf = (control, separator) =>
  control.value
    .split(separator)
    .map((each) => each.trim())
    .filter(Boolean);

/** Words separated by commas, as a list. */
export function listField(name, label, { value = [], hint = 'Separated by commas.' } = {}) {
  const made = textField(name, label, { value: value.join(', '), hint });
  return { ...made, read: () => itemsOf(made.control, ',') };
}

/** A list of texts that may have commas in them. */
export function linesField(name, label, { value = [], hint = 'One a line.' } = {}) {
  const made = areaField(name, label, { value: value.join('\n'), hint, rows: 2 });
  return { ...made, read: () => itemsOf(made.control, '\n') };
}

/** An object of texts, or of lists of them, where a name is given more than once; what is not touched stays as it is. */
export function pairsField(name, label, { value, hint, rows = 3 } = {}) {
  const text = Object.entries(value ?? {})
    .flatMap(([key, each]) => [each].flat().map((one) => `${key}=${one}`))
    .join('\n');
  const made = areaField(name, label, { value: text, rows, hint });
  const read = () => {
    if (made.control.value === text) return value ?? null;
    const found = {};
    for (const line of itemsOf(made.control, '\n')) {
      const [key, each = ''] = line.split(/=(.*)/s).map((part) => part.trim());
      found[key] = key in found ? [found[key], each].flat() : each;
    }
    return Object.keys(found).length > 0 ? found : null;
  };
  return { ...made, read };
}

/** An object of any values, as JSON. */
export function objectField(name, label, { value, hint } = {}) {
  const made = areaField(name, label, { value: value ? formatJson(value, 1) : '', rows: 3, hint });
  const read = () => {
    try {
      return made.control.value.trim() === '' ? null : parseJson(made.control.value);
    } catch {
      const detail = 'This is not JSON.';
      throw Object.assign(new Error(detail), { errors: [{ field: name, detail }] });
    }
  };
  return { ...made, read };
}

/** Fields that few forms need, in a box that is closed at first. */
export const folded = (title, fields) => fields.map((each) => ({ ...each, fold: title }));

/** A control with a label before it, for bars of filters. */
export function labelled(label, control, kind = '') {
  control.id ||= freshId('control');
  return h('div', { class: `labelled ${kind}` }, h('label', { for: control.id }, label), control);
}
