// What writes the database: one connection, its statements prepared once. Methods return the reply, committed.
import { isUtf8 } from "node:buffer"
import { alertJson, columns, fingerprintAt, readAlert } from "./alert.mjs"
import { readEvent } from "./event.mjs"
import { conflict, invalid } from "./problem.mjs"
import { nowMicros } from "./times.mjs"
import { wordsOf } from "./text.mjs"
import { freshId } from "./uuid.mjs"

// As carrel does: alerts go into the full-text index a thousand at a time, in the transaction of the one that finds a
// thousand waiting.
const waitingMax = 1024
const faultsMax = 100

export class Writer {
  constructor(driver, path, durability) {
    this.db = driver.open(path, false)
    // Checkpoints are as far apart as carrel's.
    this.db.exec(
      "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=5000; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; " +
        `PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=4096; PRAGMA synchronous=${durability}`,
    )
    const prepare = (sql) => this.db.prepare(sql)
    this.begin = prepare("BEGIN IMMEDIATE")
    this.commit = prepare("COMMIT")
    this.rollback = prepare("ROLLBACK")
    this.insertAlert = prepare(`INSERT INTO alerts(${columns}) VALUES (${"?,".repeat(17)}?)`)
    this.selectAlert = prepare(`SELECT ${columns} FROM alerts WHERE id = ?`)
    this.twin = prepare("SELECT id FROM alerts WHERE fingerprint = ? AND fingerprint IS NOT NULL AND status <> 7")
    this.touchTwin = prepare(
      "UPDATE alerts SET version = version + 1, updated_at = ?, last_seen = ?, duplicate_count = duplicate_count + 1 WHERE id = ?",
    )
    this.eventExists = prepare("SELECT 1 FROM events WHERE id = ?")
    this.setIndexed = prepare("UPDATE text_indexed SET row = ? WHERE name = 'alerts'")
    this.waiting = prepare("SELECT seq, title, description FROM alerts WHERE seq > ? AND seq <= ? ORDER BY seq")
    this.indexAlert = prepare("INSERT INTO alerts_text(rowid, words) VALUES (?, ?)")
    this.insertEvent = prepare(
      "INSERT INTO events(id, timestamp, received_at, source, host, channel, event_code, severity, fields) VALUES (?,?,?,?,?,?,?,?,?)",
    )
    this.insertWords = prepare("INSERT INTO events_text(rowid, words) VALUES (?, ?)")
    // What only writers change is remembered, so that most alerts cost one INSERT that commits by itself.
    const rows = prepare("SELECT (SELECT row FROM text_indexed WHERE name = 'alerts'), (SELECT ifnull(max(seq), 0) FROM alerts)")
    ;[this.indexed, this.last] = rows.row()
  }

  /** One line about what is in force, as the connection tells it. */
  settings() {
    const names = ["journal_mode", "synchronous", "busy_timeout", "cache_size", "wal_autocheckpoint"]
    const pragmas = names.map((name) => `${name} ${this.db.prepare(`PRAGMA ${name}`).row()[0]}`)
    return `SQLite ${this.db.prepare("SELECT sqlite_version()").row()[0]}, ${pragmas.join(", ")}`
  }

  transaction(work) {
    this.begin.run()
    try {
      const result = work()
      this.commit.run()
      return result
    } catch (error) {
      // SQLite may have rolled back already.
      if (this.db.inTransaction()) this.rollback.run()
      throw error
    }
  }

  postAlert(body) {
    let given
    try {
      given = JSON.parse(body)
    } catch {
      throw invalid("the body is broken JSON")
    }
    const { row, events } = readAlert(given, nowMicros())
    const next = this.last + 1
    const isDue = next <= this.indexed || next - this.indexed >= waitingMax
    if (events.length === 0 && row[fingerprintAt] === null && !isDue) {
      this.last = this.insert(row)
      return created(row)
    }
    const { joined, last, indexed } = this.transaction(() => this.insertWithMore(row, events, isDue))
    if (joined) return { status: 200, body: alertJson(joined) }
    this.last = last
    this.indexed = indexed
    return created(row)
  }

  insert(row) {
    try {
      return Number(this.insertAlert.run(...row).lastInsertRowid)
    } catch (error) {
      throw error.code === "SQLITE_CONSTRAINT_UNIQUE" ? conflict("`id` is taken") : error
    }
  }

  insertWithMore(row, events, isDue) {
    for (const id of events) if (!this.eventExists.row(id)) throw invalid(`\`event_ids\` ${id} does not exist`)
    const twin = row[fingerprintAt] === null ? undefined : this.twin.row(row[fingerprintAt])
    if (twin) {
      this.touchTwin.run(row[2], row[2], twin[0])
      return { joined: this.selectAlert.row(twin[0]) }
    }
    const last = this.insert(row)
    return { last, indexed: isDue ? this.index(last) : this.indexed }
  }

  /** Indexes what waits up to `last`; the last row that is indexed then. */
  index(last) {
    // The number of a deleted row may come again.
    const isOld = last <= this.indexed
    for (const [row, title, description] of this.waiting.rows(isOld ? last - 1 : this.indexed, last)) {
      this.indexAlert.run(row, wordsOf(description === null ? title : `${title}\n${description}`))
    }
    if (isOld) return this.indexed
    this.setIndexed.run(last)
    return last
  }

  postEvents(bytes) {
    const receivedAt = nowMicros()
    const told = { accepted: 0, rejected: 0, errors: [], first_id: null, last_id: null }
    this.transaction(() => {
      let number = 0
      for (const line of linesOf(bytes)) {
        number++
        try {
          if (line === null) throw "is no UTF-8"
          told.last_id = this.insertOne(line.replace(space, ""), receivedAt)
          told.first_id ??= told.last_id
          told.accepted++
        } catch (why) {
          if (typeof why !== "string") throw why
          told.rejected++
          if (told.errors.length < faultsMax) told.errors.push({ line: number, detail: why })
        }
      }
      if (told.accepted === 0) throw invalid("no line was accepted")
    })
    return { status: 201, body: JSON.stringify(told) }
  }

  insertOne(text, receivedAt) {
    const event = readEvent(text, receivedAt)
    const id = freshId()
    const { at, source, host, channel, code, severity } = event
    const done = this.insertEvent.run(id, at, receivedAt, source, host, channel, code, severity, text)
    this.insertWords.run(done.lastInsertRowid, event.words)
    return id
  }

  close() {
    this.db.close()
  }
}

const created = (row) => ({ status: 201, body: alertJson(row), location: `/api/v1/alerts/${row[0]}` })

const space = /^[ \t\r\n]+|[ \t\r\n]+$/g

/** The lines of a body, null for one that is no UTF-8. */
function* linesOf(body) {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const isSound = isUtf8(bytes)
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    const to = end < 0 ? bytes.length : end
    yield isSound || isUtf8(bytes.subarray(from, to)) ? bytes.toString("utf8", from, to) : null
    from = to + 1
  }
}
