/** Random lives of a graft: every command, every fault, and boundaries with figures that pass, fail, are missing or are no numbers. */
import * as fc from "fast-check"
import { OPERATORS } from "../../../src/morph/contracts/Host.ts"
import { FAULTS, type GraftEvent } from "../../../src/morph/grafting/graftEvents.ts"
import { PLAIN_COMMANDS } from "../../../src/morph/grafting/GraftTable.ts"
import type { GraftState } from "../../../src/morph/grafting/transitions.ts"
import { PASSING } from "./rig.ts"

/** An event before it is known where the life is: a boundary takes its figures from there. */
export type Draft = Exclude<GraftEvent, { type: "boundary" }> | BoundaryDraft

interface BoundaryDraft {
  readonly type: "boundary"
  /** How many numbers later; 0 and less is one that was there before. */
  readonly by: number
  /** What one figure, by its place, becomes instead of passing. */
  readonly spoil: readonly [number, number | undefined] | null
  readonly seniors: number
}

const SPOILT = [undefined, 0, 1, -1, 1e9, Number.NaN, Number.POSITIVE_INFINITY]

const boundary: fc.Arbitrary<Draft> = fc.record({
  type: fc.constant("boundary" as const),
  by: fc.oneof(
    { weight: 30, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: 4 }) },
  ),
  spoil: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(12), fc.constantFrom(...SPOILT)) },
  ),
  seniors: fc.constantFrom(0, 0, 0, 1),
})

const planting = fc.record({
  graft: fc.constantFrom("g1", "g2"),
  blueprint: fc.constantFrom("linear", "residualMlp"),
  parameters: fc.constantFrom({}, { width: 8 }, { width: Number.NaN }),
  operator: fc.constantFrom(...OPERATORS),
  owner: fc.constant("ada"),
})

const command: fc.Arbitrary<Draft> = fc.oneof(
  fc.record({ type: fc.constant("germinate" as const), why: fc.constantFrom("a plateau", " "), planting }),
  fc.record({ type: fc.constantFrom(...PLAIN_COMMANDS), why: fc.constantFrom("so", "so", "so", "") }),
  fc.record({ type: fc.constant("fossilize" as const), why: fc.constant("so") }),
  fc.record({
    type: fc.constantFrom(...PLAIN_COMMANDS),
    why: fc.constant("so"),
    graft: fc.constantFrom("g1", "g9"),
  }),
)

const rare: fc.Arbitrary<Draft> = fc.oneof(
  fc.record({ type: fc.constant("fault" as const), fault: fc.constantFrom(...FAULTS) }),
  fc.record({ type: fc.constant("rolledBack" as const), why: fc.constant("a panic") }),
)

const randomLife = (most: number): fc.Arbitrary<ReadonlyArray<Draft>> =>
  fc.array(
    fc.oneof(
      { weight: 80, arbitrary: boundary },
      { weight: 14, arbitrary: command },
      { weight: 2, arbitrary: rare },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Draft>({ type: "cancel", why: "so" }, { type: "resume", why: "so" }),
      },
    ),
    { minLength: 1, maxLength: most, size: "max" },
  )

const END: ReadonlyArray<Draft> = [
  { type: "terminate", why: "so" },
  ...Array.from({ length: 12 }, (): Draft => ({ type: "boundary", by: 1, spoil: null, seniors: 0 })),
]

/** Half of the lives end with their socket closed. */
export const lifeThatMayClose = (most: number): fc.Arbitrary<ReadonlyArray<Draft>> =>
  fc.tuple(randomLife(most), fc.boolean()).map(([drafts, closes]) => (closes ? [...drafts, ...END] : drafts))

/** The event that a draft becomes where the life is. */
export function eventOf(draft: Draft, state: GraftState, last: number): GraftEvent {
  if (draft.type !== "boundary") return draft
  const figures: Record<string, number | undefined> = { ...PASSING[state] }
  if (draft.spoil !== null) {
    const names = Object.keys(figures)
    if (names.length > 0) figures[names[draft.spoil[0] % names.length]] = draft.spoil[1]
  }
  return { type: "boundary", boundary: last + draft.by, figures, seniors: draft.seniors }
}
