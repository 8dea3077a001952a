// Line drawings of 16 by 16.
import { svg } from './dom.js';

const PATHS = {
  events: 'M2 4h12M2 8h12M2 12h7',
  alerts: 'M8 2 14 13H2zM8 6.5v3M8 11.2v.3',
  investigations: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
  rules: 'M3 2h7l3 3v9H3zM6 7h4M6 10h4',
  coverage: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
  iocs: 'M8 2v2M8 12v2M2 8h2M12 8h2M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  operations: 'M2 9h3l2-5 3 9 2-4h2',
  users: 'M8 2.5a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2zM3 14c.4-3 2.4-4.2 5-4.2s4.6 1.2 5 4.2',
  account: 'M4 7V5a4 4 0 0 1 8 0v2M3 7h10v7H3z',
  dashboard: 'M2 2h5v7H2zM9 2h5v4H9zM9 9h5v5H9zM2 12h5v2H2z',
  saved_searches: 'M4 2h8v12l-4-3.500-4 3.500z',
  playbooks: 'M3 2.500h10v11H3zM6 5.500v5l4-2.500z',
  executions: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.500V8l2.500 1.500',
  approvals: 'M2.500 8.500l3.500 3.500 7.500-8',
  feeds: 'M3 13h.5M3 8.500A4.500 4.500 0 0 1 7.500 13M3 4a9 9 0 0 1 9 9',
  listeners: 'M2 9.500v3h12v-3M8 2v7M5 6.500 8 9.500l3-3',
  dead_letters: 'M2 3.500h12v9H2zM2 4l6 5 6-5',
  audit: 'M4 2h8v12H4zM6 5h4M6 8h4M6 11h2',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3.5 3.500l9 9M12.5 3.500l-9 9',
  copy: 'M5 5h8v9H5zM3 11V2h8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  search: 'M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
};

export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));
}
