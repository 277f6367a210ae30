import { createActor, type SnapshotFrom } from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it } from "vitest"
import type { SafeModeEvent, SafeModeReport } from "../../machines/events.ts"
import { persist, revive } from "../../machines/persist.ts"
import { type SafeModeInput, safeModeMachine } from "../../machines/safeMode.machine.ts"
import { TRIP_REASONS, type TripReason } from "../../src/domain/words.ts"

const SECOND_US = 1_000_000
const TIMER_US = 30 * SECOND_US
const reasons = TRIP_REASONS.filter((reason): reason is TripReason => reason !== "none")

function latch(policy: SafeModeInput["policy"] = {}) {
  const actor = createActor(safeModeMachine, { input: { policy: { timerUs: TIMER_US, ...policy } } })
  const reports: Array<SafeModeReport> = []
  actor.on("*", (report) => reports.push(report))
  actor.start()
  return { actor, reports }
}

const value = (actor: { getSnapshot(): SnapshotFrom<typeof safeModeMachine> }) =>
  JSON.stringify(actor.getSnapshot().value)

const trip = (reason: TripReason, nowUs = 0): SafeModeEvent => ({ type: "trip", reason, nowUs })

/** How each open state is reached from a fresh latch. */
const ways: Record<string, { policy: SafeModeInput["policy"]; trip: SafeModeEvent }> = {
  untilTimer: { policy: {}, trip: trip("thrashing") },
  untilReset: { policy: {}, trip: trip("manualTrigger") },
  untilRecovery: { policy: { exit: "objectiveRecovery" }, trip: trip("telemetryLost") },
  untilDrained: { policy: {}, trip: trip("auditQueueFull") },
}

describe("the latch is left", () => {
  it("by the timer with the first window that closes after the deadline, and never by time alone", () => {
    const { actor, reports } = latch()
    const window = (nowUs: number): SafeModeEvent => ({ type: "recovered", improvement: 0, nowUs })
    actor.send(trip("thrashing", SECOND_US))
    actor.send(window(SECOND_US + TIMER_US - 1))
    actor.send({ type: "tick", nowUs: SECOND_US + TIMER_US })
    actor.send({ type: "tick", nowUs: 100 * TIMER_US })
    expect(value(actor)).toBe('{"open":"untilTimer"}')
    actor.send(window(100 * TIMER_US))
    expect(value(actor)).toBe('"armed"')
    expect(reports.at(-1)).toEqual({ type: "unlatched", exit: "timer", nowUs: 100 * TIMER_US })
    const punctual = latch()
    punctual.actor.send(trip("thrashing", SECOND_US))
    punctual.actor.send(window(SECOND_US + TIMER_US))
    expect(value(punctual.actor)).toBe('"armed"')
  })

  it("by a recovery that is large enough", () => {
    const { actor } = latch({ exit: "objectiveRecovery", requiredImprovement: 0.1 })
    actor.send(trip("objectiveRegression"))
    actor.send({ type: "recovered", improvement: 0.09, nowUs: 1 })
    expect(value(actor)).toBe('{"open":"untilRecovery"}')
    actor.send({ type: "recovered", improvement: 0.1, nowUs: 2 })
    expect(value(actor)).toBe('"armed"')
  })

  it("by a person when the recovery does not come in time", () => {
    const { actor } = latch({ exit: "objectiveRecovery" })
    actor.send(trip("objectiveRegression"))
    actor.send({ type: "tick", nowUs: TIMER_US })
    expect(value(actor)).toBe('{"open":"untilReset"}')
    actor.send({ type: "recovered", improvement: 1, nowUs: TIMER_US + 1 })
    expect(value(actor)).toBe('{"open":"untilReset"}')
  })

  it("only by the drain when the audit was full", () => {
    const { actor } = latch()
    actor.send(trip("auditQueueFull"))
    actor.send({ type: "reset", nowUs: 1 })
    actor.send({ type: "recovered", improvement: 1, nowUs: 2 })
    actor.send({ type: "tick", nowUs: 10 * TIMER_US })
    expect(value(actor)).toBe('{"open":"untilDrained"}')
    actor.send({ type: "drained", nowUs: 3 })
    expect(value(actor)).toBe('"armed"')
  })

  it("by a reset, which records who did it", () => {
    const { actor } = latch()
    actor.send(trip("engineFault"))
    actor.send({ type: "reset", by: "ada", note: "kernel replaced", nowUs: 5 })
    expect(value(actor)).toBe('"armed"')
    expect(actor.getSnapshot().context.acknowledgement).toEqual({ by: "ada", note: "kernel replaced" })
  })
})

