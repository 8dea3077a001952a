// Requests to the server that the page came from. Refusals are Problems, whose text can be shown.
import { formatJson, parseJson } from './json.js';

const BASE = '/api/v1';
const STALE = 'Somebody else has changed this meanwhile, so nothing was saved.';
let csrfToken = null;

/** A write of a session needs this, which a page of another site cannot know. */
export const setCsrfToken = (token) => {
  csrfToken = token;
};

/** A refusal, as RFC 9457 describes it. */
export class Problem extends Error {
  constructor(status, body) {
    const code = (body.type ?? '').replace('/problems/', '');
    super(code === 'stale_version' ? STALE : body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = code;
    this.errors = body.errors ?? [];
    this.body = body;
  }

  /** All that is wrong, a line each. */
  get lines() {
    if (this.errors.length === 0) return [this.message];
    return this.errors.map((each) => [each.field, each.detail].filter(Boolean).join(': '));
  }
}

/** `{a: 1, b: ['x', 'y'], c: ''}` becomes `?a=1&b=x&b=y`. */
export function queryText(query = {}) {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') pairs.append(name, each);
    }
  }
  const text = pairs.toString();
  return text && `?${text}`;
}

function headersOf(method, options) {
  const headers = { Accept: options.accept ?? 'application/json', ...options.headers };
  if (options.body !== undefined) headers['Content-Type'] = options.type ?? 'application/json';
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;
  return headers;
}

function bodyOf({ body, type }) {
  return body === undefined || type ? body : formatJson(body);
}

async function contentOf(response) {
  const text = await response.text();
  if (!(response.headers.get('Content-Type') ?? '').includes('json')) return text;
  try {
    return parseJson(text);
  } catch {
    throw new Problem(response.status, { detail: 'The reply was cut off.' });
  }
}

async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { type: '/problems/unreachable', detail: 'The server cannot be reached.' });
  }
}

/**
 * @param {{query?: object, body?: any, type?: string, version?: number, signal?: AbortSignal, root?: boolean}} options
 *   `type`: the body is a text or file of that type. `root`: the path is not below /api/v1.
 */
export async function request(method, path, options = {}) {
  const url = (options.root ? '' : BASE) + path + queryText(options.query);
  const response = await send(url, {
    method,
    headers: headersOf(method, options),
    body: bodyOf(options),
    signal: options.signal,
    credentials: 'same-origin',
    cache: 'no-store',
  });
  const content = response.status === 204 ? null : await contentOf(response);
  if (response.ok) return content;
  const problem = new Problem(response.status, typeof content === 'object' && content !== null ? content : {});
  if (problem.status === 401 && !path.startsWith('/auth/')) dispatchEvent(new CustomEvent('carrel:signed-out'));
  if (problem.code === 'password_change_required') dispatchEvent(new CustomEvent('carrel:must-change'));
  throw problem;
}

export const get = (path, query, options) => request('GET', path, { ...options, query });
export const post = (path, body, options) => request('POST', path, { ...options, body });
export const patch = (path, body, version) => request('PATCH', path, { body, version });
export const remove = (path, version) => request('DELETE', path, { version });

/** Where a browser fetches it by itself, to keep it as a file. */
export const addressOf = (path, query) => BASE + path + queryText(query);

/** The path of a part of a resource, whatever is in it. */
export const pathOf = (...parts) => parts.map((each) => `/${encodeURIComponent(each)}`).join('');
