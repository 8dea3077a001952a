// One rule: its document in an editor that checks it line by line, its life, its versions and what it hit.
import { get, patch, pathOf, post, remove, request } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { durationText, wordsText } from '../text.js';
import { codeEditor } from '../ui/code_editor.js';
import { eraseButton, formDialog, told } from '../ui/dialog.js';
import { debounced, h, replace } from '../ui/dom.js';
import { given, selectField, textField, words } from '../ui/form.js';
import {
  button,
  chip,
  facts,
  fetchedSection,
  heading,
  line,
  mono,
  notice,
  section,
  severityChip,
  time,
  toast,
  toolbar,
  workButton,
} from '../ui/parts.js';

const TEMPLATE = `title: A name for people
status: experimental
description: What it finds, and why that matters.
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\\\wevtutil.exe'
    CommandLine|contains: ' sl '
  condition: selection
level: medium
tags:
  - attack.defense_evasion
`;
const NEXT = {
  experimental: ['test', 'archived'],
  test: ['stable', 'experimental', 'archived'],
  stable: ['deprecated', 'archived'],
  deprecated: ['archived', 'stable'],
};

/** The server's word on the document, a moment after the last key. */
function checkedEditor(text, signal, onchecked) {
  const check = debounced(async (value) => {
    try {
      const found = await request('POST', '/rules/validate', { body: value, type: 'application/yaml', signal });
      editor.mark(found.errors);
      onchecked(found);
    } catch (error) {
      if (error.name !== 'AbortError') editor.mark([{ detail: error.message }]);
    }
  });
  const editor = codeEditor({ label: 'Sigma document', value: text, oninput: check, readonly: !may('write:rules') });
  check(text);
  return editor;
}

/** Faults of a refusal at their lines. */
const faultsOf = (error) =>
  (error.errors?.length ? error.errors : [{ detail: error.message }]).map(({ line, detail }) => {
    const column = /column (\d+)/.exec(detail);
    return { line, column: column ? Number(column[1]) : undefined, detail };
  });

function verdict(found) {
  if (!found.valid)
    return chip(`${found.errors.length === 1 ? 'One fault' : `${found.errors.length} faults`}`, 'severity-high');
  return chip(`Valid: ${wordsText(found.type)}`, 'on');
}

/** What is refused is marked in the editor. */
const saveButton = (label, editor, work) =>
  workButton(
    label,
    async () => {
      try {
        await work(editor.value());
      } catch (error) {
        editor.mark(faultsOf(error));
        throw error;
      }
    },
    null,
    { kind: 'primary' },
  );

async function showNew(main, signal) {
  const state = h('span', { role: 'status' });
  const editor = checkedEditor(TEMPLATE, signal, (found) => replace(state, verdict(found)));
  const save = saveButton('Create rule', editor, async (sigma_yaml) => {
    const made = await post('/rules', { sigma_yaml });
    toast('Rule created.');
    go(hashOf(['rules', made.id]));
  });
  replace(main, heading('New rule', state, save), editor.element);
}

function documentSection(rule, signal, reload) {
  const state = h('span', { role: 'status' });
  if (rule.sigma_yaml === null) return section('Query', h('pre', { tabindex: '0' }, rule.query));
  const editor = checkedEditor(rule.sigma_yaml, signal, (found) => replace(state, verdict(found)));
  const save = saveButton('Save', editor, async (sigma_yaml) => {
    await patch(pathOf('rules', rule.id), { sigma_yaml }, rule.version);
    toast('Saved.');
    reload();
  });
  return section('Document', editor.element, toolbar(may('write:rules') && save, state));
}

function moveDialog(rule, reload) {
  const fields = [selectField('to', 'Lifecycle', words(NEXT[rule.lifecycle])), textField('reason', 'Reason')];
  formDialog(
    'Change the lifecycle',
    fields,
    async (values) => {
      await post(`${pathOf('rules', rule.id)}/lifecycle`, given(values), { version: rule.version });
      reload();
    },
    'Change',
  );
}

function actionsOf(rule, reload) {
  if (!may('write:rules')) return [];
  const path = pathOf('rules', rule.id);
  const turn = rule.enabled ? 'disable' : 'enable';
  return [
    workButton(rule.enabled ? 'Switch off' : 'Switch on', () => post(`${path}/${turn}`, {}, {}), reload),
    NEXT[rule.lifecycle] && button('Lifecycle', () => moveDialog(rule, reload)),
    workButton('Clone', async () => go(hashOf(['rules', (await post(`${path}/clone`, {}, {})).id]))),
    eraseButton('Delete this rule', 'Its versions will be gone, too. Alerts keep its id.', async () => {
      await remove(path, rule.version);
      go(hashOf(['rules']));
    }),
  ];
}

function versionsSection(rule, reload) {
  const path = `${pathOf('rules', rule.id)}/versions`;
  const look = async (version) => {
    const old = await get(`${path}/${version}`);
    told(`Version ${version}`, h('pre', { tabindex: '0' }, old.sigma_yaml ?? old.query ?? ''));
  };
  const item = ({ version, at, by }) =>
    h(
      'li',
      { class: 'line' },
      `Version ${version} `,
      time(at, 0),
      by && ` by ${by}`,
      workButton('Show', () => look(version)),
      may('write:rules') && workButton('Restore', () => post(`${path}/${version}/restore`, {}, {}), reload),
    );
  return fetchedSection('Former versions', async () => {
    const { items } = await get(path, { limit: 20 });
    return items.length === 0
      ? notice('There was none before this one.')
      : h('ul', { class: 'plain' }, items.map(item));
  }).element;
}

const performanceSection = (id) =>
  fetchedSection('Performance', async () => {
    const found = await get(`${pathOf('rules', id)}/performance`);
    const isTime = (name) => name.startsWith('seconds');
    return facts(
      Object.entries(found)
        .filter(([, value]) => typeof value === 'number')
        .map(([name, value]) => [wordsText(name), isTime(name) ? durationText(value) : String(value)]),
    );
  }).element;

function aboutSection(rule) {
  return section(
    'About',
    line(
      severityChip(rule.severity),
      chip(rule.enabled ? 'On' : 'Off', rule.enabled ? 'on' : ''),
      chip(wordsText(rule.lifecycle)),
      rule.tags.map((each) => chip(each, 'tag')),
    ),
    rule.description && h('p', { class: 'prose' }, rule.description),
    facts([
      ['Author', rule.author],
      [
        'Techniques',
        rule.mitre_techniques.map((each) => [h('a', { href: hashOf(['coverage'], { technique: each }) }, each), ' ']),
      ],
      ['Updated', time(rule.updated_at, 0)],
      ['By', rule.updated_by ?? rule.created_by],
      ['Id', mono(rule.id)],
      ['Alerts', h('a', { href: hashOf(['alerts'], { rule_id: rule.id }) }, 'Of this rule')],
    ]),
    rule.references.length > 0 &&
      h(
        'ul',
        { class: 'plain mono' },
        rule.references.map((each) => h('li', { class: 'break' }, each)),
      ),
  );
}

export async function showRule(main, id, signal) {
  if (id === 'new') return showNew(main, signal);
  const rule = await get(pathOf('rules', id), {}, { signal });
  const reload = () => {
    if (!signal.aborted) showRule(main, id, signal);
  };
  replace(
    main,
    h('p', null, h('a', { href: '#/rules' }, '← Rules')),
    heading(rule.name, ...actionsOf(rule, reload)),
    h(
      'div',
      { class: 'two' },
      documentSection(rule, signal, reload),
      h('div', null, aboutSection(rule), performanceSection(id), versionsSection(rule, reload)),
    ),
  );
}
