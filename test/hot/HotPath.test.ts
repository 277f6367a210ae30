import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_KIND,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_DIGEST,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_TICK,
  DEADLINE,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  DIGEST_VALIDITY,
  EMERGENCY,
  INVALID,
  MEAN,
  NOTHING_DUE,
  PLUS,
  REJECTED,
  RETURN_TO_BASE,
  RING_FULL,
  ROLLBACK,
  SETTLING,
  TOO_OLD,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_MANUAL,
  TRIP_TELEMETRY_LOST,
  UPDATE,
  VALID,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
  WRONG_GENERATION,
} from "../../src/hot/codes.ts"
import { HotPath, type HotPathOptions } from "../../src/hot/HotPath.ts"
import { MAX_TIME_US } from "../../src/hot/RateWindow.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { balanced, bits, concurrency, drained, linear } from "./rig.ts"

const MS = 1000

const hotPathWindow = {
  windowDigests: 3,
  windowUs: 500 * MS,
  settleUs: 10 * MS,
  maxAgeUs: 100 * MS,
  aggregate: MEAN,
  trim: 0,
}

const hotPath = (more: Partial<HotPathOptions> = {}): HotPath =>
  new HotPath({
    table: new KnobTable([linear(0, 10), concurrency]),
    policy: balanced,
    initialUnit: Float64Array.of(0.5, 0.5),
    window: hotPathWindow,
    auditCapacity: 64,
    manualTime: true,
    ...more,
  })

/** One digest at `us` under the live generation. */
const see = (hot: HotPath, us: number, objective = 1, constraintMargin?: number): number =>
  hot.observeObject({ timestampUs: us, objective, constraintMargin })

const tick = (hot: HotPath, us: number): number => {
  hot.nowCell[0] = us
  return hot.tick()
}

const ask = (hot: HotPath, kind: number, us: number, targets: ReadonlyArray<number>): number => {
  const inbox = hot.executor.proposal
  inbox[P_NOW_US] = us
  inbox[P_EXPECTED_GENERATION] = hot.config.generation
  inbox[P_LENGTH] = targets.length
  targets.forEach((target, i) => {
    inbox[P_TARGET + i] = target
  })
  return hot.apply(kind)
}

const liveUnits = (hot: HotPath): Float64Array => {
  const out = new Float64Array(hot.config.knobs)
  hot.config.readUnits(out)
  return out
}

