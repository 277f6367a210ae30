/** What a replica does with what it is told: never an older pair, never out of bounds, never a step that is too far. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Follower } from "../../src/cohort/Follower.ts"
import { comparePairs } from "../../src/cohort/order.ts"
import type { Answer } from "../../src/cohort/protocol.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"

const { space } = requireEngineConfig({
  params: { a: { min: 0, max: 100, initial: 50 }, b: { min: 1, max: 9, step: 1, initial: 5 } },
})
const STEP = 0.1

const answer = (at: readonly [number, number], over: Partial<Answer> = {}): Answer => ({
  protocol: 1,
  at,
  role: "base",
  values: { a: 50, b: 5 },
  base: { a: 50, b: 5 },
  baseline: { a: 50, b: 5 },
  leaseMs: 2000,
  baselineAfterMs: 60_000,
  reportMs: 500,
  settleMs: 0,
  emergencyMargin: -0.5,
  ...over,
})

const value = fc.oneof(fc.double({ min: -20, max: 120, noNaN: true }), fc.constantFrom(1, 5, 9, 50, 55, 60))
const values = fc.record({ a: value, b: value })
const answers = fc.record({
  at: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 8 })),
  role: fc.constantFrom<Answer["role"]>("base", "plus", "minus", "control"),
  values,
  base: values,
  baseline: values,
})

const at = (follower: Follower): ReadonlyArray<number> =>
  Array.from(follower.live, (unit, i) => space.table.decode(i, unit))

describe("a replica that is told anything in any order", () => {
  it("never takes an older pair, never leaves its bounds, and never confirms what is not in place", () => {
    fc.assert(
      fc.property(fc.array(answers, { maxLength: 30 }), (told) => {
        const follower = new Follower(space, STEP)
        for (const one of told) {
          const before = follower.seen
          const heard = follower.take(answer(one.at, one))
          if (heard === "taken") follower.stand("following")
          expect(comparePairs(follower.seen, before)).toBeGreaterThanOrEqual(0)
          if (heard !== "taken") expect(follower.seen).toBe(before)
          at(follower).forEach((now, i) => {
            expect(now).toBeGreaterThanOrEqual(space.table.min[i])
            expect(now).toBeLessThanOrEqual(space.table.max[i])
          })
        }
      }),
    )
  })

  it("moves by at most its step limit at once, unless it goes back to the baseline", () => {
    fc.assert(
      fc.property(fc.array(answers, { maxLength: 30 }), (told) => {
        const follower = new Follower(space, STEP)
        for (const one of told) {
          const before = follower.live.slice()
          const home = one.base.a === one.baseline.a && one.base.b === one.baseline.b
          if (follower.take(answer(one.at, one)) !== "taken") continue
          follower.stand("following")
          if (home || one.role === "control") continue
          // Knob b has neighbours further apart than the limit.
          expect(Math.abs(follower.live[0] - before[0])).toBeLessThanOrEqual(STEP + 1e-6)
        }
      }),
    )
  })
})

describe("a replica", () => {
  it("refuses a probe further than half a step from the base, and says so", () => {
    const follower = new Follower(space, STEP)
    expect(follower.take(answer([1, 1], { role: "plus", values: { a: 55, b: 5 } }))).toBe("taken")
    expect(follower.take(answer([1, 2], { role: "plus", values: { a: 55.1, b: 5 } }))).toBe("step")
    expect(follower.refused).toBe("step")
    expect(follower.seen).toEqual([1, 1])
  })

  it("takes the neighbour of a coarse knob though it is further than half a step", () => {
    const follower = new Follower(space, STEP)
    expect(follower.take(answer([1, 1], { role: "plus", values: { a: 50, b: 6 } }))).toBe("taken")
    expect(follower.take(answer([1, 2], { role: "plus", values: { a: 50, b: 8 } }))).toBe("step")
  })

  it.each([
    ["a value above its bounds", { values: { a: 101, b: 5 }, base: { a: 101, b: 5 } }, "outOfBounds"],
    ["a baseline below them", { baseline: { a: -1, b: 5 } }, "outOfBounds"],
    ["a knob it does not have", { values: { a: 50, c: 5 } }, "values"],
    ["one knob more", { values: { a: 50, b: 5, c: 1 } }, "values"],
    ["a base role off the base", { values: { a: 51, b: 5 } }, "step"],
  ] as const)("refuses %s", (_, over, why) => {
    const follower = new Follower(space, STEP)
    expect(follower.take(answer([1, 1], over as Partial<Answer>))).toBe(why)
    expect(follower.generation).toBe(0)
  })

  it("walks to a base that is far off, and confirms when it has arrived", () => {
    const follower = new Follower(space, STEP)
    const far = { values: { a: 83, b: 5 }, base: { a: 83, b: 5 } }
    const way: Array<number> = []
    for (let k = 0; k < 4; k++) {
      follower.take(answer([1, 9], far))
      follower.stand("following")
      way.push(Math.round(at(follower)[0]))
      expect(follower.confirmed[1]).toBe(k < 3 ? 0 : 9)
    }
    expect(way).toEqual([60, 70, 80, 83])
  })

  it("goes back to the baseline at once, however far it is", () => {
    const follower = new Follower(space, STEP)
    const home = { a: 5, b: 1 }
    follower.take(answer([1, 9], { values: home, base: home, baseline: home }))
    follower.stand("following")
    expect(at(follower)).toEqual([5, 1])
    expect(follower.confirmed).toEqual([1, 9])
  })

  it("stands on its base after an emergency, until there is a newer pair", () => {
    const follower = new Follower(space, STEP)
    const plus = { role: "plus", values: { a: 54, b: 5 } } as const
    follower.take(answer([1, 2], plus))
    follower.stand("following")
    follower.leave()
    expect(at(follower)).toEqual([50, 5])
    follower.take(answer([1, 2], plus))
    follower.stand("following")
    expect(at(follower)).toEqual([50, 5])
    follower.take(answer([1, 3], plus))
    follower.stand("following")
    expect(at(follower)).toEqual([54, 5])
  })
})
