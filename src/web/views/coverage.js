// ATT&CK: which techniques have rules, as a matrix of tactics.
import { get, pathOf, request } from '../api.js';
import { hashOf, note } from '../router.js';
import { may } from '../session.js';
import { countText, plural } from '../text.js';
import { drawer } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { labelled, select } from '../ui/form.js';
import { attempt, button, chip, fillFrom, heading, line, mono, notice, severityChip, toast } from '../ui/parts.js';

const LEVELS = [
  [0, 'none'],
  [1, '1 – 4'],
  [5, '5 – 14'],
  [15, '15 – 39'],
  [40, '40 or more'],
];
const levelOf = (rules) => LEVELS.findLastIndex(([least]) => rules >= least);

function importer(reload) {
  const input = h('input', { type: 'file', id: 'bundle', accept: '.json,.gz' });
  const send = button(
    'Import',
    () =>
      attempt(send, async () => {
        if (!input.files[0]) throw new Error('Choose a file.');
        await request('POST', '/mitre/import', { body: input.files[0], type: 'application/octet-stream' });
        toast('ATT&CK imported.');
        reload();
      }),
    { kind: 'primary' },
  );
  return h(
    'div',
    { class: 'card' },
    h('p', null, 'ATT&CK has not been imported yet. Choose a STIX bundle, such as enterprise-attack.json.'),
    labelled('STIX bundle', input),
    send,
  );
}

/** A description without the addresses of its links and the names of what it cites. */
const proseOf = (text) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\(Citation: [^)]*\)/g, '');

async function techniqueContent(id, counts) {
  const [technique, rules] = await Promise.all([
    get(pathOf('mitre', 'techniques', id)),
    get(`${pathOf('mitre', 'techniques', id)}/rules`, { limit: 100, count: 'true' }),
  ]);
  return [
    line(
      chip(id),
      technique.platforms?.map((each) => chip(each, 'tag')),
    ),
    counts && h('p', null, `${plural(counts.rules, 'rule')} name it, ${counts.enabled_rules} of them switched on.`),
    technique.description && h('p', { class: 'prose clamp', tabindex: '0' }, proseOf(technique.description)),
    h('h3', null, 'Rules'),
    rules.items.length === 0
      ? notice('No rule names it.')
      : h(
          'ul',
          { class: 'plain' },
          rules.items.map((each) =>
            h(
              'li',
              { class: 'line' },
              severityChip(each.severity),
              h('a', { href: hashOf(['rules', each.id]) }, each.name),
              !each.enabled && chip('Off'),
            ),
          ),
        ),
  ];
}

function openTechnique(id, name, counts, onclose) {
  const place = h('div', null, notice('Loading…'));
  drawer(name ? `${id} ${name}` : id, place, onclose);
  fillFrom(place, () => techniqueContent(id, counts));
}

function cell(technique, counts, open, isSub) {
  const rules = counts?.shown ?? 0;
  return h(
    'button',
    {
      type: 'button',
      class: `technique level-${levelOf(rules)}${isSub ? ' sub' : ''}`,
      onclick: () => open(technique),
    },
    h('span', { class: 'name' }, technique.name),
    mono(technique.id),
    h('span', { class: 'mono count' }, rules ? String(rules) : '–', h('span', { class: 'hidden' }, ' rules')),
  );
}

function tacticColumn(tactic, byId, settings, open) {
  const counted = tactic.techniques.filter((each) => (byId.get(each.id)?.shown ?? 0) > 0).length;
  const shown = tactic.techniques.filter((each) => settings.show !== 'gaps' || !(byId.get(each.id)?.shown > 0));
  return h(
    'section',
    { class: 'tactic', 'aria-label': tactic.name },
    h('h2', null, tactic.name, h('span', { class: 'quiet' }, `${counted} of ${tactic.techniques.length}`)),
    shown.map((each) => [
      cell(each, byId.get(each.id), open, false),
      settings.show === 'subs' && each.subtechniques.map((sub) => cell(sub, byId.get(sub.id), open, true)),
    ]),
  );
}

