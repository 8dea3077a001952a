// Pieces of the query language, written so that they mean the value and nothing else.
import { get } from './api.js';

const escapePath = (path) => path.replace(/[^\w.]/gu, (sign) => (/[\p{L}\p{N}]/u.test(sign) ? sign : `\\${sign}`));
const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** `host:="ws5"`: this field has exactly this value. */
export function equalTerm(path, value) {
  return `${escapePath(path)}:=${quoted(String(value))}`;
}

/** The query with one more condition; `OR` in it is put in parentheses first. */
export function narrowed(query, term, isExcluded = false) {
  const wanted = isExcluded ? `-${term}` : term;
  const before = query.trim();
  if (before === '') return wanted;
  if (` ${before} `.includes(` ${wanted} `)) return before;
  return `${/\bOR\b/.test(before) ? `(${before})` : before} ${wanted}`;
}

/** The values of an event's `fields`, flat: `[['winlog.user', 'x'], …]`. */
export function flatten(value, path = '', into = []) {
  const isNested = value !== null && typeof value === 'object';
  if (!isNested) into.push([path, value]);
  else if (Array.isArray(value)) value.forEach((each) => flatten(each, path, into));
  else for (const [name, each] of Object.entries(value)) flatten(each, path ? `${path}.${name}` : name, into);
  return into;
}

/** The character, from 1, that a refusal of a query names. */
export function faultPosition(problem) {
  const found = /\(character (\d+)\)/.exec(problem.lines.join('\n'));
  return found ? Number(found[1]) : null;
}

/** The times of the first and the last event that pass. */
export async function extent(path, query, signal) {
  const edge = async (sort) => (await get(path, { ...query, sort, limit: 1 }, { signal })).items[0]?.timestamp;
  const [first, last] = await Promise.all([edge('timestamp'), edge('-timestamp')]);
  return first ? { first: Date.parse(first), last: Date.parse(last) } : null;
}
