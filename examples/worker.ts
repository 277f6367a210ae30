/**
 * An engine in a worker thread, and two more threads that serve requests: they read their knob and report what they measured,
 * while the thread that made the engine is free to do anything.
 *
 * Run: npm run example worker
 */
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import { createEngine, type SharedHandle } from "arqon"
import { attachEngine } from "arqon/node"

/** A plant: so long takes a request with a batch of this size. Best at 40. */
const latencyMs = (batch: number): number => 5 + Math.log(batch / 40) ** 2 * 4 + Math.random() * 0.2

if (isMainThread) await main()
else await requests()

/** A thread that serves requests: all it needs is the handle it was sent. */
async function requests(): Promise<void> {
  const engine = attachEngine<"batch">(workerData as SharedHandle<"batch">)
  const told: Array<unknown> = []
  parentPort?.once("message", (message) => told.push(message))
  while (told.length === 0) {
    const { generation, values } = engine
    engine.observe({ objective: latencyMs(values.batch), generation })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function main(): Promise<void> {
  const engine = createEngine({
    params: { batch: { min: 1, max: 256, scale: "log", step: 1, initial: 200 } },
    seed: 42,
    guardrails: { preset: "aggressive", minIntervalUs: 5_000, appliesPerSecond: 100 },
    window: { settleUs: 1_000 },
    placement: "worker",
  })
  await engine.start()
  const threads = [1, 2].map(() => new Worker(fileURLToPath(import.meta.url), { workerData: engine.shared }))

  const tuned = new Promise<void>((resolve) => {
    engine.subscribe(({ counters }) => {
      if (counters.cycles >= 60) resolve()
    })
  })
  await tuned
  const { base, counters } = engine.getSnapshot()
  console.log(`batch 200 became ${base.batch} after ${counters.cycles} cycles`)

  engine.setBaseline("good enough")
  console.log(`SafeMode: ${engine.safeMode ?? "closed"}; workers that died: ${engine.worker().deaths}`)

  for (const thread of threads) {
    thread.postMessage("over")
    await once(thread, "exit")
  }
  await engine.stop()
  console.log(`stopped on batch ${engine.values.batch}, generation ${engine.generation}`)
}
