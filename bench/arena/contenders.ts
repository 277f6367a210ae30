/** Everybody who runs on a plant that remembers, behind one shape. */
import type { SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { Aimd, Gradient2, Vegas } from "../limiter/peers.ts"
import { generator } from "../limiter/Backend.ts"
import type { Bench } from "./benches.ts"
import { limiterRun, peerRun } from "./memoryRivals.ts"
import { loopedRun, type MemoryRun, NO_GUARD } from "./memoryRun.ts"
import { peers, SPALL } from "./tuners.ts"

export interface Contender {
  readonly name: string
  /** What it did on the plant of the bench; null where it has no place there. */
  run(bench: Bench, seed: number): MemoryRun | null
}

const ruled = (name: string, guard: boolean, settings: Partial<SpsaSettings> = {}): Contender => ({
  name,
  run: ({ plant, windows }, seed) => loopedRun(plant, seed, windows, { guard, settings }),
})

export const ours = ruled("this rule", true)
export const unguarded = ruled("guard off", false)

/** The rule without its safeguards. */
export const memoryAblations: ReadonlyArray<Contender> = [
  unguarded,
  ruled("look-ahead off", true, { lookAhead: false }),
  ruled("prove off", true, { prove: false }),
  ruled("both off", false, { prove: false }),
]

const still = (name: string, paid: (bench: Bench, seed: number) => Float64Array): Contender => ({
  name,
  run: (bench, seed) => ({ paid: paid(bench, seed), locked: 0, guard: NO_GUARD, baselines: [] }),
})

export const nothing = still("nothing", (bench, seed) => bench.nothing(seed))

/** A request that takes longer is a sign of overload for AIMD, which has no other. */
const TIMEOUT_MS = 1_000

const limiters: ReadonlyArray<Contender> = [
  { name: "Gradient2", make: (initial: number) => new Gradient2(initial) },
  { name: "Vegas", make: (initial: number, seed: number) => new Vegas(initial, generator(seed + 99)) },
  { name: "AIMD", make: (initial: number) => new Aimd(initial, TIMEOUT_MS) },
].map(({ name, make }) => ({
  name,
  run: ({ plant, windows }: Bench, seed: number) => limiterRun(plant, make, seed, windows),
}))

export const rivals: ReadonlyArray<Contender> = [
  nothing,
  {
    name: "Spall",
    run: ({ plant, windows, units }, seed) =>
      loopedRun(plant, seed, windows, { guard: false, settings: SPALL }, units),
  },
  ...peers.map(({ name, make }) => ({
    name,
    run: ({ plant, windows, units }: Bench, seed: number) => peerRun(plant, make, seed, windows, units),
  })),
  ...limiters,
]
