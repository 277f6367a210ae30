/**
 * The actor that takes the base elsewhere, on its own: every path through it, what it proposes, and what ends it. How it stands
 * in an engine is tested in `engineRelocation.test.ts`.
 */
import { createActor, type SnapshotFrom } from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it } from "vitest"
import { persist, revive } from "../../machines/persist.ts"
import { type ProposalEvent, ProposalPort } from "../../machines/ProposalPort.ts"
import { relocationMachine } from "../../machines/relocation.machine.ts"
import { relocationPhase } from "../../machines/relocationState.ts"
import type { RelocationEvent, RelocationReport } from "../../machines/relocationEvents.ts"
import type { RelocationInput, RelocationMemory } from "../../machines/relocationState.ts"
import { EMPTY_RELOCATION } from "../../machines/relocationState.ts"
import { fingerprintOf } from "../../src/control/fingerprint.ts"
import { DEFAULT_REENTRY } from "../../src/control/reentry.ts"
import { DEFAULT_SELECTION } from "../../src/control/variantSelection.ts"
import type { ApplyProposal } from "../../src/domain/Proposal.ts"
import type { SelectableVariant } from "../../src/domain/Variant.ts"
import type { Window } from "../../src/domain/Window.ts"
import type { ViolationTag } from "../../src/domain/words.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { freshRegime } from "../control/freshRegime.ts"
import { windowOf } from "./windowOf.ts"

const table = new KnobTable([
  { min: 0, max: 10, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
])
const BAND = Float64Array.of(-0.5, 0.5, -0.5, 0.5)
const HOME = [0.2, 0.5]
const PLACE = [0.45, 0.5]
const LOAD = 100

const windowAt = (generation: number, loss: number, constraintMargin: number | null = null): Window =>
  windowOf(generation, loss, { constraintMargin, throughputRps: LOAD, errorRate: 0 })

/** One regime, of this load, that claims a loss of 1 at PLACE. */
const remembered: RelocationMemory = {
  ...EMPTY_RELOCATION,
  regimes: {
    ...EMPTY_RELOCATION.regimes,
    nextId: 2,
    regimes: [
      freshRegime({
        id: 1,
        unit: PLACE,
        fingerprint: fingerprintOf(Array.from({ length: 6 }, () => ({ throughputRps: LOAD }))),
        loss: { mean: 1, variance: 1e-4 },
        cycles: 20,
      }),
    ],
  },
}

const variant = (
  name: string,
  values: SelectableVariant["values"],
  state: "approved" | "promoted" = "approved",
) =>
  ({
    name,
    version: 3,
    state,
    values,
    constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.01 }],
    rollback: { to: "previous", afterBreaches: 1, quarantineUs: 1e9 },
  }) satisfies SelectableVariant

