/**
 * Makes a shield: solves the game in which a tuner moves knobs by one bin and the plant then goes wherever it may. What is left
 * are the states from which the tuner can keep the rule for ever, and the moves that stay among them (greatest fixed point of a
 * safety game: Thomas, "On the Synthesis of Strategies in Infinite Games", STACS 1995).
 */
import { ConfigError } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import { boolean, object } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { channelsOf, type Formula, formulaText } from "./formula.ts"
import { Shield, shieldAxes, type ShieldAxis, type ShieldTable, statesOf, stepOf } from "./Shield.ts"
import { shieldChecksum, stayOf } from "./shieldChecksum.ts"

/** Bins by the names of their axes, counted from 0. */
export type ShieldBins = Readonly<Record<string, number>>

/** What a shield is made from. At most three axes together, each with at most four bins. */
export interface ShieldGame {
  /** What the tuner moves, by at most one bin a digest. */
  readonly knobs: ReadonlyArray<ShieldAxis>
  /** What the plant moves. */
  readonly channels?: ReadonlyArray<ShieldAxis> | undefined
  /**
   * What must hold at every digest: predicates over knobs and channels with `not`, `and`, `or` and `implies`, alone or in an
   * `always` without a bound.
   */
  readonly rule: Formula
  /**
   * Where each channel can be at the next digest: its least and greatest bin. Given are the bins of the knobs after the move and
   * those of the channels before it. A channel that is left out may go anywhere.
   */
  readonly next?:
    | ((bins: ShieldBins) => Readonly<Record<string, readonly [least: number, greatest: number]>>)
    | undefined
  /**
   * The tuner does not move at every digest: only states in which it can also stand still for ever are kept. An engine needs this.
   * Default false.
   */
  readonly waits?: boolean | undefined
}

/** A shield, or why there is none, and in both cases the states from which no move keeps the rule. */
export interface ShieldSynthesis {
  /** Null where the rule is unrealizable: the plant can break it wherever one starts. */
  readonly shield: Shield | null
  readonly losing: ReadonlyArray<ShieldBins>
}

const MOST_AXES = 3
const gameShape = object({ knobs: shieldAxes(1), channels: shieldAxes(0), waits: boolean })

/** Solves a game. Throws a ConfigError that names the field for a game that cannot be played. */
export function synthesizeShield({ rule, next, ...game }: ShieldGame): ShieldSynthesis {
  const { knobs, channels, waits } = readOptions(gameShape, {
    knobs: game.knobs,
    channels: game.channels ?? [],
    waits: game.waits ?? false,
  })
  const axes = [...knobs, ...channels]
  const always = rule.op === "always" && rule.bound.from === 0 && rule.bound.to === Number.POSITIVE_INFINITY
  const kept = always ? rule.of : rule
  refuse(axes, kept)
  const states = Array.from({ length: statesOf(axes) }, (_, state) => binsOf(axes, state))
  const winning = states.map((bins) => leastOver(kept, axes, bins) >= 0)
  const reached = states.map((bins) => reachedFrom(axes, channels, bins, next))
  const moves = Array.from({ length: 3 ** knobs.length }, (_, move) => move)
  /** A move leads to a state of knobs; what the plant then does is the same for all states before it with those channels. */
  const keeps = (state: number, move: number): boolean => {
    const after = moved(axes, knobs.length, states[state], move)
    return after >= 0 && reached[after].every((to) => winning[to])
  }
  for (let shrank = true; shrank; ) {
    shrank = false
    for (const state of states.keys()) {
      if (!winning[state] || (waits ? [stayOf(knobs.length)] : moves).some((move) => keeps(state, move)))
        continue
      winning[state] = false
      shrank = true
    }
  }
  const permitted = states.map((_, state) =>
    winning[state] ? moves.reduce((bits, move) => (keeps(state, move) ? bits | (1 << move) : bits), 0) : 0,
  )
  const made: ShieldTable = { version: 1, rule: formulaText(kept), knobs, channels, permitted }
  const table: ShieldTable = { ...made, checksum: shieldChecksum(made) }
  return {
    shield: winning.includes(true) ? new Shield(table) : null,
    losing: states.filter((_, state) => !winning[state]).map((bins) => named(axes, bins)),
  }
}

function refuse(axes: ReadonlyArray<ShieldAxis>, rule: Formula): void {
  const names = axes.map(({ name }) => name)
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  const unknown = channelsOf(rule).filter((name) => !names.includes(name))
  const inTime = timed(rule)
  const problems = [
    ...(axes.length > MOST_AXES
      ? [
          problem(
            ["channels"],
            `make ${axes.length} axes with the knobs, more than ${MOST_AXES}.`,
            "Leave out what the rule does not need.",
          ),
        ]
      : []),
    ...twice.map((name) =>
      problem(["channels"], `names ${show(name)} twice.`, "Give each axis a name of its own."),
    ),
    ...unknown.map((name) =>
      problem(
        ["rule"],
        `names ${show(name)}, which is neither a knob nor a channel of the shield.`,
        "Add it with its cuts.",
      ),
    ),
    ...(inTime === null
      ? []
      : [
          problem(
            ["rule"],
            `looks at more than one digest: ${formulaText(inTime)}.`,
            "A shield keeps what must hold at every digest. Watch the rest with a FormulaMonitor.",
          ),
        ]),
  ]
  if (problems.length > 0) throw new ConfigError({ problems })
}