describe("the latch gets stricter, never looser", () => {
  it("for every pair of trips", () => {
    const strictness = ["untilTimer", "untilRecovery", "untilDrained", "untilReset"]
    const rank = (actor: ReturnType<typeof latch>["actor"]): number =>
      strictness.findIndex((state) => value(actor).includes(state))
    for (const first of reasons) {
      for (const second of reasons) {
        const { actor } = latch()
        actor.send(trip(first, 1))
        const before = rank(actor)
        actor.send(trip(second, 2))
        expect(rank(actor), `${first} then ${second}`).toBeGreaterThanOrEqual(before)
      }
    }
  })

  it("and a second trip restarts the timer", () => {
    const { actor } = latch()
    actor.send(trip("thrashing", 0))
    actor.send(trip("budgetExhausted", 10 * SECOND_US))
    actor.send({ type: "tick", nowUs: TIMER_US })
    expect(value(actor)).toBe('{"open":"untilTimer"}')
    expect(actor.getSnapshot().context.deadlineUs).toBe(10 * SECOND_US + TIMER_US)
  })
})

describe("a replacement latch", () => {
  it.each(Object.entries(ways))("stands %s as that one stood, and remembers its rollbacks", (state, way) => {
    const { actor: first } = latch(way.policy)
    first.send({ type: "rolledBack", nowUs: 1 })
    first.send({ ...way.trip, nowUs: 3 })
    const { reason, exit, sinceUs, deadlineUs, rollbacksUs } = first.getSnapshot().context
    if (reason === null || exit === null) throw new Error("it did not open")
    const { actor, reports } = latch(way.policy)
    actor.send({ type: "resumed", rollbacksUs, open: { reason, exit, sinceUs, deadlineUs }, nowUs: 9 })
    expect(value(actor)).toBe(`{"open":"${state}"}`)
    expect(actor.getSnapshot().context).toMatchObject({ reason, exit, sinceUs, deadlineUs, rollbacksUs })
    expect(reports).toEqual([{ type: "latched", reason, exit, deadlineUs, nowUs: 9 }])
  })

  it("that was armed is armed, and counts each rollback of the hour", () => {
    const { actor, reports } = latch({ rollbacksPerHour: 2 })
    actor.send({ type: "resumed", rollbacksUs: [1, 2, 3, 4], open: null, nowUs: 9 })
    expect(value(actor)).toBe('"armed"')
    expect(reports).toEqual([])
    expect(actor.getSnapshot().context.rollbacksUs).toEqual([1, 2, 3, 4])
    actor.send({ type: "rolledBack", nowUs: 10 })
    expect(value(actor)).toBe('{"open":"untilReset"}')
  })
})

describe("too many rollbacks in an hour require a person", () => {
  it("when they come as trips", () => {
    const { actor } = latch({ rollbacksPerHour: 2 })
    for (let i = 0; i < 2; i++) {
      actor.send(trip("objectiveRegression", i * 60 * SECOND_US))
      expect(value(actor)).toBe('{"open":"untilTimer"}')
      actor.send({ type: "tick", nowUs: i * 60 * SECOND_US + TIMER_US })
    }
    actor.send(trip("constraintEmergency", 180 * SECOND_US))
    expect(value(actor)).toBe('{"open":"untilReset"}')
  })

  it("when they come as rollbacks without a trip", () => {
    const { actor, reports } = latch({ rollbacksPerHour: 2 })
    actor.send({ type: "rolledBack", nowUs: 1 })
    actor.send({ type: "rolledBack", nowUs: 2 })
    expect(value(actor)).toBe('"armed"')
    actor.send({ type: "rolledBack", nowUs: 3 })
    expect(value(actor)).toBe('{"open":"untilReset"}')
    expect(reports.at(-1)).toMatchObject({ type: "latched", reason: "objectiveRegression", deadlineUs: null })
  })

  it("but not when they are more than an hour apart", () => {
    const { actor } = latch({ rollbacksPerHour: 2 })
    for (let i = 0; i < 10; i++) actor.send({ type: "rolledBack", nowUs: i * 1_900 * SECOND_US })
    expect(value(actor)).toBe('"armed"')
  })
})

