// Files that belong to an alert or an investigation: sent, fetched, verified, and who had them in hand.
import { Problem, addressOf, get, pathOf, post, remove, request } from '../api.js';
import { bytesText, wordsText } from '../text.js';
import { eraseButton, formDialog, told } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { fileField, textField } from '../ui/form.js';
import { resourceList } from '../ui/list.js';
import { button, failed, notice, section, time, toast, toolbar, workButton } from '../ui/parts.js';
import { timeColumn } from '../ui/table.js';

const CUSTODY_MAX = 200;

function upload(path, done) {
  const fields = [fileField('file', 'File'), textField('description', 'Description', { maxlength: 2000 })];
  formDialog(
    'Add a file',
    fields,
    async ({ file, description }) => {
      if (!file)
        throw Object.assign(new Error('Choose a file.'), { errors: [{ field: 'file', detail: 'Choose a file.' }] });
      const type = file.type || 'application/octet-stream';
      await request('POST', path, { body: file, type, query: { file_name: file.name, description } });
      toast('The file is stored.');
      done();
    },
    'Send',
  );
}

async function showCustody(path, name) {
  const { items } = await get(`${path}/custody`, { limit: CUSTODY_MAX });
  told(
    'Chain of custody',
    h('p', null, h('bdi', { class: 'break' }, name)),
    h(
      'ol',
      { class: 'timeline' },
      items.map((each) =>
        h(
          'li',
          null,
          time(each.at, 0),
          ' ',
          h('strong', null, wordsText(each.action)),
          each.principal && ` by ${each.principal}`,
          each.address && ` from ${each.address}`,
          each.detail && h('span', { class: 'quiet' }, ` ${each.detail}`),
        ),
      ),
    ),
  );
}

async function verify(path) {
  const found = await post(`${path}/verify`, {});
  if (!found.is_intact) throw new Problem(0, { detail: 'What is stored is not what was sent: the digests differ.' });
  toast('Intact: the digest is that of what was sent.');
}

function actionsOf(each, path, canWrite, reload) {
  const own = path + pathOf(each.id);
  const erase = async () => {
    await remove(own, each.version);
    reload();
  };
  return h(
    'div',
    { class: 'actions below' },
    h('a', { class: 'button', href: addressOf(`${own}/download`), download: each.file_name }, 'Download'),
    workButton('Verify', () => verify(own)),
    button('Custody', () => showCustody(own, each.file_name).catch(failed)),
    canWrite && eraseButton('Delete this file', 'Who had it in hand stays written down.', erase),
  );
}

/** @param {string} parent the path of an alert or an investigation */
export function evidenceSection(parent, { canWrite, signal, onchange }) {
  const path = `${parent}/evidence`;
  const changed = () => {
    list.reload();
    onchange?.();
  };
  const list = resourceList({
    path,
    query: {},
    sort: '-created_at',
    signal,
    what: 'file',
    caption: 'Files',
    kind: 'cards',
    empty: notice('There are no files.'),
    columns: [
      {
        name: 'file_name',
        label: 'File',
        kind: 'grow',
        cell: (each) => [
          h('bdi', { class: 'break' }, each.file_name),
          h(
            'div',
            { class: 'quiet small' },
            `${wordsText(each.type)}, ${each.media_type}, ${bytesText(each.size)}${each.uploaded_by ? ` by ${each.uploaded_by}` : ''}`,
          ),
          each.description && h('div', { class: 'small' }, each.description),
          h('div', { class: 'quiet small mono' }, `SHA-256 ${each.sha256}`),
          actionsOf(each, path, canWrite, changed),
        ],
      },
      timeColumn('created_at', 'Stored', false),
    ],
  });
  return section(
    'Files',
    list.element,
    canWrite && toolbar(button('Add a file', () => upload(path, changed), { glyph: 'plus' })),
  );
}
