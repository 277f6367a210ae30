import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as make from "../../../src/temporal/logic/formula.ts"
import type { Formula } from "../../../src/temporal/logic/formula.ts"
import { parseFormula } from "../../../src/temporal/logic/parseFormula.ts"
import { Shield, SHIELD } from "../../../src/temporal/logic/Shield.ts"
import { type ShieldGame, synthesizeShield } from "../../../src/temporal/logic/synthesizeShield.ts"
import { problemsOf } from "../../problemsOf.ts"

/** Servers against a queue: one server more takes a bin off it, one less lets it grow by up to one bin. */
const servers = { name: "servers", cuts: [2, 4, 8], whole: true }
const queue = { name: "queue", cuts: [10, 100, 1000] }
const staffing: ShieldGame = {
  knobs: [servers],
  channels: [queue],
  rule: parseFormula("always(queue < 1000)", { channels: { queue: "number" } }),
  next: ({ servers: s, queue: q }) => ({ queue: [Math.max(0, q - 1), Math.min(3, s >= 2 ? q : q + 1)] }),
}
const shieldOf = (game: ShieldGame): Shield => {
  const { shield } = synthesizeShield(game)
  if (shield === null) throw new Error("unrealizable")
  return shield
}
const clipped = (shield: Shield, now: ReadonlyArray<number>, proposal: ReadonlyArray<number>) => {
  const to = Float64Array.from(proposal)
  const said = shield.clip(now, to)
  return { said, to: [...to] }
}

/** A game at random, with the plant's answers as a table: for each state after the move, the range of the one channel. */
const anyGame = fc
  .record({
    knobs: fc.integer({ min: 1, max: 2 }),
    bins: fc.integer({ min: 2, max: 3 }),
    seed: fc.infiniteStream(fc.nat(1000)),
  })
  .map(({ knobs, bins, seed }) => {
    const cuts = Array.from({ length: bins - 1 }, (_, i) => i + 1)
    const names = ["a", "b"].slice(0, knobs)
    const size = bins ** (knobs + 1)
    const random = (): number => seed.next().value as number
    const ranges = Array.from({ length: size }, () => {
      const least = random() % bins
      return [least, least + (random() % (bins - least))] as const
    })
    const bad = Array.from({ length: size }, () => random() % 4 === 0)
    const index = (state: ReadonlyArray<number>): number => state.reduce((sum, bin) => sum * bins + bin, 0)
    return { cuts, names, bins, ranges, bad, index }
  })
type AnyGame = typeof anyGame extends fc.Arbitrary<infer T> ? T : never

/** The states that are not `bad`, as a rule over the middles of their bins. */
function ruleOf({ names, bins, bad, index }: AnyGame): Formula {
  const all = [...names, "c"]
  const states = statesOf(bins, all.length).filter((state) => bad[index(state)])
  return make.and(
    ...states.map((state) =>
      make.not(
        make.and(
          ...state.flatMap((bin, i) => [
            ...(bin > 0 ? [make.channel(all[i]).above(bin)] : []),
            ...(bin < bins - 1 ? [make.channel(all[i]).below(bin + 1)] : []),
          ]),
        ),
      ),
    ),
  )
}

const statesOf = (bins: number, axes: number): ReadonlyArray<ReadonlyArray<number>> =>
  axes === 0
    ? [[]]
    : statesOf(bins, axes - 1).flatMap((rest) => Array.from({ length: bins }, (_, bin) => [...rest, bin]))

const gameOf = (any: AnyGame): ShieldGame => ({
  knobs: any.names.map((name) => ({ name, cuts: any.cuts })),
  channels: [{ name: "c", cuts: any.cuts }],
  rule: ruleOf(any),
  next: (state) => ({ c: any.ranges[any.index([...any.names.map((name) => state[name]), state.c])] }),
})