describe("HotPath windows", () => {
  it("close once, with the digest that completes them, and report what was measured", () => {
    const hot = hotPath()
    const seen: Array<number> = []
    hot.onDue = (code) => seen.push(code)
    expect([see(hot, 1, 1), see(hot, 2, 2), see(hot, 3, 6), see(hot, 4, 100)]).toEqual([
      NOTHING_DUE,
      NOTHING_DUE,
      WINDOW_CLOSED,
      NOTHING_DUE,
    ])
    expect(hot.window.means[0]).toBe(3)
    expect(seen).toEqual([WINDOW_CLOSED])
    hot.reopenWindow()
    expect([see(hot, 5), see(hot, 6), see(hot, 7)]).toEqual([NOTHING_DUE, NOTHING_DUE, WINDOW_CLOSED])
  })

  it("expire by a tick or by a digest that comes too late to complete them", () => {
    const hot = hotPath()
    see(hot, 1)
    expect(tick(hot, 499 * MS)).toBe(NOTHING_DUE)
    expect(tick(hot, 500 * MS)).toBe(WINDOW_EXPIRED)
    expect(tick(hot, 501 * MS)).toBe(NOTHING_DUE)
    expect(hot.window.count).toBe(1)
    hot.reopenWindow()
    expect(see(hot, 1002 * MS)).toBe(WINDOW_EXPIRED)
  })

  it("restart with every apply, from its time, whoever made it", () => {
    for (const directly of [true, false]) {
      const hot = hotPath()
      see(hot, 100 * MS)
      see(hot, 101 * MS)
      expect(ask(hot, PLUS, 110 * MS, [0.55, 0.5])).toBe(ACCEPTED)
      if (directly) {
        hot.executor.proposal[P_NOW_US] = 112 * MS
        hot.executor.returnToBase()
      }
      const from = directly ? 112 * MS : 110 * MS
      expect(see(hot, from + 10 * MS - 1)).toBe(REJECTED)
      expect(hot.digest[DIGEST_VALIDITY]).toBe(SETTLING)
      expect(see(hot, from + 10 * MS)).toBe(NOTHING_DUE)
      expect(hot.window.count).toBe(1)
      expect(tick(hot, from + 500 * MS - 1)).toBe(NOTHING_DUE)
      expect(tick(hot, from + 500 * MS)).toBe(WINDOW_EXPIRED)
    }
  })

  it("never mix generations or count settling, stale or invalid digests, for any telemetry", () => {
    const stamp = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 * MS }) },
      { weight: 1, arbitrary: fc.integer({ min: -500 * MS, max: 0 }) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300) },
    )
    const objective = fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6, noNaN: true }) },
      fc.double(),
    )
    const step = fc.oneof(
      {
        weight: 10,
        arbitrary: fc.record({
          type: fc.constant("digest" as const),
          stamp,
          objective,
          behind: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 3 })),
        }),
      },
      fc.record({ type: fc.constant("apply" as const), stamp }),
      fc.record({ type: fc.constant("tick" as const), stamp }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const hot = hotPath({ auditCapacity: 1024 })
        let applied = Number.NEGATIVE_INFINITY
        let inWindow: Array<number> = []
        for (const one of steps) {
          const before = hot.nowUs
          if (one.type === "apply") {
            if (ask(hot, PLUS, before + one.stamp, [0.5, 0.5]) === ACCEPTED) {
              applied = hot.executor.nowUs
              inWindow = []
            }
            continue
          }
          const generation = hot.config.generation
          let code: number
          if (one.type === "tick") code = tick(hot, before + one.stamp)
          else {
            const timestampUs = before + one.stamp
            const digest = { timestampUs, objective: one.objective, generation: generation - one.behind }
            code = hot.observeObject(digest)
            const fits =
              Number.isFinite(one.objective) &&
              Number.isFinite(timestampUs) &&
              one.behind === 0 &&
              (applied === Number.NEGATIVE_INFINITY || timestampUs >= applied + 10 * MS) &&
              hot.nowUs - timestampUs <= 100 * MS &&
              timestampUs <= MAX_TIME_US
            expect(hot.digest[DIGEST_VALIDITY] === VALID).toBe(fits)
            if (fits) inWindow.push(one.objective)
          }
          expect(hot.nowUs).toBeGreaterThanOrEqual(before)
          expect(Number.isSafeInteger(hot.nowUs)).toBe(true)
          if (code === WINDOW_CLOSED) {
            expect(inWindow.length).toBe(3)
            const mean = inWindow.reduce((sum, x) => sum + x, 0) / 3
            expect(hot.window.means[0]).toBeCloseTo(mean, 5 - Math.ceil(Math.log10(1 + Math.abs(mean))))
            expect(hot.window.generation).toBe(generation)
          }
          if (code === WINDOW_CLOSED || code === WINDOW_EXPIRED) {
            hot.reopenWindow()
            inWindow = []
          }
        }
        const { counters } = hot.window
        const digests = steps.filter((one) => one.type === "digest").length
        expect(counters.reduce((sum, count) => sum + count, 0)).toBe(digests)
      }),
      { numRuns: 150 },
    )
  })
})

describe("HotPath's time", () => {
  it("is driven by digests in manual time and never goes back", () => {
    const hot = hotPath()
    see(hot, 50 * MS)
    expect(hot.nowUs).toBe(50 * MS)
    see(hot, 20 * MS)
    expect(hot.nowUs).toBe(50 * MS)
    expect(hot.clockHeld).toBe(1)
    tick(hot, 10 * MS)
    expect(hot.nowUs).toBe(50 * MS)
    expect(hot.clockHeld).toBe(2)
    for (const nonsense of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 54]) {
      tick(hot, nonsense)
      see(hot, nonsense)
      expect(hot.nowUs).toBe(50 * MS)
    }
  })

  it("is otherwise the owner's: a stamp slightly ahead moves it, one far ahead is invalid", () => {
    const hot = hotPath({ manualTime: false })
    tick(hot, 50 * MS)
    expect(see(hot, 51 * MS)).toBe(NOTHING_DUE)
    expect(hot.nowUs).toBe(51 * MS)
    expect(see(hot, 52 * MS + 1)).toBe(REJECTED)
    expect(hot.digest[DIGEST_VALIDITY]).toBe(INVALID)
    expect(hot.nowUs).toBe(51 * MS)
  })

  it("is raised by an apply made later than the last digest", () => {
    const hot = hotPath()
    ask(hot, PLUS, 70 * MS, [0.5, 0.5])
    expect(hot.nowUs).toBe(70 * MS)
  })
})

