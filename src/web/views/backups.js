// Copies of the database: those that lie in the server's folder, and making another one.
import { addressOf, get, pathOf, post, remove } from '../api.js';
import { bytesText, countText, wordsText } from '../text.js';
import { eraseButton } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { fetchedSection, notice, toast, toolbar, workButton } from '../ui/parts.js';
import { finished } from '../ui/record.js';
import { table, timeColumn } from '../ui/table.js';

const columnsOf = (reload) => [
  { name: 'name', label: 'Name', kind: 'grow mono', cell: (each) => each.name },
  timeColumn('taken_at', 'Taken', false),
  { name: 'bytes', label: 'Size', kind: 'number', cell: (each) => bytesText(each.bytes) },
  {
    name: 'sequence',
    label: 'Last commit',
    kind: 'number',
    cell: (each) => (each.sequence === null ? '–' : countText(each.sequence)),
  },
  {
    name: 'actions',
    label: 'Actions',
    cell: ({ name }) => {
      const path = pathOf('admin', 'backups', name);
      const erase = async () => {
        await remove(path);
        reload();
      };
      return toolbar(
        h('a', { class: 'button', href: addressOf(`${path}/download`), download: name }, 'Download'),
        eraseButton('Delete this backup', `${name} will be gone.`, erase),
      );
    },
  },
];

const pathOfRun = (run) => pathOf('admin', 'backup', run.id);

/** How far a copy is, which is said at each of its steps, and its end before that. */
function progressOf() {
  let shown = null;
  const bar = h('progress', { 'aria-label': 'Backup', max: 1 });
  const word = h('span', { role: 'status' });
  const cancel = workButton('Cancel backup', () => post(`${pathOfRun(shown)}/cancel`), null, { kind: 'danger' });
  const element = h('div', { class: 'line', hidden: true }, bar, word, cancel);
  const show = (run) => {
    shown = run;
    element.hidden = run === null;
    if (run === null) return;
    bar.value = run.progress;
    if (word.textContent !== wordsText(run.state)) replace(word, wordsText(run.state));
  };
  return { element, show };
}

export function backupsSection() {
  const progress = progressOf();
  const make = workButton(
    'Make a backup',
    async () => {
      const run = await post('/admin/backup', {});
      const isShown = () => make.isConnected;
      const done = await finished(pathOfRun(run), run, isShown, progress.show).finally(() => progress.show(null));
      if (done) toast(`${done.name} was made and checked.`);
    },
    () => found.reload(),
    { glyph: 'plus' },
  );
  const found = fetchedSection(
    'Backups',
    async () => {
      const { items } = await get('/admin/backups');
      if (items.length === 0) return notice('There are none.');
      return table(
        columnsOf(() => found.reload()),
        items,
        { caption: 'Backups', kind: 'cards' },
      );
    },
    progress.element,
    toolbar(make),
  );
  return found.element;
}
