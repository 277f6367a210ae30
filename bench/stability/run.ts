/** One run of a simulated service through the whole engine, in manual time, with the stability latch on. */
import { createEngine } from "../../src/index.ts"
import { LoopStability } from "../../src/control/LoopStability.ts"
import { type Kind, KNOBS } from "./plants.ts"

/** Digests before the fault, and in all; one comes every 20 ms. */
export const FAULT = 2_500
export const END = 5_500
const EVERY_US = 20_000

/** Factors on every threshold: where the ROC is drawn. 1 is what an engine uses. */
export const STRICTNESS: ReadonlyArray<number> = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3]

export interface Trip {
  readonly digest: number
  /** Windows since the fault. */
  readonly window: number
  readonly text: string
}

export interface Run {
  /** The first trip for instability; null: none. */
  readonly trip: Trip | null
  /** SafeMode opened before, for these reasons. */
  readonly others: ReadonlyArray<string>
  /** For each factor the digest at which the watch would have called the loop unstable first. */
  readonly alarms: ReadonlyArray<number | null>
}

/** A run that ends with its trip; where there is a fault the factors are tried on another one that nothing ends. */
export async function run(kind: Kind, seed: number, faulty: boolean): Promise<Run> {
  const ended = await pass(kind, seed, faulty, true)
  return faulty ? { ...ended, alarms: (await pass(kind, seed, faulty, false)).alarms } : ended
}

async function pass(kind: Kind, seed: number, faulty: boolean, stability: boolean): Promise<Run> {
  const names = Array.from({ length: KNOBS }, (_, k) => `k${k}`)
  const engine = createEngine({
    params: Object.fromEntries(names.map((name) => [name, { min: 0, max: 1, initial: kind.initial ?? 0.5 }])),
    seed,
    clock: "manual",
    audit: { memory: 1 },
    stability,
  })
  await engine.start()
  const of = (values: Readonly<Record<string, number>>): Float64Array =>
    Float64Array.from(names, (name) => values[name])
  const loops = STRICTNESS.map((strictness) => new LoopStability(KNOBS, strictness))
  const alarms: Array<number | null> = STRICTNESS.map(() => null)
  const others: Array<string> = []
  const trips: Array<Trip> = []
  let digest = 0
  let windows = 0
  let windowAtFault = 0
  let knobs = of(engine.values)
  let base = knobs
  const audit = engine.audit.subscribe(({ kind: what, reason, note }) => {
    if (what !== "safeModeEntered") return
    if (reason === "instability") trips.push({ digest, window: windows - windowAtFault, text: note ?? "" })
    else if (trips.length === 0) others.push(reason ?? "")
  })
  const counted = engine.windows$.subscribe((window) => {
    windows++
    loops.forEach((loop, i) => {
      if (window.status === "expired") return loop.miss()
      if (loop.observe(window.loss, window.trend, knobs, base)) alarms[i] ??= digest
    })
    base = of(engine.getSnapshot().base)
  })
  const service = kind.make(seed)
  for (digest = 0; digest < END && trips.length === 0; digest++) {
    if (digest === FAULT) windowAtFault = windows
    const timestampUs = (digest + 1) * EVERY_US
    engine.tick(timestampUs)
    knobs = of(engine.values)
    engine.observe({
      timestampUs,
      objective: service(Array.from(knobs), digest, faulty && digest >= FAULT),
    })
  }
  counted.unsubscribe()
  audit.unsubscribe()
  await engine.stop()
  return { trip: trips[0] ?? null, others, alarms }
}
