// How the server is: both pools, queues, the WAL, queries, and plots of the last minutes, which this page remembers itself.
import { get, pathOf, remove, request } from '../api.js';
import { may } from '../session.js';
import { bytesText, countText, durationText, plural, wordsText } from '../text.js';
import { plot } from '../ui/chart.js';
import { told } from '../ui/dialog.js';
import { h, replace } from '../ui/dom.js';
import { button, chip, facts, failed, fetchedSection, fillFrom, heading, notice } from '../ui/parts.js';
import { section, tile, time, toolbar, workButton } from '../ui/parts.js';
import { labelled, select } from '../ui/form.js';
import { table } from '../ui/table.js';
import { backupsSection } from './backups.js';
import { parseMetrics, rate, total } from './metrics.js';

const EVERY_MS = 2000;
const SPAN_MS = 10 * 60 * 1000;
const SPAN_MIN_MS = 60 * 1000;
const perSecond = (value) => `${value < 10 ? value.toFixed(1) : countText(Math.round(value))}/s`;
const percent = (value) => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;

/** What is plotted: a gauge as it is, a counter as its rate. */
const PLOTS = [
  { label: 'Requests', counter: (m) => total(m, 'carrel_http_replies_total'), format: perSecond },
  {
    label: 'Refused and failed requests',
    counter: (m) => total(m, 'carrel_http_replies_total', { code: /^[45]/ }),
    format: perSecond,
  },
  { label: 'Commits', counter: (m) => total(m, 'carrel_writer_batches_total'), format: perSecond },
  { label: 'Mutations', counter: (m) => total(m, 'carrel_writer_jobs_total'), format: perSecond },
  { label: 'Reads', counter: (m) => total(m, 'carrel_reader_jobs_total'), format: perSecond },
  {
    label: 'Reader pool in use',
    gauge: (m) => total(m, 'carrel_pool_utilization_ratio', { pool_type: 'read' }),
    format: percent,
  },
  {
    label: 'Writer in use',
    gauge: (m) => total(m, 'carrel_pool_utilization_ratio', { pool_type: 'write' }),
    format: percent,
  },
  { label: 'Mutations waiting', gauge: (m) => total(m, 'carrel_writer_queue_jobs'), format: countText },
  { label: 'Reads waiting', gauge: (m) => total(m, 'carrel_reader_queue_jobs'), format: countText },
  {
    label: 'Time in commits',
    counter: (m) => total(m, 'carrel_writer_commit_seconds_sum'),
    format: percent,
  },
  { label: 'WAL', gauge: (m) => total(m, 'carrel_wal_bytes'), format: bytesText },
  { label: 'Connections', gauge: (m) => total(m, 'carrel_http_connections'), format: countText },
];

const memory = { points: PLOTS.map(() => []), last: null };

/** One look: each plot gets a point, and what is older than the span goes. */
function remember(metrics, now) {
  const values = PLOTS.map((each) => (each.counter ?? each.gauge)(metrics));
  const { last } = memory;
  PLOTS.forEach((each, at) => {
    const value = each.gauge ? values[at] : last && rate(last.values[at], values[at], (now - last.now) / 1000);
    const points = memory.points[at];
    if (value !== null) points.push({ at: now, value });
    while (points.length && now - points[0].at > SPAN_MS) points.shift();
  });
  memory.last = { values, now };
}

/** As much time as is remembered, at least a minute. */
const spanOf = (points, now) => Math.max(SPAN_MIN_MS, points.length > 0 ? now - points[0].at : 0);

const plotsAt = (now) =>
  PLOTS.map((each, at) => {
    const points = memory.points[at];
    return points.length || each.counter ? plot(points, { ...each, span: spanOf(points, now), now }) : null;
  });

function tiles(health, pools, metrics) {
  const number = (name) => total(metrics, name) ?? 0;
  return [
    tile('Ready', health.status === 'ready' ? 'Ready' : 'Not ready', health.status === 'ready' ? 'on' : 'off'),
    tile('Writer', health.checks?.writer ?? '–', health.checks?.writer === 'ok' ? 'on' : 'off'),
    tile('Readers', health.checks?.readers ?? '–', health.checks?.readers === 'ok' ? 'on' : 'off'),
    tile('Readers in use', `${pools.read.in_use} of ${pools.read.max_open}`),
    tile('Commit', countText(number('carrel_writer_commit_sequence'))),
    tile('Oldest waits', durationText(number('carrel_writer_queue_age_seconds'))),
    tile('WAL', bytesText(number('carrel_wal_bytes'))),
    tile('Exhausted', countText(pools.read.exhaustion_episodes + pools.write.exhaustion_episodes)),
  ];
}

