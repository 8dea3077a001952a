// What is around each screen: where one can go, who is logged in, the theme.
import { isOpen, logOut, may, session } from './session.js';
import { h } from './ui/dom.js';
import { icon } from './ui/icons.js';
import { select } from './ui/form.js';

const PLACES = [
  ['dashboard', 'Dashboard', 'read:events', 'read:alerts'],
  ['events', 'Events', 'read:events'],
  ['saved_searches', 'Saved searches', 'read:events'],
  ['alerts', 'Alerts', 'read:alerts'],
  ['investigations', 'Investigations', 'read:investigations'],
  ['rules', 'Rules', 'read:rules'],
  ['coverage', 'ATT&CK coverage', 'read:rules'],
  ['iocs', 'Indicators', 'read:iocs'],
  ['playbooks', 'Playbooks', 'read:rules'],
  ['executions', 'Executions', 'read:alerts'],
  ['approvals', 'Approvals', 'read:alerts'],
  ['feeds', 'Feeds', 'read:rules'],
  ['listeners', 'Listeners', 'read:listeners'],
  ['dead_letters', 'Dead letters', 'read:events'],
  ['operations', 'Operations', 'read:system'],
  ['audit', 'Audit log', 'admin:system'],
  ['users', 'Users', 'read:users'],
];
const THEMES = [
  ['auto', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

const placesHere = () => PLACES.filter(([, , ...permissions]) => permissions.every(may));

/** The first screen that who is here may see. */
export const firstPlace = () => `#/${placesHere()[0]?.[0] ?? 'account'}`;

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('carrel.theme', theme);
  } catch {
    // It then lasts as long as the page.
  }
}

function themePicker() {
  const picker = select(THEMES, document.documentElement.dataset.theme, { id: 'theme', 'aria-label': 'Theme' });
  picker.addEventListener('change', () => chooseTheme(picker.value));
  return picker;
}

function navigation() {
  const links = placesHere().map(([name, label]) =>
    h('li', null, h('a', { href: `#/${name}`, 'data-screen': name }, icon(name), label)),
  );
  return h('nav', { id: 'places', 'aria-label': 'Screens' }, h('ul', null, links));
}

function menuButton(nav) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'ghost square menu',
      'aria-label': 'Menu',
      'aria-expanded': 'false',
      'aria-controls': 'places',
    },
    icon('menu'),
  );
  const open = (isOpened) => {
    nav.classList.toggle('open', isOpened);
    button.setAttribute('aria-expanded', String(isOpened));
  };
  button.addEventListener('click', () => open(!nav.classList.contains('open')));
  nav.addEventListener('click', () => open(false));
  nav.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    open(false);
    button.focus();
  });
  return button;
}

function whoIsHere(leave) {
  if (isOpen())
    return h(
      'span',
      { class: 'chip', title: 'There are no users yet: whoever reaches this server may do everything.' },
      'open house',
    );
  const out = h(
    'button',
    {
      type: 'button',
      class: 'ghost',
      onclick: async () => {
        await logOut();
        leave();
      },
    },
    'Log out',
  );
  return [h('a', { href: '#/account', 'data-screen': 'account' }, session().username), out];
}

export function shell(leave) {
  const nav = navigation();
  return [
    h(
      'header',
      { class: 'bar' },
      menuButton(nav),
      h('a', { class: 'brand', href: firstPlace() }, 'carrel'),
      h('div', { class: 'who' }, themePicker(), whoIsHere(leave)),
    ),
    nav,
  ];
}

export function markScreen(name) {
  for (const link of document.querySelectorAll('[data-screen]')) {
    if (link.dataset.screen === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}