/** An actor whose port keeps what it is sent; nobody answers but the test. */
function relocation(over: Partial<RelocationInput> = {}) {
  const sent: Array<ProposalEvent> = []
  const { port, bind } = ProposalPort.create()
  bind({ id: "tier1", sessionId: "x", send: (event) => sent.push(event) })
  const input: RelocationInput = {
    table,
    port,
    maxStep: 0.1,
    names: ["a", "b"],
    extras: [],
    policy: {
      reentry: DEFAULT_REENTRY,
      features: ["throughputRps"],
      selection: null,
      timeoutsToTrip: 3,
      refusalsToTrip: 3,
    },
    memory: remembered,
    ...over,
  }
  const actor = createActor(relocationMachine, { input })
  const reports: Array<RelocationReport> = []
  actor.on("*", (report) => reports.push(report))
  actor.start()
  const at = {
    actor,
    port,
    sent,
    reports,
    nowUs: 0,
    generation: 1,
    base: HOME,
    phase: () => relocationPhase(actor.getSnapshot()),
    proposals: () => sent.map(({ proposal }) => proposal as ApplyProposal),
    said: () => reports.flatMap((one) => (one.type === "relocationNoted" ? [one.note.reason] : [])),
    standing: () => ({
      baseUnits: Float64Array.from(at.base),
      generation: at.generation,
      nowUs: at.nowUs,
      band: BAND,
      nextApplyUs: at.nowUs,
    }),
    window: (loss: number, margin: number | null = null) => {
      at.nowUs += 100
      actor.send({ type: "window", window: windowAt(at.generation, loss, margin), nowUs: at.nowUs })
    },
    between: (loss: number) => actor.send({ type: "between", loss, ...at.standing() }),
    begin: (lastId = 0) => actor.send({ type: "begin", lastId, ...at.standing() }),
    /** Tier 1 applies what was asked for last; or at once what a shield leaves of it. */
    apply: (held: ReadonlyArray<number> | null = null) => {
      const { id, targets: asked } = at.proposals().at(-1) as ApplyProposal
      const targets = Float64Array.from(held ?? asked)
      at.generation++
      if (held === null) at.nowUs += 100
      at.base = Array.from(targets)
      actor.send({
        type: "applied",
        receipt: {
          proposalId: id,
          kind: "update",
          generation: at.generation,
          atUs: at.nowUs,
          units: targets,
          band: BAND,
          nextApplyUs: at.nowUs,
        },
      })
    },
    refuse: (tag: ViolationTag) => {
      const { id } = at.proposals().at(-1) as ApplyProposal
      const violation = {
        _tag: tag,
        proposalId: id,
        generation: at.generation,
        knob: null,
        value: 0,
        limit: 0,
        nextApplyUs: at.nowUs,
      }
      actor.send({ type: "refused", violation, nowUs: at.nowUs })
    },
  }
  return at
}

/** On its way: six windows of a load that is known, at a loss that is worse than remembered. */
function underWay(over: Partial<RelocationInput> = {}) {
  const at = relocation(over)
  for (let i = 0; i < 6; i++) at.window(5 + 0.01 * (i % 2))
  at.between(5)
  at.begin(7)
  return at
}

const arrive = (at: ReturnType<typeof relocation>): void => {
  while (at.phase() === "ramping") at.apply()
}

