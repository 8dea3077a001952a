// How times, numbers and values are written. All times are UTC.

const SECONDS = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** `2020-09-20 17:39:01.123` of a time of the API. */
export function timeText(time, digits = 3) {
  if (!time) return '–';
  const text = String(time).replace('T', ' ').replace('Z', '');
  return digits === 0 ? text.slice(0, 19) : text.slice(0, 20 + digits);
}

/** `4 min ago`. */
export function agoText(time, now = Date.now()) {
  if (!time) return '–';
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  const [unit, length] = SECONDS.find(([, each]) => Math.abs(seconds) >= each) ?? ['s', 1];
  const count = Math.floor(Math.abs(seconds) / length);
  if (count === 0) return 'now';
  return seconds < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

export function durationText(seconds) {
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
}

const grouped = new Intl.NumberFormat('en');
export const countText = (number) => grouped.format(number);

export function bytesText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  for (; bytes >= 1024 && at < units.length - 1; ++at) bytes /= 1024;
  return `${at === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[at]}`;
}

export const plural = (count, word, more = `${word}s`) => `${countText(count)} ${count === 1 ? word : more}`;

const ACRONYMS = new Set('ip cidr url cve ja3 cef json udp tcp tls csv stix misp http'.split(' '));

/** `true_positive` as people read it. */
export function wordsText(name) {
  if (name === null || name === undefined || name === '') return '–';
  const text = String(name).replaceAll('_', ' ');
  if (ACRONYMS.has(text)) return text.toUpperCase();
  return text[0].toUpperCase() + text.slice(1);
}
