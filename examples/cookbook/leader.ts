/**
 * Several processes of one service, one of which tunes: the primary of `node:cluster` owns the engine, its workers serve, report what
 * they measured, and use the values that it sends them. A worker that dies changes nothing but the number of reports.
 *
 * Run: npm run example cookbook/leader
 */
import cluster, { type Worker } from "node:cluster"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { createEngine } from "arqon"

/** What the leader sends: values and the version that a report must name. */
interface Live {
  readonly generation: number
  readonly batch: number
}
/** What a follower sends: what it measured under which version. */
interface Report {
  readonly generation: number
  readonly objective: number
}

/** So long takes a request with a batch of this size: best at 40. */
const latencyMs = (batch: number): number => 5 + 4 * Math.log(batch / 40) ** 2 + 0.2 * Math.random()

if (cluster.isPrimary) await lead()
else await follow()

async function lead(): Promise<void> {
  const engine = createEngine({
    params: { batch: { min: 1, max: 256, scale: "log", step: 1, initial: 200 } },
    seed: 42,
    guardrails: { preset: "aggressive", minIntervalUs: 20_000, appliesPerSecond: 50 },
    // A report that was on its way when the values changed names the old version, and is not counted.
    window: { digests: 6, us: 30_000_000, settleUs: 1_000 },
  })
  const live = (): Live => ({ generation: engine.generation, batch: engine.values.batch })
  const workers = [1, 2].map(() => cluster.fork())
  const counted = (_worker: Worker, report: Report): void => void engine.observe(report)
  cluster.on("message", counted)
  // A worker may die while it is being written to. Its `exit` says so; the values are not for it any more.
  const tell = (worker: Worker): void => void worker.send(live(), () => undefined)
  let sent = 0
  const heard = engine.subscribe(({ generation }) => {
    if (generation === sent) return
    sent = generation
    for (const worker of Object.values(cluster.workers ?? {})) if (worker !== undefined) tell(worker)
  })
  await Promise.all(workers.map((worker) => once(worker, "online")))
  await engine.start()
  for (const worker of workers) tell(worker)

  while (engine.getSnapshot().counters.cycles < 20) await sleep(20)
  // A follower is killed; the others go on, and so does the tuning.
  workers[0].kill("SIGKILL")
  await once(workers[0], "exit")
  const { cycles } = engine.getSnapshot().counters
  while (engine.getSnapshot().counters.cycles < cycles + 20) await sleep(20)
  cluster.off("message", counted)
  await engine.stop()
  heard.unsubscribe()
  const { base, counters, mode } = engine.getSnapshot()
  console.log(`batch 200 became ${base.batch} after ${counters.cycles} cycles; ${mode}`)
  console.log(`${counters.digests.valid} reports counted, ${counters.digests.wrongGeneration} came too late`)
  workers[1].kill()
  await once(workers[1], "exit")
}

async function follow(): Promise<void> {
  let live: Live | null = null
  process.on("message", (message) => (live = message as Live))
  for (;;) {
    await sleep(2)
    if (live === null) continue
    const { batch, generation }: Live = live
    // The version that the work began under, not the one that is live when it ends.
    process.send?.({ generation, objective: latencyMs(batch) } satisfies Report)
  }
}
