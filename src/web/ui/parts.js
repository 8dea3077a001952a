// Small pieces that all screens use.
import { freshId, h, replace } from './dom.js';
import { icon } from './icons.js';
import { timeText, wordsText } from '../text.js';

const TOAST_MS = 6000;

/** A message that goes by itself. Errors stay until they are closed. */
export function toast(text, kind = 'done') {
  const close = h('button', { type: 'button', class: 'ghost square', 'aria-label': 'Close message' }, icon('close'));
  const item = h('div', { class: `toast ${kind}` }, h('span', null, text), close);
  close.addEventListener('click', () => item.remove());
  document.getElementById('toasts').append(item);
  if (kind !== 'error') setTimeout(() => item.remove(), TOAST_MS);
}

/** Has a result read out, which is to be seen elsewhere. */
export const say = (text) => replace(document.getElementById('said'), text);

export function failed(error) {
  if (error.name === 'AbortError') return;
  if (error.lines === undefined) console.error(error);
  toast((error.lines ?? [error.message]).join('\n'), 'error');
}

/** Runs what a button does: it cannot be pressed again meanwhile, and a refusal is shown. True if it was done. */
export async function attempt(button, work) {
  button.disabled = true;
  try {
    await work();
    return true;
  } catch (error) {
    failed(error);
    return false;
  } finally {
    button.disabled = false;
  }
}

export function button(label, onclick, { kind = '', glyph = null, ...more } = {}) {
  return h('button', { type: 'button', class: kind, onclick, ...more }, glyph && icon(glyph), label);
}

/** Whether what is shown is not what is there. */
const isOutdated = ({ status }) => status === 409 || status === 412;

/**
 * A button whose work is waited for. `done` is called after it, and when somebody else was faster: it shows what is there now.
 * Whoever pressed it by keyboard goes on from it, or from the title if it is gone.
 */
export function workButton(label, work, done, more) {
  const made = button(
    label,
    async () => {
      const title = titleFor(made);
      await attempt(made, async () => {
        try {
          await work();
        } catch (error) {
          if (!isOutdated(error)) throw error;
          failed(error);
        }
        await done?.();
      });
      if (document.activeElement === document.body) (made.isConnected ? made : title).focus();
    },
    more,
  );
  return made;
}

export const linkButton = (text, onclick, kind = '') => button(text, onclick, { kind: `link ${kind}` });

/** A button that shows a drawing alone; its label is read out and shown as a hint. */
export function iconButton(glyph, label, onclick, more = {}) {
  return h(
    'button',
    { type: 'button', class: 'ghost square', 'aria-label': label, title: label, onclick, ...more },
    icon(glyph),
  );
}

export const chip = (text, kind = '') => h('span', { class: `chip ${kind}` }, text);
export const severityChip = (name) => (name ? chip(wordsText(name), `severity-${String(name).toLowerCase()}`) : '–');
export const statusChip = (name) => chip(wordsText(name), `status-${name}`);
export const time = (value, digits) =>
  value ? h('time', { datetime: value, class: 'mono nowrap' }, timeText(value, digits)) : '–';

export const mono = (text) => h('span', { class: 'mono' }, text);
/** Buttons beside each other. */
export const toolbar = (...buttons) => h('div', { class: 'actions' }, buttons);
/** Small things beside each other. */
export const line = (...things) => h('div', { class: 'line' }, things);

export function heading(title, ...actions) {
  document.title = `${title} · carrel`;
  return h('div', { class: 'heading' }, h('h1', null, title), toolbar(actions));
}

export const notice = (text, kind = 'quiet') => h('p', { class: kind, role: kind === 'error' ? 'alert' : null }, text);

/** Where somebody goes on whose button is gone: the title of the window, or the screen. */
export const titleFor = (element) => element?.closest('dialog')?.querySelector('h2') ?? document.getElementById('main');

/** Why something is not there, and another try. */
export const troubleBox = (error, again) =>
  h(
    'div',
    { class: 'stack' },
    notice((error.lines ?? [error.message]).join('\n'), 'error'),
    toolbar(workButton('Try again', again)),
  );

/** Shows what `load` gives in `place`, and why if there is nothing. */
export async function fillFrom(place, load) {
  place.setAttribute('aria-busy', 'true');
  try {
    const content = await load();
    const isHere = place.contains(document.activeElement);
    replace(place, content);
    if (isHere) titleFor(place).focus({ preventScroll: true });
  } catch (error) {
    if (error.name === 'AbortError') return;
    if (error.lines === undefined) console.error(error);
    replace(
      place,
      troubleBox(error, () => fillFrom(place, load)),
    );
  } finally {
    place.removeAttribute('aria-busy');
  }
}

const isNothing = (value) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** Names and values, two columns. */
export function facts(pairs) {
  const row = ([name, value]) => [h('dt', null, name), h('dd', null, isNothing(value) ? '–' : value)];
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(row));
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied.');
  } catch {
    // Browsers let pages copy over https and on loopback alone.
    toast('The browser does not let this page copy. Select the text instead.', 'error');
  }
}

/** A number, or a state of kind `on` or `off`, with its name. */
export const tile = (label, value, kind) =>
  h(
    'div',
    { class: 'tile' },
    h('span', { class: 'quiet' }, label),
    kind ? h('span', null, chip(value, kind)) : h('strong', null, value),
  );

/** A section whose content is fetched; what is given beside its element fetches it again. */
export function fetchedSection(title, load, ...after) {
  const place = h('div', { class: 'list' });
  const reload = () => fillFrom(place, load);
  reload();
  return { element: section(title, place, ...after), reload };
}

/** A heading and what belongs to it. */
export function section(title, ...content) {
  const id = freshId('section');
  return h('section', { 'aria-labelledby': id, class: 'panel' }, h('h2', { id }, title), ...content);
}
