/** What the tests of engines in a worker share: an engine that tunes fast, a plant for it, threads that look on. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { type EngineConfig, requireEngineConfig } from "../../src/domain/Config.ts"
import type { PlacedOptions } from "../../src/worker/PlacedEngine.ts"
import { placeInWorker } from "../../src/worker/placeInWorker.ts"
import type { WorkerEngine } from "../../src/engine/contract/WorkerEngine.ts"
import { workerEntry } from "../../src/platform/node/workerEntry.ts"
import { bowl, type Knob, knobs } from "../engine/plant.ts"

export type Placed = WorkerEngine<Knob>

export const FAST = {
  params: knobs,
  seed: 7,
  tickUs: 5000,
  // None of this is about silence: a crowded machine must not make a window expire.
  window: { us: 60_000_000, settleUs: 0 },
  guardrails: { preset: "aggressive", minIntervalUs: 1000, appliesPerSecond: 1000, cooldownUs: 20_000 },
  placement: "worker",
} as const

/** A thread that waits for a processor on a crowded machine does not hang. */
const PATIENCE_MS = 20_000

export const place = (config: Partial<EngineConfig<Knob>> = {}, own: Partial<PlacedOptions> = {}): Placed =>
  placeInWorker(
    requireEngineConfig({ ...FAST, ...config }),
    {},
    { entry: workerEntry, patienceMs: PATIENCE_MS, ...own },
  ) as Placed

export const faulty = new URL("./faultyWorker.ts", import.meta.url)

/** Until the engine has had time to do something: a loop that never rests takes it the processor that it needs. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** Reports what the plant shows, a window for every configuration and a digest now and then, until `done`. */
export async function feed(engine: Placed, done: () => boolean): Promise<void> {
  let shown = 0
  for (let turns = 0; !done(); turns++) {
    const { generation, values } = engine
    const digests = generation !== shown ? 5 : turns % 4 === 0 ? 1 : 0
    for (let i = 0; i < digests; i++) engine.observe({ objective: bowl(values) })
    shown = generation
    await turn()
  }
}

export interface Seen {
  readonly seen: ReadonlyMap<number, string>
  readonly mixed: number
  readonly backwards: number
  readonly reported: number
  readonly refused: number
}

/** A thread that looks on until it is told to end. */
export async function onlooker(engine: Placed, reportEveryMs: number | null = null) {
  const over = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL("./attachedThread.ts", import.meta.url), {
    workerData: { shared: engine.shared, over: over.buffer, reportEveryMs },
  })
  await once(worker, "message")
  const end = async (): Promise<Seen> => {
    const told = once(worker, "message") as Promise<[Seen]>
    Atomics.store(over, 0, 1)
    Atomics.notify(over, 0)
    const [seen] = await told
    await worker.terminate()
    return seen
  }
  /** Generations that it has seen so far. */
  return Object.assign(end, { count: () => Atomics.load(over, 1) })
}
