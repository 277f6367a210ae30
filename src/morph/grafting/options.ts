/** Every threshold, deadline and curve of a graft's life, with its default. Read once, at the door, so that all behind it may trust them. */
import { GrowthError } from "../../domain/GrowthError.ts"
import { problem, tidy } from "../../domain/problems.ts"
import { readTotally } from "../../domain/readInput.ts"
import {
  above0,
  between,
  list,
  object,
  oneOf,
  optional,
  type Reading,
  type ShapeType,
  whole,
} from "../../domain/Shape.ts"
import type { Problem } from "../../domain/errors.ts"
import { CURVES } from "./alpha.ts"
import { LIFE } from "./transitions.ts"

const boundaries = (least: number) => optional(whole(least, 1_000_000))
const share = optional(between(0, 1))
const ratio = optional(between(0, 1_000_000))

const Stay = object({ least: boundaries(0), most: boundaries(1) })

const Options = object({
  /** Whether a gate that passes is enough, or each step waits for its command too. A germination and a fossilization always do. */
  advance: optional(oneOf(["gates", "commands"])),
  /** Boundaries a graft stays in a state at least, and at most: a gate that waits longer fails. */
  stays: optional(
    object({
      dormant: optional(Stay),
      germinated: optional(Stay),
      training: optional(Stay),
      blending: optional(Stay),
      shadowing: optional(Stay),
      probationary: optional(Stay),
    }),
  ),
  /** How long a socket stays closed after a cull; longer by a factor with each cull in a row, up to the most. */
  embargo: optional(
    object({
      boundaries: boundaries(1),
      factor: optional(between(1, 10)),
      most: boundaries(1),
    }),
  ),
  /** How alpha rises while the graft is blended in; `rungs` takes the place of a curve. */
  alpha: optional(
    object({
      curve: optional(oneOf(CURVES)),
      boundaries: optional(whole(1, 10_000)),
      rungs: optional(
        list(above0(1), {
          expected: "a list of 1 to 10000 numbers, none below the one before it",
          holds: (rungs) =>
            rungs.length > 0 &&
            rungs.length <= 10_000 &&
            rungs.every((rung, i) => i === 0 || Number(rung) >= Number(rungs[i - 1])),
        }),
      ),
    }),
  ),
  G0: optional(object({ arenaShare: share, quarantineMs: ratio, identityError: ratio })),
  G1: optional(object({ norm: ratio, clippedShare: share, gain: share, running: boundaries(1) })),
  G2: optional(object({ held: boundaries(1), worse: ratio, flips: share, still: share, boundaryMs: ratio })),
  G3: optional(
    object({
      gain: share,
      gained: ratio,
      running: boundaries(1),
      drift: optional(between(0, 2)),
      scaleLeast: ratio,
      scaleMost: ratio,
    }),
  ),
  G4: optional(object({ worse: ratio, gain: share, gained: ratio })),
})

/** What may be set, every field of it optional. */
export type GraftingInput = ShapeType<typeof Options>

type Full<T> =
  T extends ReadonlyArray<unknown>
    ? T
    : T extends object
      ? { readonly [K in keyof T]-?: Full<Exclude<T[K], undefined>> }
      : T

/** All of it, checked. `alpha.rungs` is null where a curve makes them. */
export type GraftingOptions = Omit<Full<GraftingInput>, "alpha" | "stays"> & {
  readonly alpha: {
    readonly curve: (typeof CURVES)[number]
    readonly boundaries: number
    readonly rungs: ReadonlyArray<number> | null
  }
  readonly stays: Readonly<Record<JudgedState, { readonly least: number; readonly most: number }>>
}
export type JudgedState = keyof Full<NonNullable<GraftingInput["stays"]>>

const STAYS = Object.fromEntries(
  LIFE.flatMap(({ state, least, most }) => (most === null ? [] : [[state, { least, most }]])),
) as GraftingOptions["stays"]

