/**
 * What is said to a graft's life and what comes of it. Commands request; only a boundary, or a fault, moves it. Plain objects, no clock:
 * time is counted in boundaries.
 */
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import { number, object, oneOf, record, string } from "../../domain/Shape.ts"
import type { OperationName } from "../contracts/enums.ts"
import { type Figures, type Mode, OPERATORS, type Planting, type Verdict } from "../contracts/Host.ts"
import type { GraftState } from "./transitions.ts"

/** Every command to a graft, and why it is given. */
interface Signed {
  readonly why: string
  readonly by?: string
  /** The graft it means; refused if another one is there. Absent: whichever is there. */
  readonly graft?: string | undefined
}

export type StepName = Exclude<OperationName, "unknown" | "germinate">

/** Asks for a blueprint to be planted. */
export interface GerminateEvent extends Omit<Signed, "graft"> {
  readonly type: "germinate"
  readonly planting: Planting
}

/** Asks for the next step, for a cull, or (`cancel`) to forget what was asked for. */
export interface StepEvent extends Signed {
  readonly type: StepName
}

/** Holds the graft where it is: no gate is asked, no deadline runs. A fault or a cull still ends it. */
export interface PauseEvent extends Signed {
  readonly type: "pause" | "resume"
}

/** The socket is to be closed: what lives there is culled first. */
export interface TerminateEvent extends Signed {
  readonly type: "terminate"
}

/** The end of an epoch, or of an evaluation window. Each number comes once, and only upwards. */
export interface BoundaryEvent {
  readonly type: "boundary"
  readonly boundary: number
  readonly figures: Figures
  /** Grafts that have been on probation for longer. */
  readonly seniors?: number
  /** A gate that passes waits. */
  readonly holds?: boolean
}

export const FAULTS = ["notFinite", "isolation", "seniorCulled", "threw", "governor", "critical"] as const
export type FaultName = (typeof FAULTS)[number]

/** Something that is not waited out until the next boundary: culled at once. */
export interface FaultEvent {
  readonly type: "fault"
  readonly fault: FaultName
  /** What it did, in words; a fault has words of its own. */
  readonly what?: string
}

/** The host has gone back to an earlier state. */
export interface RolledBackEvent {
  readonly type: "rolledBack"
  readonly why: string
}

/** What may be asked of a graft; it moves nothing by itself. */
export type GraftCommand = GerminateEvent | StepEvent | PauseEvent | TerminateEvent
/** Everything that a graft's life answers to. */
export type GraftEvent = GraftCommand | BoundaryEvent | FaultEvent | RolledBackEvent

/** What the host has to do now, in this order. */
export type GraftAct =
  | { readonly act: "quarantine" | "plant"; readonly planting: Planting }
  | { readonly act: "mode"; readonly mode: Mode; readonly alpha: number }
  | { readonly act: "snapshot" | "restore" | "keep" | "remove" }

/** A transition, with what it was decided on. */
export interface GraftMove {
  readonly slot: string
  /** Name of the graft; null where nothing was planted. */
  readonly graft: string | null
  readonly from: GraftState
  readonly to: GraftState
  readonly boundary: number
  readonly why: string
  readonly verdict: Verdict | null
}

const named = string({
  expected: "a text of 1 to 128 characters",
  holds: ({ length }) => length >= 1 && length <= 128,
})

const PLANTING = object({
  graft: named,
  blueprint: named,
  parameters: record(number()),
  operator: oneOf(OPERATORS),
  owner: named,
})

/** What is wrong with a planting, field by field. The original's structural pruning is not offered. */
export function plantingProblems(planting: unknown): ReadonlyArray<Problem> {
  const read = readTotally(PLANTING, planting, { at: ["planting"] })
  if (read.ok) return []
  const operator = typeof planting === "object" && planting !== null && Reflect.get(planting, "operator")
  if (typeof operator !== "string" || !/prun/i.test(operator)) return read.problems
  return read.problems.map((one) =>
    one.path === "planting.operator"
      ? problem(
          ["planting", "operator"],
          "Structural pruning is not offered.",
          `Known: ${OPERATORS.map((known) => JSON.stringify(known)).join(", ")}.`,
        )
      : one,
  )
}
