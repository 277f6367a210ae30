/** What a loop hands to its tuner and to Tier 1, call by call, and what it counts. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_DETAIL, RECORD_KIND, RECORD_PROPOSAL_ID } from "../../src/hot/AuditRing.ts"
import {
  AUDIT_APPLY,
  AUDIT_QUEUE_FULL,
  CONSTRAINT_VIOLATION,
  DELTA_TOO_LARGE,
  MINUS,
  OBJECTIVE_REGRESSION,
  PLUS,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_REPEATED_VIOLATIONS,
  UPDATE,
} from "../../src/hot/codes.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { FROZEN, WAITING_MINUS, WAITING_PLUS } from "../../src/hot/phases.ts"
import { SharedBudget } from "../../src/hot/SharedBudget.ts"
import {
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_MINUS,
  MARGIN_PLUS,
  READINGS,
  SpsaKernel,
} from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { LoopBench, policy, READING, SECOND } from "./loopBench.ts"
import { bits, drained, linear } from "./rig.ts"

const isWaiting = ({ loop }: LoopBench): boolean =>
  loop.phase === WAITING_PLUS || loop.phase === WAITING_MINUS

/** Until the loop waits for a window, however long Tier 1's pace takes. */
const untilWaiting = (bench: LoopBench): void => {
  for (let i = 0; i < 1_000 && !isWaiting(bench) && bench.loop.phase !== FROZEN; i++) bench.tick(100_000)
}

