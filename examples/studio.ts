/**
 * An engine over a simulated service with a studio open: open the address that it prints and look on while the engine works,
 * trip it, reset it, roll it back. Ctrl-C ends it; where nobody is at a terminal it ends by itself after three seconds.
 *
 * Run: npm run example studio [port]
 */
import { setTimeout as sleep } from "node:timers/promises"
import { createEngine } from "arqon"

const engine = createEngine({
  params: {
    workers: { min: 1, max: 64, scale: "log", step: 1, initial: 6 },
    batchMs: { min: 0, max: 20, initial: 16 },
  },
  objective: "minimize",
  seed: 42,
  guardrails: "aggressive",
  comparison: {},
  window: { digests: 3, settleUs: 2_000 },
})

const latencyMs = (workers: number, batchMs: number): number =>
  60 / workers + workers / 4 + batchMs + 30 / (1 + batchMs)

await engine.start()
const studio = await engine.studio({ name: "quotes", port: Number(process.argv[2] ?? 0) })
console.log(`The studio is at ${studio.url}`)

const ending = new AbortController()
process.once("SIGINT", () => ending.abort())
const seconds = process.stdout.isTTY ? Number.POSITIVE_INFINITY : 3
const endsUs = engine.nowUs + seconds * 1e6
for (let call = 0; !ending.signal.aborted && engine.nowUs < endsUs; call++) {
  const { workers, batchMs } = engine.values
  // Some calls are slower than others, without any chance in it.
  const truth = latencyMs(workers, batchMs) * (1 + 0.1 * Math.sin(call * 1.7))
  engine.observe({ objective: truth, latencyP99Us: truth * 2000, throughputRps: 1000 / truth })
  await sleep(20)
}
await studio.stop()
await engine.stop()
console.log(`${engine.getSnapshot().counters.cycles} cycles.`)
