// better-sqlite3 as the shared code wants it: rows are arrays.
import Database from "better-sqlite3"

export function open(path, readonly) {
  const db = new Database(path, { readonly, fileMustExist: true })
  return {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => adapt(db.prepare(sql)),
    inTransaction: () => db.inTransaction,
    close: () => db.close(),
  }
}

function adapt(statement) {
  if (!statement.reader) return { run: statement.run.bind(statement) }
  statement.raw(true)
  return { row: statement.get.bind(statement), rows: statement.all.bind(statement) }
}
