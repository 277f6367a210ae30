/**
 * A thread attached to an engine: reads the configuration over and over, and reports digests where it is asked to. Says at the end
 * which values it saw under each generation, and how often one generation showed two.
 */
import { parentPort, workerData } from "node:worker_threads"
import { attachEngine } from "../../src/worker/attachEngine.ts"
import type { SharedHandle } from "../../src/engine/contract/WorkerEngine.ts"

interface Task {
  readonly shared: SharedHandle<"batch" | "timeout">
  /** [0]: go on while it is 0. [1]: generations seen so far. */
  readonly over: SharedArrayBuffer
  /** Milliseconds between two digests; null: report none. */
  readonly reportEveryMs: number | null
}

const { shared, over, reportEveryMs } = workerData as Task
const engine = attachEngine(shared)
const flag = new Int32Array(over)
const seen = new Map<number, string>()
let mixed = 0
let backwards = 0
let last = 0
let reported = 0
let refused = 0

const look = (generation: number, batch: number, timeout: number): void => {
  const text = JSON.stringify({ batch, timeout })
  if ((seen.get(generation) ?? text) !== text) mixed++
  if (generation < last) backwards++
  last = generation
  seen.set(generation, text)
  Atomics.store(flag, 1, seen.size)
}

parentPort?.postMessage("running")
for (let round = 0; Atomics.load(flag, 0) === 0; round++) {
  // Several of them on few processors: let the engine have one now and then.
  if (round % 200 === 0) Atomics.wait(flag, 0, 0, 1)
  if (reportEveryMs !== null) {
    const { batch, timeout } = engine.values
    const objective = ((timeout - 7) / 10) ** 2 + Math.log(batch / 20) ** 2 / 30
    if (engine.observe({ objective })) reported++
    else refused++
    Atomics.wait(flag, 0, 0, reportEveryMs)
  }
  // A loop that never yields, by names, generation first: every round must be of one generation.
  const { generation, values } = engine
  look(generation, values.batch, values.timeout)
  const whole = engine.current()
  look(whole.generation, whole.values.batch, whole.values.timeout)
}
parentPort?.postMessage({ seen, mixed, backwards, reported, refused })
