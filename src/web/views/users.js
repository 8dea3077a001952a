// Users and roles.
import { get, patch, pathOf, post, remove, request } from '../api.js';
import { may, session } from '../session.js';
import { confirmed, drawer, formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { areaField, checkField, choiceField, selectField, textField } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import { attempt, button, chip, facts, failed, fillFrom, heading, notice, section, time, toast } from '../ui/parts.js';
import { editDialog } from '../ui/record.js';
import { table } from '../ui/table.js';
import { sessionsSection, tokensSection } from './tokens.js';

const ALL = [
  'read:events',
  'write:events',
  'delete:events',
  'read:alerts',
  'write:alerts',
  'alert:acknowledge',
  'alert:assign',
  'alert:disposition',
  'read:rules',
  'write:rules',
  'read:actions',
  'write:actions',
  'read:iocs',
  'write:iocs',
  'read:hunts',
  'write:hunts',
  'read:investigations',
  'write:investigations',
  'read:listeners',
  'write:listeners',
  'read:users',
  'write:users',
  'admin:system',
  'read:system',
];

const roleNames = async () => (await get('/roles', { limit: 200 })).items.map((each) => each.name);

const userColumns = (open) => [
  {
    name: 'username',
    label: 'User name',
    sort: true,
    kind: 'grow',
    cell: (each) => h('button', { type: 'button', class: 'link', onclick: () => open(each.id) }, each.username),
  },
  { name: 'full_name', label: 'Name', cell: (each) => each.full_name ?? '–' },
  { name: 'role', label: 'Role', cell: (each) => each.role },
  {
    name: 'active',
    label: 'State',
    cell: (each) => [
      chip(each.active ? 'Active' : 'Not active', each.active ? 'on' : 'off'),
      each.locked_until && chip('Locked', 'off'),
    ],
  },
  { name: 'totp_enabled', label: 'Authenticator', cell: (each) => (each.totp_enabled ? 'Yes' : 'No') },
  { name: 'last_login_at', label: 'Last log-in (UTC)', kind: 'nowrap', cell: (each) => time(each.last_login_at, 0) },
];

async function newUser(reload) {
  const roles = await roleNames();
  const fields = [
    textField('username', 'User name', { required: true, autocapitalize: 'none' }),
    textField('full_name', 'Name'),
    textField('email', 'Mail', { type: 'email' }),
    selectField('role', 'Role', roles, { value: 'analyst' }),
    textField('password', 'Password', {
      type: 'password',
      autocomplete: 'new-password',
      hint: 'Empty: only tokens and certificates let the user in.',
    }),
    checkField('must_change_password', 'Must be changed at the first log-in', { value: true }),
  ];
  formDialog(
    'New user',
    fields,
    async (values) => {
      const { password, must_change_password: must, ...others } = values;
      const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null));
      await post('/users', { ...given, ...(password ? { password, must_change_password: must } : {}) });
      reload();
    },
    'Create',
  );
}

async function editUser(user, done) {
  const roles = await roleNames();
  const isSelf = user.username === session().username;
  const fields = [
    textField('full_name', 'Name', { value: user.full_name }),
    textField('email', 'Mail', { value: user.email, type: 'email' }),
    ...(isSelf
      ? []
      : [
          selectField('role', 'Role', roles, { value: user.role }),
          checkField('active', 'Active', { value: user.active }),
        ]),
  ];
  editDialog('Edit the user', pathOf('users', user.id), user, fields, done);
}

function setPassword(user, done) {
  const fields = [
    textField('password', 'Password', { type: 'password', autocomplete: 'new-password' }),
    checkField('must_change_password', 'Must be changed at the next log-in', { value: true }),
  ];
  formDialog(
    `Password of ${user.username}`,
    fields,
    async (values) => {
      await post(`${pathOf('users', user.id)}/password`, values);
      done();
    },
    'Set',
  );
}

