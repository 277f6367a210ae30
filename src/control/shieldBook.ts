/**
 * Reads a shield that a rule of an engine brings along: a table made by `synthesizeShield`, as plain data. Refuses one that was damaged,
 * that does not fit the knobs, or that an engine cannot keep to.
 */
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"
import { readShape } from "../domain/Shape.ts"
import { binOf, Shield, type ShieldAxis, shieldTable, statesOf } from "../temporal/logic/Shield.ts"
import { shieldChecksum, stayOf } from "../temporal/logic/shieldChecksum.ts"
import type { Channel, RuleWorld } from "./ruleWorld.ts"

/** A checked shield, and where its axes are. */
export interface RuleShield {
  readonly shield: Shield
  /** The knobs by id, then the channels by their places in the digest. */
  readonly knobs: Int32Array
  readonly channels: Int32Array
}

const MAKE_AGAIN = "Make it again with synthesizeShield."

/** The shield, or everything that is wrong with it. */
export function readShield(
  input: unknown,
  rule: number,
  channels: Readonly<Record<string, Channel>>,
  space: RuleWorld["space"],
): RuleShield | ReadonlyArray<Problem> {
  const at = (...path: ReadonlyArray<PropertyKey>) => ["rules", rule, "shield", ...path]
  const read = readShape(shieldTable, input, { at: at() })
  if (!read.ok) return read.problems
  const table = read.value
  if (table.checksum !== shieldChecksum(table))
    return [problem(at("checksum"), "does not fit: the table is damaged or was changed.", MAKE_AGAIN)]
  if (table.permitted.length !== statesOf([...table.knobs, ...table.channels]))
    return [problem(at("permitted"), "has not one entry for each state.", MAKE_AGAIN)]
  const problems = [
    ...axisProblems(table.knobs, at("knobs"), channels, (source) => source < 0, "a knob"),
    ...axisProblems(table.channels, at("channels"), channels, (source) => source >= 0, "a channel"),
  ]
  if (problems.length > 0) return problems
  const stay = 1 << stayOf(table.knobs.length)
  if (table.permitted.some((moves) => moves !== 0 && (moves & stay) === 0))
    return [
      problem(
        at("permitted"),
        "may ask for a move at every digest, and an engine does not move so often.",
        "Make it with synthesizeShield({ ..., waits: true }).",
      ),
    ]
  const knobs = Int32Array.from(table.knobs, ({ name }) => -1 - channels[name].source)
  const { table: decoder, initialUnit } = space
  const begins =
    decoder === undefined || initialUnit === undefined
      ? null
      : Array.from(knobs, (id) => decoder.decode(id, initialUnit[id]))
  if (begins !== null && !keptFrom(table.knobs, table.permitted, begins))
    return [
      problem(
        at(),
        `cannot be kept from where the knobs begin: ${table.knobs.map(({ name }, i) => `${name} ${begins[i]}`).join(", ")}.`,
        "Begin elsewhere, with `initial` of the knobs.",
      ),
    ]
  const places = Int32Array.from(table.channels, ({ name }) => channels[name].source)
  return { shield: new Shield(table), knobs, channels: places }
}

function axisProblems(
  axes: ReadonlyArray<ShieldAxis>,
  at: ReadonlyArray<PropertyKey>,
  channels: Readonly<Record<string, Channel>>,
  fits: (source: number) => boolean,
  what: string,
): ReadonlyArray<Problem> {
  const known = Object.keys(channels).filter((name) => fits(channels[name].source))
  return axes.flatMap(({ name }, i) =>
    known.includes(name)
      ? []
      : [
          problem(
            [...at, i, "name"],
            `${show(name)} is not ${what} of this engine.`,
            didYouMean(name, known),
          ),
        ],
  )
}

/** Whether there is a state with these knobs from which the rule can be kept. The first knob counts fastest. */
function keptFrom(
  axes: ReadonlyArray<ShieldAxis>,
  permitted: ReadonlyArray<number>,
  values: ReadonlyArray<number>,
): boolean {
  const size = statesOf(axes)
  const own = axes.reduceRight((state, axis, i) => state * (axis.cuts.length + 1) + binOf(axis, values[i]), 0)
  return permitted.some((moves, state) => moves !== 0 && state % size === own)
}
