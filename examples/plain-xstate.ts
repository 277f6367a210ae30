/**
 * An engine under plain XState: no Effect, no RxJS, no timers. A simulated worker pool is tuned in virtual time; the
 * program ends by itself and prints what it found.
 *
 * Run: npm run example plain-xstate
 */
import { createActor } from "xstate"
import { engineMachine, makeHotPath } from "arqon/machines"

const { hot, names, value } = makeHotPath({
  knobs: {
    concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 8 },
    batchMs: { min: 0, max: 50, initial: 30 },
  },
  manualTime: true,
})

/** Latency of the simulated pool: too few workers queue, too many contend, and waiting for a batch costs what it saves. */
function latencyMs(i: number): number {
  const workers = value("concurrency")
  const batch = value("batchMs")
  const queueing = 900 / workers
  const contention = 0.4 * workers
  const batching = 0.5 * batch + 120 / (batch + 2)
  const noise = 1 + 0.03 * Math.sin(i * 12.9898)
  return (queueing + contention + batching) * noise
}

const engine = createActor(engineMachine, { input: { hot, seed: 42, names } })
engine.subscribe((snapshot) => {
  if (snapshot.hasTag("safe") && snapshot.matches("running")) console.log("SafeMode is open")
})
engine.start()

const before = latencyMs(0)
console.log(`start: ${describe()}  ${before.toFixed(1)} ms`)
engine.send({ type: "start", nowUs: 0 })

// Twenty minutes of virtual time, one digest every 20 ms. The plant reads its knobs and reports; the engine does the rest.
let audited = 0
for (let i = 1; i <= 60_000; i++) {
  hot.observeObject({ objective: latencyMs(i), timestampUs: i * 20_000 })
  audited += hot.audit.drain(() => undefined)
}

const after = latencyMs(0)
console.log(`tuned: ${describe()}  ${after.toFixed(1)} ms`)
console.log(`${hot.executor.applies} applies, ${audited} audit records`)

engine.send({ type: "stop", nowUs: hot.nowUs })
console.log(`engine ${engine.getSnapshot().status}, plant left on its base: ${describe()}`)
if (!(after < before)) throw new Error("tuning made it worse")

function describe(): string {
  return `concurrency ${value("concurrency")}, batch ${value("batchMs").toFixed(1)} ms`
}
