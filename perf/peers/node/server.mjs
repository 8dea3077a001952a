// Carrel's API on fastify and better-sqlite3: the part of it that the benchmark's scenarios use.
import { createRequire } from "node:module"
import Fastify from "fastify"
import { problemReply, notFound } from "../js/problem.mjs"
import { Service, parseArguments } from "../js/service.mjs"
import * as driver from "./driver.mjs"

const { database, port, durability } = parseArguments()
const service = new Service(new URL("./driver.mjs", import.meta.url).href, driver, database, durability)

const app = Fastify({ logger: false, keepAliveTimeout: 600_000, bodyLimit: 64 << 20, maxParamLength: 128 })
// Bodies go to the writer as they are; it reads them.
app.removeAllContentTypeParsers()
app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => done(null, body))
app.addContentTypeParser("application/x-ndjson", { parseAs: "buffer" }, (request, body, done) => done(null, body))

const json = "application/json"

function answer(reply, { status, body, location }) {
  if (location) reply.header("location", location)
  reply.code(status).header("content-type", status < 400 ? json : "application/problem+json").send(body)
}

app.get("/health/live", (request, reply) => {
  reply.header("content-type", json).send('{"status":"alive"}')
})
app.get("/api/v1/alerts/:id", (request, reply) => {
  reply.header("content-type", json).send(service.reader.alert(request.params.id))
})
app.get("/api/v1/alerts", (request, reply) => {
  reply.header("content-type", json).send(service.reader.list(request.query.limit, request.query.cursor))
})
app.get("/api/v1/events/count", async (request, reply) => {
  answer(reply, await service.count(Object.entries(request.query), request.url))
  return reply
})
app.post("/api/v1/alerts", async (request, reply) => {
  answer(reply, await service.postAlert(request.body, request.url))
  return reply
})
app.post("/api/v1/events", async (request, reply) => {
  answer(reply, await service.postEvents(request.body, request.url))
  return reply
})
app.setErrorHandler((error, request, reply) => answer(reply, problemReply(error, request.url)))
app.setNotFoundHandler((request, reply) => answer(reply, problemReply(notFound("there is nothing here"), request.url)))

process.once("SIGTERM", async () => {
  await app.close()
  await service.close()
})

const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version
const runtime = `Node ${process.version}, fastify ${version("fastify")}, better-sqlite3 ${version("better-sqlite3")}`
console.error(await service.settings(runtime))
console.log("listening on " + (await app.listen({ host: "127.0.0.1", port })))
