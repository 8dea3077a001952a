// UUIDv7, each greater than the one before.
import { randomFillSync } from "node:crypto"

const pool = new Uint32Array(1024)
let used = pool.length

function random() {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool[used++]
}

const hex = (number, digits) => number.toString(16).padStart(digits, "0")

let milliseconds = 0
// The 74 bits behind the time, in words of 12, 30 and 32.
let high = 0
let middle = 0
let low = 0

function step() {
  low += 1 + random()
  if (low < 2 ** 32) return
  low -= 2 ** 32
  if (++middle < 2 ** 30) return
  middle = 0
  high++
}

export function freshId() {
  const now = Date.now()
  if (now > milliseconds) {
    milliseconds = now
    // The top bit stays free: room for the other ids of this millisecond.
    high = random() & 0x7ff
    middle = random() >>> 2
    low = random()
  } else {
    step()
  }
  const time = hex(milliseconds, 12)
  const rest = hex(0x80000000 + middle, 8)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(high, 3)}-${rest.slice(0, 4)}-${rest.slice(4)}${hex(low, 8)}`
}
