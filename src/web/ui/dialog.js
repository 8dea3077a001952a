// Windows above the page. The browser keeps the focus in them, closes them at Escape and gives the focus back.
import { freshId, h } from './dom.js';
import { attempt, button, iconButton, titleFor } from './parts.js';

function open(kind, title, content, footer) {
  const id = freshId('dialog');
  const close = () => box.close();
  const box = h(
    'dialog',
    { class: kind, 'aria-labelledby': id },
    h(
      'header',
      null,
      h('h2', { id, tabindex: '-1' }, title),
      iconButton('close', 'Close', () => close()),
    ),
    h('div', { class: 'content' }, content),
    footer && h('footer', null, footer),
  );
  const toasts = document.getElementById('toasts');
  box.addEventListener('close', () => {
    box.remove();
    ([...document.querySelectorAll('dialog')].at(-1) ?? document.body).append(toasts);
    // What opened it may be gone, since a list was shown anew.
    if (document.activeElement === document.body) titleFor([...document.querySelectorAll('dialog > *')].at(-1)).focus();
  });
  document.body.append(box);
  // What is outside of the window on top is neither seen nor read out.
  box.append(toasts);
  box.showModal();
  addEventListener('hashchange', close, { once: true });
  return box;
}

/** A window at the right edge, for the details of what a list shows. */
export function drawer(title, content, onclose) {
  const box = open('drawer', title, content);
  box.querySelector('h2').focus();
  if (onclose) box.addEventListener('close', onclose);
  return box;
}

const withParts = (fields) => fields.flatMap((each) => [each, ...(each.parts ?? [])]);
const namedOf = (fields) => fields.filter((each) => each.name);

/** Elements of fields; those of the same fold in one box. */
function elementsOf(fields) {
  const boxes = {};
  return fields.map(({ element, fold }) => {
    if (!fold) return element;
    boxes[fold] ??= h('details', null, h('summary', null, fold));
    boxes[fold].append(element);
    return boxes[fold];
  });
}

/** A form in a window. `save` gets its values; it stays open if that fails. */
export function formDialog(title, fields, save, label = 'Save') {
  const submit = h('button', { type: 'submit', class: 'primary' }, label);
  const settle = () => {
    for (const each of withParts(fields)) if (each.isFor) each.element.hidden = !each.isFor();
  };
  const form = h(
    'form',
    { novalidate: true, onchange: settle },
    [...new Set(elementsOf(fields))],
    h(
      'div',
      { class: 'form-end' },
      button('Cancel', () => box.close()),
      submit,
    ),
  );
  const box = open('modal', title, form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    withParts(fields).forEach((each) => each.fault?.(null));
    const refused = await refusalOf(submit, () =>
      save(Object.fromEntries(namedOf(fields).map((each) => [each.name, each.read()]))),
    );
    if (!refused) return box.close();
    showFaults(fields, refused);
  });
  settle();
  (form.querySelector('input:not([type=hidden]), textarea, select') ?? submit).focus();
  return box;
}

async function refusalOf(submit, work) {
  submit.disabled = true;
  try {
    await work();
    return null;
  } catch (error) {
    return error;
  } finally {
    submit.disabled = false;
  }
}

/** Each fault beside its field; what is about none, or about one that is not shown, stands at the end. */
function showFaults(fields, error) {
  const shown = namedOf(withParts(fields)).filter((each) => !each.element.closest('[hidden]'));
  const texts = new Map();
  for (const { field: path, detail } of error.errors?.length ? error.errors : [{ detail: error.message }]) {
    const isAt = (place) => (each) => each.name === place;
    const field = shown.find(isAt(path)) ?? shown.find(isAt(path?.split(/[.[]/)[0])) ?? fields.at(-1);
    const text = [field.name !== path && path, detail].filter(Boolean).join(': ');
    texts.set(field, [...(texts.get(field) ?? []), text]);
  }
  for (const [field, each] of texts) {
    field.fault(each.join('\n'));
    field.element.closest('details')?.setAttribute('open', '');
  }
  [...texts.keys()][0].focus();
}

/** Asks before something that cannot be undone. */
export function confirmed(title, text, label, work) {
  const yes = button(
    label,
    async () => {
      if (await attempt(yes, work)) box.close();
    },
    { kind: 'danger' },
  );
  const box = open('modal', title, h('p', null, text), [button('Cancel', () => box.close()), yes]);
  yes.focus();
}

/** A button for what cannot be undone: it asks before. */
export const eraseButton = (title, text, work, label = 'Delete') =>
  button(label, () => confirmed(title, text, label, work), { kind: 'danger' });

/** Something to read, in a window. */
export function told(title, ...content) {
  const box = open('modal', title, content, [button('Done', () => box.close(), { kind: 'primary' })]);
  return box;
}
