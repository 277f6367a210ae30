/**
 * The watch over a new baseline against one that keeps every cycle it ever saw: whatever comes, both let the same
 * configurations become the baseline, at the same cycles, with the same level.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type BaselinePolicy,
  type CycleReading,
  EMPTY_WATCH,
  forgetCandidate,
  forgetReference,
  type Level,
  wandered,
  watchCycle,
} from "../../src/control/baseline.ts"

const SECOND = 1e6

interface Block {
  readonly anchor: ReadonlyArray<number>
  readonly seen: Array<CycleReading>
}

const levelOf = (seen: ReadonlyArray<CycleReading>, noise: number): Level => ({
  mean: seen.reduce((sum, one) => sum + one.mean, 0) / seen.length,
  variance: Math.max(0, noise) / 2 / seen.length,
})

/** Says at each cycle whether it makes a baseline. */
class Historian {
  reference: Level | null = null
  private block: Block | null = null
  private sightings = 0
  private reheats = 0
  private readonly policy: BaselinePolicy

  constructor(policy: BaselinePolicy) {
    this.policy = policy
  }

  forget(): void {
    this.block = null
    this.sightings = 0
  }

  see(reading: CycleReading): boolean {
    const { minStableUs, radius, periodic } = this.policy
    if (!Number.isFinite(reading.mean)) return false
    if (reading.reheats !== this.reheats) {
      this.forget()
      this.reference = null
      this.reheats = reading.reheats
    }
    if (this.block !== null) {
      const { anchor, seen } = this.block
      const far = reading.base.some((x, i) => {
        const plain = Math.abs(x - anchor[i])
        return (periodic[i] && plain > 0.5 ? 1 - plain : plain) > radius
      })
      if (far) {
        this.reference ??= levelOf(seen, reading.noise)
        this.forget()
      }
    }
    this.block ??= { anchor: reading.base, seen: [] }
    const { anchor, seen } = this.block
    seen.push(reading)
    // The reading that opens a first block cannot close it: nothing is judged of one.
    if (seen.length < 3 || reading.nowUs - seen[0].nowUs < minStableUs) return false
    return this.judge(anchor, levelOf(seen, reading.noise), reading)
  }

  private judge(anchor: ReadonlyArray<number>, level: Level, { nowUs }: CycleReading): boolean {
    const before = this.reference
    const sightings = this.sightings
    this.forget()
    if (before === null) {
      this.reference = level
      return false
    }
    const better = before.mean - level.mean > 2 * Math.sqrt(level.variance + before.variance)
    if (!better) return false
    if (sightings === 1) {
      this.reference = level
      return true
    }
    this.sightings = 1
    this.second = { anchor, sinceUs: nowUs }
    return false
  }

  /** The second block begins where the first one ended, around the same anchor. */
  second: { readonly anchor: ReadonlyArray<number>; readonly sinceUs: number } | null = null
}

