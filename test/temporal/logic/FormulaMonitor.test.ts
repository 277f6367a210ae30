import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as make from "../../../src/temporal/logic/formula.ts"
import type { Formula } from "../../../src/temporal/logic/formula.ts"
import { FormulaMonitor } from "../../../src/temporal/logic/FormulaMonitor.ts"
import { robustness } from "../../../src/temporal/logic/robustness.ts"
import { anyFormula, anyTrace, byDefinition, CHANNELS, type Trace } from "./byDefinition.ts"

const REQ = [100, -1, -2, 5, -1]
const GNT = [20, -2, 10, 4, -1]
const pair = { channels: ["req", "gnt"], rows: REQ.map((req, i) => [req, GNT[i]]) }
const req = make.positive([{ channel: "req", factor: 1 }])
const gnt = make.positive([{ channel: "gnt", factor: 1 }])
const exact = (formula: Formula): ReadonlyArray<number> => {
  const { lo, hi } = robustness(formula, pair)
  expect([...lo]).toEqual([...hi])
  return [...lo]
}

describe("robustness on a recorded trace", () => {
  it("of requests and grants is as in the literature", () => {
    expect(exact(make.always(req))).toEqual([-2, -2, -2, -1, -1])
    expect(exact(make.eventually(req, [0, 1]))).toEqual([100, -1, 5, 5, -1])
    expect(exact(make.until(req, gnt))).toEqual([20, -1, 10, 4, -1])
  })

  it("equals the definition, for any formula and any trace", () => {
    fc.assert(
      fc.property(anyFormula, anyTrace, (formula, trace) => {
        const { lo, hi } = robustness(formula, trace)
        for (let i = 0; i < trace.rows.length; i++)
          expect([lo[i] + 0, hi[i] + 0]).toEqual(byDefinition(formula, trace, i).map((value) => value + 0))
      }),
      { numRuns: 10_000 },
    )
  })

  it("satisfies negation, De Morgan, and eventually as an until", () => {
    fc.assert(
      fc.property(anyFormula, anyFormula, anyTrace, (a, b, trace) => {
        const lo = (formula: Formula): ReadonlyArray<number> =>
          [...robustness(formula, trace).lo].map((value) => value + 0)
        const hi = (formula: Formula): ReadonlyArray<number> =>
          [...robustness(formula, trace).hi].map((value) => value + 0)
        expect(lo(make.not(a))).toEqual(hi(a).map((value) => 0 - value))
        expect(lo(make.not(make.and(a, b)))).toEqual(lo(make.or(make.not(a), make.not(b))))
        expect(lo(make.eventually(a, [1, 4]))).toEqual(lo(make.until(make.constant(true), a, [1, 4])))
        expect(lo(make.always(a, [1, 4]))).toEqual(lo(make.release(make.constant(false), a, [1, 4])))
      }),
    )
  })

  it("of d survives any change of the readings by less than d", () => {
    const change = fc.array(fc.double({ min: -0.999, max: 0.999, noNaN: true }), {
      minLength: 28,
      maxLength: 28,
    })
    fc.assert(
      fc.property(anyFormula, anyTrace, change, (formula, trace, shares) => {
        const { lo, hi } = robustness(formula, trace)
        const distance = Math.min(...[...lo, ...hi].map(Math.abs))
        fc.pre(Number.isFinite(distance) && distance > 0)
        const rows = trace.rows.map((row, i) => row.map((value, c) => value + distance * shares[2 * i + c]))
        const moved = robustness(formula, { ...trace, rows })
        expect([...moved.lo].map(Math.sign)).toEqual([...lo].map(Math.sign))
      }),
    )
  })
})