/** Can the tuner keep to good states for so many digests, whatever the plant does? By trying everything. */
function canKeep(any: AnyGame, state: ReadonlyArray<number>, digests: number): boolean {
  if (any.bad[any.index(state)]) return false
  if (digests === 0) return true
  return movesOf(any, state).some((to) =>
    answersTo(any, to).every((after) => canKeep(any, after, digests - 1)),
  )
}
const movesOf = (any: AnyGame, state: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  statesOf(3, any.names.length)
    .map((move) => state.map((bin, i) => bin + (i < move.length ? move[i] - 1 : 0)))
    .filter((to) => to.every((bin) => bin >= 0 && bin < any.bins))
function answersTo(any: AnyGame, to: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> {
  const [least, greatest] = any.ranges[any.index(to)]
  return Array.from({ length: greatest - least + 1 }, (_, i) => [...to.slice(0, -1), least + i])
}
const middle = (bin: number): number => bin + 0.5

describe("a shield", () => {
  it("never leaves the good states, whatever is proposed and whatever the plant does", () => {
    fc.assert(
      fc.property(anyGame, fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 }), (any, draws) => {
        const { shield, losing } = synthesizeShield(gameOf(any))
        const lost = new Set(
          losing.map((state) => any.index([...any.names.map((name) => state[name]), state.c])),
        )
        for (const start of statesOf(any.bins, any.names.length + 1)) {
          if (shield === null || lost.has(any.index(start))) continue
          let state = start
          for (let t = 0; t < draws.length; t += 3) {
            const proposal = Float64Array.from(any.names, (_, i) => middle(draws[t + i] % any.bins))
            expect(shield.clip(state.map(middle), proposal)).toBeLessThanOrEqual(SHIELD.clipped)
            const answers = answersTo(any, [...Array.from(proposal, Math.floor), state.at(-1) as number])
            state = answers[draws[t + 2] % answers.length]
            expect(any.bad[any.index(state)]).toBe(false)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it("loses exactly the states from which nobody could keep the rule", () => {
    fc.assert(
      fc.property(
        anyGame.filter(({ names, bins }) => names.length === 1 && bins === 2),
        (any) => {
          const { shield, losing } = synthesizeShield(gameOf(any))
          const lost = losing.map((state) => any.index([state.a, state.c]))
          const states = statesOf(2, 2)
          // Four states: who can keep the rule for four digests can keep it for ever.
          const doomed = states.filter((state) => !canKeep(any, state, 4)).map(any.index)
          expect(new Set(lost)).toEqual(new Set(doomed))
          expect(shield === null).toBe(doomed.length === states.length)
        },
      ),
      { numRuns: 500 },
    )
  })

  it("permits every move after which the rule can still be kept", () => {
    fc.assert(
      fc.property(
        anyGame.filter(({ names, bins }) => names.length === 1 && bins === 2),
        (any) => {
          const { shield } = synthesizeShield(gameOf(any))
          for (const state of statesOf(2, 2))
            for (const to of movesOf(any, state)) {
              const good =
                canKeep(any, state, 4) && answersTo(any, to).every((after) => canKeep(any, after, 4))
              if (!good || shield === null) continue
              expect(clipped(shield, state.map(middle), [middle(to[0])])).toEqual({
                said: SHIELD.permitted,
                to: [middle(to[0])],
              })
            }
        },
      ),
      { numRuns: 500 },
    )
  })

  it("lets a knob move by one bin, and stops it at the edge of the bin", () => {
    const shield = shieldOf(staffing)
    expect(clipped(shield, [3, 5], [20])).toEqual({ said: SHIELD.clipped, to: [7] })
    expect(clipped(shield, [12, 5], [1])).toEqual({ said: SHIELD.clipped, to: [4] })
    expect(clipped(shield, [3, 5], [3])).toEqual({ said: SHIELD.permitted, to: [3] })
  })

  it("holds a knob back where the queue could outgrow the rule", () => {
    const shield = shieldOf(staffing)
    // A queue of 100 to 1000 that grows by a bin breaks the rule: four servers at least.
    expect(clipped(shield, [5, 500], [3])).toEqual({ said: SHIELD.clipped, to: [4] })
    expect(clipped(shield, [5, 50], [3])).toEqual({ said: SHIELD.permitted, to: [3] })
    // From the lowest bin the third is two moves away: too far for a queue that is one bin from its bound.
    expect(clipped(shield, [1, 500], [1])).toEqual({ said: SHIELD.lost, to: [1] })
  })

  it("moves by what holds wherever a missing reading may be, and not at all if nothing does", () => {
    const wide = shieldOf({
      ...staffing,
      rule: make.or(make.channel("queue").below(100), make.channel("servers").above(4)),
    })
    expect(clipped(wide, [9, Number.NaN], [9])).toEqual({ said: SHIELD.permitted, to: [9] })
    expect(clipped(wide, [5, Number.NaN], [3])).toEqual({ said: SHIELD.clipped, to: [4] })
    expect(clipped(wide, [3, Number.NaN], [5])).toEqual({ said: SHIELD.unknown, to: [3] })
    expect(clipped(wide, [Number.NaN, 5], [3])).toEqual({ said: SHIELD.unknown, to: [Number.NaN] })
  })

  it("moves no knob whose place is unknown, even where any move is permitted", () => {
    const any = shieldOf({ ...staffing, rule: make.constant(true) })
    expect(clipped(any, [Number.NaN, 5], [3])).toEqual({ said: SHIELD.unknown, to: [Number.NaN] })
  })

  it("of `false` is unrealizable, and every state is lost", () => {
    const { shield, losing } = synthesizeShield({ ...staffing, rule: make.constant(false) })
    expect(shield).toBeNull()
    expect(losing).toHaveLength(16)
    expect(losing[1]).toEqual({ servers: 1, queue: 0 })
  })

  it("is plain data that makes the same shield again", () => {
    const shield = shieldOf(staffing)
    const again = new Shield(JSON.parse(JSON.stringify(shield.table)))
    expect(again.table).toEqual(shield.table)
  })
})

describe("a game that cannot be played is refused:", () => {
  it.each([
    [
      "a rule over time",
      { rule: parseFormula("eventually[0,3](queue < 10)", { channels: { queue: "number" } }) },
      "rule",
    ],
    ["a name without cuts", { rule: make.channel("p99").below(3) }, "rule"],
    ["four axes", { channels: [queue, { name: "b", cuts: [1] }, { name: "c", cuts: [1] }] }, "channels"],
    ["one name twice", { channels: [{ name: "servers", cuts: [1] }, queue] }, "channels"],
    ["cuts out of order", { channels: [{ name: "queue", cuts: [5, 5] }] }, "channels[0].cuts"],
    ["five bins", { channels: [{ name: "queue", cuts: [1, 2, 3, 4] }] }, "channels[0].cuts"],
    ["half servers", { knobs: [{ name: "servers", cuts: [1.5], whole: true }] }, "knobs[0]"],
    ["no knob", { knobs: [] }, "knobs"],
    ["a range that is none", { next: () => ({ queue: [2, 1] as const }) }, "next.queue"],
  ])("%s", (_, change, path) => {
    expect(problemsOf(() => synthesizeShield({ ...staffing, ...change })).map((one) => one.path)).toContain(
      path,
    )
  })

  it("a table that does not fit its axes", () => {
    const { table } = shieldOf(staffing)
    expect(problemsOf(() => new Shield({ ...table, permitted: table.permitted.slice(1) }))[0].path).toBe(
      "permitted",
    )
    expect(problemsOf(() => new Shield({ ...table, version: 2 }))[0].path).toBe("version")
  })
})
