// What is before the screens: log-in, the first administrator, a password that must be changed.
import { post } from '../api.js';
import { loadSession, logIn, logOut, session } from '../session.js';
import { formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { textField } from '../ui/form.js';
import { toast } from '../ui/parts.js';

const PASSWORD_HINT = '12 to 128 characters of three kinds: small, capital, digits, others.';

/** A form alone on the page. `work` gets the values by name. */
function doorForm(main, title, intro, fields, label, work) {
  document.title = `${title} · carrel`;
  const error = h('p', { class: 'error', role: 'alert', hidden: true });
  const submit = h('button', { type: 'submit', class: 'primary wide' }, label);
  const form = h(
    'form',
    { class: 'card', novalidate: true },
    h('p', { class: 'brand' }, 'carrel'),
    h('h1', null, title),
    intro && h('p', { class: 'quiet' }, intro),
    fields.map((each) => each.element),
    error,
    submit,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    error.hidden = true;
    submit.disabled = true;
    try {
      await work(Object.fromEntries(fields.map((each) => [each.name, each.read() ?? ''])));
    } catch (refused) {
      error.textContent = (refused.lines ?? [refused.message]).join('\n');
      error.hidden = false;
    } finally {
      submit.disabled = false;
    }
  });
  replace(main, form);
  fields[0].focus();
}

const nameField = (value = '') =>
  textField('username', 'User name', { value, autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' });
const passwordField = (name, label, autocomplete, hint) =>
  textField(name, label, { type: 'password', autocomplete, hint });

const codeField = () =>
  textField('code', 'Code', {
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    hint: 'Of your authenticator, or a recovery code.',
  });

export function showLogin(main, enter) {
  const fields = [nameField(), passwordField('password', 'Password', 'current-password')];
  doorForm(main, 'Log in', null, fields, 'Log in', async ({ username, password }) => {
    try {
      await logIn(username, password);
    } catch (refused) {
      if (refused.body?.code_required) return showCode(main, enter, username, password);
      throw refused;
    }
    return enter();
  });
}

/** A log-in over what is being written. */
export function logInAgain() {
  if (document.getElementById('again')) return;
  const { username } = session();
  const password = textField('password', 'Password', {
    type: 'password',
    autocomplete: 'current-password',
    id: 'again',
  });
  const code = codeField();
  code.element.hidden = true;
  const save = async (values) => {
    try {
      await logIn(username, values.password ?? '', values.code);
      toast('Logged in. What was not stored can be sent again.');
    } catch (refused) {
      code.element.hidden = !refused.body?.code_required;
      throw refused;
    }
  };
  formDialog(`Your session has ended, ${username}`, [password, code], save, 'Log in');
}

function showCode(main, enter, username, password) {
  const code = codeField();
  doorForm(main, 'One more step', `Logging in as ${username}.`, [code], 'Log in', async (values) => {
    await logIn(username, password, values.code);
    return enter();
  });
}

const mustBeEqual = (values) => {
  if (values.password !== values.again) throw new Error('The two passwords differ.');
};

export function showChange(main, enter) {
  const fields = [
    passwordField('current_password', 'Current password', 'current-password'),
    passwordField('password', 'New password', 'new-password', PASSWORD_HINT),
    passwordField('again', 'New password again', 'new-password'),
  ];
  const who = session()?.username;
  doorForm(
    main,
    'Change your password',
    who && `${who}, choose another password before you go on.`,
    fields,
    'Change password',
    async (values) => {
      mustBeEqual(values);
      await post('/auth/password', { current_password: values.current_password, password: values.password });
      try {
        await loadSession();
      } catch {
        return showLogin(main, enter);
      }
      return enter();
    },
  );
  main.firstChild.append(
    h(
      'button',
      {
        type: 'button',
        class: 'ghost wide',
        onclick: async () => {
          await logOut();
          showLogin(main, enter);
        },
      },
      'Log out',
    ),
  );
}

/** The first administrator, by the link that `--setup-link` printed. */
export function showSetup(main, enter, token) {
  const fields = [
    nameField(),
    passwordField('password', 'Password', 'new-password', PASSWORD_HINT),
    passwordField('again', 'Password again', 'new-password'),
  ];
  doorForm(main, 'Set up carrel', 'Make the first administrator.', fields, 'Create administrator', async (values) => {
    mustBeEqual(values);
    await post('/auth/setup', { token, username: values.username, password: values.password });
    await logIn(values.username, values.password);
    return enter();
  });
}
