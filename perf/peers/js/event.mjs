// What is stored of an event: the columns of the API's page 3 and the words to search.
import { parseEventTime } from "./times.mjs"
import { wordsOf } from "./text.mjs"

const depthMax = 256

// In the order in which they are tried.
const timeKeys = ["timestamp", "@timestamp", "TimeCreated", "EventTime", "time", "ts"]
const hostKeys = ["host", "Hostname", "Computer", "hostname", "host.name"]
const sourceKeys = ["source", "SourceName", "ProviderName", "Provider"]
const channelKeys = ["channel", "Channel"]
const codeKeys = ["EventID", "event_code", "event.code", "EventId"]
const severityKeys = ["severity", "Severity", "level", "Level"]

class TooDeep extends Error {}
class NotExact extends Error {}

// JSON.parse keeps a number, carrel the digits that came. They say the same of a safe integer.
const textOf = (value) => {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new NotExact()
  return String(value)
}

/** Collects the text of all scalars below a value. */
function collect(value, texts, depth) {
  if (value === null) return
  if (typeof value === "string") {
    texts.push(value)
  } else if (typeof value !== "object") {
    texts.push(textOf(value))
  } else if (depth > depthMax) {
    throw new TooDeep()
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, texts, depth + 1)
  } else {
    for (const key in value) collect(value[key], texts, depth + 1)
  }
}

const scalar = (value) => (value === undefined || value === null || typeof value === "object" ? null : textOf(value))

function firstOf(object, keys) {
  for (const key of keys) {
    const found = scalar(object[key])
    if (found !== null) return found
  }
  return null
}

function hostOf(object) {
  const found = firstOf(object, hostKeys)
  return found ?? (typeof object.host === "object" && object.host !== null ? scalar(object.host.name) : null)
}

function timeOf(object, receivedAt) {
  for (const key of timeKeys) {
    const text = scalar(object[key])
    const at = text === null ? undefined : parseEventTime(text)
    if (at !== undefined) return at
  }
  return receivedAt
}

const lowerAscii = (text) => text && text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

function columnsOf(object, receivedAt) {
  const texts = []
  collect(object, texts, 1)
  return {
    at: timeOf(object, receivedAt),
    source: firstOf(object, sourceKeys),
    host: hostOf(object),
    channel: firstOf(object, channelKeys),
    code: firstOf(object, codeKeys),
    severity: lowerAscii(firstOf(object, severityKeys)),
    words: wordsOf(texts.join("\n")),
  }
}

// Makes strings of all numbers, so that JSON.parse keeps their digits.
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
const quoteNumbers = (text) => text.replace(stringOrNumber, (found) => (found[0] === '"' ? found : `"${found}"`))

/** Throws a text that says why `text`, without white space around it, is no event. */
export function readEvent(text, receivedAt) {
  if (text === "") throw "is empty"
  let object
  try {
    object = JSON.parse(text)
  } catch {
    throw "is broken JSON"
  }
  if (object === null || typeof object !== "object" || Array.isArray(object)) throw "is no JSON object"
  try {
    return columnsOf(object, receivedAt)
  } catch (error) {
    if (error instanceof TooDeep) throw `is nested more than ${depthMax} deep`
    if (error instanceof NotExact) return columnsOf(JSON.parse(quoteNumbers(text)), receivedAt)
    throw error
  }
}
