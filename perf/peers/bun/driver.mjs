// bun:sqlite as the shared code wants it: rows are arrays.
import { Database } from "bun:sqlite"

export function open(path, readonly) {
  const db = new Database(path, readonly ? { readonly } : { readwrite: true })
  return {
    exec: (sql) => db.run(sql),
    prepare: (sql) => adapt(db.prepare(sql)),
    inTransaction: () => db.inTransaction,
    close: () => db.close(),
  }
}

const adapt = (statement) => ({
  run: statement.run.bind(statement),
  row: (...values) => statement.values(...values)[0],
  rows: statement.values.bind(statement),
})
