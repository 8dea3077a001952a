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
  box.addEventListener('close', () => {
    box.remove();
    // What opened it may be gone, since a list was shown anew.
    if (document.activeElement === document.body) titleFor([...document.querySelectorAll('dialog > *')].at(-1)).focus();
  });
  document.body.append(box);
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

/** A form in a window. `save` gets its values; it stays open if that fails. */
export function formDialog(title, fields, save, label = 'Save') {
  const submit = h('button', { type: 'submit', class: 'primary' }, label);
  const form = h(
    'form',
    { novalidate: true },
    fields.map((each) => each.element),
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
    const values = Object.fromEntries(fields.filter((each) => each.name).map((each) => [each.name, each.read()]));
    fields.forEach((each) => each.fault?.(null));
    const refused = await refusalOf(submit, () => save(values));
    if (!refused) return box.close();
    showFaults(fields, refused);
  });
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

/** Each fault beside its field; what is about none stands at the end. */
function showFaults(fields, error) {
  const faults = error.errors?.length ? error.errors : [{ detail: error.message }];
  let first = null;
  for (const fault of faults) {
    const field = fields.find((each) => each.name && fault.field?.split(/[.[]/)[0] === each.name) ?? fields.at(-1);
    field.fault(field.name === fault.field ? fault.detail : [fault.field, fault.detail].filter(Boolean).join(': '));
    first ??= field;
  }
  first?.focus();
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

/** Something to read, in a window. */
export function told(title, ...content) {
  const box = open('modal', title, content, [button('Done', () => box.close(), { kind: 'primary' })]);
  return box;
}
