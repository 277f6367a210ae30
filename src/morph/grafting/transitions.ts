/**
 * The life of a graft as data: which state may follow which, what a socket gives out meanwhile, who learns from what, and which gate
 * stands on the way out. Machine, picture, properties and contract test are made from this table; nothing else says what may follow.
 *
 * Degraded, paused and rolled back are conditions of a graft, never states.
 */
import type { GateName, GraftStateName, OperationName } from "../contracts/enums.ts"
import type { Mode } from "../contracts/Host.ts"

/** The states a graft can be in; 0 of the enum is no state. */
export type GraftState = Exclude<GraftStateName, "unknown">

export interface LifeRow {
  readonly state: GraftState
  /** What may follow; the first one is the way on. */
  readonly next: ReadonlyArray<GraftState>
  /** The gate on the way on; null where it is a matter of counting, or of a person. */
  readonly gate: Exclude<GateName, "unknown"> | null
  /** The command that asks for the way on; null where none is needed. */
  readonly operation: Exclude<OperationName, "unknown"> | null
  /** Which way values take through the socket. */
  readonly mode: Mode
  readonly output: "host" | "host + alpha * graft" | "host + graft"
  readonly hostLearnsFrom: "itself" | "the whole"
  readonly graftLearnsFrom: "nothing" | "the branch" | "the whole"
  /** Boundaries it stays at least, and at most: a gate that waits longer fails. Null: no deadline. */
  readonly least: number
  readonly most: number | null
  readonly description: string
}

/** In the order of a life. The figures are defaults; `GraftingOptions.stays` changes them. */
export const LIFE: ReadonlyArray<LifeRow> = [
  {
    state: "dormant",
    next: ["germinated", "terminated"],
    gate: "G0",
    operation: "germinate",
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 0,
    most: 20,
    description: "Nothing is planted. A blueprint that is asked for is tried in quarantine first.",
  },
  {
    state: "germinated",
    next: ["training", "culled"],
    gate: "G0",
    operation: "startTraining",
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 0,
    most: 20,
    description: "The slot is reserved and the verified kernel is fetched. Nothing runs yet.",
  },
  {
    state: "training",
    next: ["blending", "culled"],
    gate: "G1",
    operation: "startGrafting",
    mode: "branch",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "the branch",
    least: 10,
    most: 80,
    description: "The graft learns on a branch, as if alpha were 1. The host does not notice.",
  },
  {
    state: "blending",
    next: ["shadowing", "culled"],
    gate: "G2",
    operation: "stabilize",
    mode: "mixed",
    output: "host + alpha * graft",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "the branch",
    least: 0,
    most: 60,
    description: "The graft is mixed in by degrees. The host still learns as if it were alone.",
  },
  {
    state: "shadowing",
    next: ["probationary", "culled"],
    gate: "G3",
    operation: "evaluate",
    mode: "shadow",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 5,
    most: 20,
    description: "The graft is inert and measured: the same weights and data, with and without it.",
  },
  {
    state: "probationary",
    next: ["fossilized", "culled"],
    gate: "G4",
    operation: "fossilize",
    mode: "whole",
    output: "host + graft",
    hostLearnsFrom: "the whole",
    graftLearnsFrom: "the whole",
    least: 20,
    most: 80,
    description: "Both learn together, on a snapshot that a cull restores.",
  },
  {
    state: "fossilized",
    next: ["terminated"],
    gate: null,
    operation: null,
    mode: "whole",
    output: "host + graft",
    hostLearnsFrom: "the whole",
    graftLearnsFrom: "the whole",
    least: 0,
    most: null,
    description: "The graft is part of the host for good. A new socket is open at its output.",
  },
  {
    state: "culled",
    next: ["embargoed"],
    gate: null,
    operation: null,
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 0,
    most: null,
    description: "Taken out of the socket. What it was culled for is in the context.",
  },
  {
    state: "embargoed",
    next: ["resetting"],
    gate: null,
    operation: null,
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 5,
    most: null,
    description: "Nothing can be planted here for some boundaries.",
  },
  {
    state: "resetting",
    next: ["dormant"],
    gate: "G5",
    operation: null,
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 0,
    most: null,
    description: "The slice is zeroed and everything is released, until nothing is left.",
  },
  {
    state: "terminated",
    next: [],
    gate: null,
    operation: null,
    mode: "host",
    output: "host",
    hostLearnsFrom: "itself",
    graftLearnsFrom: "nothing",
    least: 0,
    most: null,
    description: "The slot is closed for good.",
  },
]

const BY_STATE = Object.fromEntries(LIFE.map((row) => [row.state, row])) as Readonly<
  Record<GraftState, LifeRow>
>

export const rowOf = (state: GraftState): LifeRow => BY_STATE[state]

/** Planted, and neither kept nor culled: what a fault or a person can cull. */
export const isLive = (state: GraftState): boolean => BY_STATE[state].next.includes("culled")
