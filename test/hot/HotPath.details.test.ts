/** The edges of the hot path: clocks that go wrong, what is written down slot by slot, and where an emergency leads from where. */
import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_COMMAND,
  AUDIT_DIGEST,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_TICK,
  COMMAND_AUDIT_FULL,
  COMMAND_STOP,
  DEADLINE,
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_LATENCY_P99_US,
  DIGEST_THROUGHPUT_RPS,
  EMERGENCY,
  MEAN,
  NO_BASELINE,
  NOT_TRIPPED,
  NOTHING_DUE,
  PLUS,
  INVALID,
  REJECTED,
  RETURN_TO_BASE,
  RING_FULL,
  ROLLBACK,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_MANUAL,
  UPDATE,
  VALID,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "../../src/hot/codes.ts"
import { HotPath, type HotPathOptions } from "../../src/hot/HotPath.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { MAX_TIME_US } from "../../src/hot/RateWindow.ts"
import { P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { balanced, drained, linear } from "./rig.ts"

const MS = 1000
const LATEST = MAX_TIME_US
const DAY = 86_400_000_000

const knobs = (count: number): ReadonlyArray<KnobNumbers> => Array.from({ length: count }, () => linear())

/** Two knobs in the middle; windows of three digests that take 500 ms and settle in 10. */
const options = (size = 2): HotPathOptions => ({
  table: new KnobTable(knobs(size)),
  policy: balanced,
  initialUnit: new Float64Array(size).fill(0.5),
  window: {
    windowDigests: 3,
    windowUs: 500 * MS,
    settleUs: 10 * MS,
    maxAgeUs: 100 * MS,
    aggregate: MEAN,
    trim: 0,
  },
  auditCapacity: 64,
  manualTime: true,
})
const hotPath = (more: Partial<HotPathOptions> = {}): HotPath => new HotPath({ ...options(), ...more })

/** Its audit is full, and every digest must be in it. */
const withoutRoom = (): HotPath => {
  const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
  while (!hot.audit.full) hot.audit.push()
  return hot
}

const see = (hot: HotPath, us: number, constraintMargin?: number): number =>
  hot.observeObject({ timestampUs: us, objective: 1, constraintMargin })

const tick = (hot: HotPath, us: number): number => {
  hot.nowCell[0] = us
  return hot.tick()
}

const seeAt = (hot: HotPath, now: number, stamp: number): number => {
  hot.nowCell[0] = now
  return see(hot, stamp)
}

const ask = (hot: HotPath, kind: number, us: number, targets: ReadonlyArray<number>): number => {
  const inbox = hot.executor.proposal
  inbox[P_NOW_US] = us
  inbox[P_EXPECTED_GENERATION] = hot.config.generation
  inbox[P_LENGTH] = targets.length
  inbox.set(targets, P_TARGET)
  return hot.apply(kind)
}

const at = (hot: HotPath, us: number): HotPath => {
  hot.executor.proposal[P_NOW_US] = us
  return hot
}

const openOf = (hot: HotPath): boolean => Atomics.load(hot.executor.latch, 0) !== NOT_TRIPPED

describe("the time of a digest", () => {
  it.each([
    ["behind", 40 * MS],
    ["at no number", Number.NaN],
    ["beyond all time", LATEST + 1],
    ["at infinity", Number.POSITIVE_INFINITY],
  ])("%s is put back on the last time, counted, and the digest is judged there", (_, reading) => {
    const hot = hotPath({ manualTime: false })
    tick(hot, 50 * MS)
    expect(seeAt(hot, reading, 50 * MS)).toBe(NOTHING_DUE)
    expect(hot.nowUs).toBe(50 * MS)
    expect(hot.clockHeld).toBe(1)
    expect(hot.window.count).toBe(1)
  })

  it("at or after the current time is followed, and nothing is counted", () => {
    const hot = hotPath({ manualTime: false })
    tick(hot, 50 * MS)
    seeAt(hot, 50 * MS, 50 * MS)
    seeAt(hot, 60 * MS, 50 * MS)
    expect(hot.nowUs).toBe(60 * MS)
    tick(hot, 60 * MS)
    expect(hot.clockHeld).toBe(0)
  })

  it("may be the last representable one, by tick, by digest and by a manual digest's stamp", () => {
    const ticked = hotPath()
    tick(ticked, LATEST)
    expect([ticked.nowUs, ticked.clockHeld]).toEqual([LATEST, 0])
    const seen = hotPath({ manualTime: false })
    seeAt(seen, LATEST, LATEST)
    expect([seen.nowUs, seen.clockHeld]).toEqual([LATEST, 0])
    const stamped = hotPath()
    see(stamped, LATEST)
    expect([stamped.nowUs, stamped.clockHeld]).toEqual([LATEST, 0])
  })

  it("is clamped only for manual digests stamped behind, not for punctual ones, and not if the owner drives time", () => {
    const manual = hotPath()
    for (const us of [10, 10, 20]) see(manual, us * MS)
    expect(manual.clockHeld).toBe(0)
    see(manual, 19 * MS)
    expect(manual.clockHeld).toBe(1)
    const owned = hotPath({ manualTime: false })
    seeAt(owned, 20 * MS, 10 * MS)
    expect(owned.clockHeld).toBe(0)
  })

  it("is the owner's unless manual time is configured", () => {
    const { manualTime: _, ...asLeftOut } = options()
    const hot = new HotPath(asLeftOut)
    see(hot, 50 * MS)
    expect(hot.nowUs).toBe(0)
  })
})

describe("an object", () => {
  it("fills each channel of the inbox with its own field, and missing ones with NaN", () => {
    const hot = hotPath()
    hot.observeObject({
      objective: 1,
      latencyP99Us: 2,
      throughputRps: 3,
      errorRate: 0.4,
      constraintMargin: 5,
      extras: [6, 7],
    })
    const { digest } = hot
    expect([
      digest[DIGEST_LATENCY_P99_US],
      digest[DIGEST_THROUGHPUT_RPS],
      digest[DIGEST_ERROR_RATE],
      digest[DIGEST_CONSTRAINT_MARGIN],
      ...digest.subarray(DIGEST_EXTRA_0, DIGEST_EXTRA_0 + 4),
    ]).toEqual([2, 3, 0.4, 5, 6, 7, Number.NaN, Number.NaN])
    hot.observeObject({ objective: 1, throughputRps: 0, errorRate: 0 })
    expect([digest[DIGEST_THROUGHPUT_RPS], digest[DIGEST_ERROR_RATE]]).toEqual([0, 0])
    hot.observeObject({ objective: 1 })
    expect([digest[DIGEST_THROUGHPUT_RPS], digest[DIGEST_ERROR_RATE]]).toEqual([Number.NaN, Number.NaN])
  })
})

describe("windows", () => {
  it("expire with the digest that comes exactly then, and with no second one", () => {
    const hot = hotPath()
    expect(see(hot, 500 * MS)).toBe(WINDOW_EXPIRED)
    expect(see(hot, 501 * MS)).toBe(NOTHING_DUE)
    expect(hot.window.cells[3]).toBe(500 * MS)
  })

  it("give the executor the margin they measured", () => {
    const hot = hotPath()
    expect(hot.executor.margin).toBeNaN()
    for (const margin of [0.1, 0.2, 0.6]) see(hot, 1, margin)
    expect(hot.executor.margin).toBeCloseTo(0.3, 12)
  })

  it("are not restarted by a refused proposal or a rollback without a target", () => {
    const hot = hotPath()
    see(hot, 1)
    expect(ask(hot, PLUS, 2, [0.9, 0.5])).not.toBe(ACCEPTED)
    expect(at(hot, 3).rollback()).toBe(NO_BASELINE)
    expect(hot.window.count).toBe(1)
  })

  it("restart with a rollback and a return, from the time of each", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    see(hot, 1)
    expect(at(hot, 5 * MS).rollback()).toBe(ACCEPTED)
    expect([hot.window.count, hot.window.generation, hot.nowUs]).toEqual([0, 2, 5 * MS])
    see(hot, 15 * MS)
    expect(at(hot, 20 * MS).returnToBase()).toBe(ACCEPTED)
    expect([hot.window.count, hot.window.generation, hot.nowUs]).toEqual([0, 3, 20 * MS])
  })

  it("are reopened for the live generation: at now for the same, at its commit for another", () => {
    const hot = hotPath()
    see(hot, 1)
    tick(hot, 50 * MS)
    hot.reopenWindow()
    expect([hot.window.count, hot.window.generation]).toEqual([0, 1])
    expect(hot.window.expiresAtUs).toBe(550 * MS)
    // The executor is asked directly, behind the hot path's back.
    at(hot, 60 * MS).executor.returnToBase()
    tick(hot, 70 * MS)
    expect(hot.window.expiresAtUs).toBe(560 * MS)
    at(hot, 80 * MS).executor.returnToBase()
    hot.nowCell[0] = 90 * MS
    hot.reopenWindow()
    expect([hot.window.generation, hot.window.expiresAtUs]).toEqual([3, 580 * MS])
  })

  it("follow a new generation in a tick even when no digest ever comes", () => {
    const hot = hotPath()
    at(hot, 100 * MS).executor.returnToBase()
    expect(tick(hot, 550 * MS)).toBe(NOTHING_DUE)
    expect(tick(hot, 600 * MS)).toBe(WINDOW_EXPIRED)
  })

  it("never take time back when the generation they follow was committed before now", () => {
    const hot = hotPath()
    at(hot, 10 * MS).executor.returnToBase()
    tick(hot, 50 * MS)
    expect(hot.nowUs).toBe(50 * MS)
    expect(tick(hot, 49 * MS)).toBe(NOTHING_DUE)
    expect(hot.nowUs).toBe(50 * MS)
  })
})

