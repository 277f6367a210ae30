import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BudgetWindow } from "../../src/hot/BudgetWindow.ts"
import { ACCEPTED, BUDGET_EXHAUSTED, THRASHING } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { balanced, linear, periodic } from "./rig.ts"

const SECOND = 1e6
const MINUTE = 60 * SECOND

const budgetOf = (policy: GuardrailNumbers = balanced, start = 0.5, circle = false) => {
  const table = new KnobTable([circle ? periodic() : linear()])
  const now = new Float64Array(1)
  const reach = new Float64Array(1)
  const base = Float64Array.of(start)
  const window = new BudgetWindow(table, policy, base, reach, now)
  const band = new Float64Array(2)
  const target = new Float64Array(1)
  /** Only judges. */
  const check = (by: number): number => {
    target[0] = circle ? table.contain(0, base[0] + by) : base[0] + by
    return window.check(target, 0)
  }
  const move = (us: number, by: number): number => {
    now[0] = us
    const status = check(by)
    if (status === ACCEPTED) window.commit(target, 0)
    return status
  }
  const bandAt = (us: number): Float64Array => {
    now[0] = us
    window.band(band)
    return band
  }
  const rollBackTo = (position: number): void => {
    base[0] = position
    window.reset()
  }
  return { reach, check, move, bandAt, rollBackTo }
}

/** The plain way to do the same: every position and turn ever, with its time, looked through anew. */
class Model {
  readonly positions: Array<{ readonly at: number; readonly position: number }> = []
  readonly moved: Array<{ readonly at: number; readonly way: number }> = []
  readonly turned: Array<number> = []
  direction = 0
  high: number
  low: number
  position: number
  readonly lim: number

  constructor(start: number, lim: number) {
    this.position = start
    this.high = start
    this.low = start
    this.lim = lim
    this.positions.push({ at: Number.NEGATIVE_INFINITY, position: start })
  }

  isTurn(next: number): boolean {
    if (this.direction > 0) return this.high - next > this.lim
    return this.direction < 0 && next - this.low > this.lim
  }

  move(at: number, by: number): void {
    const next = this.position + by
    if (this.isTurn(next)) {
      this.turned.push(at)
      this.direction = -this.direction
      this.high = next
      this.low = next
    } else if (this.direction === 0) {
      this.high = Math.max(this.high, next)
      this.low = Math.min(this.low, next)
      if (next - this.low > this.lim) this.direction = 1
      else if (this.high - next > this.lim) this.direction = -1
      if (this.direction !== 0) this.high = this.low = next
    } else if (this.direction > 0) this.high = Math.max(this.high, next)
    else this.low = Math.min(this.low, next)
    this.moved.push({ at, way: Math.abs(by) })
    this.positions.push({ at, position: next })
    this.position = next
  }

  turns(at: number, span: number): number {
    return this.turned.filter((time) => time > at - span).length
  }

  path(at: number, span: number): number {
    return this.moved.reduce((sum, one) => (one.at > at - span ? sum + one.way : sum), 0)
  }

  /** Held positions count: where the base stood when the span began is part of it. */
  range(at: number, span: number, next = this.position): number {
    const held = this.positions.filter((one, i) => {
      const until = this.positions[i + 1]?.at ?? Number.POSITIVE_INFINITY
      return until > at - span
    })
    const all = [...held.map((one) => one.position), next]
    return Math.max(...all) - Math.min(...all)
  }

  /** Whether a move would stay within the budgets of the last `span`. */
  allows(at: number, by: number, policy: GuardrailNumbers, span: number): boolean {
    const next = this.position + by
    const turns = this.turns(at, span) + (this.isTurn(next) ? 1 : 0)
    if (this.isTurn(next) && turns > policy.turnsPerMinute) return false
    const widened = this.range(at, span, next)
    if (widened > this.range(at, span) && widened > policy.rangePerMinute) return false
    return this.path(at, span) + Math.abs(by) <= policy.pathPerMinute
  }
}

