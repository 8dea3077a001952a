// Prometheus' text format, and what of it is a rate. Plain functions over numbers.

/** `name{a="b"} 1` lines as `Map(name → [{labels, value}])`. */
export function parseMetrics(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (line.startsWith('#') || !found) continue;
    const labels = Object.fromEntries(
      [...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((each) => [each[1], each[2]]),
    );
    if (!families.has(found[1])) families.set(found[1], []);
    families.get(found[1]).push({ labels, value: Number(found[3].replace('Inf', 'Infinity')) });
  }
  return families;
}

const passes = (labels, wanted) =>
  Object.entries(wanted).every(([name, value]) =>
    value instanceof RegExp ? value.test(labels[name] ?? '') : labels[name] === value,
  );

/** The sum of a family's series that have these labels; null if there is no such family. */
export function total(metrics, name, wanted = {}) {
  const series = metrics.get(name);
  return series
    ? series.filter((each) => passes(each.labels, wanted)).reduce((sum, each) => sum + each.value, 0)
    : null;
}

/** How fast a counter grew between two looks, a second; a counter that fell has begun anew. */
export function rate(before, after, seconds) {
  if (before === null || after === null || seconds <= 0) return null;
  return after < before ? after / seconds : (after - before) / seconds;
}
