/**
 * An Express service that limits its requests in flight and finds the limit itself. Health checks pass beside the limiter, paying
 * callers go first, and on SIGTERM the service finishes what it has begun. An open-loop generator asks for more than it can do.
 *
 * Run: npm run example cookbook/express
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { expressLimiter, inFlightLimiter, tune } from "arqon/adapters"
import express, { type Request } from "express"
import { openLoop } from "./openLoop.ts"

// #region service
/** A backend with eight slots, about 200 answers a second: more requests than that slow each other down. */
const SLOTS = 8
let inside = 0
async function quote(id: string): Promise<{ id: string; price: number }> {
  inside++
  await sleep(20 + 20 * Math.max(1, inside / SLOTS) ** 2)
  inside--
  return { id, price: 100 + Number(id) }
}

// Starts at what an ordinary day has in flight. A few may wait for a short time; the rest get a 503 at once.
const limiter = inFlightLimiter({ initial: 40, max: 100, queue: 10, queueTimeoutMs: 100 })
const { engine, stop } = await tune(limiter, { seed: 1 })

const app = express()
// Before the limiter: a full service is not a sick one, and must not be restarted for it.
app.get("/health", (_request, response) => void response.json({ mode: engine.getSnapshot().mode }))
// Your own knowledge of the caller, never a header that anybody can set.
const priority = (request: Request): number => (request.path.startsWith("/paid/") ? 1 : 0)
app.use(expressLimiter(limiter, { priority }))
app.get("/:plan/quote/:id", (request, response, next) => {
  quote(request.params.id).then((answer) => response.json(answer), next)
})
const server = app.listen(0)
await once(server, "listening")

async function shutDown(): Promise<void> {
  server.close()
  await once(server, "close")
  await stop()
}
process.once("SIGTERM", () => void shutDown())
// #endregion service

const { port } = server.address() as AddressInfo
const answers = { 200: 0, 503: 0, other: 0 }
const load = openLoop(300, async (n) => {
  const { status } = await fetch(`http://127.0.0.1:${port}/${n % 10 === 0 ? "paid" : "free"}/quote/${n}`)
  if (status === 200 || status === 503) answers[status]++
  else answers.other++
})
// Three cycles, however busy this machine is.
while (engine.getSnapshot().counters.cycles < 3) await sleep(50)
const healthy = await fetch(`http://127.0.0.1:${port}/health`)
await load.stop()

const { base, counters } = engine.getSnapshot()
console.log(
  `limit 40 became ${base.inFlight.toFixed(1)} in ${counters.cycles} cycles, ${counters.applies} applies`,
)
console.log(`${answers[200]} answered, ${answers[503]} turned away, ${answers.other} failed`)
console.log(`the health check said ${healthy.status}`)
await shutDown()