describe("a digest stamped ahead", () => {
  it("is followed where it is valid, and where only its generation is wrong", () => {
    const hot = hotPath()
    see(hot, 5 * DAY)
    expect(hot.nowUs).toBe(5 * DAY)
    hot.observeObject({ timestampUs: 9 * DAY, objective: 1, generation: 77 })
    expect(hot.nowUs).toBe(9 * DAY)
  })

  it("is not followed where it is invalid, by an hour or by a millisecond, in either kind of time", () => {
    for (const manualTime of [true, false]) {
      const hot = hotPath({ manualTime })
      tick(hot, DAY)
      for (const objective of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        for (const ahead of [MS, 3600 * 1000 * MS]) {
          expect(hot.observeObject({ timestampUs: DAY + ahead, objective })).toBe(REJECTED)
          expect(hot.nowUs).toBe(DAY)
        }
      expect(hot.window.counters[INVALID]).toBe(6)
    }
  })

  it("is invalid if it would advance time by more than a year; the very first time may be any", () => {
    const hot = hotPath()
    const since1970 = 1.7e15
    see(hot, since1970)
    expect(hot.nowUs).toBe(since1970)
    const year = 366 * DAY
    for (const stamp of [since1970 + year + 1, 4.4e15, 8e15, Number.MAX_SAFE_INTEGER, 1e300]) {
      expect(see(hot, stamp)).toBe(REJECTED)
      expect(hot.nowUs).toBe(since1970)
    }
    expect(hot.window.counters[INVALID]).toBe(5)
    see(hot, since1970 + year)
    expect(hot.nowUs).toBe(since1970 + year)
    // A tick says what time it is.
    tick(hot, LATEST)
    expect(hot.nowUs).toBe(LATEST)
    const fresh = hotPath()
    expect(see(fresh, LATEST + 1)).toBe(REJECTED)
    expect(fresh.nowUs).toBe(0)
  })
})

describe("deadlines", () => {
  it("that have passed and wait to be reported take no place from later ones", () => {
    // Every digest closes a window, which weighs more than a deadline.
    const hot = hotPath({ window: { ...options().window, windowDigests: 1, settleUs: 0 } })
    for (let us = 1; us <= 9; us++) {
      hot.wakeAt(us)
      expect(see(hot, us)).toBe(WINDOW_CLOSED)
      hot.reopenWindow()
    }
    hot.wakeAt(100)
    expect([tick(hot, 99), tick(hot, 99), tick(hot, 100)]).toEqual([DEADLINE, NOTHING_DUE, DEADLINE])
  })

  it("are met by a digest at exactly that time", () => {
    const hot = hotPath()
    hot.wakeAt(7)
    expect([see(hot, 6), see(hot, 7), see(hot, 8)]).toEqual([NOTHING_DUE, DEADLINE, WINDOW_CLOSED])
  })

  it("take one place each however often one is asked for", () => {
    const hot = hotPath()
    for (let again = 0; again < 5; again++) hot.wakeAt(3)
    for (let us = 4; us <= 10; us++) hot.wakeAt(us)
    for (let us = 3; us <= 10; us++) expect(tick(hot, us)).toBe(DEADLINE)
    expect(tick(hot, 11)).toBe(NOTHING_DUE)
  })

  it("are not replaced by a later one when all places are taken", () => {
    const hot = hotPath()
    for (let us = 1; us <= 8; us++) hot.wakeAt(us)
    hot.wakeAt(20)
    for (let us = 1; us <= 8; us++) expect(tick(hot, us)).toBe(DEADLINE)
    expect(tick(hot, 20)).toBe(NOTHING_DUE)
  })

  it("that are not numbers do not affect those that wait", () => {
    const hot = hotPath()
    hot.wakeAt(5)
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY]) hot.wakeAt(none)
    expect([tick(hot, 4), tick(hot, 5), tick(hot, 6)]).toEqual([NOTHING_DUE, DEADLINE, NOTHING_DUE])
  })
})

