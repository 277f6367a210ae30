/** What faults of a network cost a tuner with many replicas, in virtual time: cycles a minute, older pairs taken, stays without a lease. */
import { comparePairs } from "../../src/cohort/order.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { type Network, Town } from "../../test/replica/Town.ts"

const SEEDS = [1, 2, 3]
const SECONDS = 60
const LEASE_US = 2_000_000
const START = 0.3625

const engine: EngineConfig = {
  params: { a: { min: 0, max: 100, initial: 20 }, b: { min: 0, max: 100, initial: 80 } },
  guard: false,
  guardrails: {
    preset: "aggressive",
    maxStep: 0.1,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
  },
}
const bowl = ([a, b]: Float64Array): number => ((a - 60) / 100) ** 2 + ((b - 35) / 100) ** 2

const FAULTS: Readonly<Record<string, (replicas: number) => Partial<Network>>> = {
  quiet: () => ({}),
  "5 % lost": () => ({ loss: 0.05 }),
  "20 % lost": () => ({ loss: 0.2 }),
  "up to 0.5 s late": () => ({ delayUs: 500_000 }),
  "a third cut off": (replicas) => ({ cut: (i, nowUs) => i < replicas / 3 && nowUs > 20e6 }),
}

export interface FaultRow {
  readonly replicas: number
  readonly fault: string
  readonly cyclesAMinute: number
  readonly olderTaken: number
  /** Moments at which a replica stood on a perturbation beyond its lease. */
  readonly beyondLease: number
}

export function faultRows(): ReadonlyArray<FaultRow> {
  return [6, 40].flatMap((replicas) =>
    Object.entries(FAULTS).map(([fault, network]) => {
      let cycles = 0
      let olderTaken = 0
      let beyondLease = 0
      for (const seed of SEEDS) {
        const town = new Town({
          seed,
          replicas,
          engine,
          cohort: { design: "split" },
          loss: bowl,
          noise: { common: 0.2 * START, own: 0.05 * START },
          network: network(replicas),
        })
        const seen = town.cores.map(({ follower }) => follower.seen)
        town.onTick = () => {
          town.cores.forEach(({ follower }, i) => {
            if (comparePairs(follower.seen, seen[i]) < 0) olderTaken++
            seen[i] = follower.seen
            if (town.nowUs - town.grantedUs[i] >= LEASE_US && !town.isHome(i)) beyondLease++
          })
        }
        cycles += town.run(SECONDS).loop.cycles
      }
      return { replicas, fault, cyclesAMinute: cycles / SEEDS.length, olderTaken, beyondLease }
    }),
  )
}