const poolFacts = (pool) =>
  facts([
    ['Connections', `${pool.open} open, ${pool.in_use} in use, ${pool.idle} idle, at most ${pool.max_open}`],
    ['Utilization', percent(pool.utilization)],
    ['Waited', `${plural(pool.wait_count, 'time')}, ${durationText(pool.wait_seconds_total)} in all`],
    ['Exhaustion episodes', countText(pool.exhaustion_episodes)],
    ['Closed', `${pool.closed_max_idle} idle, ${pool.closed_idle_time} by idle time, ${pool.closed_lifetime} by age`],
  ]);

function counterTable(metrics) {
  const rows = [...metrics]
    .filter(([name]) => name.startsWith('carrel_') && !/_(bucket|sum|count)$/.test(name))
    .flatMap(([name, series]) =>
      series.map((each) => ({
        name,
        labels: Object.entries(each.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
        value: each.value,
      })),
    );
  const columns = [
    { name: 'name', label: 'Name', kind: 'grow mono', cell: (each) => each.name },
    { name: 'labels', label: 'Labels', kind: 'mono', cell: (each) => each.labels },
    { name: 'value', label: 'Value', kind: 'number', cell: (each) => String(each.value) },
  ];
  return table(columns, rows, { caption: 'All counters' });
}

const SORTS = [
  ['total_seconds', 'Total time'],
  ['max_seconds', 'Longest run'],
  ['mean_seconds', 'Mean time'],
  ['wait_seconds', 'Waiting'],
  ['calls', 'Calls'],
  ['rows', 'Rows'],
  ['failures', 'Failures'],
];
const ENDED_MAX = 100;
const isQueryTime = (name) => /seconds|_s$/.test(name);

/** Members that say where a query runs and for whom; a report without them has no such column. */
const QUERY_TEXTS = ['lane', 'route', 'principal', 'task'];

/** Rows of a report whose members may grow: what is a number is a column. */
function queryTable(caption, items, actions) {
  const numbers = Object.keys(items[0])
    .filter((name) => typeof items[0][name] === 'number')
    .slice(0, 6);
  const columns = [
    {
      name: 'statement',
      label: 'Statement',
      kind: 'grow mono',
      cell: (each) => h('span', { class: 'clip' }, each.statement),
    },
    ...QUERY_TEXTS.filter((name) => items.some((each) => each[name])).map((name) => ({
      name,
      label: wordsText(name),
      cell: (each) => each[name] ?? '',
    })),
    ...numbers.map((name) => ({
      name,
      label: wordsText(name.replace('_seconds', '_time')),
      kind: 'number',
      cell: (each) => (isQueryTime(name) ? durationText(each[name]) : countText(each[name])),
    })),
    actions && { name: 'actions', label: 'Actions', cell: actions },
  ].filter(Boolean);
  return table(columns, items, { caption });
}

function queries(title, load, actionsOf, ...controls) {
  // Statements are long: the keyboard can scroll the table, too.
  const place = h('div', { class: 'list', tabindex: '0', role: 'group', 'aria-label': title });
  const reload = () =>
    fillFrom(place, async () => {
      const { items } = await load();
      return items.length === 0 ? notice('None.') : queryTable(title, items, actionsOf && actionsOf(reload));
    });
  reload();
  return { element: section(title, controls, place, toolbar(button('Look again', reload))), reload };
}

/** How SQLite goes about a statement, by the first report that has it; plans are made when somebody wants to see one. */
async function showPlan(statement, ...reports) {
  let found;
  for (const [path, query] of reports) {
    const { items } = await get(path, { ...query, plan: 'true' });
    found = items.find((each) => each.statement === statement);
    if (found) break;
  }
  told(
    'Query plan',
    h('pre', { tabindex: '0', 'aria-label': 'Statement' }, statement),
    found?.plan
      ? h('pre', { tabindex: '0', 'aria-label': 'Plan' }, found.plan)
      : notice(found ? 'SQLite has no plan for it.' : 'It is not among these statements any more.'),
  );
}

const planButton = (statement, ...reports) =>
  button('Plan', () => showPlan(statement, ...reports).catch(failed), { 'aria-label': 'Show the query plan' });

const cancelAction = (each, reload) =>
  each.cancelled
    ? chip('Is being cancelled')
    : workButton('Cancel', () => remove(pathOf('queries', 'running', each.id)), reload, { kind: 'danger' });

/** A run that has ended meanwhile is among the last that were seen. */
const runningActions = (reload) => (each) =>
  toolbar(
    each.statement &&
      planButton(each.statement, ['/queries/running'], ['/queries/top', { sort: 'last_seen', limit: ENDED_MAX }]),
    may('admin:system') && cancelAction(each, reload),
  );

const runningSection = () => queries('Running queries', () => get('/queries/running'), runningActions).element;

function topSection() {
  const sort = select(SORTS);
  const planAction = () => (each) => planButton(each.statement, ['/queries/top', { sort: sort.value }]);
  const load = () => get('/queries/top', { sort: sort.value });
  const found = queries('Top queries', load, planAction, h('div', { class: 'filters' }, labelled('By', sort)));
  sort.addEventListener('change', found.reload);
  return found.element;
}

/** Where the archive of commits is; a server without one has no such series. */
function archiveFacts(metrics) {
  const number = (name) => total(metrics, `carrel_archive_${name}`);
  if (number('sequence') === null) return null;
  const made = number('timestamp_seconds');
  return section(
    'Archive of commits',
    facts([
      ['Last commit', countText(number('sequence'))],
      ['Of', made > 0 && time(new Date(made * 1000).toISOString(), 0)],
      ['Behind by', `${durationText(number('lag_seconds'))}, ${bytesText(number('lag_bytes'))}`],
      ['Generation', countText(number('generation'))],
      ['Failures', countText(number('failures_total'))],
      ['Gaps', countText(number('gaps_total'))],
    ]),
  );
}

const deletions = () =>
  fetchedSection('Deletions of events', async () => {
    const { items } = await get('/events/deletions', { limit: 10, sort: '-created_at' });
    if (items.length === 0) return notice('None.');
    return h(
      'ul',
      { class: 'plain' },
      items.map((each) =>
        h(
          'li',
          { class: 'line' },
          chip(each.state),
          time(each.created_at, 0),
          `${countText(each.deleted)} of at most ${countText(each.events_max)} deleted, ${countText(each.held)} held`,
        ),
      ),
    );
  }).element;

export async function show(main, { signal }) {
  const [top, plots, pools, all] = [
    h('div', { class: 'tiles' }),
    h('div', { class: 'grid' }),
    h('div', { class: 'halves' }),
    h('div', { class: 'list', tabindex: '0', role: 'group', 'aria-label': 'All counters' }),
  ];
  const problem = h('p', { class: 'error', role: 'alert', hidden: true });
  const details = h('details', { class: 'panel' }, h('summary', null, 'All counters'), all);
  replace(
    main,
    heading('Operations'),
    problem,
    top,
    plots,
    pools,
    runningSection(),
    topSection(),
    may('admin:system') && backupsSection(),
    may('read:events') && deletions(),
    details,
  );
  const look = async () => {
    try {
      const [text, found, health] = await Promise.all([
        request('GET', '/metrics', { root: true, accept: 'text/plain', signal }),
        get('/pool', {}, { signal }),
        request('GET', '/health/ready', { root: true, signal }).catch((error) =>
          error.name === 'AbortError' ? Promise.reject(error) : (error.body ?? {}),
        ),
      ]);
      const [metrics, now] = [parseMetrics(text), Date.now()];
      remember(metrics, now);
      problem.hidden = true;
      replace(top, tiles(health, found, metrics));
      replace(plots, plotsAt(now));
      replace(
        pools,
        section('Readers', poolFacts(found.read)),
        section('Writer', poolFacts(found.write)),
        archiveFacts(metrics),
      );
      if (details.open || !all.firstChild) replace(all, counterTable(metrics));
    } catch (error) {
      if (error.name === 'AbortError') return;
      problem.textContent = error.message;
      problem.hidden = false;
    }
    setTimeout(() => {
      if (!signal.aborted) look();
    }, EVERY_MS);
  };
  await look();
}
