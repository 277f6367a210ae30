/** What a run of the demo can be asked for, and how its seconds are spent. Pure. */
import type { DemoState, Stage } from "./view.ts"

export interface DemoOptions {
  readonly seconds: number
  /** Of the engine and of the load. */
  readonly seed: number
  /** Print no view, but one JSON object at the end. */
  readonly json: boolean
  /** Half way more callers come, with other interests. */
  readonly loadChange: boolean
  /** Open a studio over the engine, and leave it open at the end. */
  readonly studio: boolean
}

export const DEFAULT_SECONDS = 75
/** Shorter than this nothing is learned at all; some twenty seconds are the least for a result worth looking at. */
export const MIN_SECONDS = 5
export const MAX_SECONDS = 3_600

/** How a run's seconds are spent, in milliseconds. */
export interface Schedule {
  readonly warmUpMs: number
  readonly tuneMs: number
  /** Pairs of windows of the proof that closes the tuning, and about how long they take. */
  readonly proofPairs: number
  readonly proofMs: number
  /** One of the six blocks of the comparison: its settling, then its measuring. */
  readonly blockSettleMs: number
  readonly blockMeasureMs: number
}

export const COMPARISON_BLOCKS = 6

/** What a pair of windows takes on a machine with nothing else to do. */
const PAIR_MS = 850
const MOST_PAIRS = 12

/**
 * A twentieth to warm up (the service's code is slow until it is compiled), a quarter to compare, ten seconds at most to prove, the
 * rest to tune.
 */
export const scheduleOf = (seconds: number): Schedule => {
  const totalMs = seconds * 1_000
  const warmUpMs = Math.min(5_000, totalMs / 20)
  const blockMs = Math.min(6_000, totalMs / 4 / COMPARISON_BLOCKS)
  const proofPairs = Math.min(MOST_PAIRS, Math.max(1, Math.floor(seconds / 6)))
  const proofMs = proofPairs * PAIR_MS
  const blockSettleMs = Math.min(1_000, blockMs / 3)
  return {
    warmUpMs,
    tuneMs: totalMs - warmUpMs - blockMs * COMPARISON_BLOCKS - proofMs,
    proofPairs,
    proofMs,
    blockSettleMs,
    blockMeasureMs: blockMs - blockSettleMs,
  }
}

/** What is planned for after the stage that is under way; within the comparison, for after the block that follows `blocksDone`. */
const laterMs = (schedule: Schedule, stage: Stage, blocksDone: number): number => {
  const blockMs = schedule.blockSettleMs + schedule.blockMeasureMs
  const compareMs = blockMs * COMPARISON_BLOCKS
  switch (stage) {
    case "warming up":
      return schedule.tuneMs + schedule.proofMs + compareMs
    case "tuning":
      return schedule.proofMs + compareMs
    case "proving":
      return compareMs
    case "comparing":
      return blockMs * Math.max(0, COMPARISON_BLOCKS - 1 - blocksDone)
    case "done":
      return 0
  }
}

/** How long the run takes as far as is known by now: a stage that takes longer than planned puts off the end. */
export const totalMsOf = (
  schedule: Schedule,
  { stage, elapsedMs, totalMs }: Pick<DemoState, "stage" | "elapsedMs" | "totalMs">,
  blocksDone: number,
): number =>
  stage === "done" ? elapsedMs : Math.max(totalMs, elapsedMs + laterMs(schedule, stage, blocksDone))
