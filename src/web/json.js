// JSON without loss: an integer that a double cannot hold becomes a BigInt, and is written as it was read.

const LONG_NUMBER = /("(?:[^"\\]|\\.)*")|-?\d{16,}(?![\d.eE])/g;

/** Whether JSON.parse shows its reviver the text of a number. */
const hasSource = (() => {
  let seen = false;
  JSON.parse('1', (key, value, context) => {
    seen = context?.source === '1';
    return value;
  });
  return seen;
})();

function exact(key, value, context) {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

/** Older engines round before they ask: there long numbers become texts. */
const quoteLong = (text) => text.replace(LONG_NUMBER, (match, string) => string ?? `"${match}"`);

export function parseJson(text) {
  return hasSource ? JSON.parse(text, exact) : JSON.parse(quoteLong(text));
}

const asNumber = (big) => (JSON.rawJSON ? JSON.rawJSON(String(big)) : String(big));

export function formatJson(value, indent = 0) {
  return JSON.stringify(value, (key, each) => (typeof each === 'bigint' ? asNumber(each) : each), indent);
}
