// One rule: its document in an editor that checks it line by line, its life, its versions and what it hit.
import { get, patch, pathOf, post, remove, request } from '../api.js';
import { go, hashOf } from '../router.js';
import { may } from '../session.js';
import { durationText, wordsText } from '../text.js';
import { codeEditor } from '../ui/code_editor.js';
import { confirmed, formDialog, told } from '../ui/dialog.js';
import { debounced, h, replace } from '../ui/dom.js';
import { selectField, textField } from '../ui/form.js';
import {
  attempt,
  button,
  chip,
  facts,
  fillFrom,
  heading,
  notice,
  section,
  severityChip,
  time,
  toast,
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

async function showNew(main, signal) {
  const state = h('span', { role: 'status' });
  const editor = checkedEditor(TEMPLATE, signal, (found) => replace(state, verdict(found)));
  const save = button(
    'Create rule',
    () =>
      attempt(save, async () => {
        try {
          const made = await post('/rules', { sigma_yaml: editor.value() });
          toast('Rule created.');
          go(hashOf(['rules', made.id]));
        } catch (error) {
          editor.mark(faultsOf(error));
          throw error;
        }
      }),
    { kind: 'primary' },
  );
  replace(main, heading('New rule', state, save), editor.element);
}

function documentSection(rule, signal, reload) {
  const state = h('span', { role: 'status' });
  if (rule.sigma_yaml === null) return section('Query', h('pre', { tabindex: '0' }, rule.query));
  const editor = checkedEditor(rule.sigma_yaml, signal, (found) => replace(state, verdict(found)));
  const save = button(
    'Save',
    () =>
      attempt(save, async () => {
        try {
          await patch(pathOf('rules', rule.id), { sigma_yaml: editor.value() }, rule.version);
        } catch (error) {
          editor.mark(faultsOf(error));
          throw error;
        }
        toast('Saved.');
        reload();
      }),
    { kind: 'primary' },
  );
  return section('Document', editor.element, h('div', { class: 'actions' }, may('write:rules') && save, state));
}

function moveDialog(rule, reload) {
  const fields = [
    selectField(
      'to',
      'Lifecycle',
      NEXT[rule.lifecycle].map((each) => [each, wordsText(each)]),
    ),
    textField('reason', 'Reason'),
  ];
  formDialog(
    'Change the lifecycle',
    fields,
    async (values) => {
      await post(
        `${pathOf('rules', rule.id)}/lifecycle`,
        { to: values.to, ...(values.reason ? { reason: values.reason } : {}) },
        { version: rule.version },
      );
      reload();
    },
    'Change',
  );
}

function actionsOf(rule, reload) {
  if (!may('write:rules')) return [];
  const path = pathOf('rules', rule.id);
  const turn = rule.enabled ? 'disable' : 'enable';
  const run = (label, work, more) => {
    const made = button(label, () => attempt(made, work), more);
    return made;
  };
  return [
    run(rule.enabled ? 'Switch off' : 'Switch on', async () => {
      await post(`${path}/${turn}`, {}, {});
      reload();
    }),
    NEXT[rule.lifecycle] && button('Lifecycle', () => moveDialog(rule, reload)),
    run('Clone', async () => go(hashOf(['rules', (await post(`${path}/clone`, {}, {})).id]))),
    button(
      'Delete',
      () =>
        confirmed('Delete this rule', 'Its versions will be gone, too. Alerts keep its id.', 'Delete', async () => {
          await remove(path, rule.version);
          go(hashOf(['rules']));
        }),
      { kind: 'danger' },
    ),
  ];
}

function versionsSection(rule, reload) {
  const place = h('div', null);
  const path = `${pathOf('rules', rule.id)}/versions`;
  const look = async (version) => {
    const old = await get(`${path}/${version}`);
    told(`Version ${version}`, h('pre', { tabindex: '0' }, old.sigma_yaml ?? old.query ?? ''));
  };
  fillFrom(place, async () => {
    const { items } = await get(path, { limit: 20 });
    if (items.length === 0) return notice('There was none before this one.');
    return h(
      'ul',
      { class: 'plain' },
      items.map((each) => {
        const restore = button('Restore', () =>
          attempt(restore, async () => {
            await post(`${path}/${each.version}/restore`, {}, {});
            reload();
          }),
        );
        return h(
          'li',
          { class: 'line' },
          `Version ${each.version} `,
          time(each.at, 0),
          each.by && ` by ${each.by}`,
          button('Show', () => look(each.version)),
          may('write:rules') && restore,
        );
      }),
    );
  });
  return section('Former versions', place);
}

function performanceSection(id) {
  const place = h('div', null);
  fillFrom(place, async () => {
    const found = await get(`${pathOf('rules', id)}/performance`);
    const isTime = (name) => name.startsWith('seconds');
    return facts(
      Object.entries(found)
        .filter(([, value]) => typeof value === 'number')
        .map(([name, value]) => [wordsText(name), isTime(name) ? durationText(value) : String(value)]),
    );
  });
  return section('Performance', place);
}

function aboutSection(rule) {
  return section(
    'About',
    h(
      'div',
      { class: 'line' },
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
      ['Id', h('span', { class: 'mono' }, rule.id)],
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