/** The first part that looks before or after the digest itself. */
function timed(rule: Formula): Formula | null {
  if (rule.op === "predicate" || rule.op === "constant") return null
  if (rule.op === "not") return timed(rule.of)
  if (rule.op !== "and" && rule.op !== "or") return rule
  for (const one of rule.of) {
    const found = timed(one)
    if (found !== null) return found
  }
  return null
}

/** The bins of a state; the first axis counts fastest. */
function binsOf(axes: ReadonlyArray<ShieldAxis>, state: number): ReadonlyArray<number> {
  let rest = state
  return axes.map(({ cuts }) => {
    const bin = rest % (cuts.length + 1)
    rest = (rest - bin) / (cuts.length + 1)
    return bin
  })
}

const stateOf = (axes: ReadonlyArray<ShieldAxis>, bins: ReadonlyArray<number>): number =>
  axes.reduceRight((state, { cuts }, i) => state * (cuts.length + 1) + bins[i], 0)

const named = (axes: ReadonlyArray<ShieldAxis>, bins: ReadonlyArray<number>): ShieldBins =>
  Object.fromEntries(axes.map(({ name }, i) => [name, bins[i]]))

/** The state after a move of the knobs, before the plant goes on; -1 where a knob has no such bin. */
function moved(
  axes: ReadonlyArray<ShieldAxis>,
  knobs: number,
  bins: ReadonlyArray<number>,
  move: number,
): number {
  const after = bins.map((bin, i) => (i < knobs ? bin + stepOf(move, i) : bin))
  return after.every((bin, i) => bin >= 0 && bin <= axes[i].cuts.length) ? stateOf(axes, after) : -1
}

/** All states that the plant may go to once the knobs are where they are in `bins`. */
function reachedFrom(
  axes: ReadonlyArray<ShieldAxis>,
  channels: ReadonlyArray<ShieldAxis>,
  bins: ReadonlyArray<number>,
  next: ShieldGame["next"],
): ReadonlyArray<number> {
  const ranges = next?.(named(axes, bins)) ?? {}
  const knobs = axes.length - channels.length
  let all: ReadonlyArray<ReadonlyArray<number>> = [bins.slice(0, knobs)]
  for (const { name, cuts } of channels) {
    const [least, greatest] = Object.hasOwn(ranges, name) ? ranges[name] : [0, cuts.length]
    if (
      !(
        Number.isInteger(least) &&
        Number.isInteger(greatest) &&
        0 <= least &&
        least <= greatest &&
        greatest <= cuts.length
      )
    )
      throw new ConfigError({
        problems: [
          problem(
            ["next", name],
            `must be two bins from 0 to ${cuts.length}, the smaller one first, got [${show(least)}, ${show(greatest)}].`,
          ),
        ],
      })
    const to = Array.from({ length: greatest - least + 1 }, (_, i) => least + i)
    all = all.flatMap((one) => to.map((bin) => [...one, bin]))
  }
  return all.map((one) => stateOf(axes, one))
}

/** The least robustness that a rule has anywhere in a state. A rule that holds in part of a bin only does not hold there. */
function leastOver(
  rule: Formula,
  axes: ReadonlyArray<ShieldAxis>,
  bins: ReadonlyArray<number>,
  sign = 1,
): number {
  switch (rule.op) {
    case "constant":
      return rule.holds === sign > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    case "not":
      return leastOver(rule.of, axes, bins, -sign)
    case "and":
    case "or": {
      const each = rule.of.map((one) => leastOver(one, axes, bins, sign))
      // The negation of all is the any of the negations.
      return (rule.op === "and") === sign > 0
        ? Math.min(Number.POSITIVE_INFINITY, ...each)
        : Math.max(Number.NEGATIVE_INFINITY, ...each)
    }
    case "predicate":
      return rule.sum.terms.reduce((sum, { channel, factor }) => {
        const place = axes.findIndex(({ name }) => name === channel)
        const { cuts } = axes[place]
        const low = bins[place] === 0 ? Number.NEGATIVE_INFINITY : cuts[bins[place] - 1]
        const high = bins[place] === cuts.length ? Number.POSITIVE_INFINITY : cuts[bins[place]]
        const toldBy = sign * factor
        return toldBy === 0 ? sum : sum + toldBy * (toldBy > 0 ? low : high)
      }, sign * rule.sum.constant)
    default:
      return Number.NEGATIVE_INFINITY
  }
}
