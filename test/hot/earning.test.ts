/** A level that provably falls earns range and turns of the minute from Tier 1, and no more than twice the policy's. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KIND, RECORD_LIMIT, RECORD_VALUE } from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_RANGE_EARNED,
  BUDGET_EXHAUSTED,
  LINEAR,
  THRASHING,
  TRIP_MANUAL,
  UPDATE,
} from "../../src/hot/codes.ts"
import { forgetEarning, learnEarning } from "../../src/hot/earning.ts"
import { E_EARNED, E_SEEN, EARNING_END } from "../../src/hot/earningLayout.ts"
import { S_NOISE, S_PROBE, S_SLOPE } from "../../src/hot/spsaLayout.ts"
import { W_MEAN, WORK_CELLS } from "../../src/hot/spsaWork.ts"
import { balanced, drained, makeRig, type Rig } from "./rig.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { simulate } from "../../src/testing/simulate.ts"
import { taskOne } from "../../src/testing/tasks.ts"

const STEP_US = 1_000_000
const knobs = [{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }]

/** Moves the base to each place in turn, a second apart; says what Tier 1 made of the last one. */
function walk(rig: Rig, places: ReadonlyArray<number>, earn: boolean): number {
  let status = ACCEPTED
  for (const place of places) {
    const nowUs = rig.executor.nowUs + STEP_US
    rig.executor.proposal[0] = nowUs
    if (earn) rig.executor.earn()
    status = rig.ask(UPDATE, nowUs, [place])
    if (status !== ACCEPTED) return status
  }
  return status
}

const upTo = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.round((to - from) / 0.1) }, (_, i) => from + (i + 1) * 0.1)

describe("earned range", () => {
  it("is twice the policy's and no more, however often it is requested", () => {
    expect(walk(makeRig(knobs, balanced, [0]), upTo(0, 0.5), false)).toBe(ACCEPTED)
    expect(walk(makeRig(knobs, balanced, [0]), upTo(0, 0.6), false)).toBe(BUDGET_EXHAUSTED)
    const narrow = { ...balanced, rangePerMinute: 0.32 }
    expect(walk(makeRig(knobs, narrow, [0]), upTo(0, 0.6), true)).toBe(ACCEPTED)
    const rig = makeRig(knobs, narrow, [0])
    expect(walk(rig, upTo(0, 0.7), true)).toBe(BUDGET_EXHAUSTED)
    expect(rig.executor.limit).toBeCloseTo(0.64, 12)
  })

  it("is twice the turns and no more", () => {
    const saw = [0.5, 0.6, 0.5, 0.4, 0.5, 0.6]
    const count = (earn: boolean): number => {
      const rig = makeRig(knobs, { ...balanced, pathPerMinute: 100 }, [0.5])
      let updates = 0
      while (updates < 100 && walk(rig, [saw[updates % saw.length]], earn) === ACCEPTED) updates++
      expect(rig.executor.refused[THRASHING]).toBe(1)
      return rig.executor.limit
    }
    expect(count(false)).toBe(balanced.turnsPerMinute)
    expect(count(true)).toBe(2 * balanced.turnsPerMinute)
  })

  it("does not change path, step and pace", () => {
    const path = makeRig(knobs, { ...balanced, pathPerMinute: 0.55 }, [0])
    expect(walk(path, upTo(0, 0.6), true)).toBe(BUDGET_EXHAUSTED)
    const step = makeRig(knobs, balanced, [0])
    expect(walk(step, [0.11], true)).not.toBe(ACCEPTED)
    const pace = makeRig(knobs, balanced, [0])
    walk(pace, [0.1], true)
    expect(pace.ask(UPDATE, pace.executor.nowUs + 1, [0.2])).not.toBe(ACCEPTED)
  })

  it("ends after five updates, and what was spent stays spent", () => {
    const rig = makeRig(knobs, balanced, [0])
    expect(walk(rig, upTo(0, 0.4), false)).toBe(ACCEPTED)
    rig.executor.earn()
    expect(rig.executor.earnedUpdates).toBe(5)
    expect(walk(rig, upTo(0.4, 0.9), false)).toBe(ACCEPTED)
    expect(rig.executor.earnedUpdates).toBe(0)
    const band = new Float64Array(2)
    rig.executor.band(band)
    expect([...band].map(Math.abs)).toEqual([0, 0])
    expect(walk(rig, [0.8], false)).toBe(BUDGET_EXHAUSTED)
    // A minute later the range behind it is forgotten.
    expect(rig.ask(UPDATE, rig.executor.nowUs + 70_000_000, [0.8])).toBe(ACCEPTED)
  })

  it("ends with a rollback and with another policy", () => {
    for (const end of [
      ({ executor }: Rig) => executor.setBaseline() || executor.rollback(),
      ({ executor }: Rig) => executor.setGuardrails(balanced),
    ]) {
      const rig = makeRig(knobs, balanced, [0])
      rig.executor.earn()
      end(rig)
      expect(rig.executor.earnedUpdates).toBe(0)
    }
  })

  it("is recorded with its figures, and not granted if there is no room for the record", () => {
    const rig = makeRig(knobs, balanced, [0])
    rig.executor.earn()
    const [record] = drained(rig.audit).filter((one) => one[RECORD_KIND] === AUDIT_RANGE_EARNED)
    expect([record[RECORD_VALUE], record[RECORD_LIMIT]]).toEqual([
      2 * balanced.rangePerMinute,
      2 * balanced.turnsPerMinute,
    ])
    const full = makeRig(knobs, balanced, [0])
    while (!full.audit.full) full.ask(UPDATE, full.executor.nowUs + STEP_US, [2])
    full.executor.earn()
    expect(full.executor.earnedUpdates).toBe(0)
  })

  it("is not earned while SafeMode is open", () => {
    const rig = makeRig(knobs, balanced, [0])
    rig.executor.openLatch(TRIP_MANUAL)
    rig.executor.earn()
    expect(rig.executor.earnedUpdates).toBe(0)
    expect(drained(rig.audit).map((one) => one[RECORD_KIND])).not.toContain(AUDIT_RANGE_EARNED)
  })
})

