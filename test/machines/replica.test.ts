/** The lease of a replica as a statechart: where each event leads from each state, at any time, and that it goes on from a text of itself. */
import * as fc from "fast-check"
import { createActor, type Snapshot } from "xstate"
import { describe, expect, it } from "vitest"
import { type ReplicaEvent, replicaMachine } from "../../machines/replica.machine.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { ReplicaCore } from "../../src/replica/ReplicaCore.ts"
import { persist, revive } from "../../machines/persist.ts"

const SPACE = requireEngineConfig({ params: { a: { min: 0, max: 1, initial: 0.5 } } }).space
const IDENTITY = { tuner: "t", replica: "r", boot: "b", maxStep: 0.1, emergencyMargin: -0.5 }
const ANSWER = {
  protocol: 1,
  at: [1, 1],
  role: "base",
  values: { a: 0.5 },
  base: { a: 0.5 },
  baseline: { a: 0.5 },
  leaseMs: 2000,
  baselineAfterMs: 60_000,
  reportMs: 500,
  settleMs: 0,
  emergencyMargin: -0.5,
}

const LEASE_US = 2_000_000
const BASELINE_AFTER_US = 60_000_000

const started = (snapshot?: Snapshot<unknown>) => {
  const actor = createActor(replicaMachine, snapshot === undefined ? {} : { snapshot })
  actor.start()
  return actor
}
const answered = (sentUs: number, nowUs: number): ReplicaEvent => ({
  type: "answered",
  sentUs,
  nowUs,
  leaseUs: LEASE_US,
  baselineAfterUs: BASELINE_AFTER_US,
})
const passed = (nowUs: number): ReplicaEvent => ({ type: "passed", nowUs })

const ways = {
  fallen: [],
  following: [answered(0, 100_000)],
  holding: [answered(0, 100_000), passed(LEASE_US)],
} as const
const at = (state: keyof typeof ways) => {
  const actor = started()
  for (const event of ways[state]) actor.send(event)
  expect(actor.getSnapshot().value).toBe(state)
  return actor
}

describe("a replica's lease", () => {
  const END = LEASE_US + BASELINE_AFTER_US
  it.each([
    ["fallen", passed(1e12), "fallen"],
    ["fallen", answered(5e6, 5e6), "following"],
    ["fallen", answered(0, LEASE_US), "holding"],
    ["fallen", answered(0, END), "fallen"],
    ["following", passed(LEASE_US - 1), "following"],
    ["following", passed(LEASE_US), "holding"],
    ["following", passed(END), "fallen"],
    ["following", answered(5e6, 5e6), "following"],
    ["following", answered(0, LEASE_US), "holding"],
    ["holding", passed(END - 1), "holding"],
    ["holding", passed(END), "fallen"],
    ["holding", answered(LEASE_US, LEASE_US + 1), "following"],
    ["holding", answered(1, LEASE_US + 1), "holding"],
    ["holding", answered(0, END), "fallen"],
  ] as const)("that is %s goes, by %o, to %s", (from, event, to) => {
    const actor = at(from)
    actor.send(event)
    expect(actor.getSnapshot().value).toBe(to)
  })

  it("is not shortened by a late answer to an early request, nor by a clock that steps back", () => {
    const actor = at("following")
    actor.send(answered(1_000_000, 1_100_000))
    actor.send(answered(500_000, 1_200_000))
    actor.send(passed(2_900_000))
    expect(actor.getSnapshot().value).toBe("following")
    actor.send(passed(3_000_000))
    actor.send(passed(1_000_000))
    expect(actor.getSnapshot().value).toBe("holding")
  })

  it("is what the agent keeps without an actor, after any events", () => {
    const time = fc.integer({ min: 0, max: 200_000_000 })
    const step = fc.record({
      afterUs: fc.integer({ min: 1, max: 30_000_000 }),
      answers: fc.boolean(),
      lateUs: time,
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const actor = started()
        const core = new ReplicaCore({ ...IDENTITY, space: SPACE })
        let nowUs = 0
        for (const { afterUs, answers, lateUs } of steps) {
          nowUs += afterUs
          const sentUs = Math.max(0, nowUs - lateUs)
          if (answers) core.answer(ANSWER, sentUs, nowUs)
          else core.tick(nowUs)
          actor.send(answers ? answered(sentUs, nowUs) : passed(nowUs))
          expect(core.standing).toBe(actor.getSnapshot().value)
        }
      }),
    )
  })

  it("goes on from a text of itself, at any moment", () => {
    const time = fc.integer({ min: 0, max: 200_000_000 })
    const event = fc.oneof(
      time.map(passed),
      fc.tuple(time, fc.nat({ max: 5_000_000 })).map(([sentUs, late]) => answered(sentUs, sentUs + late)),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.array(event, { maxLength: 6 }), (before, after) => {
        const actor = started()
        for (const one of before) actor.send(one)
        const text = JSON.stringify(persist(actor))
        const restored = started(revive(JSON.parse(text)))
        for (const one of after) {
          actor.send(one)
          restored.send(one)
          expect(restored.getSnapshot().value).toBe(actor.getSnapshot().value)
          expect(restored.getSnapshot().context).toEqual(actor.getSnapshot().context)
        }
      }),
    )
  })
})