describe("BudgetWindow", () => {
  it("counts a retrace of more than the step as a turn, and refuses one too many", () => {
    const { move } = budgetOf()
    expect(move(0, 0.15)).toBe(ACCEPTED)
    for (let turn = 0; turn < 3; turn++)
      expect(move((turn + 1) * SECOND, turn % 2 === 0 ? -0.15 : 0.15)).toBe(ACCEPTED)
    expect(move(4 * SECOND, 0.15)).toBe(THRASHING)
  })

  it("lets a knob without turns left move within a step of its last extreme", () => {
    const { move, bandAt } = budgetOf()
    move(0, 0.15)
    for (let turn = 0; turn < 3; turn++) move(SECOND, turn % 2 === 0 ? -0.15 : 0.15)
    const [down, up] = bandAt(2 * SECOND)
    expect(up).toBeCloseTo(0.1, 6)
    expect(down).toBeCloseTo(-0.35, 6)
    expect(move(2 * SECOND, 0.1 - 1e-9)).toBe(ACCEPTED)
    expect(move(3 * SECOND, 2e-9)).toBe(THRASHING)
    expect(move(3 * SECOND, -0.2)).toBe(ACCEPTED)
  })

  it("returns a turn when its minute is over, at most four seconds late", () => {
    const { move } = budgetOf()
    move(0, 0.15)
    for (let turn = 0; turn < 3; turn++) move(SECOND, turn % 2 === 0 ? -0.15 : 0.15)
    expect(move(MINUTE, 0.15)).toBe(THRASHING)
    expect(move(SECOND + MINUTE + 4 * SECOND, 0.15)).toBe(ACCEPTED)
  })

  it("counts neither small wobbles nor the first leg as turns", () => {
    const { move } = budgetOf({ ...balanced, turnsPerMinute: 0 })
    for (let i = 0; i < 20; i++) expect(move(i * SECOND, i % 2 === 0 ? 0.05 : -0.05)).toBe(ACCEPTED)
    expect(move(20 * SECOND, 0.2)).toBe(ACCEPTED)
    expect(move(21 * SECOND, -0.09)).toBe(ACCEPTED)
    expect(move(22 * SECOND, -0.02)).toBe(THRASHING)
  })

  it("bounds the range, including where the base was when the minute began", () => {
    const { move } = budgetOf({ ...balanced, rangePerMinute: 0.3 })
    expect(move(MINUTE * 2, 0.3 - 1e-9)).toBe(ACCEPTED)
    expect(move(MINUTE * 2 + SECOND, 0.01)).toBe(BUDGET_EXHAUSTED)
    expect(move(MINUTE * 3 + 4 * SECOND, 0.01)).toBe(ACCEPTED)
  })

  it("bounds the path even of wobbles that are not turns", () => {
    const { move } = budgetOf({ ...balanced, pathPerMinute: 0.5 + 1e-9 })
    for (let i = 0; i < 10; i++) expect(move(i * SECOND, i % 2 === 0 ? 0.05 : -0.05)).toBe(ACCEPTED)
    expect(move(11 * SECOND, 0.001)).toBe(BUDGET_EXHAUSTED)
  })

  it("accepts the ends of its own band and nothing appreciably beyond them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.double({ min: -0.2, max: 0.2, noNaN: true })), {
          maxLength: 60,
        }),
        fc.boolean(),
        (steps, upwards) => {
          const { move, bandAt, check } = budgetOf()
          let now = 0
          for (const [seconds, by] of steps) {
            now += seconds * SECOND
            move(now, by)
          }
          const end = bandAt(now)[upwards ? 1 : 0]
          expect(upwards ? end : -end).toBeGreaterThanOrEqual(0)
          if (Math.abs(end) < 1) expect(check(end + (upwards ? 3e-9 : -3e-9))).not.toBe(ACCEPTED)
          expect(check(end)).toBe(ACCEPTED)
        },
      ),
    )
  })

  it("crosses the seam of a circle without a jump", () => {
    const { move, bandAt } = budgetOf({ ...balanced, rangePerMinute: 5 }, 0.95, true)
    for (let i = 0; i < 20; i++) expect(move(i * SECOND, 0.1)).toBe(ACCEPTED)
    expect(bandAt(20 * SECOND)[1]).toBeLessThan(0.5)
  })

  it("restarts ranges and directions after a rollback, but keeps spent turns and path", () => {
    const { move, rollBackTo, bandAt } = budgetOf({ ...balanced, turnsPerMinute: 1 })
    move(0, 0.15)
    move(SECOND, -0.3)
    rollBackTo(0.9)
    expect(bandAt(2 * SECOND)[0]).toBeCloseTo(-0.5, 6)
    expect(move(2 * SECOND, -0.15)).toBe(ACCEPTED)
    expect(move(3 * SECOND, 0.15)).toBe(THRASHING)
  })

  it("lets a coarse knob reach its neighbours whatever the range", () => {
    const { move, reach } = budgetOf({ ...balanced, rangePerMinute: 0.1 })
    expect(move(0, 0.2)).toBe(BUDGET_EXHAUSTED)
    reach[0] = 0.2 + 2e-9
    expect(move(0, 0.2)).toBe(ACCEPTED)
  })

  it("agrees with a plain count over every minute, and is at most four seconds stricter", () => {
    const policies = fc.record({
      turnsPerMinute: fc.integer({ min: 0, max: 4 }),
      rangePerMinute: fc.constantFrom(0.1, 0.25, 0.5, 1),
      pathPerMinute: fc.constantFrom(0.5, 1.25, 2.5),
    })
    const by = fc.oneof(
      fc.double({ min: -0.25, max: 0.25, noNaN: true }),
      fc.constantFrom(0.12, -0.12, 0.09, -0.09, 0.25, -0.25, 0),
    )
    const gap = fc.oneof(fc.integer({ min: 0, max: 3 * SECOND }), fc.integer({ min: 0, max: 40 * SECOND }))
    fc.assert(
      fc.property(policies, fc.array(fc.tuple(gap, by), { maxLength: 120 }), (some, steps) => {
        const policy = { ...balanced, ...some }
        const { move } = budgetOf(policy)
        const model = new Model(0.5, policy.maxStep)
        let now = 0
        for (const [us, offset] of steps) {
          now += us
          const strict = model.allows(now, offset, policy, MINUTE + 4 * SECOND)
          const needed = model.allows(now, offset, policy, MINUTE)
          const accepted = move(now, offset) === ACCEPTED
          // 2^-40 a move is what rounding up the path may cost.
          if (
            strict &&
            model.path(now, MINUTE + 4 * SECOND) + Math.abs(offset) < policy.pathPerMinute - 1e-9
          ) {
            expect(accepted).toBe(true)
          }
          if (!needed) expect(accepted).toBe(false)
          if (!accepted) continue
          model.move(now, offset)
          expect(model.turns(now, MINUTE)).toBeLessThanOrEqual(policy.turnsPerMinute)
          expect(model.path(now, MINUTE)).toBeLessThanOrEqual(policy.pathPerMinute + 1e-12)
          expect(model.range(now, MINUTE)).toBeLessThanOrEqual(policy.rangePerMinute + 1e-12)
        }
      }),
      { numRuns: 200 },
    )
  })
})