function countsById(coverage, settings) {
  const byId = new Map();
  for (const each of coverage.techniques) {
    const all = settings.show === 'subs' ? each : each.with_subtechniques;
    byId.set(each.id, { ...each, shown: settings.rules === 'enabled' ? all.enabled_rules : all.rules });
  }
  return byId;
}

function summary(coverage) {
  const tactics = coverage.tactics.filter((each) => each.techniques);
  const known = coverage.techniques.filter((each) => !each.is_subtechnique && !each.deprecated && !each.revoked);
  const covered = known.filter((each) => each.with_subtechniques.rules > 0).length;
  return h(
    'p',
    { class: 'quiet', role: 'status' },
    h('strong', null, `${covered} of ${known.length} techniques`),
    ` have rules, in ${plural(tactics.length, 'tactic')}; `,
    `${countText(coverage.rules.naming_techniques.rules)} of ${plural(coverage.rules.all.rules, 'rule')} name techniques.`,
    coverage.unknown_techniques_count > 0 &&
      ` ${plural(coverage.unknown_techniques_count, 'name')} of techniques are not in ATT&CK: ${coverage.unknown_techniques
        .slice(0, 5)
        .map((each) => each.name)
        .join(', ')}.`,
  );
}

const legend = () =>
  h(
    'ul',
    { class: 'legend', 'aria-label': 'Rules of a technique' },
    LEVELS.map(([, label], at) => h('li', null, h('span', { class: `swatch level-${at}` }), label)),
  );

const SHOWN = [
  ['techniques', 'Techniques'],
  ['subs', 'With sub-techniques'],
  ['gaps', 'Only what has no rule'],
];
const COUNTED = [
  ['all', 'All rules'],
  ['enabled', 'Rules that are on'],
];

/** Choices of what is drawn, which is drawn again at each. */
function controls(matrices, settings, draw) {
  const choice = (name, label, options) => {
    const control = select(options, settings[name]);
    control.addEventListener('change', () => {
      settings[name] = control.value;
      draw();
    });
    return labelled(label, control);
  };
  const names = matrices.map((each) => [each.id, each.name]);
  return h(
    'div',
    { class: 'filters' },
    matrices.length > 1 && choice('matrix', 'Matrix', names),
    choice('rules', 'Count', COUNTED),
    choice('show', 'Show', SHOWN),
    legend(),
  );
}

function namesOf(matrices) {
  const techniques = matrices.flatMap((each) => each.tactics).flatMap((each) => each.techniques);
  return new Map(techniques.flatMap((each) => [each, ...each.subtechniques]).map((each) => [each.id, each.name]));
}

/** Opens a technique's window, which the address names while it is open. */
function opener(matrices, coverage) {
  const names = namesOf(matrices);
  const counts = new Map(coverage.techniques.map((each) => [each.id, each]));
  return ({ id }) => {
    note(hashOf(['coverage'], { technique: id }));
    const opened = location.hash;
    openTechnique(id, names.get(id), counts.get(id), () => {
      if (location.hash === opened) note(hashOf(['coverage']));
    });
  };
}

function showNone(main, reload) {
  const canImport = may('admin:system') || may('write:rules');
  replace(main, heading('ATT&CK coverage'), canImport ? importer(reload) : notice('ATT&CK has not been imported yet.'));
}

export async function show(main, screen) {
  const { params, signal } = screen;
  const [{ matrices }, coverage] = await Promise.all([
    get('/mitre/matrix', {}, { signal }),
    get('/mitre/coverage', {}, { signal }),
  ]);
  if (matrices.length === 0) return showNone(main, () => show(main, screen));
  const settings = { matrix: matrices[0].id, rules: 'all', show: 'techniques' };
  const grid = h('div', { class: 'matrix', tabindex: '0', role: 'region', 'aria-label': 'Matrix' });
  const open = opener(matrices, coverage);
  const draw = () => {
    const byId = countsById(coverage, settings);
    const { tactics } = matrices.find((each) => each.id === settings.matrix);
    replace(
      grid,
      tactics.map((each) => tacticColumn(each, byId, settings, open)),
    );
  };
  replace(main, heading('ATT&CK coverage'), summary(coverage), controls(matrices, settings, draw), grid);
  draw();
  if (params.get('technique')) open({ id: params.get('technique') });
  return undefined;
}
