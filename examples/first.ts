/**
 * The first engine: a simulated service with two knobs, tuned while it works, in five seconds of real time.
 *
 * Run: npm run example first
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
  // A toy may be shaken harder than a service: see docs/reference/configuration.md for the presets.
  guardrails: "aggressive",
  window: { digests: 3, settleUs: 2_000 },
})

/** Too few workers queue, too many get in each other's way; waiting for a batch saves work up to a point. */
const latencyMs = (workers: number, batchMs: number): number =>
  60 / workers + workers / 4 + batchMs + 30 / (1 + batchMs)

const { workers, batchMs } = engine.values
console.log(
  `start: ${workers} workers, batches of ${batchMs.toFixed(1)} ms, ${latencyMs(workers, batchMs).toFixed(1)} ms`,
)

await engine.start()
const heard = engine.subscribe(({ mode, safeMode }) => {
  if (mode === "safe") console.log(`SafeMode: ${safeMode?.reason}`)
})
const endsUs = engine.nowUs + 5_000_000
while (engine.nowUs < endsUs) {
  // The work reads its knobs when it starts, and is measured under the configuration that it started with.
  await engine.track(() => sleep(latencyMs(engine.values.workers, engine.values.batchMs) / 4))
}
heard.unsubscribe()
await engine.stop()

const { values, counters } = engine.getSnapshot()
console.log(
  `end:   ${values.workers} workers, batches of ${values.batchMs.toFixed(1)} ms, ` +
    `${latencyMs(values.workers, values.batchMs).toFixed(1)} ms after ${counters.cycles} cycles and ${counters.applies} applies`,
)