describe("an emergency", () => {
  it("is a margin below the limit, not at it", () => {
    const hot = hotPath()
    expect(see(hot, 1, balanced.emergencyMargin)).toBe(NOTHING_DUE)
    expect(see(hot, 2, balanced.emergencyMargin - 1e-9)).toBe(EMERGENCY)
    const full = withoutRoom()
    expect(see(full, 1, balanced.emergencyMargin)).toBe(RING_FULL)
    expect(openOf(full)).toBe(false)
  })

  it("in a digest that finds no room counts only if the digest is valid", () => {
    const full = withoutRoom()
    const stale = { timestampUs: 1, objective: 1, generation: 99, constraintMargin: -9 }
    expect(full.observeObject(stale)).toBe(RING_FULL)
    expect(openOf(full)).toBe(false)
    expect(full.audit.dropped).toBe(1)
  })

  it("on a base without a baseline waits once SafeMode is open: nothing is safer", () => {
    const hot = hotPath()
    expect(see(hot, 1 * MS, -0.6)).toBe(EMERGENCY)
    const { generation } = hot.config
    expect(see(hot, 20 * MS, -0.6)).toBe(NOTHING_DUE)
    expect(hot.config.generation).toBe(generation)
    expect(hot.emergenciesWaitedOut).toBe(1)
  })

  it("on a perturbation leads to the base even if SafeMode is open for another reason", () => {
    const hot = hotPath()
    ask(hot, PLUS, 0, [0.55, 0.55])
    hot.executor.openLatch(TRIP_MANUAL)
    expect(see(hot, 20 * MS, -0.6)).toBe(EMERGENCY)
    expect([hot.config.unit(0), hot.config.unit(1)]).toEqual([0.5, 0.5])
    expect(hot.executor.lastKind).toBe(RETURN_TO_BASE)
    expect(hot.emergenciesWaitedOut).toBe(0)
  })

  it("on the base after a return leads to the baseline once there is one", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    ask(hot, UPDATE, 0, [0.55, 0.55])
    at(hot, 100 * MS).returnToBase()
    hot.executor.openLatch(TRIP_MANUAL)
    expect(see(hot, 120 * MS, -0.6)).toBe(EMERGENCY)
    expect(hot.executor.lastKind).toBe(ROLLBACK)
    expect(hot.config.unit(0)).toBe(0.5)
  })

  it("after a rollback reopens SafeMode if it had been left", () => {
    const hot = hotPath()
    hot.executor.setBaseline()
    hot.rollback()
    expect(see(hot, 20 * MS, -0.6)).toBe(EMERGENCY)
    expect(openOf(hot)).toBe(true)
  })
})

