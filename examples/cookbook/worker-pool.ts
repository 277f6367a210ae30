/**
 * A pool of worker threads that finds how many of them are worth having: more threads than cores take time from each other. The same
 * file is the pool's worker.
 *
 * Run: npm run example cookbook/worker-pool
 */
import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { isMainThread } from "node:worker_threads"
import { piscinaThreads, tune } from "arqon/adapters"
import { Piscina } from "piscina"
import { openLoop } from "./openLoop.ts"

/** The work of a thread: about a millisecond of arithmetic. */
export function digest(text: string): string {
  let hash = text
  for (let i = 0; i < 400; i++) hash = createHash("sha256").update(hash).digest("hex")
  return hash
}

if (isMainThread) await main()

async function main(): Promise<void> {
  const pool = new Piscina<string, string>({
    filename: import.meta.url,
    name: "digest",
    minThreads: 1,
    maxThreads: 8,
    idleTimeout: 500,
    // Beyond this a task is refused, so that a crowd does not pile up.
    maxQueue: 50,
  })
  const threads = piscinaThreads(pool, { initial: 8 })
  const { engine, stop } = await tune(threads, { seed: 9 })
  const first = await threads.runTask("a task")

  let done = 0
  let refused = 0
  const load = openLoop(150, (n) =>
    threads.runTask(`task ${n}`).then(
      () => done++,
      () => refused++,
    ),
  )
  while (engine.getSnapshot().counters.cycles < 2) await sleep(50)
  await load.stop()
  const { base, counters } = engine.getSnapshot()
  console.log(
    `${first.length} digits a task; 8 threads became ${base.threads.toFixed(1)} in ${counters.cycles} cycles`,
  )
  console.log(`${done} tasks done, ${refused} refused, ${counters.applies} applies`)
  await stop()
  await pool.destroy()
}