describe("a returning regime", () => {
  it("starts a relocation between cycles, and nothing is proposed before the cycle is at rest", () => {
    const at = relocation()
    for (let i = 0; i < 6; i++) at.window(5)
    expect(at.phase()).toBe("watching")
    at.between(5)
    expect(at.phase()).toBe("settingOut")
    expect(at.reports.map(({ type }) => type)).toEqual(["relocationNoted", "relocationWanted"])
    expect(at.sent).toHaveLength(0)
  })

  it("is approached in steps within the step limit, numbered after the cycle's own, and tried there", () => {
    const at = underWay()
    arrive(at)
    expect(at.phase()).toBe("canary")
    const steps = at.proposals()
    expect(steps.map(({ id }) => id)).toEqual([8, 9, 10])
    let from = HOME
    for (const { targets, _tag, relocation: note } of steps) {
      expect(_tag).toBe("update")
      expect(note).toMatchObject({ cause: "homeostasis", reason: "ramp", regime: 1 })
      expect(Math.abs(targets[0] - from[0])).toBeLessThanOrEqual(0.1)
      from = Array.from(targets)
    }
    expect(from).toEqual(PLACE)
  })

  it("is kept when its canary is better, and the cycle continues", () => {
    const at = underWay()
    arrive(at)
    for (let i = 0; i < 6; i++) at.window(1 + 0.01 * (i % 2))
    expect(at.phase()).toBe("watching")
    expect(at.said()).toEqual(["setOut", "canary", "kept"])
    expect(at.reports.at(-1)?.type).toBe("relocationOver")
    expect(at.actor.getSnapshot().context.reentry.memory.regimes[0]).toMatchObject({ kept: 1, lost: 0 })
  })

  it("is left again, exactly to the old place, when its canary is worse", () => {
    const at = underWay()
    arrive(at)
    for (let i = 0; i < 6; i++) at.window(5.2 + 0.001 * (i % 2))
    expect(at.phase()).toBe("returning")
    while (at.phase() === "returning") at.apply()
    expect(at.base).toEqual(HOME)
    expect(at.said()).toEqual(["setOut", "canary", "reverted"])
    expect(at.proposals().map(({ relocation: note }) => note?.reason)).toContain("lost")
    expect(at.reports.at(-1)?.type).toBe("relocationOver")
  })

  // The engine never came back from that: a rule that holds the tuner costs no budget, so each step was due at once again.
  it("is not asked for again within the instant in which a rule held the plant where it was", () => {
    const at = underWay()
    const asked = at.sent.length
    at.apply(at.base)
    expect(at.sent).toHaveLength(asked)
    at.actor.send({ type: "tick", nowUs: at.nowUs })
    expect(at.sent).toHaveLength(asked)
    at.window(5)
    expect(at.sent).toHaveLength(asked + 1)
    arrive(at)
    expect(at.phase()).toBe("canary")
  })

  it("is left at once if a constraint does not hold there", () => {
    const at = underWay()
    arrive(at)
    at.window(1, -0.1)
    expect(at.phase()).toBe("returning")
  })

  it("waits for spent budgets, and continues when a window shows that they are free", () => {
    const at = underWay()
    const { id, targets } = at.proposals().at(-1) as ApplyProposal
    const spent = new Float64Array(4)
    const receipt = { proposalId: id, kind: "update" as const, generation: 2, atUs: 900, units: targets }
    at.actor.send({ type: "applied", receipt: { ...receipt, band: spent, nextApplyUs: 900 } })
    expect(at.proposals()).toHaveLength(1)
    expect(at.said().at(-1)).toBe("blocked")
    at.actor.send({ type: "window", window: windowAt(2, 5), nowUs: 1000 })
    expect(at.proposals()).toHaveLength(1)
    at.actor.send({ type: "window", window: windowAt(2, 5), nowUs: 1100, band: BAND })
    expect(at.proposals()).toHaveLength(2)
  })
})

describe("what ends a relocation", () => {
  it("is a third silent window or refusal in a row, or a full audit: it asks for a trip and stops proposing", () => {
    const silent = underWay()
    for (let n = 0; n < 3; n++) silent.actor.send({ type: "windowExpired", nowUs: 1000 + n })
    expect(silent.reports.filter(({ type }) => type === "trip")).toMatchObject([{ reason: "telemetryLost" }])
    const refused = underWay()
    for (let n = 0; n < 3; n++) refused.refuse("thrashing")
    expect(refused.reports.filter(({ type }) => type === "trip")).toMatchObject([{ reason: "thrashing" }])
    const full = underWay()
    full.refuse("auditQueueFull")
    expect(full.reports.filter(({ type }) => type === "trip")).toMatchObject([{ reason: "auditQueueFull" }])
    for (const at of [silent, refused, full]) {
      expect(at.phase()).toBe("watching")
      expect(at.said().at(-1)).toBe("interrupted")
      const asked = at.sent.length
      at.window(5)
      at.actor.send({ type: "tick", nowUs: 1e9 })
      expect(at.sent).toHaveLength(asked)
    }
  })

  it("is any other move of the plant; a bad end counts against the regime", () => {
    for (const [until, lost] of [
      ["settingOut", 1],
      ["ramping", 1],
      ["canary", 1],
      ["returning", 1],
    ] as const) {
      const at = relocation()
      for (let i = 0; i < 6; i++) at.window(5 + 0.01 * (i % 2))
      at.between(5)
      if (until !== "settingOut") at.begin()
      if (until === "canary" || until === "returning") arrive(at)
      if (until === "returning") for (let i = 0; i < 6; i++) at.window(6 + 0.001 * (i % 2))
      expect(at.phase()).toBe(until)
      at.actor.send({ type: "interrupt", bad: true, nowUs: at.nowUs })
      expect(at.phase()).toBe("watching")
      expect(at.said().at(-1)).toBe("interrupted")
      expect(at.actor.getSnapshot().context.reentry.memory.regimes[0].lost).toBe(lost)
    }
  })

  it("answers a late begin, so that nothing waits", () => {
    const at = relocation()
    at.begin()
    expect(at.reports).toEqual([{ type: "relocationOver", nowUs: 0 }])
    const restored = underWay()
    restored.begin()
    expect(restored.phase()).toBe("watching")
    expect(restored.reports.at(-1)?.type).toBe("relocationOver")
  })
})