describe("a monitor", () => {
  const observed = (monitor: FormulaMonitor, trace: Trace, digests: number): void => {
    for (let i = 0; i < digests; i++) monitor.observe(trace.rows[i], trace.atUs[i])
  }

  it("settles each digest at its value on the whole trace", () => {
    fc.assert(
      fc.property(anyFormula, anyTrace, (formula, trace) => {
        const monitor = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 32 })
        let settled = 0
        for (const [i, row] of trace.rows.entries()) {
          const more = monitor.observe(row, trace.atUs[i])
          for (const end = settled + more; settled < end; settled++) {
            const { lo, hi } = monitor.verdictAt(settled)
            expect([lo + 0, hi + 0]).toEqual(byDefinition(formula, trace, settled).map((value) => value + 0))
          }
          expect(monitor.settled).toBe(settled)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it("settles searches over long streams at their values, when its rings have turned many times", () => {
    const reading = fc.integer({ min: -4, max: 4 })
    const rows = fc.array(fc.tuple(reading, reading), { minLength: 120, maxLength: 150 })
    const bound = fc
      .tuple(fc.nat(4), fc.nat(9), fc.boolean())
      .map(([from, more, time]) => (time ? make.seconds(from, from + more) : ([from, from + more] as const)))
    const search = fc.constantFrom(make.until, make.release, make.since)
    fc.assert(
      fc.property(rows, bound, search, (all, between, until) => {
        const formula = until(make.channel("x").above(0), make.channel("y").above(0), between)
        const trace = { channels: CHANNELS, rows: all, atUs: all.map((_, i) => i * 1e6) }
        const monitor = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 20 })
        let settled = 0
        for (const [i, row] of all.entries()) {
          for (const end = settled + monitor.observe(row, i * 1e6); settled < end; settled++) {
            const { lo, hi } = monitor.verdictAt(settled)
            expect([lo + 0, hi + 0]).toEqual(byDefinition(formula, trace, settled).map((value) => value + 0))
          }
        }
        expect(settled).toBeGreaterThan(100)
        expect(monitor.overflowed).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  it("bounds what is not settled yet, whatever follows", () => {
    fc.assert(
      fc.property(anyFormula, anyTrace, fc.nat(14), (formula, trace, cut) => {
        const digests = Math.min(cut, trace.rows.length)
        const monitor = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 32 })
        observed(monitor, trace, digests)
        const { lo, hi, index } = monitor.outlook()
        const later = Array.from({ length: digests - monitor.settled }, (_, n) =>
          byDefinition(formula, trace, monitor.settled + n),
        )
        expect(index >= 0).toBe(later.length > 0)
        // The end of the trace is one of the ways in which it may go on.
        expect(Math.min(Infinity, ...later.map(([low]) => low))).toBeGreaterThanOrEqual(lo)
        expect(Math.min(Infinity, ...later.map(([low]) => low))).toBeLessThanOrEqual(hi)
      }),
      { numRuns: 5_000 },
    )
  })

  it("settles digests no later than the horizon of the formula", () => {
    const formula = make.always(make.eventually(make.channel("x").above(0), [0, 3]), [0, 4])
    const monitor = new FormulaMonitor(formula, { channels: CHANNELS })
    for (let i = 0; i < 20; i++) monitor.observe([1, 0], i * 1e6)
    expect(monitor.settled).toBe(20 - 7)
  })

  it("shows trouble before the horizon closes", () => {
    const formula = make.implies(
      make.channel("x").above(0),
      make.always(make.channel("y").below(10), make.seconds(0, 60)),
    )
    const monitor = new FormulaMonitor(formula, { channels: CHANNELS })
    monitor.observe([1, 4], 0)
    expect(monitor.outlook()).toEqual({ lo: -1, hi: 6, index: 0 })
    monitor.observe([-1, 13], 1e6)
    expect(monitor.outlook()).toMatchObject({ hi: -1, index: 0 })
    expect(monitor.settled).toBe(0)
    expect(monitor.witness(0)).toEqual({ text: "x > 0", index: 0, robustness: 1 })
  })

  it("names the predicate and the digest that decide", () => {
    const formula = make.always(make.and(make.channel("x").below(5), make.channel("y").below(2)), [0, 2])
    const monitor = new FormulaMonitor(formula, { channels: CHANNELS })
    for (const [i, row] of [
      [1, 1],
      [4, 9],
      [6, 0],
      [0, 0],
    ].entries())
      monitor.observe(row, i)
    expect(monitor.verdictAt(0)).toEqual({ lo: -7, hi: -7, index: 0 })
    expect(monitor.witness(0)).toEqual({ text: "y < 2", index: 1, robustness: -7 })
  })

  it("treats a missing reading as any value", () => {
    const monitor = new FormulaMonitor(make.channel("x").above(0), { channels: CHANNELS })
    monitor.observe([Number.NaN, 1], 0)
    expect(monitor.verdictAt(0)).toMatchObject({ lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY })
  })

  it("becomes unknown when a bound in time covers more digests than fit", () => {
    const formula = make.always(make.channel("x").above(0), make.seconds(0, 1))
    const monitor = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 6 })
    for (let i = 0; i < 7; i++) monitor.observe([-1, 0], i)
    expect([monitor.overflowed, monitor.outlook().hi]).toEqual([false, -1])
    for (let i = 7; i < 20; i++) monitor.observe([-1, 0], i)
    expect([monitor.overflowed, monitor.outlook().hi]).toEqual([true, Number.POSITIVE_INFINITY])
    monitor.clear()
    monitor.observe([-1, 0], 0)
    expect([monitor.overflowed, monitor.outlook().hi]).toEqual([false, -1])
  })

  it("equals a new one after it was cleared", () => {
    fc.assert(
      fc.property(anyFormula, anyTrace, anyTrace, (formula, before, trace) => {
        const used = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 32 })
        observed(used, before, before.rows.length)
        used.clear()
        const fresh = new FormulaMonitor(formula, { channels: CHANNELS, mostDigests: 32 })
        observed(used, trace, trace.rows.length)
        observed(fresh, trace, trace.rows.length)
        expect([used.settled, used.outlook()]).toEqual([fresh.settled, fresh.outlook()])
      }),
    )
  })

  it("keeps up with a stream that is a thousand times longer than its room", () => {
    const formula = make.always(make.channel("x").below(8), [0, 5])
    const monitor = new FormulaMonitor(formula, { channels: CHANNELS })
    const reading = (i: number): number => (i * 7_919) % 10
    for (let i = 0; i < 10_000; i++) monitor.observe([reading(i), 0], i)
    const last = monitor.settled - 1
    const worst = Math.max(...Array.from({ length: 6 }, (_, n) => reading(last + n)))
    expect(last).toBe(10_000 - 6)
    expect(monitor.verdictAt(last)).toEqual({ lo: 8 - worst, hi: 8 - worst, index: last })
  })

  it("refuses unknown channels, and formulas that never settle", () => {
    const build = (formula: Formula) => () => new FormulaMonitor(formula, { channels: CHANNELS })
    expect(build(make.channel("z").above(0))).toThrow("names a channel that is not there: z.")
    expect(build(make.always(make.channel("x").above(0)))).toThrow(
      "never ends: always (x > 0). Give it a bound",
    )
    expect(build(make.since(req, gnt, [1, Number.POSITIVE_INFINITY]))).toThrow("never ends")
    expect(build(make.always(make.channel("x").above(0), [0, 1e6]))).toThrow("spans 1000000 digests")
  })

  it("refuses a time that is invalid or goes back, and changes nothing", () => {
    const monitor = new FormulaMonitor(make.channel("x").above(0), { channels: CHANNELS })
    monitor.observe([1, 1], 5)
    for (const atUs of [4, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => monitor.observe([1, 1], atUs)).toThrow("timestampUs")
    expect(monitor.received).toBe(1)
  })
})