function userActions(user, box, changed) {
  const path = pathOf('users', user.id);
  const act = (label, work, more) => {
    const made = button(
      label,
      () =>
        attempt(made, async () => {
          await work();
          changed();
        }),
      more,
    );
    return made;
  };
  return h(
    'div',
    { class: 'actions' },
    button('Edit', () => editUser(user, changed).catch(failed)),
    button('Set password', () => setPassword(user, changed)),
    user.locked_until && act('Unlock', () => request('POST', `${path}/unlock`)),
    user.totp_enabled && act('Take the authenticator away', () => remove(`${path}/totp`)),
    user.username !== session().username &&
      button(
        'Delete',
        () =>
          confirmed(
            'Delete this user',
            `${user.username} is let in no more; tokens and sessions end.`,
            'Delete',
            async () => {
              await remove(path, user.version);
              box.close();
              changed(true);
            },
          ),
        { kind: 'danger' },
      ),
  );
}

function showUser(id, onchange) {
  const place = h('div', null, notice('Loading…'));
  const box = drawer('User', place);
  const load = () =>
    fillFrom(place, async () => {
      const user = await get(pathOf('users', id));
      box.querySelector('h2').textContent = user.username;
      const changed = (isGone) => {
        toast(isGone === true ? 'Deleted.' : 'Saved.');
        onchange();
        if (isGone !== true) load();
      };
      return [
        facts([
          ['Name', user.full_name],
          ['Mail', user.email],
          ['Role', user.role],
          ['State', user.active ? 'Active' : 'Not active'],
          ['Locked until', time(user.locked_until, 0)],
          ['Authenticator', user.totp_enabled ? 'In use' : 'Not in use'],
          ['Password of', time(user.password_changed_at, 0)],
          ['Last log-in', time(user.last_login_at, 0)],
        ]),
        may('write:users') && userActions(user, box, changed),
        may('write:users') && [tokensSection(id), sessionsSection(id)],
      ];
    });
  load();
}

function roleDialog(role, done) {
  const fields = [
    textField('name', 'Name', { value: role?.name }),
    areaField('description', 'Description', { value: role?.description, rows: 2 }),
    choiceField('permissions', 'Permissions', ALL, { value: role?.permissions ?? [] }),
  ];
  formDialog(role ? 'Edit the role' : 'New role', fields, async (values) => {
    if (role) await patch(pathOf('roles', role.id), values, role.version);
    else await post('/roles', Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)));
    done();
  });
}

function rolesSection() {
  const place = h('div', { class: 'list' });
  const canWrite = may('write:users') && may('admin:system');
  const columns = [
    { name: 'name', label: 'Name', cell: (each) => h('strong', null, each.name) },
    {
      name: 'permissions',
      label: 'Permissions',
      kind: 'grow',
      cell: (each) =>
        h(
          'span',
          { class: 'counts' },
          each.permissions.map((name) => chip(name, 'tag')),
        ),
    },
    {
      name: 'actions',
      label: 'Actions',
      cell: (each) =>
        each.built_in || !canWrite
          ? chip('Built in')
          : h(
              'span',
              { class: 'actions' },
              button('Edit', () => roleDialog(each, load)),
              button(
                'Delete',
                () =>
                  confirmed('Delete this role', 'A role that a user has cannot be deleted.', 'Delete', async () => {
                    await remove(pathOf('roles', each.id), each.version);
                    load();
                  }),
                { kind: 'danger' },
              ),
            ),
    },
  ];
  const load = () =>
    fillFrom(place, async () => table(columns, (await get('/roles', { limit: 200 })).items, { caption: 'Roles' }));
  load();
  return section(
    'Roles',
    place,
    canWrite &&
      h(
        'div',
        { class: 'actions' },
        button('New role', () => roleDialog(null, load), { glyph: 'plus' }),
      ),
  );
}

export async function show(main, { signal }) {
  const open = (id) => showUser(id, () => list.reload());
  const list = resourceList({
    path: '/users',
    query: {},
    sort: 'username',
    signal,
    what: 'user',
    caption: 'Users',
    columns: userColumns(open),
    kind: 'cards',
    empty: notice(
      'There are no users yet: whoever reaches this server may do everything. The first one must be an administrator.',
    ),
  });
  replace(
    main,
    heading(
      'Users',
      may('write:users') && button('New user', () => newUser(() => list.reload()).catch(failed), { glyph: 'plus' }),
    ),
    list.element,
    rolesSection(),
  );
}
