// The form of a feed: where it is, how it is read, what of it is let through.
import { checkField, folded, groupField, linesField, listField, numberField, objectField } from '../ui/form.js';
import { areaField, pairsField, selectField, textField, words } from '../ui/form.js';
import { SEVERITIES } from './event_detail.js';
import { STATUSES, TYPES as IOC_TYPES } from './ioc_detail.js';

export const TYPES = ['http', 'git', 'filesystem'];
const FORMATS = ['list', 'csv', 'json', 'stix', 'misp'];
const DELIMITERS = [
  ['', 'Comma'],
  [';', 'Semicolon'],
  ['\t', 'Tab'],
  ['|', 'Vertical bar'],
];
const STRATEGIES = ['manual', 'startup', 'scheduled'];
const SECRETS = {
  basic: ['User and password', { user: 'User', password: 'Password' }],
  bearer: ['Token', { token: 'Token' }],
  header: ['Header', { name: 'Name', value: 'Value' }],
};
const OPEN_MEMBERS = ['user', 'name'];
const KEPT = 'kept';
export const LIMITS = {
  include_paths: 'Only files',
  exclude_paths: 'Without files',
  include_tags: 'Only tags',
  exclude_tags: 'Without tags',
  min_severity: 'Severity at least',
  include_types: 'Only types',
  exclude_types: 'Without types',
  min_confidence: 'Confidence at least',
};

/** What proves who asks: what there is stays unless another is given, and is never shown. */
function secretField(feed) {
  const kinds = [['', 'None'], ...Object.entries(SECRETS).map(([kind, [label]]) => [kind, label])];
  if (feed.has_auth) kinds.unshift([KEPT, 'The one that is set']);
  const kind = selectField('auth_config.type', 'Kind', kinds);
  const parts = Object.entries(SECRETS).flatMap(([of, [, members]]) =>
    Object.entries(members).map(([name, label]) => ({
      ...textField(`auth_config.${name}`, label, {
        type: OPEN_MEMBERS.includes(name) ? 'text' : 'password',
        autocomplete: 'new-password',
        keepsEmpty: true,
      }),
      isFor: () => kind.read() === of,
      member: name,
    })),
  );
  const read = () => {
    if (!(kind.read() in SECRETS)) return kind.read();
    const given = parts.filter((each) => each.isFor()).map((each) => [each.member, each.read()]);
    return { type: kind.read(), ...Object.fromEntries(given) };
  };
  return groupField('auth_config', 'Secret', [kind, ...parts], read);
}

const limitsOf = (feed, ofRules) => {
  const list = (name) => listField(name, LIMITS[name], { value: feed[name] });
  const lines = (name) => linesField(name, LIMITS[name], { value: feed[name], hint: 'Patterns, one a line: *.yml' });
  const own = ofRules
    ? [
        list('include_tags'),
        list('exclude_tags'),
        selectField('min_severity', LIMITS.min_severity, [['', 'Any'], ...words(SEVERITIES)], {
          value: feed.min_severity ?? '',
        }),
      ]
    : [
        list('include_types'),
        list('exclude_types'),
        numberField('min_confidence', LIMITS.min_confidence, { value: feed.min_confidence ?? 0, min: 0, max: 100 }),
      ];
  return folded('What is let through', [lines('include_paths'), lines('exclude_paths'), ...own]);
};

/** How a file of indicators is read, and what is said of those that do not say it. */
function readingOf(feed) {
  const format = selectField('format', 'Format', words(FORMATS), { value: feed.format ?? 'list' });
  const of = (formats, ...fields) => fields.map((each) => ({ ...each, isFor: () => formats.includes(format.read()) }));
  const number = (name, label, otherwise, hint) =>
    numberField(name, label, { value: feed[name] ?? otherwise, min: -1, max: 1000, hint });
  const { delimiter = null } = feed;
  const delimiters = DELIMITERS.some(([each]) => each === (delimiter ?? '')) ? DELIMITERS : [...DELIMITERS, delimiter];
  return [
    format,
    ...of(
      ['csv', 'json'],
      pairsField('field_mapping', 'Names', {
        value: feed.field_mapping,
        hint: 'Of columns with a header, or of members, one a line: value=indicator, tags=labels; json: items=data.',
      }),
    ),
    ...of(
      ['csv'],
      selectField('delimiter', 'Delimiter', delimiters, { value: delimiter ?? '' }),
      textField('comment_char', 'Comments begin with', { value: feed.comment_char, maxlength: 1 }),
      checkField('skip_header', 'The first line is no indicator', { value: feed.skip_header }),
      number('value_column', 'Column of values', 0, 'From 0.'),
      number('type_column', 'Column of types', -1, '-1: none.'),
    ),
    ...folded('What a file does not say', [
      selectField('default_type', 'Type', [['', 'Guess it'], ...words(IOC_TYPES)], {
        value: feed.default_type ?? '',
      }),
      selectField('default_severity', 'Severity', words(SEVERITIES), { value: feed.default_severity ?? 'medium' }),
      selectField('default_status', 'Status', words(STATUSES), { value: feed.default_status ?? 'active' }),
      numberField('auto_expire_days', 'Days until they expire', {
        value: feed.auto_expire_days ?? 0,
        min: 0,
        hint: '0: by type.',
      }),
    ]),
  ];
}

/** @param {{}} feed one that there is, or nothing; `ofRules`: it has rules, not indicators */
export const feedFields = (feed, ofRules) => {
  const type = selectField('type', 'Type', words(TYPES), { value: feed.type ?? 'http' });
  // Another type takes no such value.
  const of = (types, made) => {
    const isFor = () => types.includes(type.read());
    return { ...made, isFor, read: () => (isFor() ? made.read() : null) };
  };
  const strategy = selectField('update_strategy', 'Read', words(STRATEGIES), {
    value: feed.update_strategy ?? 'manual',
  });
  const schedule = textField('update_schedule', 'Schedule', {
    value: feed.update_schedule,
    hint: '30m, 6h, 1d, or five fields of cron in UTC.',
  });
  return [
    textField('name', 'Name', { value: feed.name }),
    type,
    of(['http', 'git'], textField('url', 'URL', { value: feed.url })),
    of(['git'], textField('branch', 'Branch', { value: feed.branch })),
    of(
      ['git', 'filesystem'],
      textField('path', 'Path', { value: feed.path, hint: 'In the repository, or below the folder of feeds.' }),
    ),
    of(['http'], secretField(feed)),
    strategy,
    { ...schedule, isFor: () => strategy.read() === 'scheduled' },
    ...(ofRules
      ? [checkField('auto_enable_rules', 'New rules begin switched on', { value: feed.auto_enable_rules })]
      : readingOf(feed)),
    ...limitsOf(feed, ofRules),
    numberField('priority', 'Priority', { value: feed.priority ?? 100, min: 0, max: 1000 }),
    areaField('description', 'Description', { value: feed.description, rows: 2 }),
    objectField('metadata', 'Metadata', { value: feed.metadata, hint: 'An object, as JSON.' }),
    listField('tags', 'Tags', { value: feed.tags }),
  ];
};
