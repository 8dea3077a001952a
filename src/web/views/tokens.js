// Tokens and sessions of a user, `me` for one's own.
import { get, pathOf, post, remove, request } from '../api.js';
import { session } from '../session.js';
import { confirmed, eraseButton, formDialog, told } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { choiceField, given, textField } from '../ui/form.js';
import { button, copyText, fetchedSection, mono, notice, toolbar, workButton } from '../ui/parts.js';
import { table, timeColumn } from '../ui/table.js';

/** A text that is shown this once. */
export function tellOnce(title, text) {
  told(
    title,
    h('p', null, 'This is shown once: keep it now.'),
    h('pre', { tabindex: '0' }, text),
    button('Copy', () => copyText(text), { glyph: 'copy' }),
  );
}

function newToken(path, reload) {
  const fields = [
    textField('name', 'Name', { required: true, hint: 'What it is for.' }),
    textField('expires_at', 'Expires', { placeholder: '2027-01-01T00:00:00Z', hint: 'Empty: never.' }),
    choiceField('scopes', 'Scopes (none: all that the user may)', session().permissions),
  ];
  formDialog(
    'New token',
    fields,
    async ({ name, expires_at: expires, scopes }) => {
      const wanted = given({ name, expires_at: expires, scopes: scopes.length > 0 ? scopes : null });
      tellOnce('Token', (await post(path, wanted)).token);
      reload();
    },
    'Create',
  );
}

const scopesText = ({ scopes }) => (scopes?.length ? scopes.join(', ') : 'All that the user may');

function tokenColumns(path, reload) {
  const rotate = (each) =>
    confirmed('Rotate this token', 'The old text counts for nothing from then on.', 'Rotate', async () => {
      tellOnce('Token', (await post(`${path}${pathOf(each.id)}/rotate`, {}, {})).token);
      reload();
    });
  const end = (each) => async () => {
    await remove(path + pathOf(each.id), each.version);
    reload();
  };
  return [
    {
      name: 'name',
      label: 'Name',
      kind: 'grow',
      cell: (each) => [each.name, h('div', { class: 'quiet small' }, scopesText(each))],
    },
    { name: 'prefix', label: 'Begins', cell: (each) => mono(each.prefix ?? '–') },
    timeColumn('expires_at', 'Expires', false),
    timeColumn('last_used_at', 'Last used', false),
    {
      name: 'actions',
      label: 'Actions',
      cell: (each) =>
        toolbar(
          button('Rotate', () => rotate(each)),
          eraseButton('Delete this token', 'Whatever uses it is refused from then on.', end(each)),
        ),
    },
  ];
}

/** What belongs to a user below `path`, in a table. */
const ownSection = (title, path, limit, columns, ...after) =>
  fetchedSection(
    title,
    async () => {
      const { items } = await get(path, { limit });
      return items.length === 0 ? notice('There is none.') : table(columns, items, { caption: title });
    },
    toolbar(after),
  );

export function tokensSection(user) {
  const path = `${pathOf('users', user)}/tokens`;
  const reload = () => found.reload();
  const add = button('New token', () => newToken(path, reload), { glyph: 'plus' });
  const found = ownSection('Tokens', path, 200, tokenColumns(path, reload), add);
  return found.element;
}

export function sessionsSection(user) {
  const path = `${pathOf('users', user)}/sessions`;
  const reload = () => found.reload();
  const end = (each) => workButton('End', () => remove(path + pathOf(each.id)), reload, { kind: 'danger' });
  const columns = [
    timeColumn('created_at', 'Since', false),
    timeColumn('last_used_at', 'Last used', false),
    { name: 'address', label: 'From', kind: 'grow', cell: (each) => each.address ?? '–' },
    { name: 'actions', label: 'Actions', cell: end },
  ];
  const all = workButton('End all others', () => request('DELETE', path), reload);
  const found = ownSection('Sessions', path, 100, columns, all);
  return found.element;
}
