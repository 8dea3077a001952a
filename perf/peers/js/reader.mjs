// What reads the database: one connection, its statements prepared once. Methods return the body of a reply.
import { alertJson, columns } from "./alert.mjs"
import { badRequest, notFound } from "./problem.mjs"

export class Reader {
  constructor(driver, path) {
    this.db = driver.open(path, true)
    this.db.exec("PRAGMA busy_timeout=5000; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA query_only=ON")
    const from = `SELECT ${columns} FROM alerts`
    const order = "ORDER BY created_at DESC, id DESC LIMIT ?"
    this.selectAlert = this.db.prepare(`${from} WHERE id = ?`)
    this.listFirst = this.db.prepare(`${from} ${order}`)
    this.listAfter = this.db.prepare(`${from} WHERE (created_at,id) < (?,?) ${order}`)
    this.countAll = this.db.prepare("SELECT count(*) FROM events")
    // Carrel's own function compares the text of a member as it came. This is the nearest stock thing: numbers and
    // strings are alike, `true` is 1.
    this.countField = this.db.prepare("SELECT count(*) FROM events WHERE CAST(json_extract(fields, ?) AS TEXT) IN (?)")
  }

  alert(id) {
    const row = this.selectAlert.row(id)
    if (!row) throw notFound(`there is no alert \`${id}\``)
    return alertJson(row)
  }

  list(limitText, cursor) {
    const limit = Number(limitText ?? 50)
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 1000)) {
      throw badRequest("`limit` must be an integer from 1 to 1000")
    }
    // One row more than is shown tells whether there is a next page.
    const rows = cursor == null ? this.listFirst.rows(limit + 1) : this.listAfter.rows(...positionOf(cursor), limit + 1)
    const next = rows.length > limit ? `"${cursorOf(rows[limit - 1])}"` : "null"
    let items = ""
    for (let i = 0; i < rows.length && i < limit; i++) items += (i === 0 ? "" : ",") + alertJson(rows[i])
    return `{"items":[${items}],"next":${next}}`
  }

  /** Asked through a worker: the whole reply. */
  count(filters) {
    return { status: 200, body: `{"count":${this.counted(filters)}}` }
  }

  counted(filters) {
    if (filters.length === 0) return this.countAll.row()[0]
    const [[name, value]] = filters
    if (filters.length > 1 || !name.startsWith("field.") || name.includes('"')) {
      throw badRequest("only one field.<Key>=<value> is served here")
    }
    return this.countField.row(`$."${name.slice(6)}"`, value)[0]
  }

  close() {
    this.db.close()
  }
}

const cursorOf = (row) => Buffer.from(`${row[2]}:${row[0]}`).toString("base64url")

function positionOf(cursor) {
  const [, at, id] = /^(\d+):(.+)$/.exec(Buffer.from(cursor, "base64url").toString()) ?? []
  if (id === undefined) throw badRequest("`cursor` is not one that a list gave")
  return [Number(at), id]
}
