/** What a process of the fault suite is told to do, and what it says while it does it: one line of JSON each. */

/** The argument of `child.ts`. */
export interface Job {
  /** Of the engine: `state`. */
  readonly directory: string
  /** File of the plant's own record. */
  readonly plant: string
  /** By name in `sabotage.ts`; null where the fault comes from outside, or not at all. */
  readonly sabotage: string | null
  readonly seed: number
  /** How long the fault lasts. */
  readonly holdMs: number
  /** How long it is given to adapt again afterwards. */
  readonly wellMs: number
  /** Baseline windows are measured between the others. */
  readonly comparison: boolean
  /** Runs until it is killed instead of stopping after the fault. */
  readonly untilKilled: boolean
  /** The fault lasts until the engine freezes for what it cannot record, however slowly the machine fills its queue. */
  readonly untilHalted: boolean
  /** Gives commands from within a subscriber while it starts. */
  readonly earlyCommands: boolean
  /** Everything lies in one segment, however late a process is killed: the next one would say the start again. */
  readonly oneSegment: boolean
}

/** Up to this record everything would survive a loss of power: it lies in the first bytes of this segment, or before it. */
export interface Acknowledgement {
  readonly seq: number
  readonly segment: number
  readonly bytes: number
}

/** A line of the process. */
export type Said =
  | ({ readonly say: "acknowledged" } & Acknowledgement)
  /** Why it is frozen, where it is; a trip given while it started returned, and so must hold. */
  | {
      readonly say: "running"
      readonly run: string
      readonly mode: string
      readonly fault: string | null
      readonly tripped: boolean
    }
  /** The fault begins and ends. */
  | { readonly say: "on" }
  /** `atMs`: as in `Look`. */
  | { readonly say: "off"; readonly atMs: number }
  /** It adapts again, so long after the fault; null: it never did. A person had to reset it so often. */
  | { readonly say: "well"; readonly afterMs: number | null; readonly resets: number; readonly mode: string }
  /** It was stopped; what its stop had to complain of. */
  | { readonly say: "stopped"; readonly error: string | null }
  | { readonly say: "refused"; readonly error: string }