describe("a watch over a new baseline", () => {
  it("measures the short way round on circles and the plain way elsewhere", () => {
    const policy = { radius: 0.1, periodic: [false, true] }
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 4 }),
        ([a, b, x, y]) => {
          const line = Math.abs(a - x)
          const turn = Math.min(...[-100, 0, 100].map((way) => Math.abs(b - y + way)))
          // At the radius itself rounding decides.
          if (line === 10 || turn === 10) return
          const left = wandered([a / 100, b / 100], [x / 100, y / 100], policy)
          expect(left).toBe(line > 10 || turn > 10)
        },
      ),
    )
    // Exactly the radius is still inside.
    expect(wandered([0.25], [0.375], { radius: 0.125, periodic: [false] })).toBe(false)
    expect(wandered([0.9375], [0.0625], { radius: 0.125, periodic: [true] })).toBe(false)
  })

  it("agrees with one that keeps all it saw, until an advantage is seen once", () => {
    const reading = fc.record({
      gap: fc.constantFrom(0.5, 1, 2, 6),
      mean: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -20, max: 20 }) }, fc.constant(Number.NaN)),
      noise: fc.constantFrom(0, 0.25, 4, -1),
      at: fc.oneof({ weight: 8, arbitrary: fc.constant(0.5) }, fc.constantFrom(0.53, 0.7, 0.02)),
    })
    let settled = 0
    let seen = 0
    fc.assert(
      fc.property(
        fc.array(reading, { minLength: 3, maxLength: 40 }),
        fc.integer({ min: 0, max: 39 }),
        (stream, heatAt) => {
          const policy: BaselinePolicy = { minStableUs: 4 * SECOND, radius: 0.05, periodic: [true] }
          const historian = new Historian(policy)
          let watch = EMPTY_WATCH
          let nowUs = 0
          let reheats = 0
          for (const [i, { gap, mean, noise, at }] of stream.entries()) {
            nowUs += gap * SECOND
            if (i === heatAt) reheats++
            const cycle = { nowUs, mean, noise, base: [at], reheats }
            const result = watchCycle(watch, cycle, policy)
            const promoted = historian.see(cycle)
            if (historian.second !== null) {
              seen++
              expect(result.promote).toBe(false)
              expect(result.watch.confirming).toBe(true)
              expect(result.watch.block).toEqual({ sinceUs: nowUs, cycles: 0, sum: 0 })
              expect(result.watch.anchor).toEqual(historian.second.anchor)
              return
            }
            expect(result.promote).toBe(promoted)
            watch = result.watch
            if (historian.reference === null) expect(watch.reference).toBeNull()
            else {
              settled++
              expect(watch.reference?.mean).toBeCloseTo(historian.reference.mean, 9)
              expect(watch.reference?.variance).toBeCloseTo(historian.reference.variance, 12)
            }
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(Math.min(settled, seen)).toBeGreaterThan(20)
  })

  const policy: BaselinePolicy = { minStableUs: 3 * SECOND, radius: 0.05, periodic: [false] }
  /** Cycles a second apart, from `second` on. */
  const run = (watch = EMPTY_WATCH, second = 0, means: ReadonlyArray<number> = [], base = 0.5) => {
    let now = watch
    let promotedAt = -1
    means.forEach((mean, i) => {
      const nowUs = (second + i) * SECOND
      const one = watchCycle(now, { nowUs, mean, noise: 0.5, base: [base], reheats: 0 }, policy)
      now = one.watch
      if (one.promote) promotedAt = i
    })
    return { watch: now, promotedAt }
  }
  const measured = run(EMPTY_WATCH, 0, [10, 10, 10, 10]).watch

  it("makes a baseline of a configuration that was better twice, and of none that was better once", () => {
    expect(measured.reference).toEqual({ mean: 10, variance: 0.5 / 8 })
    // Four cycles make the first block; its end begins the second, which lasts as long again.
    const twice = run(measured, 4, [5, 5, 5, 5, 6, 6, 6, 6, 6], 0.9)
    expect(twice.promotedAt).toBe(6)
    const once = run(measured, 4, [5, 5, 5, 5, 10, 10, 10], 0.9)
    expect(once.promotedAt).toBe(-1)
    expect(once.watch).toEqual({ ...measured, anchor: null, block: null, confirming: false })
  })

  it("asks for more than two standard errors of the difference", () => {
    // Half a noise of 0.5 over four cycles is 0.0625, over three 0.0833: two standard errors are 0.7071 and 0.7638.
    expect(run(measured, 4, [9.29, 9.29, 9.29, 9.29, 5, 5, 5], 0.9).promotedAt).toBe(6)
    expect(run(measured, 4, [9.3, 9.3, 9.3, 9.3, 5, 5, 5], 0.9).promotedAt).toBe(-1)
    expect(run(measured, 4, [5, 5, 5, 5, 9.23, 9.23, 9.23], 0.9).promotedAt).toBe(6)
    expect(run(measured, 4, [5, 5, 5, 5, 9.24, 9.24, 9.24], 0.9).promotedAt).toBe(-1)
  })

  it("forgets a candidate without the reference, and the reference with all", () => {
    const candidate = run(measured, 4, [5, 5], 0.9).watch
    expect(candidate.block?.cycles).toBe(2)
    expect(forgetCandidate(candidate)).toEqual(measured)
    expect(forgetReference(candidate)).toEqual(EMPTY_WATCH)
  })
})
