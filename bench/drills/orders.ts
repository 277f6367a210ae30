/** What a drill and its runners agree on. */
import type { LockTimes } from "../../src/cluster/index.ts"

export interface RunnerOrders {
  readonly url: string
  readonly nodePort: number
  readonly gatewayPort: number
  readonly locks: LockTimes
}

const engine = {
  params: { rate: { min: 0, max: 1, initial: 0.2 }, share: { min: 0, max: 1, initial: 0.9 } },
  seed: 3,
} as const

const REPORT_MS = 250
/** As by default: four reports. */
export const DRILL_LEASE_MS = 4 * REPORT_MS

/** How often replicas measure, and are looked at. */
export const MEASURE_MS = 10

/** Several, so that each runner owns some. */
export const DRILL_TUNERS = Object.fromEntries(
  ["north", "east", "south", "west"].map((name) => [
    name,
    { engine, replicas: { reportMs: REPORT_MS, windowMs: 1500 } },
  ]),
)

/** Keys that are measured all the while, in a few buckets. */
export const DRILL_KEYS = ["acme", "bolt", "cargo", "delta", "echo", "fargo"] as const
export const DRILL_FLEETS = {
  tenants: { engine: { ...engine, window: { digests: 5, us: 500_000 } }, buckets: 3, records: "decisions" },
} as const