const SELECTION = { ...DEFAULT_SELECTION, cooldownUs: 0, trials: 2, stay: 2 }
const choosing = (): Partial<RelocationInput> => ({
  memory: null,
  policy: {
    reentry: DEFAULT_REENTRY,
    features: null,
    selection: SELECTION,
    timeoutsToTrip: 3,
    refusalsToTrip: 3,
  },
})

/** The first variant is live and has passed; the other one is on trial. */
function onTrial() {
  const at = relocation(choosing())
  const offered = [variant("old", { codec: "gzip" }, "promoted"), variant("new", { codec: "zstd", a: 3 })]
  at.actor.send({ type: "offer", offered, nowUs: 0 })
  for (let i = 0; i < 6; i++) at.window(5 + 0.01 * (i % 2))
  at.begin()
  at.apply()
  for (let i = 0; i < 6; i++) at.window(5 + 0.01 * (i % 2))
  for (let i = 0; i < 40 && at.phase() === "watching"; i++) at.window(5 + 0.01 * (i % 2))
  expect(at.phase()).toBe("settingOut")
  at.begin()
  at.apply()
  return at
}

const switches = (at: ReturnType<typeof relocation>) =>
  at.reports.flatMap((one) => (one.type === "variantChosen" ? [[one.decision.to, one.decision.reason]] : []))

describe("a variant that was chosen", () => {
  it("begins with a new generation, even if it moves no knob", () => {
    const at = relocation(choosing())
    at.actor.send({ type: "offer", offered: [variant("only", { codec: "zstd" })], nowUs: 0 })
    for (let i = 0; i < 6; i++) at.window(5)
    expect(switches(at)).toEqual([["only", "drawn"]])
    at.begin()
    expect(at.proposals()).toHaveLength(1)
    expect(Array.from(at.proposals()[0].targets)).toEqual(HOME)
    // What is measured before that apply is not its own.
    at.window(1)
    expect(at.actor.getSnapshot().context.reentry.trip?.windows).toBe(0)
  })

  it("moves its knobs to its values, and stays unless it is clearly worse", () => {
    const at = onTrial()
    arrive(at)
    expect(at.base[0]).toBeCloseTo(0.3, 12)
    expect(at.base[1]).toBe(0.5)
    for (let i = 0; i < 6; i++) at.window(5 + 0.01 * (i % 2))
    expect(at.phase()).toBe("watching")
    expect(at.actor.getSnapshot().context.variants.live).toBe("new")
  })

  it("that is worse is replaced by the previous one, including its knobs", () => {
    const at = onTrial()
    arrive(at)
    for (let i = 0; i < 6; i++) at.window(9 + 0.01 * (i % 2))
    expect(switches(at).at(-1)).toEqual(["old", "regressed"])
    while (at.phase() === "returning") at.apply()
    expect(at.base).toEqual(HOME)
    expect(at.phase()).toBe("watching")
  })

  it("is left when the plant is put back under its trial", () => {
    const at = onTrial()
    at.actor.send({ type: "interrupt", bad: true, nowUs: at.nowUs })
    expect(switches(at).at(-1)).toEqual(["old", "tripped"])
    expect(at.phase()).toBe("watching")
  })
})

type Snapshot = SnapshotFrom<typeof relocationMachine>

