import { type AnyActorRef, createActor, type SnapshotFrom } from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it } from "vitest"
import type { CycleReport, SpsaCycleEvent } from "../../machines/events.ts"
import { persist, revive } from "../../machines/persist.ts"
import { type ProposalEvent, ProposalPort } from "../../machines/ProposalPort.ts"
import type { SpsaCycleInput } from "../../machines/cycleContext.ts"
import { cycleSummary } from "../../machines/cycleReport.ts"
import { cyclePhase, spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import type { ApplyProposal } from "../../src/domain/Proposal.ts"
import type { ViolationTag } from "../../src/domain/words.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { windowOf } from "./windowOf.ts"

const table = new KnobTable([
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
])
const settings = { ...DEFAULT_SPSA, prove: false, seed: 5 }
const BAND = Float64Array.of(-0.5, 0.5, -0.5, 0.5)
const BASE = Float64Array.of(0.4, 0.6)

type Snapshot = SnapshotFrom<typeof spsaCycleMachine>

const applied = (proposalId: number, generation: number, atUs: number, gapUs = 0): SpsaCycleEvent => ({
  type: "applied",
  receipt: {
    proposalId,
    kind: "update",
    generation,
    atUs,
    units: BASE,
    band: BAND,
    nextApplyUs: atUs + gapUs,
  },
})

const refused = (proposalId: number, nowUs: number, tag: ViolationTag = "deltaTooLarge"): SpsaCycleEvent => ({
  type: "refused",
  nowUs,
  violation: { _tag: tag, proposalId, generation: 1, knob: null, value: 0, limit: 0, nextApplyUs: nowUs },
})

const resume = (nowUs: number, generation = 1, nextApplyUs = nowUs): SpsaCycleEvent => ({
  type: "resume",
  baseUnits: BASE,
  generation,
  nowUs,
  band: BAND,
  nextApplyUs,
})

/** A cycle whose port keeps what it is sent; nobody answers but the test. */
function cycle(limits: SpsaCycleInput["limits"] = {}) {
  const sent: Array<ProposalEvent> = []
  const { port, bind } = ProposalPort.create()
  bind({ id: "tier1", sessionId: "x", send: (event) => sent.push(event) })
  const actor = createActor(spsaCycleMachine, { input: { table, settings, port, limits } })
  const reports: Array<CycleReport> = []
  actor.on("*", (report) => reports.push(report))
  actor.start()
  const phase = (): string => cyclePhase(actor.getSnapshot())
  const last = (): ApplyProposal =>
    sent
      .map((event) => event.proposal)
      .filter(isApply)
      .at(-1) as ApplyProposal
  return { actor, port, sent, reports, phase, last }
}

const isApply = (proposal: ProposalEvent["proposal"]): proposal is ApplyProposal =>
  proposal._tag !== "noChange"
const isNoChange = (event: ProposalEvent): boolean => event.proposal._tag === "noChange"

/** Answers and feeds a cycle until it is back in ready, `gapUs` between applies. */
function oneCycle(at: ReturnType<typeof cycle>, from: { generation: number; nowUs: number }, loss = 1) {
  let { generation, nowUs } = from
  for (let step = 0; step < 2; step++) {
    generation++
    at.actor.send(applied(at.last().id, generation, nowUs))
    nowUs += 100
    at.actor.send({ type: "window", window: windowOf(generation, loss + 0.1 * step), nowUs })
  }
  return { generation, nowUs }
}

describe("a cycle", () => {
  it("waits for the plant's configuration, then asks for both sides and the update, in the drawn order", () => {
    const at = cycle()
    expect(at.phase()).toBe("ready")
    expect(at.sent).toHaveLength(0)
    at.actor.send(resume(0))
    const first = at.last()._tag
    const other = first === "applyPlus" ? "applyMinus" : "applyPlus"
    oneCycle(at, { generation: 1, nowUs: 0 })
    expect(at.sent.map((event) => event.proposal._tag)).toEqual([first, other, "update"])
    expect(at.phase()).toBe("computing")
    at.actor.send(applied(at.last().id, 4, 300))
    // Nothing holds it back, so the next pair is asked for at once.
    expect(at.sent).toHaveLength(4)
    expect(at.reports.map((report) => report.type)).toEqual(["cycleCompleted"])
  })

  it("perturbs symmetrically around the base, whatever is live", () => {
    const at = cycle()
    at.actor.send(resume(0))
    oneCycle(at, { generation: 1, nowUs: 0 })
    const [a, b] = at.sent.map((event) => event.proposal).filter(isApply)
    for (let i = 0; i < 2; i++) expect((a.targets[i] + b.targets[i]) / 2).toBeCloseTo(BASE[i], 12)
    expect(at.last().gradient).toHaveLength(2)
  })

  it("draws both orders over time", () => {
    const at = cycle()
    at.actor.send(resume(0))
    const firsts = new Set<string>()
    let state = { generation: 1, nowUs: 0 }
    for (let k = 0; k < 30; k++) {
      firsts.add(at.last()._tag)
      state = oneCycle(at, state)
      state = { generation: state.generation + 1, nowUs: state.nowUs }
      at.actor.send(applied(at.last().id, state.generation, state.nowUs))
    }
    expect([...firsts].sort()).toEqual(["applyMinus", "applyPlus"])
  })

  it("waits until the time in the receipt before it asks again", () => {
    const at = cycle()
    at.actor.send(resume(0))
    at.actor.send(applied(1, 2, 0, 1_000))
    at.actor.send({ type: "window", window: windowOf(2, 1), nowUs: 400 })
    expect(at.phase()).toMatch(/applying/)
    expect(at.sent).toHaveLength(1)
    at.actor.send({ type: "tick", nowUs: 999 })
    expect(at.sent).toHaveLength(1)
    at.actor.send({ type: "tick", nowUs: 1_000 })
    expect(at.sent).toHaveLength(2)
  })

  it("ignores windows of another generation", () => {
    const at = cycle()
    at.actor.send(resume(0))
    at.actor.send(applied(1, 2, 0))
    const first = at.phase()
    at.actor.send({ type: "window", window: windowOf(1, 1), nowUs: 10 })
    expect(at.phase()).toBe(first)
    at.actor.send({ type: "window", window: windowOf(2, 1), nowUs: 10 })
    at.actor.send(applied(2, 3, 20))
    const second = at.phase()
    expect([first, second].sort()).toEqual(["waitingMinus", "waitingPlus"])
    at.actor.send({ type: "window", window: windowOf(2, 1), nowUs: 30 })
    expect(at.phase()).toBe(second)
  })

  it("ignores answers to older questions", () => {
    const at = cycle()
    at.actor.send(resume(0))
    at.actor.send(applied(99, 2, 0))
    at.actor.send(refused(99, 0))
    expect(at.phase()).toMatch(/applying/)
    expect(at.sent).toHaveLength(1)
  })
})

describe("a refused proposal", () => {
  it("does not advance k: the same pair is asked for again", () => {
    const at = cycle()
    at.actor.send(resume(0))
    const asked = at.last()
    at.actor.send(refused(asked.id, 10))
    expect(at.last().id).toBe(asked.id + 1)
    expect(at.last()._tag).toBe(asked._tag)
    expect(Array.from(at.last().targets)).toEqual(Array.from(asked.targets))
    expect(cycleSummary(at.actor.getSnapshot().context).cycles).toBe(0)
  })

  it("of an update drops what it would have learned", () => {
    const at = cycle()
    at.actor.send(resume(0))
    oneCycle(at, { generation: 1, nowUs: 0 })
    const before = Array.from(at.actor.getSnapshot().context.block)
    at.actor.send(refused(at.last().id, 300))
    expect(Array.from(at.actor.getSnapshot().context.block)).toEqual(before)
    expect(at.reports).toEqual([])
  })

  it("asks for a trip the third time in a row, and then for nothing until resumed", () => {
    const at = cycle()
    at.actor.send(resume(0))
    for (let n = 0; n < 3; n++) at.actor.send(refused(at.last().id, n, "thrashing"))
    expect(at.phase()).toBe("frozen")
    expect(at.reports).toEqual([{ type: "trip", reason: "thrashing", nowUs: 2 }])
    expect(at.sent.filter((event) => !isNoChange(event))).toHaveLength(3)
    at.actor.send({ type: "tick", nowUs: 1e9 })
    expect(at.sent.filter((event) => !isNoChange(event))).toHaveLength(3)
  })

  it("restarts the count after an apply", () => {
    const at = cycle()
    at.actor.send(resume(0))
    for (let n = 0; n < 2; n++) at.actor.send(refused(at.last().id, n))
    at.actor.send(applied(at.last().id, 2, 3))
    expect(at.actor.getSnapshot().context.refusals).toEqual([])
  })

  it("for a full audit trips at once", () => {
    const at = cycle()
    at.actor.send(resume(0))
    at.actor.send(refused(at.last().id, 5, "auditQueueFull"))
    expect(at.reports).toEqual([{ type: "trip", reason: "auditQueueFull", nowUs: 5 }])
  })
})

describe("expired windows", () => {
  it("are reported, and the third in a row asks for a trip", () => {
    const at = cycle()
    at.actor.send(resume(0))
    at.actor.send(applied(1, 2, 0))
    for (let n = 1; n <= 3; n++) at.actor.send({ type: "windowExpired", nowUs: n * 500 })
    expect(at.sent.filter(isNoChange).map((event) => event.proposal)).toEqual(
      [500, 1_000, 1_500].map((nowUs) => ({ _tag: "noChange", id: 2, nowUs, reason: "evalTimeout" })),
    )
    expect(at.reports).toEqual([{ type: "trip", reason: "telemetryLost", nowUs: 1_500 }])
    expect(at.phase()).toBe("frozen")
  })

  it("count only while the cycle waits for one", () => {
    const at = cycle()
    at.actor.send(resume(0, 1, 1_000_000))
    for (let n = 1; n <= 9; n++) at.actor.send({ type: "windowExpired", nowUs: n })
    expect(at.phase()).toBe("ready")
    expect(at.reports).toEqual([])
  })
})

describe("transitions are pure", () => {
  it("no array of a context changes after the transition that made it", () => {
    const at = cycle()
    const seen: Array<{ array: Float64Array; copy: ReadonlyArray<number> }> = []
    at.actor.subscribe(({ context }) => {
      for (const array of [context.block, context.next, context.readings, context.band]) {
        if (array !== null) seen.push({ array, copy: Array.from(array) })
      }
    })
    at.actor.send(resume(0))
    let state = { generation: 1, nowUs: 0 }
    for (let k = 0; k < 20; k++) {
      state = oneCycle(at, state, 1 + (k % 3))
      state = { generation: state.generation + 1, nowUs: state.nowUs }
      at.actor.send(applied(at.last().id, state.generation, state.nowUs))
    }
    expect(seen.length).toBeGreaterThan(100)
    for (const { array, copy } of seen) expect(Array.from(array)).toEqual(copy)
  })
})

/** Events that lead from where a snapshot stands into every direction. */
function eventsAt({ context }: Snapshot): ReadonlyArray<SpsaCycleEvent> {
  const now = context.nowUs + 10
  return [
    resume(now, context.generation + 1),
    resume(now, context.generation + 1, now + 1_000),
    { type: "freeze", nowUs: now },
    { type: "tick", nowUs: now },
    { type: "tick", nowUs: context.nextApplyUs },
    applied(context.lastId, context.generation + 1, now, 50),
    refused(context.lastId, now),
    refused(context.lastId, now, "auditQueueFull"),
    { type: "window", window: windowOf(context.generation, 1 + (context.generation % 5)), nowUs: now },
    { type: "window", window: windowOf(context.generation + 7, 1), nowUs: now },
    { type: "windowExpired", nowUs: now },
  ]
}

/** What of a snapshot tells two situations apart; times and numbers of the tuner do not. */
const situation = ({ value, context }: Snapshot): string =>
  JSON.stringify([
    value,
    context.asked,
    context.generation > 0,
    context.nowUs >= context.nextApplyUs,
    context.timeouts,
    context.refusals.length,
    Array.from(context.readings, Number.isNaN),
  ])

function paths() {
  const { port } = ProposalPort.create()
  return createTestModel(spsaCycleMachine).getShortestPaths({
    input: { table, settings, port },
    events: (state) => [...eventsAt(state)],
    serializeState: situation,
    limit: 3_000,
  })
}

describe("along every path of the model", () => {
  // Short paths are folded into longer ones that pass through them: the steps have every situation.
  const steps = paths().flatMap((path) => path.steps.map((step) => step.state))
  const all = [...new Map(steps.map((state) => [situation(state), state])).values()]

  it("each phase is reached", () => {
    const phases = new Set(all.map((state) => cyclePhase(state)))
    expect([...phases].sort()).toEqual([
      "applyingMinus",
      "applyingPlus",
      "computing",
      "frozen",
      "ready",
      "waitingMinus",
      "waitingPlus",
    ])
    expect(all.length).toBeGreaterThan(20)
  })

  it("a question is open exactly while an answer is waited for, and never before its time", () => {
    for (const state of all) {
      const { context } = state
      const phase = cyclePhase(state)
      if (phase === "frozen" || phase === "ready" || phase.startsWith("waiting")) {
        expect(context.asked, phase).toBe(false)
      } else expect(context.asked, phase).toBe(context.nowUs >= context.nextApplyUs)
      if (phase === "ready" && context.generation > 0) expect(context.nowUs).toBeLessThan(context.nextApplyUs)
    }
  })

  it("no limit is ever exceeded without the cycle freezing", () => {
    for (const state of all) {
      expect(state.context.timeouts).toBeLessThan(state.context.limits.timeoutsToTrip)
      expect(state.context.refusals.length).toBeLessThan(state.context.limits.refusalsToTrip)
    }
  })

  it("live and safe never hold together", () => {
    for (const state of all) expect(state.hasTag("live")).toBe(!state.hasTag("safe"))
  })

  it("every situation survives JSON, and continues identically", () => {
    for (const state of all) {
      const { port } = ProposalPort.create()
      const original = createActor(spsaCycleMachine, { input: { table, settings, port }, snapshot: state })
      const data = JSON.parse(JSON.stringify(persist(original)))
      const copy = createActor(spsaCycleMachine, {
        input: { table, settings, port },
        snapshot: revive(data, { port }),
      })
      for (const actor of [original, copy]) {
        actor.start()
        for (const event of eventsAt(actor.getSnapshot())) actor.send(event)
      }
      expect(copy.getSnapshot().value).toEqual(original.getSnapshot().value)
      const plain = (actor: AnyActorRef): string =>
        JSON.stringify(persist(actor), (key, value) => (key === "port" ? null : value))
      expect(plain(copy)).toBe(plain(original))
    }
  })
})