describe("HotLoop and its tuner", () => {
  it("passes on the readings of a pair, losses and margins by direction, whichever came first", () => {
    const reading = fc.record({
      objective: fc.double({ min: -10, max: 10, noNaN: true }),
      margin: fc.oneof(fc.constant(Number.NaN), fc.double({ min: -0.4, max: 1, noNaN: true })),
    })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(reading, reading), { minLength: 1, maxLength: 8 }),
        fc.nat(1_000),
        fc.constantFrom<1 | -1>(1, -1),
        (pairs, seed, sign) => {
          const bench = new LoopBench({ options: { sign }, settings: { seed } })
          const { loop, hot } = bench
          loop.start()
          const { kernel } = loop
          const model = new SpsaKernel(hot.table, kernel.settings)
          const band = new Float64Array(2 * hot.table.size)
          let now = new Float64Array(model.stateLength)
          let next = new Float64Array(model.stateLength)
          model.initial(now, hot.executor.base)
          model.begin(now)
          for (const pair of pairs) {
            untilWaiting(bench)
            expect(loop.phase).toBe(model.firstIsPlus(now) ? WAITING_PLUS : WAITING_MINUS)
            const readings = new Float64Array(READINGS)
            for (const { objective, margin } of pair) {
              const plus = loop.phase === WAITING_PLUS
              readings[plus ? LOSS_PLUS : LOSS_MINUS] = sign * objective
              readings[plus ? MARGIN_PLUS : MARGIN_MINUS] = margin
              // What Tier 1 left when this probe was applied: nothing has been applied since.
              hot.executor.band(band)
              bench.digest(objective, margin)
            }
            untilWaiting(bench)
            if (hot.executor.rollbacks > 0) return
            model.complete(now, next, readings, band)
            ;[now, next] = [next, now]
            model.begin(now)
            expect(bits(loop.state)).toEqual(bits(now))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it("numbers its proposals, and asks for both probes in the drawn order, then for the update", () => {
    const bench = new LoopBench()
    const { hot, loop } = bench
    const firsts: Array<number> = []
    loop.start()
    for (let i = 0; i < 24; i++) {
      firsts.push(loop.kernel.firstIsPlus(loop.state) ? PLUS : MINUS)
      bench.digest(bench.bowl())
      bench.digest(bench.bowl())
      untilWaiting(bench)
    }
    expect(new Set(firsts)).toEqual(new Set([PLUS, MINUS]))
    const applies = drained(hot.audit).filter((record) => record[RECORD_KIND] === AUDIT_APPLY)
    expect(applies.map((record) => record[RECORD_PROPOSAL_ID])).toEqual(applies.map((_, i) => i + 1))
    const wanted = firsts.flatMap((first) => [first, first === PLUS ? MINUS : PLUS, UPDATE])
    expect(applies.map((record) => record[RECORD_DETAIL]).slice(0, wanted.length)).toEqual(wanted)
  })

  it("keeps the state before the last cycle, with the base of its probes", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    loop.start()
    for (let i = 0; i < 10; i++) {
      const before = bench.base
      const base = new Float64Array(hot.table.size)
      bench.digest(bench.bowl())
      bench.digest(bench.bowl())
      untilWaiting(bench)
      loop.kernel.base(loop.previous, base)
      expect([...base]).toEqual(before)
      expect(loop.kernel.cycles(loop.state)).toBe(loop.kernel.cycles(loop.previous) + 1)
    }
  })

  it("applies no update if a pair gave no information, and counts the cycle", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    loop.start()
    // The difference of the two overflows: there is no slope.
    bench.digest(1e308)
    bench.digest(-1e308)
    expect(loop.cycles).toBe(1)
    expect(hot.executor.lastKind).not.toBe(UPDATE)
    untilWaiting(bench)
    expect(drained(hot.audit).some((record) => record[RECORD_DETAIL] === UPDATE)).toBe(false)
  })

  it("continues with what another loop learned, from its own plant's place, and sets no baseline by itself", () => {
    const one = new LoopBench()
    one.loop.start()
    one.run(60)
    const other = new LoopBench()
    other.loop.startFrom(one.loop.state)
    expect(isWaiting(other)).toBe(true)
    expect(other.hot.config.hasBaseline).toBe(false)
    expect(other.loop.kernel.cycles(other.loop.state)).toBe(one.loop.kernel.cycles(one.loop.state) + 1)
    const base = new Float64Array(2)
    other.loop.kernel.base(other.loop.state, base)
    expect([...base]).toEqual(other.base)
    const kept = other.loop.state.slice()
    other.loop.startFrom(one.loop.previous)
    expect(bits(other.loop.state)).toEqual(bits(kept))
  })

  it("makes the start the first baseline unless configured otherwise", () => {
    for (const startIsBaseline of [true, false]) {
      const bench = new LoopBench({ options: { startIsBaseline } })
      bench.loop.start()
      expect(bench.hot.config.hasBaseline).toBe(startIsBaseline)
    }
  })

  it("changes nothing when it is started again during a cycle", () => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.run(31)
    const { loop, hot } = bench
    const before = { state: loop.state.slice(), phase: loop.phase, generation: hot.config.generation }
    hot.audit.drain(() => {})
    loop.start()
    expect({ state: loop.state, phase: loop.phase, generation: hot.config.generation }).toEqual(before)
    expect(hot.audit.size).toBe(0)
  })

  it("does nothing before it is started and after it was stopped", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    const idle = (): void => {
      const before = [hot.config.generation, hot.audit.size, loop.trips]
      bench.tick(SECOND)
      bench.digest(1)
      loop.reset()
      loop.rollback()
      loop.rest()
      loop.trip()
      loop.stop()
      bench.tick(3600 * SECOND)
      expect([hot.config.generation, hot.audit.size, loop.trips]).toEqual(before)
      expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
      expect(loop.phase).toBe(FROZEN)
    }
    expect([loop.seated, loop.waiting]).toEqual([false, false])
    idle()
    loop.start()
    bench.run(10)
    loop.stop()
    idle()
    loop.start()
    expect(isWaiting(bench)).toBe(true)
  })

  it("refuses a kernel of another knob table", () => {
    const kernel = new SpsaKernel(new KnobTable([linear()]), DEFAULT_SPSA)
    expect(() => new HotLoop(new LoopBench().hot, kernel)).toThrow(
      "kernel: must be one over the knob table of its hot path",
    )
  })
})

describe("HotLoop and the pace of Tier 1", () => {
  it("asks to be woken at the next apply, and never while it waits for a window", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    loop.start()
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    bench.digest(1)
    expect(isWaiting(bench)).toBe(true)
    expect(loop.dueUs).toBe(Number.POSITIVE_INFINITY)
    bench.digest(2)
    expect(isWaiting(bench)).toBe(false)
    expect(loop.dueUs).toBe(hot.executor.nextApplyUs)
    expect(loop.dueUs).toBe(bench.now + policy.minIntervalUs)
    bench.tick(policy.minIntervalUs - 1)
    expect(isWaiting(bench)).toBe(false)
    bench.tick(1)
    expect(isWaiting(bench)).toBe(true)
  })

  it("asks a shared budget again at the time it gave, and not before", () => {
    const shared = new SharedBudget({ probing: 1, appliesPerSecond: 1_000 })
    const seat = { seated: false, waiting: false, behind: null }
    expect(shared.admits(Float64Array.of(SECOND), seat)).toBe(true)
    shared.applied(seat)
    const bench = new LoopBench()
    bench.loop.shared = shared
    bench.loop.start()
    expect(bench.loop.dueUs).toBe(shared.againUs)
    shared.leave(seat)
    bench.tick(shared.againUs - SECOND - 1)
    expect(isWaiting(bench)).toBe(false)
    bench.tick(1)
    expect(isWaiting(bench)).toBe(true)
    expect(shared.seated).toBe(1)
  })
})