describe("HotPath judges", () => {
  it("every class of digest, counts it and keeps it in the ring", () => {
    const hot = hotPath()
    tick(hot, 200 * MS)
    ask(hot, PLUS, 200 * MS, [0.5, 0.5])
    tick(hot, 400 * MS)
    const at = (timestampUs: number, more: { objective?: number; generation?: number } = {}): number => {
      hot.observeObject({ timestampUs, objective: 1, ...more })
      return hot.digest[DIGEST_VALIDITY]
    }
    expect(at(400 * MS)).toBe(VALID)
    expect(at(400 * MS, { objective: Number.POSITIVE_INFINITY })).toBe(INVALID)
    expect(at(400 * MS, { generation: 1 })).toBe(WRONG_GENERATION)
    expect(at(400 * MS, { generation: 3 })).toBe(WRONG_GENERATION)
    expect(at(209 * MS)).toBe(SETTLING)
    expect(at(299 * MS)).toBe(TOO_OLD)
    expect([...hot.window.counters]).toEqual([1, 1, 2, 1, 1])
  })

  it("by position exactly as by object", () => {
    const hot = hotPath()
    hot.digest.fill(Number.NaN)
    hot.digest[DIGEST_TIMESTAMP_US] = 5
    hot.digest[DIGEST_GENERATION] = 1
    hot.digest[DIGEST_OBJECTIVE] = 4
    expect([hot.observe(), hot.observe(), hot.observe()]).toEqual([NOTHING_DUE, NOTHING_DUE, WINDOW_CLOSED])
    expect(hot.window.means[0]).toBe(4)
    expect(hot.window.means[1]).toBeNaN()
  })
})

describe("HotPath in an emergency", () => {
  it("is on the baseline with SafeMode open before the digest's call returns", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    const baseline = bits(liveUnits(hot))
    ask(hot, UPDATE, 0, [0.55, 0.55])
    ask(hot, PLUS, 100 * MS, [0.6, 0.6])
    drained(hot.audit)
    expect(see(hot, 120 * MS, 1, -0.4)).toBe(NOTHING_DUE)
    expect(see(hot, 121 * MS, 1, -0.51)).toBe(EMERGENCY)
    expect(bits(liveUnits(hot))).toEqual(baseline)
    expect(hot.config.generation).toBe(4)
    expect(hot.executor.lastKind).toBe(ROLLBACK)
    expect(Atomics.load(hot.executor.latch, 0)).toBe(TRIP_CONSTRAINT_EMERGENCY)
    expect(drained(hot.audit).map((record) => record[RECORD_KIND])).toEqual([
      AUDIT_ROLLBACK,
      AUDIT_SAFE_MODE_ENTERED,
    ])
    expect(hot.window.generation).toBe(4)
  })

  it("returns to the base where there is no baseline", () => {
    const hot = hotPath()
    const base = bits(liveUnits(hot))
    ask(hot, PLUS, 0, [0.55, 0.55])
    expect(see(hot, 50 * MS, 1, Number.NEGATIVE_INFINITY)).toBe(EMERGENCY)
    expect(bits(liveUnits(hot))).toEqual(base)
    expect(hot.executor.lastKind).toBe(RETURN_TO_BASE)
  })

  it("ignores invalid digests", () => {
    const hot = hotPath()
    ask(hot, PLUS, 0, [0.55, 0.55])
    expect(
      hot.observeObject({ timestampUs: 50 * MS, objective: 1, generation: 1, constraintMargin: -9 }),
    ).toBe(REJECTED)
    expect(see(hot, 5 * MS, 1, -9)).toBe(REJECTED)
    expect(see(hot, 50 * MS, Number.NaN, -9)).toBe(REJECTED)
    expect(Atomics.load(hot.executor.latch, 0)).toBe(0)
  })

  it("does not roll back repeatedly when the baseline itself is in trouble", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    expect(see(hot, 50 * MS, 1, -0.6)).toBe(EMERGENCY)
    const { generation } = hot.config
    for (let i = 0; i < 3; i++) expect(see(hot, (70 + i) * MS, 1, -0.6)).not.toBe(EMERGENCY)
    expect(hot.config.generation).toBe(generation)
    expect(hot.emergenciesWaitedOut).toBe(3)
  })

  it("still goes to the baseline when SafeMode is open on the base for another reason", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    ask(hot, UPDATE, 0, [0.55, 0.55])
    hot.executor.openLatch(TRIP_MANUAL)
    hot.executor.returnToBase()
    expect(see(hot, 50 * MS, 1, -0.6)).toBe(EMERGENCY)
    expect(hot.config.unit(0)).toBe(0.5)
  })

  it("is detected while no window is open, and in a digest that finds no room", () => {
    const closed = hotPath()
    for (let i = 1; i <= 3; i++) see(closed, i)
    expect(see(closed, 4, 1, -0.6)).toBe(EMERGENCY)
    const full = hotPath({ journalDigests: true, auditCapacity: 16 })
    while (!full.audit.full) full.audit.push()
    expect(see(full, 1, 1, -0.6)).toBe(EMERGENCY)
  })
})

