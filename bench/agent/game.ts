/**
 * What a run of the agent is played against: a plant whose load goes wherever a random game lets it go, a rule that the load and the
 * knobs can break, and the shield that keeps it.
 */
import type { KnobConfig } from "../../src/index.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { binOf, type ShieldTable } from "../../src/temporal/logic/Shield.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import type { Chance } from "../sequences/Chance.ts"

/** How many games of a row are tried before one counts as found: some cannot be won from anywhere. */
const TRIES = 50

/** A game that can be won, from a state in which it is. */
export interface Game {
  readonly names: ReadonlyArray<string>
  readonly params: Readonly<Record<string, KnobConfig>>
  readonly table: ShieldTable
  /** The load's bin at the start. */
  readonly load: number
  /** Least and greatest bin of the load at the next digest. */
  readonly reach: (knobs: ReadonlyArray<number>, load: number) => readonly [number, number]
  readonly broken: (knobs: ReadonlyArray<number>, load: number) => boolean
  /** Whether the rule can be kept from there. */
  readonly winning: (knobs: ReadonlyArray<number>, load: number) => boolean
  readonly binOf: (value: number) => number
}

/** A value in the middle of a bin, whatever cut lies beside. */
export const inBin = (bin: number, chance: Chance): number => bin + 1.05 + 0.9 * chance.next()

/** A game drawn by chance. */
export function drawGame(chance: Chance): Game {
  for (let i = 0; i < TRIES; i++) {
    const game = tryGame(chance)
    if (game !== null) return game
  }
  throw new Error("no game of fifty can be won")
}

function tryGame(chance: Chance): Game | null {
  const names = ["a", "b"].slice(0, chance.whole(1, 2))
  const bins = chance.whole(2, 4)
  const cuts = Array.from({ length: bins - 1 }, (_, i) => i + 2)
  const all = [...names, "load"]
  const size = bins ** all.length
  const share = chance.of([0.1, 0.3])
  const bad = Array.from({ length: size }, () => chance.is(share))
  const ranges = Array.from({ length: size }, () => {
    const least = chance.whole(0, bins - 1)
    return [least, chance.whole(least, bins - 1)] as const
  })
  const index = (knobs: ReadonlyArray<number>, load: number): number =>
    [...knobs, load].reduceRight((sum, bin) => sum * bins + bin, 0)
  const clauses = bad.flatMap((is, state) => {
    if (!is) return []
    const parts = all.flatMap((name, i) => {
      const bin = Math.floor(state / bins ** i) % bins
      return [
        ...(bin > 0 ? [`${name} >= ${cuts[bin - 1]}`] : []),
        ...(bin < bins - 1 ? [`${name} < ${cuts[bin]}`] : []),
      ]
    })
    return [`not (${parts.map((part) => `(${part})`).join(" and ")})`]
  })
  const units = Object.fromEntries(all.map((name) => [name, "number" as const]))
  const { shield } = synthesizeShield({
    knobs: names.map((name) => ({ name, cuts })),
    channels: [{ name: "load", cuts }],
    rule: parseFormula(clauses.length === 0 ? "true" : clauses.join(" and "), { channels: units }),
    next: (state) => ({
      load: ranges[
        index(
          names.map((name) => state[name]),
          state.load,
        )
      ],
    }),
    waits: true,
  })
  if (shield === null) return null
  const { table } = shield
  const winning = table.permitted.flatMap((moves, state) => (moves === 0 ? [] : [state]))
  const start = chance.of(winning)
  const step = chance.of([0, 0.25, 1])
  const scale = chance.of(["linear", "log"] as const)
  const params = Object.fromEntries(
    names.map((name, i) => {
      const initial = (Math.floor(start / bins ** i) % bins) + (step === 1 ? 1 : 1.25)
      return [name, { min: 1, max: bins + 1, scale, initial, ...(step === 0 ? {} : { step }) }]
    }),
  )
  const axis = { name: "any", cuts }
  return {
    names,
    params,
    table,
    load: Math.floor(start / bins ** names.length) % bins,
    reach: (knobs, load) => ranges[index(knobs, load)],
    broken: (knobs, load) => bad[index(knobs, load)],
    winning: (knobs, load) => table.permitted[index(knobs, load)] !== 0,
    binOf: (value) => binOf(axis, value),
  }
}
