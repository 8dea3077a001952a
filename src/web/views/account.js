// One's own account: password, authenticator, tokens, sessions.
import { get, post } from '../api.js';
import { isOpen, session } from '../session.js';
import { formDialog } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { textField } from '../ui/form.js';
import { button, chip, facts, heading, line, notice, section, time, toast, toolbar } from '../ui/parts.js';
import { sessionsSection, tellOnce, tokensSection } from './tokens.js';

const password = (name, label, autocomplete, hint) => textField(name, label, { type: 'password', autocomplete, hint });
const codeField = () => textField('code', 'Code', { inputmode: 'numeric', autocomplete: 'one-time-code' });

function changePassword() {
  const fields = [
    password('current_password', 'Current password', 'current-password'),
    password(
      'password',
      'New password',
      'new-password',
      '12 to 128 characters of three kinds: small, capital, digits, others.',
    ),
    password('again', 'New password again', 'new-password'),
  ];
  formDialog(
    'Change your password',
    fields,
    async (values) => {
      if (values.password !== values.again) throw new Error('The two passwords differ.');
      await post('/auth/password', {
        current_password: values.current_password ?? '',
        password: values.password ?? '',
      });
      toast('Password changed; other sessions have ended.');
    },
    'Change',
  );
}

/** Whoever sits at a session that was left open must not lock its owner out. */
function beginTotp(reload) {
  formDialog(
    'Use an authenticator',
    [password('current_password', 'Current password', 'current-password')],
    async (values) => showSecret(await post('/auth/totp', { current_password: values.current_password ?? '' }), reload),
    'Go on',
  );
}

/** The secret is shown once, and takes effect when a code of it was given. */
function showSecret(begun, reload) {
  const uri = Object.values(begun).find((each) => String(each).startsWith('otpauth:'));
  const secret = h(
    'div',
    { class: 'field' },
    h('p', null, 'Add this to your authenticator, then give a code of it. It is shown once.'),
    h('pre', { tabindex: '0' }, `${begun.secret}\n${uri ?? ''}`),
    uri && h('a', { href: uri }, 'Open in an authenticator'),
  );
  formDialog(
    'Confirm the authenticator',
    [{ element: secret }, codeField()],
    async ({ code }) => {
      const done = await post('/auth/totp/confirm', { code: code ?? '' });
      tellOnce('Recovery codes, each good for one log-in', done.recovery_codes.join('\n'));
      reload();
    },
    'Confirm',
  );
}

function endTotp(reload) {
  formDialog(
    'Stop using the authenticator',
    [codeField()],
    async ({ code }) => {
      await post('/auth/totp/disable', { code: code ?? '' });
      reload();
    },
    'Stop',
  );
}

export async function show(main, screen) {
  if (isOpen()) {
    replace(
      main,
      heading('Account'),
      notice(
        'There are no users yet. `carrel user add NAME --role admin`, with the server stopped, makes the first one.',
      ),
    );
    return;
  }
  const me = await get('/users/me', {}, { signal: screen.signal });
  const reload = () => show(main, screen);
  replace(
    main,
    heading('Account', button('Change password', changePassword)),
    h(
      'div',
      { class: 'two' },
      h('div', null, tokensSection('me'), sessionsSection('me')),
      h(
        'div',
        null,
        section(
          'You',
          facts([
            ['User name', me.username],
            ['Name', me.full_name],
            ['Role', session().role],
            ['Last log-in', time(me.last_login_at, 0)],
            ['Password of', time(me.password_changed_at, 0)],
          ]),
        ),
        section(
          'Authenticator',
          line(me.totp_enabled ? chip('In use', 'on') : chip('Not in use')),
          toolbar(
            me.totp_enabled
              ? button('Stop using it', () => endTotp(reload))
              : button('Use an authenticator', () => beginTotp(reload)),
          ),
        ),
        section('You may', line(session().permissions.map((each) => chip(each, 'tag')))),
      ),
    ),
  );
}
