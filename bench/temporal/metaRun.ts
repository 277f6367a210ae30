/** Plants whose optimum stays or moves, and an engine with a meta level of some depth on each: what is really paid. */
import { createEngine } from "../../src/index.node.ts"
import { gaussianAt as normalAt, uniformAt } from "../../src/testing/noise.ts"

const KNOBS = ["a", "b", "c", "d"]
/** Loss of the optimum; a knob at the other end of its range costs one to four more. */
const LEVEL = 1

/** Moves the optimum of a plant in place, before window k. */
type Drift = (k: number, optimum: Float64Array, seed: number) => void

const wander =
  (step: number): Drift =>
  (k, optimum, seed) => {
    for (let i = 0; i < optimum.length; i++)
      optimum[i] = Math.min(0.95, Math.max(0.05, optimum[i] + step * normalAt(seed, 4 * k + i)))
  }

const circle =
  (windows: number): Drift =>
  (k, optimum) => {
    for (let i = 0; i < optimum.length; i++)
      optimum[i] = 0.5 + 0.3 * Math.sin((2 * Math.PI * k) / windows + i)
  }

const jumps =
  (windows: number): Drift =>
  (k, optimum, seed) => {
    if (k % windows === 0)
      for (let i = 0; i < optimum.length; i++) optimum[i] = 0.2 + 0.6 * uniformAt(seed + 1, k + i)
  }

export interface MetaCase {
  readonly name: string
  readonly drifts: boolean
  readonly noise: number
  readonly move: Drift
}

export const CASES: ReadonlyArray<MetaCase> = [
  ["still", false, () => {}] as const,
  ["wanders by 0.005 a window", true, wander(0.005)] as const,
  ["wanders by 0.015 a window", true, wander(0.015)] as const,
  ["goes round in 3,000 windows", true, circle(3_000)] as const,
  ["goes round in 1,000 windows", true, circle(1_000)] as const,
  ["jumps every 1,500 windows", true, jumps(1_500)] as const,
].flatMap(([name, drifts, move]) => [0.05, 0.2].map((noise) => ({ name, drifts, noise, move })))

export interface MetaPaid {
  /** Mean true loss above that of the optimum. */
  readonly excess: number
  readonly moves: number
}

/** Runs an engine for so many windows. `rests`: it proves, goes home and rests under the runaway guard, as by default; or it tunes on and on. */
export async function runMeta(
  { noise, move }: MetaCase,
  seed: number,
  depth: 0 | 1 | 2,
  windows: number,
  rests: boolean,
): Promise<MetaPaid> {
  const params = Object.fromEntries(KNOBS.map((name) => [name, { min: 0, max: 1, initial: 0.5 }]))
  const engine = createEngine({
    params,
    seed,
    clock: "manual",
    window: { digests: 1, us: 5_000_000, settleUs: 0 },
    meta: { depth },
    gains: { prove: rests },
    guard: rests,
    audit: { memory: 100 },
  })
  await engine.start()
  const optimum = Float64Array.from(KNOBS, (_, i) => 0.3 + 0.4 * uniformAt(seed, i))
  let excess = 0
  for (let k = 0; k < windows; k++) {
    move(k, optimum, seed)
    let away = 0
    for (let i = 0; i < KNOBS.length; i++)
      away += (1 + (3 * i) / KNOBS.length) * (engine.values[KNOBS[i]] - optimum[i]) ** 2
    excess += away / windows
    const nowUs = 1_000_000 * (k + 1)
    engine.tick(nowUs)
    engine.observe({ timestampUs: nowUs, objective: LEVEL + away + noise * normalAt(seed + 2, k) })
  }
  const moves = engine.getSnapshot().meta?.moves ?? 0
  await engine.stop()
  return { excess, moves }
}
