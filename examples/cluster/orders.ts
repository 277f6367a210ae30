/** What the processes of the cluster's demo agree on: knobs, settings of the tuner, and what they say to each other. */
import type { LockTimes, TunerConfig } from "../../src/cluster/index.ts"
import type { ReplicaStatus } from "../../src/replica/index.ts"
import { type KnobValues, params as quoteParams, startingValues } from "../demo/knobs.ts"

/** Two of the three knobs of the quote service: at this load nobody ever queues for the third. */
export const params = {
  batchWindowMs: quoteParams.batchWindowMs,
  cacheTtlMs: quoteParams.cacheTtlMs,
} as const

export type TunedValues = { readonly [name in keyof typeof params]: number }

/** All that the service reads, with the knob that nobody tunes. */
export const serviceValues = ({ batchWindowMs, cacheTtlMs }: TunedValues): KnobValues => ({
  batchWindowMs,
  cacheTtlMs,
  maxInFlight: startingValues.maxInFlight,
})

export const TUNER = "quotes"

/** The shortest locks that a busy laptop keeps: another owner answers within five seconds. */
export const LOCKS: LockTimes = { expirationMs: 4_500, refreshMs: 1_500 }

export const tuner = (seed: number): TunerConfig => ({
  engine: {
    params,
    objective: "minimize",
    seed,
    guardrails: "balanced",
    // After the death of an owner: a demo has two minutes, a service has all day.
    safeMode: { timerUs: 3_000_000 },
  },
  // Halves at the same time; the default would also look for interference, for longer than the demo runs.
  replicas: { design: "split", reportMs: 250, settleMs: 60 },
})

/** What a process is started with, as JSON in its first argument. */
export interface ReplicaOrders {
  readonly name: string
  readonly table: string
  readonly tuners: ReadonlyArray<string>
}

export interface RunnerOrders {
  /** Of PostgreSQL; null: a file of SQLite, and one runner. */
  readonly url: string | null
  readonly file: string
  readonly nodePort: number
  readonly gatewayPort: number
  readonly seed: number
}

/** To a replica: keep these values, or take what the tuner says again. */
export interface ToReplica {
  readonly hold: TunedValues | null
}

/** From a replica, five times a second. */
export interface FromReplica {
  /** Where it answers. */
  readonly port: number
  readonly state: "following" | "holding" | "fallen"
  readonly role: ReplicaStatus["role"]
  /** Times that it went to an older (epoch, generation) than one it had taken. */
  readonly staleTaken: number
  /** Readings of a knob outside its bounds, by the service at each request. */
  readonly outOfBounds: number
}
