// Begins the page: who is here, then the screen that the address names.
import { beginScreen, go, parseHash } from './router.js';
import { forget, isOpen, loadSession, session } from './session.js';
import { firstPlace, markScreen, shell } from './shell.js';
import { h, replace } from './ui/dom.js';
import { notice } from './ui/parts.js';

const SCREENS = [
  'dashboard',
  'events',
  'saved_searches',
  'dead_letters',
  'alerts',
  'investigations',
  'rules',
  'coverage',
  'iocs',
  'playbooks',
  'executions',
  'approvals',
  'listeners',
  'feeds',
  'operations',
  'audit',
  'users',
  'account',
];

const app = document.getElementById('app');
let main = document.getElementById('main');
// At first the focus stays where the browser begins; from then on each screen takes it.
let isFirst = true;

/** Screens without a session: log-in, the first administrator, a password that must be changed. */
async function showDoor(name, ...values) {
  const door = await import('./views/door.js');
  for (const each of document.querySelectorAll('dialog')) each.close();
  main = h('main', { id: 'main', tabindex: '-1', class: 'door' });
  replace(app, main);
  await door[name](main, enter, ...values);
}

function showUnknown() {
  replace(main, h('h1', null, 'Not found'), notice('There is no such screen.'));
}

async function showScreen() {
  const { parts, params } = parseHash();
  if (parts.length === 0) return go(firstPlace(), { replace: true });
  const signal = beginScreen();
  if (!SCREENS.includes(parts[0])) return showUnknown();
  markScreen(parts[0]);
  const view = await import(`./views/${parts[0]}.js`);
  if (signal.aborted) return;
  replace(main);
  await view.show(main, { parts: parts.slice(1), params, signal });
  if (signal.aborted) return;
  if (!isFirst) main.focus({ preventScroll: true });
  isFirst = false;
  scrollTo(0, 0);
}

async function show() {
  try {
    await showScreen();
  } catch (error) {
    if (error.name === 'AbortError' || session() === null) return;
    console.error(error);
    replace(main, notice(error.message, 'error'));
  }
}

/** After a log-in, and at the start where nobody has to log in. */
async function enter() {
  if (session().must_change_password) return showDoor('showChange');
  main = h('main', { id: 'main', tabindex: '-1' });
  replace(app, shell(leave), main);
  if (location.hash.startsWith('#setup=')) history.replaceState(null, '', firstPlace());
  return show();
}

function leave() {
  beginScreen();
  forget();
  return showDoor('showLogin');
}

async function begin() {
  const setup = /^#setup=(.+)$/.exec(location.hash);
  if (setup) return showDoor('showSetup', setup[1]);
  try {
    await loadSession();
  } catch (error) {
    if (error.status === 401) return showDoor('showLogin');
    return replace(main, h('h1', null, 'carrel'), notice(error.message, 'error'));
  }
  return enter();
}

addEventListener('hashchange', () => {
  if (location.hash === '#main') return;
  if (session() !== null && !session().must_change_password) show();
});
addEventListener('carrel:signed-out', () => {
  if (session() !== null && !isOpen()) leave();
});
addEventListener('carrel:must-change', () => showDoor('showChange'));
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

begin();
