/** What `npm run bench:cluster` and its processes agree on. */
import type { ClusterFleetConfig, LockTimes, TunerConfig } from "../../src/cluster/index.ts"

export const TUNER = "checkout"
export const FLEET = "tenants"

export const params = { rate: { min: 0, max: 1, initial: 0.2 }, share: { min: 0, max: 1, initial: 0.9 } }

/** What replicas report to; more often than a service would, so that there is something to measure. */
export const REPORT_MS = 100
export const tuner: TunerConfig = { engine: { params, seed: 3 }, replicas: { reportMs: REPORT_MS } }

/** A tenant that is silent is put away as soon as a fleet allows. */
export const fleet = (buckets: number): ClusterFleetConfig => ({
  engine: { params, seed: 3, window: { us: 10_000_000 } },
  buckets,
  restAfterUs: 5_000_000,
  passivateAfterUs: 64_000_000,
})

/** How a runner is started, as JSON in its first argument. */
export interface RunnerOrders {
  /** Of PostgreSQL; null: SQLite in memory, and one runner. */
  readonly url: string | null
  readonly nodePort: number
  readonly locks: LockTimes
  readonly buckets: number
}

/** What a process may be asked. */
export type Question =
  | { readonly ask: "usage" }
  /** A digest for each of these keys in turn, so many a second and for so long. */
  | {
      readonly ask: "send"
      readonly keys: ReadonlyArray<number>
      readonly perSecond: number
      readonly seconds: number
    }
  | { readonly ask: "follow"; readonly keys: ReadonlyArray<number> }
  | { readonly ask: "unanswered"; readonly seconds: number }

/** What a process has used since it began; the memory is after a collection. */
export interface Usage {
  readonly cpuUs: number
  readonly rss: number
  readonly heap: number
  /** Answered by this gateway. */
  readonly reports: number
  /** Of the digests that this process sent. */
  readonly taken: number
  readonly lost: number
}

/** Over a time in which keys were followed. */
export interface Unanswered {
  /** Longest time without an answer to one of the keys, milliseconds. */
  readonly longestMs: number
  /** Keys that left "following". */
  readonly held: number
}

export const keyOf = (index: number): string => `tenant-${index}`
