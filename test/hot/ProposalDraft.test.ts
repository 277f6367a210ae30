/** Bounds and steps of every proposal against a plain model: which knob is at fault, what it asked for and what it may. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KNOB, RECORD_LIMIT, RECORD_POINT, RECORD_VALUE } from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  DELTA_TOO_LARGE,
  LOG,
  MINUS,
  NO_BASELINE,
  OUT_OF_BOUNDS,
  PERIODIC,
  PLUS,
  UPDATE,
  VISIT_BASELINE,
} from "../../src/hot/codes.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { bits, drained, linear, logarithmic, makeRig, periodic, type Rig, stepped, unlimited } from "./rig.ts"

const MAX_STEP = 0.1
const policy = { ...unlimited, maxStep: MAX_STEP }

/** What Tier 1 should say to targets, worked out knob by knob. */
class Model {
  live: Float64Array
  base: Float64Array
  baseline: Float64Array | null = null
  private readonly rig: Rig
  private readonly knobs: ReadonlyArray<KnobNumbers>

  constructor(rig: Rig, knobs: ReadonlyArray<KnobNumbers>) {
    this.rig = rig
    this.knobs = knobs
    this.live = rig.live()
    this.base = rig.live()
  }

  limitOf(i: number): number {
    const { maxStep, step } = this.knobs[i]
    const own = maxStep > 0 ? Math.min(maxStep, MAX_STEP) : MAX_STEP
    return step === 0 ? own : Math.max(own, this.rig.table.neighbourSpan(i, this.base[i]))
  }

  judge(targets: ReadonlyArray<number>): { status: number; knob: number; value: number; limit: number } {
    const { table } = this.rig
    for (let i = 0; i < targets.length; i++) {
      const turn = this.knobs[i].scale === PERIODIC ? 1 : 0
      if (!(targets[i] >= -turn && targets[i] <= 1 + turn)) {
        return { status: OUT_OF_BOUNDS, knob: i, value: targets[i], limit: targets[i] < 0 ? 0 : 1 }
      }
    }
    for (let i = 0; i < targets.length; i++) {
      const at = table.snap(i, targets[i])
      const limit = this.limitOf(i)
      const fromLive = table.difference(i, this.live[i], at)
      const fromBase = table.difference(i, this.base[i], at)
      // A hair for steps that were worked out as base + c; what tells apart is far from it.
      if (Math.abs(fromLive) > limit + 1e-9)
        return { status: DELTA_TOO_LARGE, knob: i, value: fromLive, limit }
      if (Math.abs(fromBase) > limit + 1e-9)
        return { status: DELTA_TOO_LARGE, knob: i, value: fromBase, limit }
    }
    return { status: ACCEPTED, knob: -1, value: Number.NaN, limit: Number.NaN }
  }

  accept(kind: number, targets: ReadonlyArray<number>): void {
    this.live = Float64Array.from(targets, (target, i) => this.rig.table.snap(i, target) + 0)
    if (kind === UPDATE) this.base = this.live.slice()
  }
}

const knobs: ReadonlyArray<KnobNumbers> = [
  linear(-3, 7),
  { ...linear(0, 5), maxStep: 0.03 },
  { ...linear(0, 5), maxStep: 0.7 },
  logarithmic(0.01, 100),
  periodic(-180, 180),
  stepped(0, 40, 1),
  stepped(0, 5, 1),
  stepped(0, 25, 2),
  // A grid so fine that half a step limit rounds to more than half of it.
  stepped(0, 99, 3),
  stepped(1, 256, 1, LOG),
  stepped(0, 24, 1, PERIODIC),
]

/** Offsets from the base where verdicts turn over, as shares of a step limit, and some in between. */
const share = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0.499, -0.499, 0.501, -0.501, 1, -1) },
  { weight: 1, arbitrary: fc.constantFrom(1.001, -1.001, 1.5, -1.5, 9, -9) },
  { weight: 3, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
)
const kind = fc.constantFrom(PLUS, MINUS, UPDATE)
type Step = readonly [kind: number, shares: ReadonlyArray<number>, act: number, wild: number]
const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.tuple(kind, fc.array(share, { minLength: 3, maxLength: 3 }), fc.nat(11), fc.double()),
  { minLength: 1, maxLength: 30 },
)
const start = fc.oneof(fc.constantFrom(0, 1, 0.01, 0.99), fc.double({ min: 0, max: 1, noNaN: true }))
const shapes = fc.array(fc.tuple(fc.constantFrom(...knobs), start), { minLength: 1, maxLength: 3 })