describe("the record", () => {
  const full = {
    timestampUs: 3 * MS,
    objective: 2,
    latencyP99Us: 3,
    throughputRps: 4,
    errorRate: 0.5,
    constraintMargin: 6,
    extras: [7, 8, 9, 10],
  }

  it("of a digest has every channel in its slot, and NaN in the places of further knobs", () => {
    const hot = new HotPath({ ...options(6), journalDigests: true })
    // The ring goes round, so that what a slot held before would show.
    for (let i = 0; i < 200; i++) {
      hot.audit.draft.fill(i)
      hot.audit.push()
      hot.audit.drain(() => undefined)
    }
    hot.observeObject(full)
    hot.observeObject({ ...full, timestampUs: 5 * MS })
    const [first, second] = drained(hot.audit)
    const slots: ReadonlyArray<readonly [number, number]> = [
      [RECORD_SEQUENCE, 201],
      [RECORD_KIND, AUDIT_DIGEST],
      [RECORD_TIMESTAMP_US, 3 * MS],
      [RECORD_GENERATION, 1],
      [RECORD_PROPOSAL_ID, 3 * MS],
      [RECORD_CODE, VALID],
      [RECORD_DETAIL, 3],
      [RECORD_KNOB, 4],
      [RECORD_VALUE, 0.5],
      [RECORD_LIMIT, Number.NaN],
      [RECORD_OBJECTIVE, 2],
      [RECORD_MARGIN, 6],
    ]
    for (const [slot, value] of slots) expect([slot, first[slot]]).toEqual([slot, value])
    expect([...first.subarray(RECORD_POINT)]).toEqual([7, 8, 9, 10, Number.NaN, Number.NaN])
    expect(second[RECORD_TIMESTAMP_US]).toBe(5 * MS)
    expect([...second.subarray(RECORD_POINT)]).toEqual([...first.subarray(RECORD_POINT)])
  })

  it("of a deadline or a command has only its time, its kind and its generation", () => {
    const hot = hotPath({ journalDigests: true })
    for (let i = 0; i < 200; i++) {
      hot.audit.draft.fill(i)
      hot.audit.push()
      hot.audit.drain(() => undefined)
    }
    hot.wakeAt(4 * MS)
    expect(tick(hot, 5 * MS)).toBe(DEADLINE)
    hot.journalCommand(COMMAND_STOP)
    const records = drained(hot.audit)
    const nothing = Array.from({ length: hot.audit.width }, () => Number.NaN)
    const caused = (sequence: number, kind: number, code: number): ReadonlyArray<number> =>
      nothing
        .with(RECORD_SEQUENCE, sequence)
        .with(RECORD_KIND, kind)
        .with(RECORD_TIMESTAMP_US, 5 * MS)
        .with(RECORD_GENERATION, 1)
        .with(RECORD_CODE, code)
        .with(RECORD_KNOB, -1)
    expect(records.map((record) => [...record])).toEqual([
      caused(201, AUDIT_TICK, DEADLINE),
      caused(202, AUDIT_COMMAND, COMMAND_STOP),
    ])
  })

  it("has no ticks, digests and commands without a journal", () => {
    const hot = hotPath()
    see(hot, 1)
    hot.wakeAt(2)
    tick(hot, 3)
    hot.journalCommand(COMMAND_STOP)
    tick(hot, 500 * MS)
    expect(drained(hot.audit)).toEqual([])
  })

  it("takes every command when only the reserve is left", () => {
    const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
    while (!hot.audit.full) hot.audit.push()
    hot.journalCommand(COMMAND_STOP)
    hot.journalCommand(COMMAND_AUDIT_FULL)
    expect(hot.audit.dropped).toBe(0)
    const codes = drained(hot.audit).map((record) => record[RECORD_CODE])
    expect(codes.slice(-2)).toEqual([COMMAND_STOP, COMMAND_AUDIT_FULL])
  })

  it("takes nothing when nothing is left, and counts each command", () => {
    const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
    while (hot.audit.pushSafety()) continue
    const lost = hot.audit.dropped
    hot.journalCommand(COMMAND_AUDIT_FULL)
    expect(hot.audit.dropped).toBe(lost + 1)
    const sequences = drained(hot.audit).map((record) => record[RECORD_SEQUENCE])
    expect(sequences).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
  })

  it("of an emergency in a digest without room has that digest before its trip", () => {
    const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
    while (!hot.audit.full) hot.audit.push()
    hot.audit.drain(() => undefined)
    while (!hot.audit.full) hot.audit.push()
    expect(see(hot, 10, -0.6)).toBe(EMERGENCY)
    const kinds = drained(hot.audit).slice(8)
    expect(kinds.map((record) => record[RECORD_KIND])[0]).toBe(AUDIT_DIGEST)
    expect(kinds[0][RECORD_CODE]).toBe(VALID)
    expect(kinds[0][RECORD_MARGIN]).toBe(-0.6)
    const trip = kinds.find((record) => record[RECORD_KIND] === AUDIT_SAFE_MODE_ENTERED)
    expect(trip?.[RECORD_CODE]).toBe(TRIP_CONSTRAINT_EMERGENCY)
  })

  it("of an emergency in an accepted digest has that digest once", () => {
    const hot = hotPath({ journalDigests: true })
    expect(see(hot, 10, -0.6)).toBe(EMERGENCY)
    const digests = drained(hot.audit).filter((record) => record[RECORD_KIND] === AUDIT_DIGEST)
    expect(digests).toHaveLength(1)
  })

  it("of an emergency without a journal has what was done, not the digest", () => {
    const hot = hotPath()
    expect(see(hot, 1, -0.6)).toBe(EMERGENCY)
    expect(drained(hot.audit).some((record) => record[RECORD_KIND] === AUDIT_DIGEST)).toBe(false)
  })
})

