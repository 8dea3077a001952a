// Calls methods of the Reader or Writer on a worker thread.
import { Worker } from "node:worker_threads"

export class Desk {
  constructor(workerData) {
    this.waiting = new Map()
    this.number = 0
    this.worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData })
    this.worker.on("message", ({ number, reply }) => {
      const resolve = this.waiting.get(number)
      this.waiting.delete(number)
      resolve(reply)
    })
    this.worker.on("error", (error) => {
      console.error(error)
      process.exit(1)
    })
  }

  get load() {
    return this.waiting.size
  }

  call(method, argument, target) {
    return new Promise((resolve) => {
      const number = ++this.number
      this.waiting.set(number, resolve)
      this.worker.postMessage({ number, method, argument, target })
    })
  }
}
