// A thread with a Reader or a Writer of its own, which does what takes long: scans and commits that wait for the disk.
import { parentPort, workerData } from "node:worker_threads"
import { replyOf } from "./problem.mjs"
import { Reader } from "./reader.mjs"
import { Writer } from "./writer.mjs"

const { driverUrl, path, durability } = workerData
const driver = await import(driverUrl)
const store = durability ? new Writer(driver, path, durability) : new Reader(driver, path)

parentPort.on("message", ({ number, method, argument, target }) => {
  parentPort.postMessage({ number, reply: replyOf(store, method, argument, target) })
  if (method === "close") parentPort.close()
})