describe("a full audit", () => {
  it("holds back deadlines that cannot be recorded until there is room", () => {
    const hot = hotPath({ journalDigests: true, auditCapacity: 16 })
    see(hot, 1)
    hot.wakeAt(2)
    while (!hot.audit.full) hot.audit.push()
    const { size } = hot.audit
    expect([tick(hot, 1), tick(hot, 500 * MS), tick(hot, 500 * MS)]).toEqual([
      NOTHING_DUE,
      RING_FULL,
      RING_FULL,
    ])
    expect([hot.audit.size, hot.window.expired]).toEqual([size, false])
    hot.audit.drain(() => undefined)
    expect([hot.tick(), hot.tick(), hot.tick()]).toEqual([WINDOW_EXPIRED, DEADLINE, NOTHING_DUE])
    const ticks = drained(hot.audit).map((record) => [record[RECORD_KIND], record[RECORD_CODE]])
    expect(ticks).toEqual([
      [AUDIT_TICK, WINDOW_EXPIRED],
      [AUDIT_TICK, DEADLINE],
    ])
  })

  it("does not hold back deadlines without a journal", () => {
    const hot = hotPath({ auditCapacity: 16 })
    while (hot.audit.pushSafety()) continue
    hot.wakeAt(2)
    expect(tick(hot, 2)).toBe(DEADLINE)
  })

  it("counts a refused digest as lost, but not one recorded for its emergency", () => {
    const hot = withoutRoom()
    expect([see(hot, 1), hot.audit.dropped]).toEqual([RING_FULL, 1])
    expect([see(hot, 2, -0.6), hot.audit.dropped]).toEqual([EMERGENCY, 1])
  })

  it("holds back digests only if they are journaled", () => {
    const hot = hotPath({ auditCapacity: 16 })
    while (hot.audit.pushSafety()) continue
    expect(see(hot, 1)).toBe(NOTHING_DUE)
    expect(hot.observeObject({ timestampUs: 2, objective: Number.NaN })).toBe(REJECTED)
  })
})
