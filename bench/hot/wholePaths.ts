/**
 * The prices of whole paths, timed one by one because each takes microseconds: a decision through the actors, from the
 * digest that closes a window to the apply; the same through the runtime, until the plant reads other values; and a
 * snapshot read from another thread.
 */
import { Worker } from "node:worker_threads"
import { createActor } from "xstate"
import { createEngine } from "arqon"
import { engineMachine, makeHotPath } from "arqon/machines"
import { bytesOf, quantile, type Price } from "./measure.ts"
import { makeHot, plainKnobs } from "./subjects.ts"

const KNOBS = 16
const WARM = 4_000
const SAMPLES = 20_000

const priceOf = (times: ReadonlyArray<number>, bytesPerOp: number): Price => ({
  p50Ns: quantile(times, 0.5),
  p99Ns: quantile(times, 0.99),
  bytesPerOp,
})

const names = Array.from({ length: KNOBS }, (_, i) => `knob${String(i).padStart(2, "0")}`)
const params = Object.fromEntries(names.map((name) => [name, { min: 0, max: 100, initial: 50 }]))

/** Without a proof that it pays the tuner never rests, so every window ends in a decision. */
const ALWAYS = { prove: false }

/** Digests are 100 ms apart: by the time a window is full, Tier 1's pace is no limit and the apply follows at once. */
const APART_US = 100_000

/** Digests of a window, and digests for each decision after which it is plain that no more come. */
const WINDOW_DIGESTS = 5
const MOST_DIGESTS = 4 * WINDOW_DIGESTS

/**
 * Feeds digests and keeps how long those took that changed the configuration. Any digest may be one: where a window begins is
 * the engine's affair.
 */
const timeDecisions = (
  name: string,
  observe: (i: number) => void,
  generation: () => number,
  tidy: () => void,
): { readonly times: ReadonlyArray<number>; readonly bytesPerOp: number } => {
  let i = 0
  const times: Array<number> = []
  const digests = (count: number): void => {
    for (let k = 0; k < count; k++) {
      observe(++i)
      tidy()
    }
  }
  digests(WARM * WINDOW_DIGESTS)
  for (let fed = 0; times.length < SAMPLES; fed++) {
    if (fed > MOST_DIGESTS * SAMPLES)
      throw new Error(`${name}: ${fed} digests gave only ${times.length} decisions of ${SAMPLES}`)
    const before = generation()
    i++
    const begun = performance.now()
    observe(i)
    const took = performance.now() - begun
    if (generation() !== before) times.push(took * 1e6)
    tidy()
  }
  const bytesPerOp = bytesOf((count) => digests(count * WINDOW_DIGESTS), 5_000)
  return { times, bytesPerOp }
}

const objectiveAt = (i: number): number => 10 + ((i * 7919) % 101) * 1e-3

export const decideActors = (): Price => {
  const { hot } = makeHotPath({
    knobs: params,
    manualTime: true,
    window: { settleUs: 0, windowUs: 10 * APART_US },
  })
  const engine = createActor(engineMachine, { input: { hot, seed: 42, names, settings: ALWAYS } })
  engine.start()
  engine.send({ type: "start", nowUs: 0 })
  const ignore = (): void => {}
  const { times, bytesPerOp } = timeDecisions(
    "decideActors",
    (i) => void hot.observeObject({ objective: objectiveAt(i), timestampUs: i * APART_US }),
    () => hot.config.generation,
    () => void hot.audit.drain(ignore),
  )
  if (hot.executor.refused.some((count) => count > 0)) throw new Error("decideActors: applies were refused")
  engine.send({ type: "stop", nowUs: hot.nowUs })
  return priceOf(times, bytesPerOp)
}

export const digestToVisible = async (): Promise<Price> => {
  const engine = createEngine({
    params,
    objective: "minimize",
    seed: 42,
    clock: "manual",
    gains: ALWAYS,
    window: { settleUs: 0, us: 10 * APART_US },
  })
  await engine.start()
  // What the plant sees: a read of a knob, after which the generation tells whether it was a new one.
  let seen = 0
  const { times, bytesPerOp } = timeDecisions(
    "digestToVisible",
    (i) => {
      engine.observe({ objective: objectiveAt(i), timestampUs: i * APART_US })
      seen += engine.values["knob00"]
    },
    () => engine.generation,
    () => {},
  )
  if (!Number.isFinite(seen)) throw new Error("digestToVisible: the plant read nonsense")
  await engine.stop()
  return priceOf(times, bytesPerOp)
}

export const snapshotOtherThread = async (): Promise<Price> => {
  const hot = makeHot(plainKnobs(KNOBS))
  const worker = new Worker(new URL("./readerWorker.ts", import.meta.url), {
    workerData: { buffer: hot.config.buffer, knobs: KNOBS, samples: 2_000, batch: 1_000 },
  })
  const { times, bytesPerOp } = await new Promise<{ times: Float64Array; bytesPerOp: number }>(
    (resolve, reject) => {
      worker.once("message", resolve)
      worker.once("error", reject)
    },
  )
  await worker.terminate()
  return priceOf(Array.from(times), bytesPerOp)
}