describe("a proposal", () => {
  it("is accepted, or refused for the first knob at fault, wherever live, base and baseline are", () => {
    fc.assert(
      fc.property(shapes, steps, (shaped, script) => {
        const table = shaped.map(([shape]) => shape)
        const rig = makeRig(
          table,
          policy,
          shaped.map(([, at]) => at),
        )
        const model = new Model(rig, table)
        let now = 0
        for (const [what, shares, act, wild] of script) {
          now += 1_000
          if (act === 0) {
            rig.at(now).setBaseline()
            model.baseline = model.base.slice()
          } else if (act === 1 && model.baseline !== null) {
            rig.at(now).rollback()
            model.live = model.baseline.slice()
            model.base = model.baseline.slice()
          } else if (act === 2) {
            rig.at(now).returnToBase()
            model.live = model.base.slice()
          } else if (act === 3) {
            const status = rig.ask(VISIT_BASELINE, now, model.base)
            expect(status).toBe(model.baseline === null ? NO_BASELINE : ACCEPTED)
            model.live = (model.baseline ?? model.live).slice()
          } else {
            const targets = table.map((_, i) => model.base[i] + shares[i] * model.limitOf(i))
            if (act === 4) targets[targets.length - 1] = wild
            const wanted = model.judge(targets)
            rig.audit.drain(() => {})
            const status = rig.ask(what, now, targets)
            expect(status).toBe(wanted.status)
            const { executor } = rig
            expect(executor.knob).toBe(wanted.knob)
            if (Number.isFinite(wanted.value)) expect(executor.value).toBeCloseTo(wanted.value, 9)
            else expect(executor.value).toBe(wanted.value)
            if (Number.isNaN(wanted.limit)) expect(executor.limit).toBeNaN()
            else expect(executor.limit).toBeCloseTo(wanted.limit, 7)
            if (status === ACCEPTED) model.accept(what, targets)
            const [record] = drained(rig.audit)
            const point = record.slice(RECORD_POINT, RECORD_POINT + table.length)
            expect(point).toEqual(status === ACCEPTED ? model.live : Float64Array.from(targets))
            const { knob, value, limit } = executor
            expect([record[RECORD_KNOB], record[RECORD_VALUE], record[RECORD_LIMIT]]).toEqual([
              knob,
              value,
              limit,
            ])
          }
          expect(bits(rig.live())).toEqual(bits(model.live))
          expect(bits(rig.executor.base)).toEqual(bits(model.base))
          model.live.forEach((at, i) => expect(rig.config.value(i)).toBe(rig.table.decode(i, at)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it("may go exactly as far as the step limit, not a millionth further", () => {
    for (const own of [0, 0.03, 0.7]) {
      const limit = own === 0.03 ? 0.03 : MAX_STEP
      for (const sign of [-1, 1])
        for (const kind of [PLUS, UPDATE]) {
          const rig = makeRig([{ ...linear(), maxStep: own }], policy, [0.5])
          expect(rig.ask(kind, 1, [0.5 + sign * limit * (1 + 1e-6)])).toBe(DELTA_TOO_LARGE)
          expect(rig.executor.limit).toBeCloseTo(limit, 11)
          expect(rig.executor.value).toBeCloseTo(sign * limit * (1 + 1e-6), 12)
          expect(rig.ask(kind, 2, [0.5 + sign * limit])).toBe(ACCEPTED)
        }
    }
  })

  it("may go exactly as far as Tier 1 allows, from the base and from the live configuration", () => {
    const rig = makeRig([linear()], policy, [0])
    const most = new Float64Array(1)
    rig.executor.stepLimits(most)
    expect(rig.ask(PLUS, 1, [most[0]])).toBe(ACCEPTED)
    expect(rig.ask(MINUS, 2, [0])).toBe(ACCEPTED)
  })

  it("that goes too far from its base, and almost too far from the live configuration, is refused with its distance from the base", () => {
    // Powers of two, so that no sum rounds.
    const rig = makeRig([linear()], { ...policy, maxStep: 1 / 8 }, [0])
    const most = new Float64Array(1)
    rig.executor.stepLimits(most)
    expect(rig.ask(PLUS, 1, [1 / 16])).toBe(ACCEPTED)
    expect(rig.ask(PLUS, 2, [1 / 16 + most[0]])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.value).toBe(1 / 16 + most[0])
  })

  it("is limited at the grid point where it would be applied, not at the requested position", () => {
    // Both ask for less than half a step from the base; rounded they lie four points apart, which is more than a step.
    const gap = 3 / 99
    const rig = makeRig([linear(), stepped(0, 99, 3), linear()], policy, [0.9, 20 * gap, 0.1])
    expect(rig.ask(PLUS, 1, [0.9, 20 * gap - 0.049, 0.1])).toBe(ACCEPTED)
    expect(rig.live()[1]).toBeCloseTo(18 * gap, 12)
    expect(rig.ask(MINUS, 2, [0.9, 20 * gap + 0.049, 0.1])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.knob).toBe(1)
    expect(rig.executor.value).toBeCloseTo(4 * gap, 12)
    // The other way about.
    rig.at(3).returnToBase()
    expect(rig.ask(PLUS, 4, [0.9, 20 * gap + 0.049, 0.1])).toBe(ACCEPTED)
    expect(rig.ask(MINUS, 5, [0.9, 20 * gap - 0.049, 0.1])).toBe(DELTA_TOO_LARGE)
  })

  it("near its base is checked in one pass, without the general check", () => {
    /** A log scale and a circle beside two plain knobs, and plain knobs alone, each on a base of its own. */
    const curved = [linear(-3, 7), logarithmic(0.01, 100), periodic(-180, 180), linear()]
    for (const [shape, home] of [
      [curved, [0, 0, 0.25, 1]],
      [curved, [0.9, 0.5, 0.75, 0.1]],
      [curved.map(() => linear()), [0, 1, 0.25, 0.9]],
    ] as const) {
      const rig = makeRig(shape, policy, home)
      const { table, executor } = rig
      let passes = 0
      table.place = (...args) => {
        passes++
        return KnobTable.prototype.place.apply(table, args)
      }
      const most = new Float64Array(shape.length)
      executor.stepLimits(most)
      /** So many halves of a step from the base, towards the middle. */
      const off = (halves: number): ReadonlyArray<number> =>
        Array.from(executor.base, (at, i) => at + (at < 0.5 ? 1 : -1) * halves * (most[i] / 2))
      let now = 0
      const near = (kind: number, targets: ReadonlyArray<number>): void => {
        passes = 0
        expect(rig.ask(kind, (now += 1_000), targets)).toBe(ACCEPTED)
        expect(passes).toBe(0)
      }
      const far = (): void => {
        expect(rig.ask(PLUS, (now += 1_000), off(1.2))).toBe(ACCEPTED)
        expect(passes).toBeGreaterThan(0)
      }
      // From the first apply on, to exactly half a step from a base on a bound, and to the bounds.
      near(PLUS, home)
      near(MINUS, off(home[0] === 0 ? 1 : 0.9))
      near(UPDATE, off(0.5))
      near(PLUS, home)
      // What goes further takes the other way, until the plant stands on a base again.
      far()
      rig.at((now += 1_000)).returnToBase()
      near(PLUS, off(0.5))
      rig.at(now).setBaseline()
      far()
      rig.at((now += 1_000)).rollback()
      near(PLUS, off(0.5))
      far()
      passes = 0
      expect(rig.ask(UPDATE, (now += 1_000), off(0.25))).toBe(ACCEPTED)
      near(PLUS, off(0.5))
    }
  })

  it("is out of bounds however near a base on the bound it is", () => {
    for (const [base, beyond, limit] of [
      [0, -1e-9, 0],
      [0.001, -1e-9, 0],
      [1, 1 + 1e-9, 1],
      [0.999, 1 + 1e-9, 1],
    ]) {
      const rig = makeRig([linear(), linear()], policy, [0.5, base])
      expect(rig.ask(PLUS, 1, [0.5, beyond])).toBe(OUT_OF_BOUNDS)
      expect([rig.executor.knob, rig.executor.value, rig.executor.limit]).toEqual([1, beyond, limit])
      expect(rig.ask(PLUS, 2, [0.5, Math.round(beyond)])).toBe(ACCEPTED)
    }
  })

  it("is measured from the live configuration even at the base: a visit to the baseline must end first", () => {
    const rig = makeRig([linear()], policy, [0.1])
    rig.at(0).setBaseline()
    for (let i = 1; i <= 5; i++) expect(rig.ask(UPDATE, i, [0.1 + 0.1 * i])).toBe(ACCEPTED)
    expect(rig.ask(VISIT_BASELINE, 6, [0])).toBe(ACCEPTED)
    expect(rig.ask(PLUS, 7, [0.6])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.value).toBeCloseTo(0.5, 12)
    expect(rig.ask(PLUS, 8, [0.15])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.value).toBeCloseTo(-0.45, 12)
    rig.at(9).returnToBase()
    expect(rig.ask(PLUS, 10, [0.62])).toBe(ACCEPTED)
  })

  it("has no negative zero once it is applied, near its base or not", () => {
    for (const base of [0, 0.09]) {
      const rig = makeRig([linear(), linear()], policy, [base, 0.5])
      expect(rig.ask(PLUS, 1, [-0, 0.5])).toBe(ACCEPTED)
      expect(bits(rig.live())).toEqual(bits(Float64Array.of(0, 0.5)))
    }
  })

  it("has a place for its targets and their number, the number of knobs", () => {
    const rig = makeRig([linear(), linear(), linear()], policy)
    expect(rig.executor.proposal).toHaveLength(7)
    expect(rig.executor.proposal[3]).toBe(3)
  })
})
