// Begins the page: who is here, then the screen that the address names.
import { beginScreen, go, parseHash } from './router.js';
import { forget, isOpen, loadSession, session } from './session.js';
import { firstPlace, markScreen, shell } from './shell.js';
import { h, replace } from './ui/dom.js';
import { notice, troubleBox } from './ui/parts.js';

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
let shown = null;

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
  const [place, active] = [parts.join('/'), document.activeElement];
  const known = shown === place && main !== active && main.contains(active) ? nameOf(active) : null;
  shown = place;
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
  if (known) await refocus(known, signal);
}

/** What a control is called; counts and arrows in its name change. */
const nameOf = (element) =>
  element.tagName +
  (element.labels?.[0]?.textContent ?? element.ariaLabel ?? element.textContent).replace(/[^\p{L}]/gu, '');

/** Who was at a control of a screen that is made anew is at the same one again, unless they have gone on meanwhile. */
async function refocus(known, signal) {
  const find = () =>
    [...main.querySelectorAll('a, button, input, select, [tabindex]')].find((each) => nameOf(each) === known);
  while (!find() && main.querySelector('[aria-busy]') && !signal.aborted)
    await new Promise((done) => setTimeout(done, 30));
  if (document.activeElement === main) find()?.focus();
}

async function show() {
  try {
    await showScreen();
  } catch (error) {
    if (error.name === 'AbortError' || session() === null) return;
    if (error.lines === undefined) console.error(error);
    showTrouble('Not shown', error);
  }
}

/** Nothing can be shown; perhaps the server is another one now, whose page has other files. */
const showTrouble = (title, error) =>
  replace(
    main,
    h('h1', null, title),
    troubleBox(error.message.includes('import') ? new Error('The server cannot be reached.') : error, () =>
      location.reload(),
    ),
  );

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
    return showTrouble('carrel', error);
  }
  return enter();
}

addEventListener('hashchange', () => {
  if (location.hash === '#main') return;
  if (session() !== null && !session().must_change_password) show();
});
addEventListener('carrel:signed-out', async () => {
  if (session() === null || isOpen()) return;
  // What is being written is kept, and can be sent after it.
  if (!document.querySelector('dialog form')) return leave();
  (await import('./views/door.js')).logInAgain();
});
addEventListener('carrel:must-change', () => showDoor('showChange'));
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

begin();