describe("HotPath deadlines", () => {
  it("are returned once when they are reached, however many wait", () => {
    const hot = hotPath({ window: { ...hotPathWindow, windowUs: Number.POSITIVE_INFINITY } })
    for (const us of [300, 100, 200, 100, Number.NaN, Number.POSITIVE_INFINITY]) hot.wakeAt(us)
    expect([99, 100, 101, 250, 251, 299, 300, 400].map((us) => tick(hot, us))).toEqual([
      NOTHING_DUE,
      DEADLINE,
      NOTHING_DUE,
      DEADLINE,
      NOTHING_DUE,
      NOTHING_DUE,
      DEADLINE,
      NOTHING_DUE,
    ])
  })

  it("are also found by digests, after a window that closes", () => {
    const hot = hotPath()
    see(hot, 1)
    see(hot, 2)
    hot.wakeAt(3)
    expect(see(hot, 3)).toBe(WINDOW_CLOSED)
    expect(see(hot, 4)).toBe(DEADLINE)
  })

  it("keep the earliest when there is no room for more", () => {
    const hot = hotPath()
    for (let us = 20; us > 0; us--) hot.wakeAt(us)
    for (let us = 1; us <= 8; us++) expect(tick(hot, us)).toBe(DEADLINE)
  })

  it("can be removed", () => {
    const hot = hotPath()
    hot.wakeAt(5)
    hot.clearWake()
    expect(tick(hot, 6)).toBe(NOTHING_DUE)
  })
})

describe("HotPath's journal", () => {
  it("holds every digest with all its channels, and the ticks that led to something", () => {
    const hot = hotPath({ journalDigests: true })
    hot.observeObject({
      timestampUs: 7,
      objective: 2,
      constraintMargin: 0.25,
      latencyP99Us: 9,
      extras: [1, 2, 3, 4],
    })
    tick(hot, 8)
    tick(hot, 500 * MS)
    const [digest, expiry] = drained(hot.audit)
    expect(digest[RECORD_KIND]).toBe(AUDIT_DIGEST)
    expect(digest[RECORD_TIMESTAMP_US]).toBe(7)
    expect(digest[RECORD_PROPOSAL_ID]).toBe(7)
    expect(digest[RECORD_CODE]).toBe(VALID)
    expect(digest[RECORD_OBJECTIVE]).toBe(2)
    expect(digest[RECORD_MARGIN]).toBe(0.25)
    expect(digest[RECORD_DETAIL]).toBe(9)
    expect(Array.from(digest.subarray(RECORD_POINT))).toEqual([1, 2, 3, 4])
    expect(expiry[RECORD_KIND]).toBe(AUDIT_TICK)
    expect(expiry[RECORD_CODE]).toBe(WINDOW_EXPIRED)
  })

  it("refuses a digest that it cannot record, and counts it", () => {
    const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
    for (let i = 1; i <= 8; i++) see(hot, i)
    expect(see(hot, 9)).toBe(RING_FULL)
    expect(hot.audit.dropped).toBe(1)
    expect(see(hot, 10, 1, -0.6)).toBe(EMERGENCY)
    expect(Atomics.load(hot.executor.latch, 0)).toBe(TRIP_CONSTRAINT_EMERGENCY)
  })
})

describe("HotPath in SafeMode", () => {
  it("applies only rollback and return to base, and keeps measuring", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    hot.executor.openLatch(TRIP_TELEMETRY_LOST)
    expect(ask(hot, PLUS, 0, [0.5, 0.5])).not.toBe(ACCEPTED)
    expect(hot.returnToBase()).toBe(ACCEPTED)
    expect(hot.rollback()).toBe(ACCEPTED)
    expect([see(hot, 20 * MS), see(hot, 21 * MS), see(hot, 22 * MS)]).toEqual([
      NOTHING_DUE,
      NOTHING_DUE,
      WINDOW_CLOSED,
    ])
  })
})
