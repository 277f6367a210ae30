/** What a socket lives in once it is grown: its clock, its thresholds, and who hears of critical events. */
import type { CallWatch } from "./CallWatch.ts"
import type { EvidenceTape } from "./EvidenceTape.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import type { PipelineThresholds } from "./pipelineOptions.ts"
import type { AnyFunction } from "./pieces.ts"
import type { Quarantine } from "./Quarantine.ts"

/** Who answers, and what the candidate gets: see `LIFE`. */
export type Route = "direct" | "trial" | "branch" | "mixed" | "shadow" | "whole"

export interface Candidate {
  readonly name: string
  readonly fn: AnyFunction
  /** Stands in for a candidate whose effects may happen once only: says what it would answer, and does nothing. */
  readonly dryRun: AnyFunction | null
  /** Tried there first; null where it was given as a function. */
  readonly quarantine: Quarantine | null
}

/** What a socket lives in, once it is grown. */
export interface SocketWorld {
  readonly clock: PipelineClock
  readonly watch: CallWatch
  readonly seed: number
  readonly thresholds: PipelineThresholds
  /** Makes what evidence is written down on; null where no record is kept. */
  readonly tape: (() => EvidenceTape) | null
  /** The candidate has done something that must not happen, once too often. */
  readonly tooCritical: (socket: string) => void
}
