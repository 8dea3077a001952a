// Tokens and sessions of a user, `me` for one's own.
import { get, pathOf, post, remove, request } from '../api.js';
import { session } from '../session.js';
import { confirmed, formDialog, told } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { choiceField, textField } from '../ui/form.js';
import { attempt, button, copyText, fillFrom, notice, section, time } from '../ui/parts.js';
import { table } from '../ui/table.js';

/** A text that is shown this once. */
function tellOnce(title, text) {
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
      const made = await post(path, {
        name,
        ...(expires ? { expires_at: expires } : {}),
        ...(scopes.length ? { scopes } : {}),
      });
      tellOnce('Token', made.token);
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
  const end = (each) =>
    confirmed('Delete this token', 'Whatever uses it is refused from then on.', 'Delete', async () => {
      await remove(path + pathOf(each.id), each.version);
      reload();
    });
  return [
    {
      name: 'name',
      label: 'Name',
      kind: 'grow',
      cell: (each) => [each.name, h('div', { class: 'quiet small' }, scopesText(each))],
    },
    { name: 'prefix', label: 'Begins', cell: (each) => h('span', { class: 'mono' }, each.prefix ?? '–') },
    { name: 'expires_at', label: 'Expires (UTC)', cell: (each) => time(each.expires_at, 0) },
    { name: 'last_used_at', label: 'Last used (UTC)', cell: (each) => time(each.last_used_at, 0) },
    {
      name: 'actions',
      label: 'Actions',
      cell: (each) =>
        h(
          'span',
          { class: 'actions' },
          button('Rotate', () => rotate(each)),
          button('Delete', () => end(each), { kind: 'danger' }),
        ),
    },
  ];
}

export function tokensSection(user) {
  const path = `${pathOf('users', user)}/tokens`;
  const place = h('div', { class: 'list' });
  const load = () =>
    fillFrom(place, async () => {
      const { items } = await get(path, { limit: 200 });
      return items.length === 0
        ? notice('There is none.')
        : table(tokenColumns(path, load), items, { caption: 'Tokens' });
    });
  load();
  return section(
    'Tokens',
    place,
    h(
      'div',
      { class: 'actions' },
      button('New token', () => newToken(path, load), { glyph: 'plus' }),
    ),
  );
}

export function sessionsSection(user) {
  const path = `${pathOf('users', user)}/sessions`;
  const place = h('div', { class: 'list' });
  const end = (each) => {
    const made = button(
      'End',
      () =>
        attempt(made, async () => {
          await remove(path + pathOf(each.id));
          load();
        }),
      { kind: 'danger' },
    );
    return made;
  };
  const columns = [
    { name: 'created_at', label: 'Since (UTC)', cell: (each) => time(each.created_at, 0) },
    { name: 'last_used_at', label: 'Last used (UTC)', cell: (each) => time(each.last_used_at, 0) },
    { name: 'address', label: 'From', kind: 'grow', cell: (each) => each.address ?? '–' },
    { name: 'actions', label: 'Actions', cell: end },
  ];
  const load = () =>
    fillFrom(place, async () => {
      const { items } = await get(path, { limit: 100 });
      return items.length === 0 ? notice('There is none.') : table(columns, items, { caption: 'Sessions' });
    });
  load();
  const all = button('End all others', () =>
    attempt(all, async () => {
      await request('DELETE', path);
      load();
    }),
  );
  return section('Sessions', place, h('div', { class: 'actions' }, all));
}

export { tellOnce };