/** Events that lead from where a snapshot stands into every direction. */
function eventsAt({ context }: Snapshot): ReadonlyArray<RelocationEvent> {
  const nowUs = context.nowUs + 10
  const { generation, lastId } = context
  const standing = { baseUnits: Float64Array.from(HOME), generation, nowUs, band: BAND, nextApplyUs: nowUs }
  const receipt = { proposalId: lastId, kind: "update" as const, generation: generation + 1, atUs: nowUs }
  const { trip } = context.reentry
  const units = Float64Array.from(trip === null ? HOME : trip.phase === "revert" ? trip.from : trip.to)
  const violation = { proposalId: lastId, generation, knob: null, value: 0, limit: 0, nextApplyUs: nowUs }
  return [
    { type: "between", loss: 5, ...standing },
    { type: "begin", lastId, ...standing },
    { type: "applied", receipt: { ...receipt, units, band: BAND, nextApplyUs: nowUs } },
    { type: "refused", violation: { _tag: "deltaTooLarge", ...violation }, nowUs },
    { type: "window", window: windowAt(generation, 5), nowUs },
    { type: "window", window: windowAt(generation, 9), nowUs },
    { type: "windowExpired", nowUs },
    { type: "tick", nowUs },
    { type: "interrupt", bad: true, nowUs },
    { type: "interrupt", bad: false, nowUs },
    { type: "evict", regime: 1, nowUs },
  ]
}

describe("paths through the machine", () => {
  const start = underWay()
  start.actor.send({ type: "interrupt", bad: false, nowUs: start.nowUs })
  const input = {
    table,
    port: start.port,
    maxStep: 0.3,
    names: ["a", "b"],
    extras: [],
    policy: {
      reentry: { ...DEFAULT_REENTRY, windows: 4, canary: 2, canaryDeadline: 2, retryUs: 0 },
      features: ["throughputRps"],
      selection: null,
      timeoutsToTrip: 2,
      refusalsToTrip: 2,
    },
    memory: remembered,
  }
  const model = createTestModel(relocationMachine)
  const paths = model.getShortestPaths({
    input,
    events: eventsAt as never,
    limit: 4000,
    serializeState: (snapshot) => {
      const { reentry, asked, timeouts, refusals } = snapshot.context
      const { recent, regimes } = reentry.memory
      const trip = reentry.trip === null ? null : [reentry.trip.phase, Math.min(3, reentry.trip.windows)]
      const known = [Math.min(4, recent.length), regimes.length]
      return JSON.stringify([snapshot.value, trip, known, asked, timeouts, refusals.length])
    },
  })

  // Paths end where nothing new follows: what they pass through counts too.
  const states = paths.flatMap(({ state, steps }) => [state, ...steps.map((step) => step.state)])

  it("reach every state", () => {
    const reached = new Set(states.map((state) => relocationPhase(state)))
    expect([...reached].sort()).toEqual(["canary", "ramping", "returning", "settingOut", "watching"])
  })

  it("never have two open questions, and none without a relocation", () => {
    expect(states.length).toBeGreaterThan(100)
    for (const state of states) {
      const snapshot = state
      if (relocationPhase(snapshot) === "watching") {
        expect(snapshot.context.asked).toBe(false)
        expect(snapshot.context.reentry.trip).toBeNull()
      }
    }
  })

  it("can be saved and restored anywhere, and continue unchanged", () => {
    for (const state of states.filter((_, i) => i % 9 === 0)) {
      const before = createActor(relocationMachine, { input, snapshot: state })
      const data = JSON.parse(JSON.stringify(persist(before)))
      const after = createActor(relocationMachine, {
        input,
        snapshot: revive(data, { port: start.port }),
      })
      for (const event of eventsAt(state)) {
        before.start().send(event)
        after.start().send(event)
      }
      expect(JSON.stringify(persist(after))).toBe(JSON.stringify(persist(before)))
    }
  })
})
