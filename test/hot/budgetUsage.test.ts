import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BudgetWindow } from "../../src/hot/BudgetWindow.ts"
import { ACCEPTED } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced, linear, periodic } from "./rig.ts"

const SECOND = 1e6

const rig = (circle: boolean) => {
  const table = new KnobTable([circle ? periodic() : linear()])
  const now = new Float64Array(1)
  const base = Float64Array.of(0.5)
  const window = new BudgetWindow(table, balanced, base, new Float64Array(1), now)
  const target = new Float64Array(1)
  return {
    move: (us: number, by: number): boolean => {
      now[0] = us
      target[0] = circle ? table.contain(0, base[0] + by) : Math.min(1, Math.max(0, base[0] + by))
      if (window.check(target, 0) !== ACCEPTED) return false
      window.commit(target, 0)
      return true
    },
    at: () => base[0],
    wayFrom: (before: number): number => {
      const way = base[0] - before
      return Math.abs(circle ? way - Math.round(way) : way)
    },
    /** Lets the window itself come to `us`. */
    advance: (us: number): void => {
      now[0] = us
      window.band(new Float64Array(2))
    },
    usage: (us: number): ReadonlyArray<number> => {
      const out = new Float64Array(3)
      window.usage(us, out)
      return [...out]
    },
  }
}

const moves = fc.array(
  fc.record({
    afterUs: fc.integer({ min: 0, max: 9 * SECOND }),
    by: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
  }),
  { minLength: 30, maxLength: 60 },
)

describe("the use of the budgets of a minute", () => {
  it("is the same whether predicted or reached", () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 0, max: 90 * SECOND }), fc.boolean(), (steps, laterUs, circle) => {
        const window = rig(circle)
        let us = 0
        let way = 0
        // Sixteen buckets of four seconds: the running one and the fifteen before it.
        const first =
          (Math.floor((steps.reduce((sum, { afterUs }) => sum + afterUs, 0) + laterUs) / (4 * SECOND)) - 15) *
          4 *
          SECOND
        for (const { afterUs, by } of steps) {
          const before = window.at()
          if (window.move((us += afterUs), by) && us >= first) way += window.wayFrom(before)
        }
        const foreseen = window.usage(us + laterUs)
        expect(foreseen[2]).toBeCloseTo(way, 9)
        window.advance(us + laterUs)
        const come = window.usage(us + laterUs)
        expect(foreseen[0]).toBe(come[0])
        expect(foreseen[1]).toBeCloseTo(come[1], 12)
        expect(foreseen[2]).toBeCloseTo(come[2], 12)
      }),
    )
  })

  it("is that of the last call for an earlier time: nothing is returned or counted twice", () => {
    for (const circle of [false, true]) {
      const window = rig(circle)
      for (const [k, by] of [0.1, 0.1, -0.15, 0.1].entries())
        expect(window.move(50 * SECOND * k, by)).toBe(true)
      const last = window.usage(150 * SECOND)
      expect(last[2]).toBeCloseTo(0.25, 9)
      for (const us of [149, 140, 100, 10, 0, -1000]) expect(window.usage(us * SECOND)).toEqual(last)
    }
  })

  it("is the path and range covered, while all of it is within the minute", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.04, max: 0.04, noNaN: true }), { maxLength: 12 }), (steps) => {
        const window = rig(false)
        let at = 0.5
        let way = 0
        const seen = [at]
        steps.forEach((by, i) => {
          if (!window.move(i * SECOND, by)) return
          at += by
          way += Math.abs(by)
          seen.push(at)
        })
        const [, range, path] = window.usage(steps.length * SECOND)
        expect(path).toBeCloseTo(way, 9)
        expect(range).toBeCloseTo(Math.max(...seen) - Math.min(...seen), 9)
      }),
    )
  })

  it("counts a turn, and keeps only the place a minute later", () => {
    const window = rig(false)
    for (let i = 0; i < 3; i++) window.move(i * SECOND, 0.1)
    for (let i = 3; i < 5; i++) window.move(i * SECOND, -0.1)
    expect(window.usage(5 * SECOND)[0]).toBe(1)
    expect(window.usage(80 * SECOND)).toEqual([0, 0, 0])
  })
})
