// Fields of forms. Each is `{name, element, read, fault, focus}`: `fault` shows what is wrong with it.
import { wordsText } from '../text.js';
import { freshId, h } from './dom.js';

function field(name, label, control, read, hint) {
  const id = control.id || freshId('field');
  control.id = id;
  const error = h('p', { class: 'fault', id: `${id}-fault`, hidden: true });
  const help = hint && h('p', { class: 'hint', id: `${id}-hint` }, hint);
  control.setAttribute('aria-describedby', [help && help.id, error.id].filter(Boolean).join(' '));
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), control, help, error);
  const fault = (text) => {
    error.hidden = text === null;
    error.textContent = text ?? '';
    if (text === null) control.removeAttribute('aria-invalid');
    else control.setAttribute('aria-invalid', 'true');
  };
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
  const error = h('p', { class: 'fault', hidden: true });
  const element = h('div', { class: 'field check' }, control, h('label', { for: id }, label), error);
  const fault = (text) => {
    error.hidden = text === null;
    error.textContent = text ?? '';
  };
  return { name, element, read: () => control.checked, fault, focus: () => control.focus(), control };
}

/** Several of some: checkboxes in a group. */
export function choiceField(name, label, options, { value = [] } = {}) {
  const boxes = options.map((each) => checkField(each, each, { value: value.includes(each) }));
  const error = h('p', { class: 'fault', hidden: true });
  const element = h(
    'fieldset',
    { class: 'choices' },
    h('legend', null, label),
    boxes.map((each) => each.element),
    error,
  );
  const fault = (text) => {
    error.hidden = text === null;
    error.textContent = text ?? '';
  };
  const read = () => boxes.filter((each) => each.read()).map((each) => each.name);
  return { name, element, read, fault, focus: () => boxes[0]?.focus() };
}

/** Words separated by commas, as a list. */
export function listField(name, label, { value = [], hint = 'Separated by commas.' } = {}) {
  const made = textField(name, label, { value: value.join(', '), hint });
  return {
    ...made,
    read: () =>
      made.control.value
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
  };
}

/** A control with a label before it, for bars of filters. */
export function labelled(label, control, kind = '') {
  control.id ||= freshId('control');
  return h('div', { class: `labelled ${kind}` }, h('label', { for: control.id }, label), control);
}
