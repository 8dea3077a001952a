// Elements. What comes from outside only ever becomes a text: nothing here reads markup.

const SVG = 'http://www.w3.org/2000/svg';

function put(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (name === 'value' || name === 'checked' || name === 'selected' || name === 'indeterminate')
    element[name] = value;
  else if (name === 'vars')
    for (const [key, each] of Object.entries(value)) element.style.setProperty(`--${key}`, each);
  else element.setAttribute(name, value === true ? '' : value);
}

/** Marks that turn the direction of writing would make `exe.pdf` of `fdp.exe`: they are shown by their numbers. */
const shown = (text) =>
  text.replace(
    /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`,
  );
const asNodes = (children) =>
  children
    .flat(Infinity)
    .filter((each) => each !== null && each !== undefined && each !== false)
    .map((each) => (each instanceof Node ? each : shown(String(each))));

function fill(element, attributes, children) {
  element.append(...asNodes(children));
  for (const [name, value] of Object.entries(attributes ?? {})) put(element, name, value);
  return element;
}

/** h('p', {class: 'quiet', onclick: f}, 'text', element): children that are null or false are left out. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function replace(element, ...children) {
  element.replaceChildren(...asNodes(children).filter((each) => each !== ''));
  return element;
}

let ids = 0;
export const freshId = (what) => `${what}-${++ids}`;

/** The last of several calls in a row, a moment later. */
export function debounced(call, delay = 250) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), delay);
  };
}
