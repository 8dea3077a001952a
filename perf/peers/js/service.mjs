// What the two JavaScript peers share: who does what, and the start and end of the program.
//
// Point reads and lists are answered on the event loop. What would hold it up goes to worker threads, as the drivers'
// authors advise: scans to one a core, and writes to one if their commits wait for the disk. Commits that do not cost less
// than the way to a worker and back (measured: half), so they are done at once.
import { accessSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { parseArgs } from "node:util"
import { Desk } from "./desk.mjs"
import { replyOf } from "./problem.mjs"
import { Reader } from "./reader.mjs"
import { Writer } from "./writer.mjs"

export function parseArguments() {
  const { values } = parseArgs({
    options: {
      database: { type: "string" },
      port: { type: "string", default: "0" },
      durability: { type: "string", default: "full" },
    },
  })
  if (!values.database || !["full", "normal"].includes(values.durability)) {
    console.error("usage: --database FILE [--port 0] [--durability full|normal]")
    process.exit(2)
  }
  accessSync(values.database)
  return { ...values, port: Number(values.port) }
}

/** A Writer on the event loop, called as a Desk is. */
class Here {
  constructor(driver, path, durability) {
    this.writer = new Writer(driver, path, durability)
  }

  async call(method, argument, target) {
    return replyOf(this.writer, method, argument, target)
  }
}

export class Service {
  constructor(driverUrl, driver, path, durability) {
    this.writer = durability === "full" ? new Desk({ driverUrl, path, durability }) : new Here(driver, path, durability)
    const scanners = availableParallelism?.() ?? cpus().length
    this.scanners = Array.from({ length: scanners }, () => new Desk({ driverUrl, path }))
    this.reader = new Reader(driver, path)
  }

  async settings(runtime) {
    const told = await this.writer.call("settings")
    const where = this.writer instanceof Desk ? "a worker" : "on the event loop"
    return `${runtime}, ${told}, connections 1 writer (${where}), 1 reader, ${this.scanners.length} for scans`
  }

  // These three end in `{status, body, location?}`.
  count(filters, target) {
    const idlest = this.scanners.reduce((a, b) => (b.load < a.load ? b : a))
    return idlest.call("count", filters, target)
  }

  postAlert(text, target) {
    return this.writer.call("postAlert", text, target)
  }

  postEvents(bytes, target) {
    return this.writer.call("postEvents", bytes, target)
  }

  /** The writer last: it checkpoints. */
  async close() {
    await Promise.all(this.scanners.map((each) => each.call("close")))
    this.reader.close()
    await this.writer.call("close")
  }
}