describe("HotLoop refused by Tier 1", () => {
  const TOO_LARGE = DELTA_TOO_LARGE
  const TOO_LOW = CONSTRAINT_VIOLATION

  /** Sets the margin before every ask, so that Tier 1 refuses for it or for the step. */
  class Ordered extends SharedBudget {
    private readonly bench: LoopBench
    private readonly order: Array<number>

    constructor(bench: LoopBench, order: ReadonlyArray<number>) {
      super({ probing: 1, appliesPerSecond: 1 })
      this.bench = bench
      this.order = [...order]
    }

    override admits(): boolean {
      const margin = this.order.shift() === TOO_LOW ? -1 : Number.NaN
      this.bench.hot.executor.noteMargin(Float64Array.of(margin), 0)
      return true
    }
  }

  it.each([
    [[TOO_LARGE, TOO_LARGE, TOO_LARGE], TRIP_REPEATED_VIOLATIONS],
    [[TOO_LOW, TOO_LOW, TOO_LOW], TRIP_CONSTRAINT_EMERGENCY],
    [[TOO_LOW, TOO_LOW, TOO_LARGE], TRIP_REPEATED_VIOLATIONS],
    [[TOO_LOW, TOO_LARGE, TOO_LOW], TRIP_REPEATED_VIOLATIONS],
    [[TOO_LARGE, TOO_LOW, TOO_LOW], TRIP_REPEATED_VIOLATIONS],
  ])("gives refusals of one kind their own cause: %j is trip %i", (order, trip) => {
    const bench = new LoopBench({ policy: { ...policy, maxStep: 0.01 } })
    bench.loop.shared = new Ordered(bench, order)
    bench.loop.start()
    expect(bench.loop.lastTrip).toBe(trip)
    // A constraint in danger demands the baseline, a proposer that misbehaves only the base.
    expect(bench.hot.executor.rollbacks).toBe(trip === TRIP_CONSTRAINT_EMERGENCY ? 1 : 0)
    expect(bench.hot.executor.refused[TOO_LOW]).toBe(order.filter((one) => one === TOO_LOW).length)
    expect(bench.hot.executor.refused[TOO_LARGE]).toBe(order.filter((one) => one === TOO_LARGE).length)
  })

  it("starts the cycle over after an update that was refused: probes in between are not refusals in a row", () => {
    const bench = new LoopBench()
    const { loop, hot } = bench
    loop.start()
    for (let i = 1; i <= 5; i++) {
      const asked = loop.state.slice()
      bench.digest(bench.bowl())
      // As another judge would: Tier 1 refuses the update that this pair leads to.
      const noteRegressions = hot.executor.noteRegressions.bind(hot.executor)
      hot.executor.noteRegressions = () => noteRegressions(policy.regressionsToTrip)
      bench.digest(bench.bowl())
      hot.executor.noteRegressions = noteRegressions
      untilWaiting(bench)
      expect(hot.executor.refused[OBJECTIVE_REGRESSION]).toBe(i)
      expect(bits(loop.state)).toEqual(bits(asked))
    }
    expect(loop.phase).not.toBe(FROZEN)
    expect(loop.cycles).toBe(0)
    expect(loop.trips).toBe(0)
  })

  it("trips at the first refusal for a regression if only one is allowed", () => {
    const bench = new LoopBench({ options: { refusalsToTrip: 1 } })
    bench.loop.start()
    bench.digest(1)
    const noteRegressions = bench.hot.executor.noteRegressions.bind(bench.hot.executor)
    bench.hot.executor.noteRegressions = () => noteRegressions(policy.regressionsToTrip)
    bench.digest(2)
    expect(bench.loop.lastTrip).toBe(TRIP_OBJECTIVE_REGRESSION)
    expect(bench.live).toEqual(bench.base)
  })

  it("asks once if the audit has no room", () => {
    const bench = new LoopBench({ auditCapacity: 16 })
    bench.loop.start()
    for (let i = 0; i < 40 && bench.loop.phase !== FROZEN; i++) {
      bench.digest(bench.bowl())
      bench.tick(READING)
    }
    expect(bench.loop.lastTrip).toBe(TRIP_AUDIT_QUEUE_FULL)
    expect(bench.hot.executor.refused[AUDIT_QUEUE_FULL]).toBe(1)
  })
})