export const DEFAULT_GRAFTING: GraftingOptions = {
  advance: "gates",
  stays: STAYS,
  embargo: { boundaries: 5, factor: 1, most: 1_000 },
  alpha: { curve: "cosine", boundaries: 10, rungs: null },
  G0: { arenaShare: 0.25, quarantineMs: 5_000, identityError: 0 },
  G1: { norm: 10, clippedShare: 0.5, gain: 0.02, running: 3 },
  G2: { held: 3, worse: 0.05, flips: 0.5, still: 0.03, boundaryMs: 18 },
  G3: { gain: 0.02, gained: 0.005, running: 5, drift: 0.12, scaleLeast: 0.25, scaleMost: 4 },
  G4: { worse: 0.1, gain: 0.01, gained: 0.005 },
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined }

const filled = <T extends object>(defaults: T, given: Given<T> | undefined): T => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)),
})

/** The options with their defaults, or all that is wrong with them. `at` says where a person wrote them. */
export function graftingOptions(
  input: unknown,
  at: ReadonlyArray<PropertyKey> = [],
): Reading<GraftingOptions> {
  const read = readTotally(Options, input ?? {}, { at })
  if (!read.ok) return { ok: false, problems: tidy(read.problems) }
  const given = read.value
  const d = DEFAULT_GRAFTING
  const stays = Object.fromEntries(
    Object.entries(d.stays).map(([state, stay]) => [
      state,
      filled(stay, given.stays?.[state as JudgedState]),
    ]),
  ) as GraftingOptions["stays"]
  const value: GraftingOptions = {
    advance: given.advance ?? d.advance,
    stays,
    embargo: filled(d.embargo, given.embargo),
    alpha: filled(d.alpha, given.alpha),
    G0: filled(d.G0, given.G0),
    G1: filled(d.G1, given.G1),
    G2: filled(d.G2, given.G2),
    G3: filled(d.G3, given.G3),
    G4: filled(d.G4, given.G4),
  }
  const problems = contradictions(value, given, at)
  return problems.length === 0 ? { ok: true, value } : { ok: false, problems: tidy(problems) }
}

/** What is right field by field and cannot be together. */
function contradictions(
  { stays, embargo, G3 }: GraftingOptions,
  { alpha }: GraftingInput,
  at: ReadonlyArray<PropertyKey>,
): ReadonlyArray<Problem> {
  return [
    ...Object.entries(stays).flatMap(([state, { least, most }]) =>
      least <= most
        ? []
        : [
            problem(
              [...at, "stays", state, "least"],
              `is ${least}, more than the most, ${most}: the gate could never pass.`,
              `Give at most ${most}, or raise stays.${state}.most.`,
            ),
          ],
    ),
    ...(embargo.boundaries <= embargo.most
      ? []
      : [
          problem(
            [...at, "embargo", "boundaries"],
            `is ${embargo.boundaries}, more than the most, ${embargo.most}.`,
            "Raise embargo.most.",
          ),
        ]),
    ...(G3.scaleLeast <= G3.scaleMost
      ? []
      : [
          problem(
            [...at, "G3", "scaleLeast"],
            `is ${G3.scaleLeast}, more than scaleMost, ${G3.scaleMost}: the gate could never pass.`,
            "Give a range with something in it.",
          ),
        ]),
    ...(alpha?.rungs === undefined || (alpha.curve === undefined && alpha.boundaries === undefined)
      ? []
      : [
          problem(
            [...at, "alpha", "rungs"],
            "stands beside a curve.",
            "Give rungs, or curve and boundaries.",
          ),
        ]),
  ]
}

/** As `graftingOptions`. Throws a `GrowthError` that lists every problem. */
export function requireGraftingOptions(input: unknown): GraftingOptions {
  const read = graftingOptions(input)
  if (read.ok) return read.value
  throw new GrowthError({ problems: read.problems })
}