describe("a restored latch", () => {
  for (const [state, way] of Object.entries(ways)) {
    it(`that was ${state} is ${state} again, with its deadline`, () => {
      const { actor } = latch(way.policy)
      actor.send(way.trip)
      expect(value(actor)).toContain(state)
      const data = JSON.parse(JSON.stringify(persist(actor)))
      actor.stop()
      const again = createActor(safeModeMachine, { input: {}, snapshot: revive(data) }).start()
      expect(again.getSnapshot().value).toEqual({ open: state })
      expect(again.getSnapshot().context).toEqual(actor.getSnapshot().context)
    })
  }

  it("leaves by the timer at the time it would have left", () => {
    const { actor } = latch()
    actor.send(trip("thrashing", SECOND_US))
    const data = JSON.parse(JSON.stringify(persist(actor)))
    const again = createActor(safeModeMachine, { input: {}, snapshot: revive(data) })
    const reports: Array<SafeModeReport> = []
    again.on("*", (report) => reports.push(report))
    again.start()
    again.send({ type: "tick", nowUs: 2 * SECOND_US })
    expect(reports).toEqual([
      {
        type: "latched",
        reason: "thrashing",
        exit: "timer",
        deadlineUs: SECOND_US + TIMER_US,
        nowUs: 2 * SECOND_US,
      },
    ])
    again.send({ type: "recovered", improvement: 0, nowUs: SECOND_US + TIMER_US })
    expect(value(again)).toBe('"armed"')
  })

  it("that was armed is armed and remembers the rollbacks of the hour", () => {
    const { actor } = latch({ rollbacksPerHour: 1 })
    actor.send({ type: "rolledBack", nowUs: 1 })
    const data = JSON.parse(JSON.stringify(persist(actor)))
    const again = createActor(safeModeMachine, { input: {}, snapshot: revive(data) }).start()
    again.send({ type: "rolledBack", nowUs: 2 })
    expect(value(again)).toBe('{"open":"untilReset"}')
  })
})

describe("along every path of the model", () => {
  const events: ReadonlyArray<SafeModeEvent> = [
    ...reasons.map((reason) => trip(reason, 10)),
    { type: "tick", nowUs: 20 },
    { type: "tick", nowUs: 20 + TIMER_US },
    { type: "reset", nowUs: 30 },
    { type: "recovered", improvement: 0.5, nowUs: 40 },
    { type: "recovered", improvement: 0.001, nowUs: 40 },
    { type: "drained", nowUs: 50 },
    { type: "rolledBack", nowUs: 60 },
  ]
  for (const exit of ["timer", "objectiveRecovery", "manualReset"] as const) {
    it(`open means a reason, an exit and the tag safe; armed means none (exit ${exit})`, () => {
      const model = createTestModel(safeModeMachine)
      const paths = model.getShortestPaths({
        input: { policy: { exit, timerUs: TIMER_US, rollbacksPerHour: 1 } },
        events,
        limit: 2_000,
        // More rollbacks than one too many lead to nothing new.
        serializeState: ({ value: at, context }) =>
          JSON.stringify([at, context.exit, Math.min(context.rollbacksUs.length, 2)]),
      })
      expect(paths.length).toBeGreaterThan(3)
      const reached = new Set<string>()
      for (const path of paths) {
        for (const { state } of path.steps) {
          const { reason, exit: out, deadlineUs } = state.context
          reached.add(JSON.stringify(state.value))
          if (state.matches("armed")) {
            expect([reason, out, deadlineUs]).toEqual([null, null, null])
            expect(state.hasTag("live")).toBe(true)
            continue
          }
          expect(state.hasTag("safe")).toBe(true)
          expect(reason).not.toBeNull()
          const expected = {
            timer: "untilTimer",
            objectiveRecovery: "untilRecovery",
            auditDrained: "untilDrained",
            manualReset: "untilReset",
          }
          expect(state.value).toEqual({ open: expected[out ?? "manualReset"] })
          expect(deadlineUs !== null).toBe(out === "timer" || out === "objectiveRecovery")
        }
      }
      expect(reached).toContain('{"open":"untilReset"}')
      expect(reached).toContain('{"open":"untilDrained"}')
    })
  }

  it("every state answers every event by name", () => {
    const types = new Set(events.map((event) => event.type))
    const { root } = safeModeMachine
    const nodes = [root.states["armed"], ...Object.values(root.states["open"].states)]
    for (const node of nodes) {
      // `ownEvents` leaves out the events that a state names only to say that they change nothing.
      const answered = Object.keys({ ...node.parent?.config.on, ...node.config.on })
      for (const type of types) expect(answered, `${node.key} on ${type}`).toContain(type)
    }
  })
})
