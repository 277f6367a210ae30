/**
 * What the demo's processes say to each other over Node's IPC channel: run.ts is the parent of the plant and of the
 * load, which do not talk to each other except over HTTP.
 */
import type { KnobValues } from "./knobs.ts"

/** One part of the load: so many connections, each asking again as soon as it was answered. */
export interface LoadPhase {
  readonly connections: number
  /** How many products its callers are interested in, and where in the table they lie. */
  readonly catalogue: number
  readonly offset: number
}

/** What the callers saw over one stretch of time. */
export interface Measurement {
  readonly answers: number
  readonly refused: number
  readonly errors: number
  readonly perSecond: number
  readonly costMs: number
  readonly latencyMs: number
  readonly ageMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** What the plant itself saw since it was last asked. */
export interface PlantCounts {
  readonly hitRatio: number
  /** Waiting requests answered by one SQLite statement, on average. */
  readonly requestsPerStatement: number
  /** Share of one core. */
  readonly cpu: number
}

/** A view of the engine at work, a few times a second. */
export interface Progress {
  readonly values: KnobValues
  /** Mean cost per answer, latency p99 and rate since the last progress; NaN when nothing was answered. */
  readonly costMs: number
  readonly p99Ms: number
  readonly perSecond: number
  readonly mode: "adapting" | "safe"
  readonly safeModeReason: string | null
  readonly phase: string
  readonly cycles: number
  readonly probe: number
  readonly generation: number
  readonly applies: number
  readonly refused: number
  readonly rollbacks: number
  readonly safeModeEntries: number
  readonly outOfBounds: number
  /** Pairs of the closing proof, asked for and read; null while none is under way. */
  readonly proof: { readonly wanted: number; readonly read: number } | null
}

/** What is left when the engine has stopped: the plant stands on `tuned`. */
export interface TuningResult {
  readonly tuned: KnobValues
  readonly applies: number
  readonly refused: number
  readonly safeModeEntries: number
  readonly cycles: number
  /** Verdicts of the engine's own comparison with its baseline, while it tuned; null where it did not compare. */
  readonly comparison: { readonly pass: number; readonly fail: number; readonly hold: number } | null
  /** What the closing proof found; null where there was nothing to choose from. */
  readonly proof: {
    readonly verdict: string
    readonly pairs: number
    readonly differenceMs: number | null
  } | null
}

export type ToLoad =
  | { readonly kind: "load"; readonly url: string; readonly phase: LoadPhase; readonly seed: number }
  | { readonly kind: "measureBegin" }
  | { readonly kind: "measureEnd" }
  | { readonly kind: "end" }

export type FromLoad =
  | { readonly kind: "ready" }
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "failed"; readonly message: string }

export type ToPlant =
  | {
      readonly kind: "tune"
      readonly seed: number
      readonly stateFolder: string
      readonly studio: boolean
    }
  | { readonly kind: "stopTuning"; readonly prove: number }
  | { readonly kind: "hold"; readonly values: KnobValues }
  | { readonly kind: "counts" }
  | { readonly kind: "end" }

export type FromPlant =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "tuning"; readonly studio: string | null }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "tuned"; readonly result: TuningResult }
  | { readonly kind: "held" }
  | { readonly kind: "counted"; readonly counts: PlantCounts; readonly outOfBounds: number }
  | { readonly kind: "failed"; readonly message: string }

/** Both directions of one child's channel. */
export interface PlantChannel {
  readonly to: ToPlant
  readonly from: FromPlant
}

export interface LoadChannel {
  readonly to: ToLoad
  readonly from: FromLoad
}
