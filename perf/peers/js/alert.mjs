// An alert as a row and as JSON. Rows are arrays in the order of `columns`.
import { invalid } from "./problem.mjs"
import { timeText } from "./times.mjs"
import { freshId } from "./uuid.mjs"

export const columns =
  "id,version,created_at,updated_at,title,description,severity,status,disposition,rule_id,event_ids,assigned_to,tags," +
  "risk_score,fingerprint,duplicate_count,last_seen,investigation_id"
export const fingerprintAt = 14

// Kept in the database by place.
const severities = ["informational", "low", "medium", "high", "critical"]
const statuses = ["pending", "acknowledged", "investigating", "resolved", "escalated", "dismissed", "false_positive", "closed"]
const dispositions = ["undetermined", "true_positive", "false_positive", "benign", "suspicious", "inconclusive"]

const textOf = (value) => (value === null ? "null" : JSON.stringify(value))

/** What `JSON.stringify` would make of it, without the object in between. */
export function alertJson(row) {
  return (
    `{"id":"${row[0]}","version":${row[1]},"created_at":"${timeText(row[2])}","updated_at":"${timeText(row[3])}",` +
    `"title":${JSON.stringify(row[4])},"description":${textOf(row[5])},"severity":"${severities[row[6]]}",` +
    `"status":"${statuses[row[7]]}","disposition":"${dispositions[row[8]]}","rule_id":${textOf(row[9])},` +
    `"event_ids":${row[10]},"assigned_to":${textOf(row[11])},"tags":${row[12]},"risk_score":${row[13]},` +
    `"fingerprint":${textOf(row[14])},"duplicate_count":${row[15]},"last_seen":"${timeText(row[16])}",` +
    `"investigation_id":${textOf(row[17])}}`
  )
}

function size(text) {
  return [...text].length
}

function checkText(given, name, most, least = 0) {
  const text = given[name] ?? null
  if (text === null) return null
  if (typeof text !== "string") throw invalid(`\`${name}\` must be a string`)
  if (text.length < least || (text.length > most && size(text) > most)) {
    throw invalid(`\`${name}\` must have ${least} to ${most} characters`)
  }
  return text
}

function checkName(given, name, names) {
  const place = names.indexOf(given[name])
  if (place < 0) throw invalid(`\`${name}\` must be one of ${names.join(", ")}`)
  return place
}

function checkList(given, name, most, mostCharacters) {
  const list = given[name] ?? []
  if (!Array.isArray(list) || list.length > most) throw invalid(`\`${name}\` must be a list of at most ${most} strings`)
  for (const item of list) {
    if (typeof item !== "string" || (item.length > mostCharacters && size(item) > mostCharacters)) {
      throw invalid(`\`${name}\` must hold strings of at most ${mostCharacters} characters`)
    }
  }
  return list
}

const known = new Set([
  "id", "title", "description", "severity", "disposition", "rule_id", "event_ids", "assigned_to", "tags", "risk_score",
  "fingerprint",
])
const idPattern = /^[A-Za-z0-9_-]{1,128}$/

/** Checks the body of POST /alerts: the row that it asks for, and the ids of the events that must exist. */
export function readAlert(given, now) {
  if (given === null || typeof given !== "object" || Array.isArray(given)) throw invalid("the body must be a JSON object")
  for (const name in given) if (!known.has(name)) throw invalid(`\`${name}\` is not known here`)
  const id = given.id ?? freshId()
  if (typeof id !== "string" || !idPattern.test(id) || id === "count" || id === "stats") {
    throw invalid("`id` must be 1 to 128 of A-Z, a-z, 0-9, _ and -")
  }
  const title = checkText(given, "title", 200, 1)
  if (title === null) throw invalid("`title` is required")
  const score = given.risk_score ?? null
  if (score !== null && !(Number.isInteger(score) && score >= 0 && score <= 100)) {
    throw invalid("`risk_score` must be an integer from 0 to 100")
  }
  const events = checkList(given, "event_ids", 1000, 128)
  const row = [
    id, 1, now, now, title, checkText(given, "description", 10000), checkName(given, "severity", severities), 0,
    given.disposition == null ? 0 : checkName(given, "disposition", dispositions), checkText(given, "rule_id", 128),
    JSON.stringify(events), checkText(given, "assigned_to", 200), JSON.stringify(checkList(given, "tags", 50, 100)),
    score, checkText(given, "fingerprint", 256), 0, now, null,
  ]
  return { row, events }
}
