// Who uses the page, and what they may do. What is hidden here is refused there, too.
import { get, post, setCsrfToken } from './api.js';

let current = null;

export const session = () => current;
export const may = (permission) => current?.permissions.includes(permission) ?? false;
/** Without users nobody logs in, and everything is allowed to whoever is here. */
export const isOpen = () => current !== null && current.username === null;

export async function loadSession() {
  current = await get('/auth/session');
  setCsrfToken(current.csrf_token);
  return current;
}

export async function logIn(username, password, code) {
  const reply = await post('/auth/login', code ? { username, password, code } : { username, password });
  setCsrfToken(reply.csrf_token);
  return loadSession();
}

export async function logOut() {
  await post('/auth/logout', {}).catch(() => null);
  forget();
}

export function forget() {
  current = null;
  setCsrfToken(null);
}
