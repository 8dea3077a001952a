// Users and roles.
import { get, pathOf, post, remove, request } from '../api.js';
import { may, session } from '../session.js';
import { eraseButton, formDialog } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { areaField, checkField, choiceField, selectField, textField } from '../ui/form.js';
import { button, chip, facts, failed, fetchedSection, notice, time, toast, toolbar, workButton } from '../ui/parts.js';
import { createDialog, editDialog, listScreen, recordDrawer } from '../ui/record.js';
import { openColumn, table, timeColumn } from '../ui/table.js';
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

const columnsOf = (open) => [
  openColumn('username', 'User name', open),
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
  timeColumn('last_login_at', 'Last log-in', false),
];

async function newUser(reload) {
  const roles = await roleNames();
  const password = textField('password', 'Password', {
    type: 'password',
    autocomplete: 'new-password',
    hint: 'Empty: only tokens and certificates let the user in.',
  });
  const must = checkField('must_change_password', 'Must be changed at the first log-in', { value: true });
  const fields = [
    textField('username', 'User name', { required: true, autocapitalize: 'none' }),
    textField('full_name', 'Name'),
    textField('email', 'Mail', { type: 'email' }),
    selectField('role', 'Role', roles, { value: 'analyst' }),
    password,
    { ...must, read: () => password.read() && must.read() },
  ];
  createDialog('New user', '/users', fields, reload);
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

function userActions(user, reload, close) {
  const path = pathOf('users', user.id);
  const changed = () => {
    toast('Saved.');
    return reload();
  };
  const erase = async () => {
    await remove(path, user.version);
    toast('Deleted.');
    close();
  };
  return toolbar(
    button('Edit', () => editUser(user, changed).catch(failed)),
    button('Set password', () => setPassword(user, changed)),
    user.locked_until && workButton('Unlock', () => request('POST', `${path}/unlock`), changed),
    user.totp_enabled && workButton('Take the authenticator away', () => remove(`${path}/totp`), changed),
    user.username !== session().username &&
      eraseButton('Delete this user', `${user.username} is let in no more; tokens and sessions end.`, erase),
  );
}

const userContent = (user, reload, close) => [
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
  may('write:users') && [userActions(user, reload, close), tokensSection(user.id), sessionsSection(user.id)],
];

function roleDialog(role, done) {
  const fields = [
    textField('name', 'Name', { value: role?.name }),
    areaField('description', 'Description', { value: role?.description, rows: 2 }),
    choiceField('permissions', 'Permissions', ALL, { value: role?.permissions ?? [] }),
  ];
  if (role) editDialog('Edit the role', pathOf('roles', role.id), role, fields, done);
  else createDialog('New role', '/roles', fields, done);
}

function rolesSection() {
  const canWrite = may('write:users') && may('admin:system');
  const columns = [
    { name: 'name', label: 'Name', kind: 'grow', cell: (each) => h('strong', null, each.name) },
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
          : toolbar(
              button('Edit', () => roleDialog(each, found.reload)),
              eraseButton('Delete this role', 'A role that a user has cannot be deleted.', async () => {
                await remove(pathOf('roles', each.id), each.version);
                found.reload();
              }),
            ),
    },
  ];
  const found = fetchedSection(
    'Roles',
    async () => table(columns, (await get('/roles', { limit: 200 })).items, { caption: 'Roles' }),
    canWrite && toolbar(button('New role', () => roleDialog(null, found.reload), { glyph: 'plus' })),
  );
  return found.element;
}

export function show(main, screen) {
  listScreen(main, screen, {
    screen: ['users'],
    title: 'Users',
    path: '/users',
    sort: 'username',
    what: 'user',
    empty: notice(
      'There are no users yet: whoever reaches this server may do everything. The first one must be an administrator.',
    ),
    actions: (reload) =>
      may('write:users') && button('New user', () => newUser(reload).catch(failed), { glyph: 'plus' }),
    columns: columnsOf,
    open: (id, onchange, onclose) =>
      recordDrawer('User', pathOf('users', id), {
        titleOf: (each) => each.username,
        content: userContent,
        onchange,
        onclose,
      }),
  });
  main.append(rolesSection());
}
