// Carrel's API on Bun.serve and bun:sqlite: the part of it that the benchmark's scenarios use.
import { notFound, problemReply } from "../js/problem.mjs"
import { Service, parseArguments } from "../js/service.mjs"
import * as driver from "./driver.mjs"

const { database, port, durability } = parseArguments()
const service = new Service(new URL("./driver.mjs", import.meta.url).href, driver, database, durability)

const plain = { headers: { "content-type": "application/json" } }

function answer({ status, body, location }) {
  const headers = { "content-type": status < 400 ? "application/json" : "application/problem+json" }
  if (location) headers.location = location
  return new Response(body, { status, headers })
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port,
  idleTimeout: 255,
  maxRequestBodySize: 64 << 20,
  routes: {
    "/health/live": new Response('{"status":"alive"}', plain),
    "/api/v1/alerts/:id": { GET: (request) => new Response(service.reader.alert(request.params.id), plain) },
    "/api/v1/alerts": {
      GET: (request) => {
        const query = new URL(request.url).searchParams
        return new Response(service.reader.list(query.get("limit"), query.get("cursor")), plain)
      },
      POST: async (request) => answer(await service.postAlert(await request.text(), "/api/v1/alerts")),
    },
    "/api/v1/events/count": {
      GET: async (request) => {
        const filters = [...new URL(request.url).searchParams]
        return answer(await service.count(filters, "/api/v1/events/count"))
      },
    },
    "/api/v1/events": {
      POST: async (request) => answer(await service.postEvents(await request.bytes(), "/api/v1/events")),
    },
  },
  fetch: (request) => answer(problemReply(notFound("there is nothing here"), new URL(request.url).pathname)),
  error: (error) => answer(problemReply(error, "")),
})

process.once("SIGTERM", async () => {
  await server.stop()
  await service.close()
  process.exit(0)
})

console.error(await service.settings(`Bun ${Bun.version}, Bun.serve, bun:sqlite`))
console.log(`listening on http://127.0.0.1:${server.port}`)
