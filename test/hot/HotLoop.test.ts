import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KIND, RECORD_TIMESTAMP_US } from "../../src/hot/AuditRing.ts"
import {
  CONSTRAINT_VIOLATION,
  DELTA_TOO_LARGE,
  EMERGENCY,
  LINEAR,
  MINUS,
  PLUS,
  RETURN_TO_BASE,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_MANUAL,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_REPEATED_VIOLATIONS,
  TRIP_TELEMETRY_LOST,
  UPDATE,
  WINDOW_EXPIRED,
} from "../../src/hot/codes.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import {
  APPLYING_MINUS,
  APPLYING_PLUS,
  COMPUTING,
  FROZEN,
  READY,
  WAITING_MINUS,
  WAITING_PLUS,
} from "../../src/hot/phases.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { LoopBench, policy, READING, SECOND } from "./loopBench.ts"

const DEFAULT_SAFE_MODE_US = 30 * SECOND

describe("HotLoop", () => {
  it("walks the phases of the cycle: two readings, an update, and a wait for Tier 1's pace", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    expect(loop.phase).toBe(FROZEN)
    loop.start()
    const first = loop.phase
    expect([WAITING_PLUS, WAITING_MINUS]).toContain(first)
    expect(hot.executor.lastKind).toBe(first === WAITING_PLUS ? PLUS : MINUS)
    bench.digest(bench.bowl())
    expect(loop.phase).toBe(first === WAITING_PLUS ? WAITING_MINUS : WAITING_PLUS)
    bench.digest(bench.bowl())
    expect(hot.executor.lastKind).toBe(UPDATE)
    expect(loop.cycles).toBe(1)
    // The next probe would come too soon.
    expect([READY, APPLYING_PLUS, APPLYING_MINUS]).toContain(loop.phase)
    bench.tick(99_999)
    expect([READY, APPLYING_PLUS, APPLYING_MINUS]).toContain(loop.phase)
    bench.tick(1)
    expect([WAITING_PLUS, WAITING_MINUS]).toContain(loop.phase)
    expect(hot.executor.refused.every((count) => count === 0)).toBe(true)
  })

  it("delays the update if readings come faster than Tier 1's pace", () => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.now += 100_000 - READING
    bench.digest(1)
    bench.now += 1_000 - READING
    bench.digest(2)
    expect(bench.loop.phase).toBe(COMPUTING)
    bench.tick(99_000)
    expect(bench.hot.executor.lastKind).toBe(UPDATE)
    expect(bench.loop.cycles).toBe(1)
  })

  it("finds the bottom without refusals, and can maximise", () => {
    for (const sign of [1, -1] as const) {
      const bench = new LoopBench({ options: { sign } })
      bench.loop.start()
      bench.run(200, () => sign * bench.bowl())
      expect((bench.base[0] - 0.7) ** 2 + (bench.base[1] - 0.8) ** 2).toBeLessThan(0.003)
      expect(bench.hot.executor.refused.every((count) => count === 0)).toBe(true)
      expect(bench.loop.trips).toBe(0)
    }
  })

  it("ignores readings of another generation", () => {
    const bench = new LoopBench()
    bench.loop.start()
    const phase = bench.loop.phase
    bench.digest(1, Number.NaN, bench.hot.config.generation - 1)
    expect(bench.loop.phase).toBe(phase)
  })

  it("reopens after a timeout and trips telemetryLost on the third in a row, back on the baseline", () => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.digest(1)
    for (let i = 1; i <= 2; i++) {
      expect(bench.tick(4 * READING)).toBe(WINDOW_EXPIRED)
      expect(bench.loop.timeouts).toBe(i)
    }
    bench.digest(1)
    expect(bench.loop.timeouts).toBe(0)
    bench.tick(100_000)
    for (let i = 0; i < 3; i++) bench.tick(4 * READING)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(bench.loop.lastTrip).toBe(TRIP_TELEMETRY_LOST)
    expect(bench.live).toEqual(bench.base)
  })

  it("trips on three refusals in a row, and continues from the base when its timer ends", () => {
    // A proposer that asks for more than Tier 1 allows: what no correct one does.
    const bench = new LoopBench({ kernelMaxStep: 0.1, policy: { ...policy, maxStep: 0.01 } })
    const { loop } = bench
    loop.start()
    expect(bench.hot.executor.refused[DELTA_TOO_LARGE]).toBe(3)
    expect(bench.hot.executor.applies).toBe(0)
    expect(loop.phase).toBe(FROZEN)
    expect(loop.lastTrip).toBe(TRIP_REPEATED_VIOLATIONS)
    expect(bench.live).toEqual(bench.base)
    const generation = bench.hot.config.generation
    bench.tick(DEFAULT_SAFE_MODE_US - 1 - READING)
    bench.digest(1)
    expect(loop.phase).toBe(FROZEN)
    expect(bench.hot.config.generation).toBe(generation)
    bench.digest(1)
    expect(bench.hot.executor.refused[DELTA_TOO_LARGE]).toBe(6)
    expect(loop.trips).toBe(2)
  })

  it("rolls back on regressions in a row, waits for the cooldown, and trips if they continue", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    loop.start()
    const start = bench.base
    bench.run(60)
    expect(bench.base).not.toEqual(start)
    let level = 1
    const worse = (): number => {
      level *= 6
      return level
    }
    while (hot.executor.rollbacks === 0) bench.run(1, worse)
    expect(loop.phase).not.toBe(FROZEN)
    expect(bench.live).toEqual(start)
    const generation = hot.config.generation
    bench.run(20, () => level)
    expect(hot.config.generation).toBe(generation)
    bench.tick(policy.cooldownUs)
    expect(hot.config.generation).toBe(generation + 1)
    for (let i = 0; i < 40 && loop.phase !== FROZEN; i++) bench.run(1, worse)
    expect(loop.lastTrip).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(bench.live).toEqual(start)
  })

  it("is frozen at once by an emergency and rebased to where the rollback put the plant", () => {
    const bench = new LoopBench()
    bench.loop.start()
    const start = bench.base
    bench.run(61)
    expect(bench.digest(1, -0.6)).toBe(EMERGENCY)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(bench.loop.lastTrip).toBe(TRIP_CONSTRAINT_EMERGENCY)
    expect(bench.live).toEqual(start)
    bench.tick(DEFAULT_SAFE_MODE_US)
    bench.run(100)
    expect(bench.bowl()).toBeLessThan(0.02)
  })

  it("needs a person after a trip by hand, and reset is enough", () => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.run(10)
    const times: Array<number> = []
    const noteSafeMode = (block: Float64Array, at: number): void => {
      const kind = block[at + RECORD_KIND]
      if (kind === AUDIT_SAFE_MODE_ENTERED || kind === AUDIT_SAFE_MODE_EXITED)
        times.push(block[at + RECORD_TIMESTAMP_US])
    }
    bench.tick(1_000)
    const tripped = bench.hot.nowUs
    bench.loop.trip()
    expect(bench.loop.lastTrip).toBe(TRIP_MANUAL)
    bench.tick(3600 * SECOND)
    expect(bench.loop.phase).toBe(FROZEN)
    bench.loop.reset()
    expect(bench.loop.phase).not.toBe(FROZEN)
    bench.hot.audit.drain(noteSafeMode)
    expect(times).toEqual([tripped, bench.hot.nowUs])
    bench.run(100)
    expect(bench.bowl()).toBeLessThan(0.02)
  })

  it("stops when the audit is full and continues by itself when it has drained", () => {
    const bench = new LoopBench({ auditCapacity: 16 })
    bench.loop.start()
    for (let i = 0; i < 12; i++) {
      bench.digest(bench.bowl())
      bench.tick(100_000)
    }
    expect(bench.loop.lastTrip).toBe(TRIP_AUDIT_QUEUE_FULL)
    bench.loop.reset()
    bench.tick(3600 * SECOND)
    expect(bench.loop.phase).toBe(FROZEN)
    expect(bench.loop.trips).toBe(1)
    bench.hot.audit.drain(() => {})
    bench.tick(1)
    expect(bench.loop.phase).not.toBe(FROZEN)
  })

  it("leaves the plant on its base when stopped during a pair, and stays stopped", () => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.run(21)
    expect(bench.live).not.toEqual(bench.base)
    bench.loop.stop()
    expect(bench.hot.executor.lastKind).toBe(RETURN_TO_BASE)
    expect(bench.live).toEqual(bench.base)
    const generation = bench.hot.config.generation
    bench.run(5)
    expect(bench.hot.config.generation).toBe(generation)
  })

  it("gives the same bytes for the same seed and stream", () => {
    const states = [0, 1].map(() => {
      const bench = new LoopBench()
      bench.loop.start()
      bench.run(100)
      return bench.loop.state
    })
    expect(states[0]).toEqual(states[1])
  })

  it("never leaves bounds, steps too far or is refused, whatever the readings", () => {
    const reading = fc.oneof(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, 0),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(reading, reading, fc.boolean()), { maxLength: 120 }), (stream) => {
        const bench = new LoopBench()
        bench.loop.start()
        for (const [objective, margin, silent] of stream) {
          if (silent) bench.tick(READING)
          else bench.digest(objective, margin)
          bench.tick(100_000)
          for (const unit of bench.live) expect(unit >= 0 && unit <= 1).toBe(true)
          // Only what a trip or the plant's own margin causes may be refused.
          expect(
            bench.hot.executor.refused.every(
              (count, status) => count === 0 || status === CONSTRAINT_VIOLATION,
            ),
          ).toBe(true)
          bench.hot.audit.drain(() => {})
        }
        bench.loop.stop()
        expect(bench.live).toEqual(bench.base)
      }),
      { numRuns: 150 },
    )
  })

  it("keeps to the pace, range and path of the minute by itself on a plant that runs away", () => {
    const bench = new LoopBench()
    const { hot } = bench
    bench.loop.start()
    let turn = 0
    const seen: Array<readonly [number, number]> = []
    for (let i = 0; i < 600; i++) {
      // The optimum jumps from end to end every ten readings.
      if (i % 10 === 0) turn++
      bench.run(1, () => Math.abs(hot.config.unit(0) - (turn % 2)))
      seen.push([bench.now, bench.base[0]])
    }
    expect(hot.executor.refused.every((count) => count === 0)).toBe(true)
    expect(bench.loop.trips).toBe(0)
    for (const [at] of seen) {
      const minute = seen.filter(([t]) => t > at - 60 * SECOND && t <= at).map(([, x]) => x)
      expect(Math.max(...minute) - Math.min(...minute)).toBeLessThanOrEqual(policy.rangePerMinute)
    }
  })

  it("refuses a kernel of another parameter space, and starting twice changes nothing", () => {
    const bench = new LoopBench()
    const other = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
    expect(() => new HotLoop(bench.hot, new SpsaKernel(other, DEFAULT_SPSA))).toThrow(RangeError)
    bench.loop.start()
    const generation = bench.hot.config.generation
    bench.loop.start()
    expect(bench.hot.config.generation).toBe(generation)
  })
})
