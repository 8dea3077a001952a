// Times are microseconds since 1970. A number holds them exactly until 2255; later ones are BigInts.

const second = 1e6
const last = 253402300799 // the last second that has a four-digit year

export function nowMicros() {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000)
}

// The times of one row are often the same, those of neighbours in the same second.
let lastMicros = -1
let lastText = ""
let lastSecond = -1
let lastPrefix = ""

/** `2026-11-23T10:00:00.000000Z` */
export function timeText(micros) {
  if (micros === lastMicros) return lastText
  const seconds = Math.floor(micros / second)
  if (seconds !== lastSecond) {
    lastPrefix = new Date(seconds * 1000).toISOString().slice(0, 20)
    lastSecond = seconds
  }
  lastText = `${lastPrefix}${String(micros - seconds * second).padStart(6, "0")}Z`
  lastMicros = micros
  return lastText
}

const date =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?$/
const epoch = /^(\d{1,17})(?:\.(\d+))?$/

function together(seconds, micros) {
  if (seconds < 0 || seconds > last) return undefined
  const sum = seconds * second + micros
  return Number.isSafeInteger(sum) ? sum : BigInt(seconds) * 1000000n + BigInt(micros)
}

const microsOf = (fraction) => Number(fraction.padEnd(6, "0").slice(0, 6))

/**
 * A time as events hold it: RFC 3339, the same without an offset (then UTC) and with a blank for the T, or the digits of
 * an epoch time in seconds, milliseconds or microseconds, told apart by size. Otherwise undefined.
 */
export function parseEventTime(text) {
  const found = date.exec(text)
  return found ? parseDate(found) : parseEpoch(epoch.exec(text))
}

function parseDate([, year, month, day, hour, minute, sec, fraction = "", sign, hours, minutes]) {
  if (hour > 23 || minute > 59 || sec > 60) return undefined
  const midnight = new Date(0)
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // The 31st of February becomes a day of March.
  if (midnight.getUTCDate() !== Number(day) || midnight.getUTCMonth() !== Number(month) - 1) return undefined
  const offset = sign ? (Number(hours) * 3600 + Number(minutes) * 60) * (sign === "-" ? -1 : 1) : 0
  const seconds = midnight.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(sec) - offset
  return together(seconds, microsOf(fraction))
}

function parseEpoch(found) {
  if (!found) return undefined
  const [, digits, fraction = ""] = found
  const whole = Number(digits)
  if (whole < 1e11) return together(whole, microsOf(fraction))
  if (whole < 1e14) return together(Math.floor(whole / 1e3), (whole % 1e3) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3)))
  if (whole < 1e17) return together(Number(digits.slice(0, -6)), Number(digits.slice(-6)))
  return undefined
}
