/**
 * What can grow: anything with sockets, a measure, `snapshot` and `restore`. A neural network and a running service both are hosts, and
 * so is anything of your own that has these nine functions. The life cycle calls them at boundaries only, and performs nothing by itself.
 *
 * All calls are synchronous. A host that needs time (fetching a kernel, draining calls) begins in the call, and lets a figure say when
 * it is ready. A host that throws ends the boundary: its supervisor decides what is restarted.
 */
import type { GateName, GraftStateName } from "./enums.ts"

/**
 * Which way values, or calls, take through a socket, and who learns from what:
 * - `host`: as if nothing were planted.
 * - `branch`: the output is the host's. The graft learns beside it, on a copy, as if alpha were 1.
 * - `mixed`: the output is the host's, mixed with the graft's by alpha. The host learns as if alone, the graft on its branch.
 * - `shadow`: the output is the host's. The graft runs only to be measured, and learns nothing.
 * - `whole`: the output is the whole's, and both learn from it.
 */
export const MODES = ["host", "branch", "mixed", "shadow", "whole"] as const
/** Which way values take through a socket, and who learns: see `MODES`. */
export type Mode = (typeof MODES)[number]

/** How a graft's output joins the host's. */
export const OPERATORS = ["residual", "convex", "channel", "confidence"] as const
/** The name of a way to join a graft's output to the host's. */
export type OperatorName = (typeof OPERATORS)[number]

/** What is planted, or is asked for. */
export interface Planting {
  /** Its name for life: no two grafts that a host has at the same time share one. */
  readonly graft: string
  readonly blueprint: string
  readonly parameters: Readonly<Record<string, number>>
  readonly operator: OperatorName
  /** Who asked for it. */
  readonly owner: string
}

/** A place where something can be planted. */
export interface Socket {
  readonly name: string
  /** How large a value is there; empty where values have no shape. */
  readonly shape: ReadonlyArray<number>
}

/**
 * Numbers by name, measured at one boundary. A number that could not be measured is left out, and its gate then waits. A number that
 * came out as NaN or infinite stays in, and its gate then fails: so leave out what is merely undefined, such as the angle of a zero.
 */
export type Figures = Readonly<Record<string, number | undefined>>

/** One demand of a gate on one number. A number at a bound is within it. */
export interface Check {
  readonly figure: string
  readonly min?: number
  readonly max?: number
  /** What the gate says when the number is outside: wait for another boundary, or give up. */
  readonly outside: "hold" | "fail"
  /** What one has to know to read the figure; it stands behind it in the reasons of a verdict. */
  readonly note?: string
}

export type Answer = "pass" | "hold" | "fail"

/** A check with what it found; `value` is null where nothing was measured. */
export interface Finding extends Check {
  readonly value: number | null
  readonly answer: Answer
}

/** What a gate said at one boundary, with every number it looked at. */
export interface Verdict {
  readonly gate: GateName
  readonly answer: Answer
  readonly findings: ReadonlyArray<Finding>
  /** Boundaries in this state, and how many there may be; null where there is no deadline. */
  readonly waited: number
  readonly most: number | null
  /** It would have waited longer, but its time is over. */
  readonly overdue: boolean
}

/** See the head of the file. A socket is named as in `sockets`. */
export interface Host {
  /** Where something can be planted now. A fossilized graft adds one, at its output. */
  readonly sockets: () => ReadonlyArray<Socket>
  /** Tries a blueprint apart from everything that is live; `measure` reports what came of it (gate G0). */
  readonly quarantine: (socket: string, planting: Planting) => void
  /** Reserves the slot and prepares the graft; the figure `ready` is 1 when it is. The mode stays `host`. */
  readonly plant: (socket: string, planting: Planting) => void
  /** From the next step on. Alpha counts in the mode `mixed`. */
  readonly mode: (socket: string, mode: Mode, alpha: number) => void
  /** What the gate out of this state wants to know; nothing that was measured changes by being measured. */
  readonly measure: (socket: string, state: GraftStateName) => Figures
  /** Copies everything that learns in the mode `whole`, moments included. One per socket, replaced by the next. */
  readonly snapshot: (socket: string) => void
  /** Puts that copy back, bit for bit. */
  readonly restore: (socket: string) => void
  /** The graft is part of the host for good: its snapshot may go, and a new socket opens at its output. */
  readonly keep: (socket: string) => void
  /** Takes the graft out and leaves no trace: zeroes its slice, releases the slot and its cache. It is asked again until G5 passes. */
  readonly remove: (socket: string) => void
  /** Checks in place of the neural ones, for a host that measures other things. */
  readonly checks?: Readonly<Partial<Record<GraftStateName, ReadonlyArray<Check>>>>
}
