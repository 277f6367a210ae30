/** What a meta level is made from: the scalars it may set, their clamps, and the presets of its own pace. Read once, at the door. */
import { ConfigError } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import {
  above0,
  boolean,
  list,
  numberThat,
  object,
  optional,
  type ShapeType,
  text,
  whole,
} from "../domain/Shape.ts"
import { readOptions } from "../temporal/readOptions.ts"
import { type Level, requireAcyclic } from "./levels.ts"

/** Scalars that a meta level may set at most: no more than these are written in one block. */
export const MOST_SCALARS = 5
/** Presets that the second level chooses among at most. */
export const MOST_PRESETS = 4

const few = (most: number) => ({
  expected: `a list of 1 to ${most}`,
  holds: ({ length }: ReadonlyArray<unknown>) => length > 0 && length <= most,
})

const Scalar = object({
  name: text(64),
  /** What the scalar is before anything is learned. */
  start: above0(1e100),
  /** The clamp; a thousandth and a thousand times the start where omitted. */
  min: optional(above0(1e100)),
  max: optional(above0(1e100)),
  /** Takes whole numbers only, such as a number of windows. Start and clamp are whole then. */
  whole: optional(boolean),
})

const Preset = object({
  /** Scores in a block. */
  block: whole(4, 1024),
  /** Largest factor by which one move changes a scalar. */
  step: numberThat("a number above 1 and at most 10", (n) => n > 1 && n <= 10),
})

const Options = object({
  /** 0: off, 1: the scalars, 2: the presets too. */
  depth: whole(0, 2),
  /** What may be set, and nothing else. */
  scalars: list(Scalar, few(MOST_SCALARS)),
  /** The level's own pace; the first one is in force at the start. */
  presets: optional(list(Preset, few(MOST_PRESETS))),
  /** Decides which scalar is tried first. */
  seed: optional(whole(0, Number.MAX_SAFE_INTEGER)),
  /** Names of what the level below tunes. */
  knobs: optional(list(text(256))),
})

/** Options of a `MetaTuner`. */
export type MetaTunerOptions = ShapeType<typeof Options>

/** A scalar with its clamp. */
export interface MetaScalar {
  readonly name: string
  readonly start: number
  readonly min: number
  readonly max: number
  readonly whole: boolean
}

/** Everything a `MetaTuner` needs, checked. */
export interface MetaPlan {
  readonly depth: number
  readonly scalars: ReadonlyArray<MetaScalar>
  readonly presets: ReadonlyArray<{ readonly block: number; readonly step: number }>
  readonly seed: number
  readonly levels: ReadonlyArray<Level>
}

/** Chosen on a quadratic with ten knobs, on seeds that no figure uses. */
export const DEFAULT_PRESETS = [
  { block: 20, step: 2 },
  { block: 40, step: 2 },
  { block: 20, step: 1.4 },
  { block: 10, step: 2 },
]

/** What the second level sets, and what governs the first. */
const PACE = ["block", "step"]

/** The plan of these options. Throws a `ConfigError` that names every field that is wrong. */
export function readMetaOptions(input: unknown): MetaPlan {
  const read = readOptions(Options, input)
  const scalars = read.scalars.map(({ name, start, min, max = start * 1000, whole = false }) => ({
    name,
    start,
    min: min ?? (whole ? 1 : start / 1000),
    max,
    whole,
  }))
  const names = scalars.map(({ name }) => name)
  const problems = [
    ...scalars.flatMap(({ start, min, max }, i) =>
      min <= start && start <= max
        ? []
        : [problem(["scalars", i, "start"], `is ${start}, outside ${min} to ${max}.`, "Widen the clamp.")],
    ),
    ...scalars.flatMap(({ start, min, max, whole }, i) =>
      !whole || [start, min, max].every(Number.isInteger)
        ? []
        : [problem(["scalars", i, "whole"], "needs a whole start and whole clamps.", "Round them.")],
    ),
    ...names.flatMap((name, i) =>
      names.indexOf(name) === i ? [] : [problem(["scalars", i, "name"], `"${name}" is there twice.`)],
    ),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
  const levels = levelsOf(read.depth, names, read.knobs ?? [])
  requireAcyclic(levels)
  return {
    depth: read.depth,
    scalars,
    presets: read.presets ?? DEFAULT_PRESETS,
    seed: read.seed ?? 0,
    levels,
  }
}

/** The levels of such a tuner, lowest first. */
function levelsOf(
  depth: number,
  scalars: ReadonlyArray<string>,
  knobs: ReadonlyArray<string>,
): ReadonlyArray<Level> {
  return [
    { name: "plant", sets: knobs, governedBy: scalars },
    { name: "gains", sets: scalars, governedBy: PACE },
    { name: "presets", sets: PACE, governedBy: [] },
  ].slice(0, depth + 1)
}