describe("a tuner far from its optimum", () => {
  const loss = (earn: boolean): { readonly mean: number; readonly refused: number } => {
    let sum = 0
    let refused = 0
    for (let seed = 0; seed < 10; seed++) {
      const run = simulate(
        {
          plant: taskOne(),
          noise: { kind: "none", level: 0 },
          readings: 600,
          policy: balanced,
          settings: { ...DEFAULT_SPSA, earn },
        },
        seed,
      )
      for (const one of run.losses) sum += one / 6_000
      refused += run.refused
    }
    return { mean: sum, refused }
  }

  it("loses a fifth less with earned range, without refusals", () => {
    const earned = loss(true)
    expect(earned.mean).toBeLessThan(0.8 * loss(false).mean)
    expect(earned.refused).toBe(0)
  })
})

describe("a level that falls", () => {
  const falls = fc.record({
    means: fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 20, maxLength: 40 }),
    /** Lower by so much with each cycle. */
    fall: fc.constantFrom(0, 0.1, 1, 10),
    noise: fc.constantFrom(0, 0.04, 1, 25),
    probe: fc.constantFrom(0.0025, 0.04),
    slope: fc.constantFrom(0, 4, 400),
  })

  it("earns range if it is lower than eight cycles ago beyond noise and the effect of a probe", () => {
    let earned = 0
    fc.assert(
      fc.property(falls, ({ means, fall, noise, probe, slope }) => {
        const block = new Float64Array(EARNING_END).fill(0.37)
        forgetEarning(block)
        expect([block[E_SEEN], block[E_EARNED]]).toEqual([0, 0])
        const work = new Float64Array(WORK_CELLS)
        block[S_NOISE] = noise
        block[S_PROBE] = probe
        block[S_SLOPE] = slope
        const levels: Array<number> = []
        means.forEach((mean, k) => {
          const seen = mean / 1000 - fall * k
          const before = levels.at(-1)
          const level = before === undefined ? seen : before + (seen - before) / 3
          levels.push(level)
          work[W_MEAN] = seen
          block[E_EARNED] = 0
          learnEarning(block, work)
          // A third of each mean has a fifth of its variance; both levels have that.
          const deviation = Math.sqrt(noise / 5) + 0.1 * probe * Math.sqrt(slope)
          const falling = k >= 8 && level - levels[k - 8] < -3 * Math.SQRT2 * deviation
          expect(block[E_EARNED]).toBe(falling ? 1 : 0)
          if (falling) earned++
        })
      }),
    )
    expect(earned).toBeGreaterThan(50)
  })
})
