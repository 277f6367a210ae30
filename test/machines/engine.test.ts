import { type Actor, createActor, fromCallback, setup, type EventObject } from "xstate"
import { describe, expect, it } from "vitest"
import { type CycleSummary, cycleSummary } from "../../machines/cycleReport.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import type { EngineInput, EngineOutput } from "../../machines/engineContext.ts"
import { makeHotPath } from "../../machines/makeHotPath.ts"
import { type CyclePhase, cyclePhase, spsaCycleMachine } from "../../machines/spsaCycle.machine.ts"
import type { TelemetryInput } from "../../machines/telemetry.ts"
import {
  AUDIT_BASELINE_SET,
  AUDIT_ENGINE_STARTED,
  AUDIT_ENGINE_STOPPED,
  AUDIT_NO_CHANGE,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  NO_CHANGE_COOLDOWN_ACTIVE,
  NO_CHANGE_EVAL_TIMEOUT,
  NO_CHANGE_SAFE_MODE,
  RETURN_TO_BASE,
  ROLLBACK,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_ENGINE_FAULT,
  TRIP_MANUAL,
  TRIP_TELEMETRY_LOST,
} from "../../src/hot/codes.ts"
import { restoreFor } from "../../src/control/tripRules.ts"
import { TRIP_REASONS, type TripReason } from "../../src/domain/words.ts"
import { hotPath, POLICY, type PlantModel, quadratic, type Rig, rig, SECOND_US } from "./rig.ts"

const ADAPTING = '{"running":"adapting"}'
const SAFE = '{"running":"safe"}'
const reasons = TRIP_REASONS.filter((reason): reason is TripReason => reason !== "none")

/** Applies so far apart that the cycle is seen in every phase. */
const SLOW = { policy: { ...POLICY, minIntervalUs: 300_000 } }
const PHASES: ReadonlyArray<CyclePhase> = [
  "ready",
  "applyingPlus",
  "waitingPlus",
  "applyingMinus",
  "waitingMinus",
  "computing",
]

function phaseOf(at: Rig): CyclePhase | undefined {
  const cycle = at.engine.getSnapshot().children.cycle
  return cycle === undefined ? undefined : cyclePhase(cycle.getSnapshot())
}

function summaryOf(at: Rig): CycleSummary {
  const cycle = at.engine.getSnapshot().children.cycle
  if (cycle === undefined) throw new Error("no cycle")
  return cycleSummary(cycle.getSnapshot().context)
}

/** A running engine whose cycle stands in the given phase. */
function rigIn(phase: CyclePhase, input: Parameters<typeof rig>[0] = {}): Rig {
  const at = rig(input, SLOW)
  at.run(200)
  for (let n = 0; n < 2_000 && phaseOf(at) !== phase; n++) at.run(1)
  expect(phaseOf(at)).toBe(phase)
  return at
}

const silence: PlantModel = () => null

describe("an engine under plain XState", () => {
  it("walks to the optimum of a quadratic plant", () => {
    const at = rig()
    at.run(12_000)
    expect(Math.abs(at.base[0] - 0.7)).toBeLessThan(0.05)
    expect(Math.abs(at.base[1] - 0.3)).toBeLessThan(0.05)
    expect(at.mode).toBe(ADAPTING)
  })

  it("never proposes what Tier 1 refuses", () => {
    const at = rig()
    at.run(12_000)
    expect(Array.from(at.hot.executor.refused).reduce((a, b) => a + b)).toBe(0)
  })

  it("maximises when asked to", () => {
    const at = rig({ objective: "maximize" })
    at.run(12_000, (hot, i) => -quadratic(hot, i))
    expect(Math.abs(at.base[0] - 0.7)).toBeLessThan(0.05)
  })

  it("also takes digests and time as events", () => {
    const hot = hotPath()
    const engine = createActor(engineMachine, { input: { hot, seed: 1 } }).start()
    engine.send({ type: "start", nowUs: 0 })
    for (let i = 1; i <= 500; i++) {
      engine.send({
        type: "digest",
        digest: { objective: quadratic(hot, i), timestampUs: i * 20_000 },
      })
    }
    expect(hot.executor.applies).toBeGreaterThan(50)
    engine.send({ type: "tick", nowUs: 60 * SECOND_US })
    expect(hot.nowCell[0]).toBe(60 * SECOND_US)
  })

  it("remembers a trip before the start, until a person resets it", () => {
    const hot = hotPath()
    const engine = createActor(engineMachine, { input: { hot, seed: 1 } }).start()
    const digests = (from: number) => {
      for (let i = from; i < from + 200; i++) {
        hot.observeObject({ objective: quadratic(hot, i), timestampUs: i * 20_000 })
      }
    }
    engine.send({ type: "trip", reason: "manualTrigger", nowUs: 0 })
    engine.send({ type: "start", nowUs: 0 })
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(SAFE)
    digests(1)
    expect(hot.executor.applies).toBe(0)
    expect(Atomics.load(hot.executor.latch, 0)).toBe(TRIP_MANUAL)
    engine.send({ type: "reset", nowUs: 201 * 20_000 })
    digests(201)
    expect(hot.executor.applies).toBeGreaterThan(0)

    const other = createActor(engineMachine, { input: { hot: hotPath(), seed: 1 } }).start()
    other.send({ type: "trip", reason: "manualTrigger", nowUs: 0 })
    other.send({ type: "reset", nowUs: 0 })
    other.send({ type: "start", nowUs: 0 })
    expect(JSON.stringify(other.getSnapshot().value)).toBe(ADAPTING)
  })

  it("does nothing before it is started", () => {
    const hot = hotPath()
    const engine = createActor(engineMachine, { input: { hot, seed: 1 } }).start()
    for (let i = 1; i <= 100; i++) hot.observeObject({ objective: i, timestampUs: i * 20_000 })
    expect(hot.config.generation).toBe(1)
    engine.send({ type: "stop", nowUs: 0 })
    expect(engine.getSnapshot().status).toBe("done")
    expect(hot.config.generation).toBe(1)
  })

  it("gives the same bytes for the same seed and stream, and others for another seed", () => {
    const run = (seed: number): string => {
      const at = rig({ seed })
      at.run(2_000)
      return JSON.stringify(at.written)
    }
    expect(run(7)).toBe(run(7))
    expect(run(7)).not.toBe(run(8))
  })
})

describe("nothing leaves the plant perturbed", () => {
  for (const phase of PHASES) {
    it(`stop during ${phase} puts it back on the base, and audits the end`, () => {
      const at = rigIn(phase)
      at.engine.send({ type: "stop", nowUs: at.nowUs })
      at.drain()
      expect(at.live).toEqual(at.base)
      expect(at.engine.getSnapshot().status).toBe("done")
      expect(at.kinds(AUDIT_ENGINE_STARTED)).toHaveLength(1)
      expect(at.kinds(AUDIT_ENGINE_STOPPED)).toHaveLength(1)
      const before = at.hot.config.generation
      at.run(200)
      expect(at.hot.config.generation).toBe(before)
    })

    it(`any trip during ${phase} puts it on the base or the baseline`, () => {
      for (const reason of reasons) {
        const at = rigIn(phase)
        at.engine.send({ type: "trip", reason, nowUs: at.nowUs })
        at.drain()
        expect(at.mode).toBe(SAFE)
        expect(at.live).toEqual(at.base)
        const toBaseline = restoreFor(reason) === "baseline"
        expect(at.written.at(-1)?.detail, reason).toBe(toBaseline ? ROLLBACK : RETURN_TO_BASE)
        const baseline = new Float64Array(2)
        at.hot.config.baselineUnits(baseline)
        if (toBaseline) expect(at.live).toEqual(Array.from(baseline))
      }
    })
  }

  it("the engine's output states where it was left", () => {
    const at = rigIn("waitingMinus")
    at.engine.send({ type: "stop", nowUs: at.nowUs })
    const output: EngineOutput | undefined = at.engine.getSnapshot().output
    expect(output).toEqual({ generation: at.hot.config.generation, base: at.base })
  })
})

describe("while SafeMode is open", () => {
  it("only rollback and return to base are applied, whatever the plant reports", () => {
    for (const reason of reasons) {
      const at = rigIn("waitingPlus", { safeMode: { exit: "manualReset" } })
      at.engine.send({ type: "trip", reason, nowUs: at.nowUs })
      at.drain()
      const from = at.written.length
      // The drain of this rig would let a full audit recover: that exit is not what this is about.
      at.run(400, (hot, i) => (i % 3 === 0 ? null : quadratic(hot, i)), reason !== "auditQueueFull")
      at.engine.send({ type: "rollback", nowUs: at.nowUs })
      at.drain()
      expect(at.mode, reason).toBe(SAFE)
      expect(
        at.written.slice(from).every((one) => one.detail === ROLLBACK || one.detail === RETURN_TO_BASE),
      ).toBe(true)
    }
  })

  it("Tier 1 refuses a proposal that bypasses the machines", () => {
    const at = rigIn("waitingPlus")
    at.engine.send({ type: "trip", reason: "manualTrigger", nowUs: at.nowUs })
    const replies: Array<string> = []
    const sink = createActor(
      fromCallback<EventObject>(({ receive }) => receive((e) => replies.push(e.type))),
    ).start()
    at.engine.getSnapshot().children.hotPath?.send({
      type: "proposal",
      replyTo: sink,
      proposal: {
        _tag: "applyPlus",
        id: 99,
        expectedGeneration: at.hot.config.generation,
        nowUs: at.nowUs + 60 * SECOND_US,
        targets: Float64Array.of(0.5, 0.5),
      },
    })
    expect(replies).toEqual(["refused"])
    expect(at.live).toEqual(at.base)
  })

  it("a person's reset closes it, and tuning continues", () => {
    const at = rig()
    at.run(1_000)
    at.engine.send({ type: "trip", reason: "manualTrigger", nowUs: at.nowUs, note: "maintenance" })
    at.run(3_000)
    expect(at.mode).toBe(SAFE)
    const applies = at.hot.executor.applies
    const learnt = summaryOf(at)
    at.engine.send({ type: "reset", nowUs: at.nowUs, by: "ada" })
    expect(at.mode).toBe(ADAPTING)
    expect(summaryOf(at)).toMatchObject({ k: learnt.k, eta: learnt.eta, noise: learnt.noise })
    expect(learnt.k).toBeGreaterThan(10)
    at.run(6_000)
    expect(at.hot.executor.applies).toBeGreaterThan(applies + 500)
    expect(Math.abs(at.base[0] - 0.7)).toBeLessThan(0.06)
    expect(at.kinds(AUDIT_SAFE_MODE_ENTERED).map((line) => line.code)).toEqual([TRIP_MANUAL])
    expect(at.kinds(AUDIT_SAFE_MODE_EXITED)).toHaveLength(1)
  })

  it("the current cycle ends once, with noChange(safeMode)", () => {
    const at = rigIn("waitingPlus")
    at.engine.send({ type: "trip", reason: "thrashing", nowUs: at.nowUs })
    at.run(100)
    const declared = at.kinds(AUDIT_NO_CHANGE).filter((line) => line.code === NO_CHANGE_SAFE_MODE)
    expect(declared).toHaveLength(1)
  })
})

describe("SafeMode opens by itself", () => {
  it("after three windows without telemetry, and ends by its timer", () => {
    const at = rig()
    at.run(300)
    at.run(200, silence)
    expect(at.mode).toBe(SAFE)
    expect(at.kinds(AUDIT_SAFE_MODE_ENTERED).map((line) => line.code)).toEqual([TRIP_TELEMETRY_LOST])
    expect(at.kinds(AUDIT_NO_CHANGE).filter((l) => l.code === NO_CHANGE_EVAL_TIMEOUT)).toHaveLength(3)
    expect(at.live).toEqual(at.base)
    const enteredUs = at.kinds(AUDIT_SAFE_MODE_ENTERED)[0].atUs
    at.run(1_600)
    expect(at.mode).toBe(ADAPTING)
    const exitedUs = at.kinds(AUDIT_SAFE_MODE_EXITED)[0].atUs
    expect(exitedUs - enteredUs).toBeGreaterThanOrEqual(POLICY.cooldownUs)
    expect(exitedUs - enteredUs).toBeLessThan(POLICY.cooldownUs + SECOND_US)
  })

  it("not after two expired windows with a full one in between", () => {
    const at = rig()
    at.run(300)
    for (let round = 0; round < 5; round++) {
      at.run(52, silence)
      at.run(10)
    }
    expect(at.mode).toBe(ADAPTING)
  })

  it("on one digest far below the constraint margin, with the plant rolled back on the spot", () => {
    const at = rig()
    at.run(1_000)
    const baseline = new Float64Array(2)
    at.hot.config.baselineUnits(baseline)
    at.run(1, (hot, i) => ({ objective: quadratic(hot, i), constraintMargin: -0.6 }))
    expect(at.mode).toBe(SAFE)
    expect(at.live).toEqual(Array.from(baseline))
    expect(at.kinds(AUDIT_SAFE_MODE_ENTERED).map((line) => line.code)).toEqual([TRIP_CONSTRAINT_EMERGENCY])
    expect(at.written.filter((one) => one.detail === ROLLBACK)).toHaveLength(1)
  })

  it("when the audit is full, and ends when it has been drained", () => {
    const at = rig({}, { auditCapacity: 64 })
    at.run(400, quadratic, false)
    expect(at.mode).toBe(SAFE)
    expect(Atomics.load(at.hot.executor.latch, 0)).toBe(TRIP_AUDIT_QUEUE_FULL)
    expect(at.live).toEqual(at.base)
    at.engine.send({ type: "reset", nowUs: at.nowUs })
    expect(at.mode).toBe(SAFE)
    at.drain()
    at.engine.send({ type: "drained", nowUs: at.nowUs })
    expect(at.mode).toBe(ADAPTING)
    expect(at.hot.audit.dropped).toBe(0)
    at.run(400)
    expect(at.mode).toBe(ADAPTING)
  })

  it.each([16, 64])(
    "until a tick after a full audit of %i records was drained, and not before",
    (auditCapacity) => {
      const at = rig({}, { auditCapacity })
      at.run(400, quadratic, false)
      at.engine.send({ type: "tick", nowUs: at.nowUs + 1 })
      expect(at.mode).toBe(SAFE)
      at.drain()
      at.engine.send({ type: "tick", nowUs: at.nowUs + 1 })
      expect(at.mode).toBe(ADAPTING)
    },
  )

  it("when rolling back did not stop an objective from exploding", () => {
    // Alone: the guard would be quicker than rolling back.
    const at = rig({ guard: false }, { policy: { ...POLICY, cooldownUs: SECOND_US } })
    at.run(1_000)
    const start = at.i
    at.run(400, (_hot, i) => 4 ** ((i - start) / 15))
    expect(at.written.filter((one) => one.detail === ROLLBACK).length).toBeGreaterThanOrEqual(2)
    expect(at.kinds(AUDIT_SAFE_MODE_ENTERED).length).toBeGreaterThan(0)
    expect(at.kinds(AUDIT_NO_CHANGE).some((line) => line.code === NO_CHANGE_COOLDOWN_ACTIVE)).toBe(true)
  })

  it("not on a single step of the load, even with the guard off", () => {
    const at = rig({ guard: false })
    at.run(2_000)
    at.run(4_000, (hot, i) => 300 + quadratic(hot, i))
    expect(at.mode).toBe(ADAPTING)
    expect(at.kinds(AUDIT_SAFE_MODE_ENTERED)).toHaveLength(0)
    expect(at.written.filter((one) => one.detail === ROLLBACK)).toHaveLength(0)
  })
})

describe("recovery as a way out", () => {
  it("closes SafeMode only when the objective is better than at the trip", () => {
    const at = rig({ safeMode: { exit: "objectiveRecovery", requiredImprovement: 0.5 } })
    at.run(300, () => 10)
    at.engine.send({ type: "trip", reason: "thrashing", nowUs: at.nowUs })
    at.run(100, () => 8)
    expect(at.mode).toBe(SAFE)
    at.run(30, () => 4)
    expect(at.mode).toBe(ADAPTING)
  })
})

describe("a baseline", () => {
  const baselineOf = (at: Rig): ReadonlyArray<number> => {
    const out = new Float64Array(2)
    at.hot.config.baselineUnits(out)
    return Array.from(out)
  }

  it("is first the start, until a better configuration earns it", () => {
    const at = rig()
    const first = baselineOf(at)
    at.run(100)
    expect(baselineOf(at)).toEqual(first)
    at.run(12_000)
    expect(at.kinds(AUDIT_BASELINE_SET).length).toBeGreaterThan(1)
    expect(Math.abs(baselineOf(at)[0] - 0.7)).toBeLessThan(0.15)
  })

  it("is restored bit for bit by a rollback, which waits out the cooldown and continues from there", () => {
    const at = rig()
    at.run(500)
    at.engine.send({ type: "setBaseline", nowUs: at.nowUs })
    const kept = baselineOf(at)
    expect(kept).toEqual(at.base)
    at.run(500)
    const generation = at.hot.config.generation
    at.engine.send({ type: "rollback", nowUs: at.nowUs })
    expect(at.hot.config.generation).toBe(generation + 1)
    expect(at.live).toEqual(kept)
    const applies = at.hot.executor.applies
    at.run(1_400)
    expect(at.hot.executor.applies).toBe(applies)
    at.run(200)
    expect(at.hot.executor.applies).toBeGreaterThan(applies)
    expect(at.mode).toBe(ADAPTING)
  })

  it("is needed for a rollback, which is otherwise a return to the base", () => {
    const at = rig({ startIsBaseline: false })
    at.run(300)
    expect(at.hot.config.hasBaseline).toBe(false)
    at.engine.send({ type: "rollback", nowUs: at.nowUs })
    at.drain()
    expect(at.written.at(-1)?.detail).toBe(RETURN_TO_BASE)
    expect(at.live).toEqual(at.base)
  })
})

describe("a fault", () => {
  /** A telemetry actor that dies when it is told to. */
  const fragile = fromCallback<EventObject, TelemetryInput>(({ input, sendBack, receive }) => {
    const hot = input.hot.get()
    hot.onDue = () => sendBack({ type: "windowExpired", nowUs: hot.nowCell[0] })
    receive(() => {
      throw new Error("telemetry broke")
    })
    return () => {
      hot.onDue = null
    }
  })

  it("of the telemetry actor opens SafeMode, restores the baseline and waits for a person", () => {
    const hot = hotPath()
    const engine = createActor(engineMachine.provide({ actors: { telemetry: fragile } }), {
      input: { hot, seed: 1 },
    })
    engine.start()
    engine.send({ type: "start", nowUs: 0 })
    expect(hot.executor.applies).toBe(1)
    failChild(engine, "telemetry")
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(SAFE)
    expect(Atomics.load(hot.executor.latch, 0)).toBe(TRIP_ENGINE_FAULT)
    expect(hot.executor.rollbacks).toBe(1)
    engine.send({ type: "tick", nowUs: 3_600 * SECOND_US })
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(SAFE)
    engine.send({ type: "reset", nowUs: 3_600 * SECOND_US })
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(ADAPTING)
    expect(engine.getSnapshot().children.telemetry?.getSnapshot().status).toBe("active")
  })

  it("of the cycle does the same, and a reset starts a fresh cycle that continues tuning", () => {
    let broken = true
    const flaky = spsaCycleMachine.provide({
      actions: {
        keepUpdate: () => {
          if (broken) throw new Error("the tuner broke")
        },
      },
    })
    const hot = hotPath()
    const engine = createActor(engineMachine.provide({ actors: { spsaCycle: flaky } }), {
      input: { hot, seed: 1 },
    })
    engine.start()
    engine.send({ type: "start", nowUs: 0 })
    let nowUs = 0
    const run = (digests: number): void => {
      for (let i = 0; i < digests; i++) {
        nowUs += 20_000
        hot.observeObject({ objective: quadratic(hot, i), timestampUs: nowUs })
      }
    }
    run(100)
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(SAFE)
    expect(engine.getSnapshot().context.fault).toBe("cycle")
    const applies = hot.executor.applies
    run(3_000)
    expect(hot.executor.applies).toBe(applies)
    broken = false
    engine.send({ type: "reset", nowUs, by: "ada" })
    run(300)
    expect(hot.executor.applies).toBeGreaterThan(applies)
    expect(JSON.stringify(engine.getSnapshot().value)).toBe(ADAPTING)
  })

  it("of the hot-path actor ends the engine with the plant on its baseline", () => {
    const at = rigIn("waitingPlus")
    at.run(300)
    const baseline = new Float64Array(at.hot.table.size)
    at.hot.config.baselineUnits(baseline)
    expect(at.base).not.toEqual(baseline)
    failChild(at.engine, "hotPath")
    expect(at.engine.getSnapshot().status).toBe("done")
    expect(at.live).toEqual(Array.from(baseline))
  })

  it("of the hot-path actor ends it on the base where no baseline was ever set", () => {
    const at = rigIn("waitingPlus", { startIsBaseline: false })
    failChild(at.engine, "hotPath")
    expect(at.engine.getSnapshot().status).toBe("done")
    expect(at.live).toEqual(at.base)
  })
})

/** Delivers what XState delivers when a child has thrown. */
function failChild(engine: Actor<typeof engineMachine>, id: string): void {
  const failure = { type: `xstate.error.actor.${id}`, error: new Error(`${id} broke`), actorId: id }
  engine.send(failure as unknown as Parameters<typeof engine.send>[0])
}

describe("inside a user's machine", () => {
  it("the engine is spawned, driven and done like any actor", () => {
    const hot = hotPath()
    const outputs: Array<unknown> = []
    const parent = setup({
      actors: { engine: engineMachine },
      actions: { note: (_, params: { output: unknown }) => outputs.push(params.output) },
    }).createMachine({
      invoke: {
        id: "engine",
        src: "engine",
        input: () => ({ hot, seed: 3 }),
        onDone: {
          target: ".over",
          actions: { type: "note", params: ({ event }) => ({ output: event.output }) },
        },
      },
      initial: "open",
      states: { open: {}, over: { type: "final" } },
    })
    const actor = createActor(parent).start()
    const engine = actor.getSnapshot().children.engine as Actor<typeof engineMachine>
    engine.send({ type: "start", nowUs: 0 })
    for (let i = 1; i <= 200; i++) hot.observeObject({ objective: i % 7, timestampUs: i * 20_000 })
    expect(hot.executor.applies).toBeGreaterThan(10)
    engine.send({ type: "stop", nowUs: hot.nowCell[0] })
    expect(actor.getSnapshot().status).toBe("done")
    expect(outputs).toEqual([{ generation: hot.config.generation, base: Array.from(hot.executor.base) }])
  })
})

describe("an engine with an invalid event", () => {
  const refusal = (input: unknown): unknown => {
    const actor = createActor(engineMachine, { input: input as EngineInput })
    let refused: unknown = null
    actor.subscribe({ error: (error) => (refused = error) })
    actor.start()
    return refused
  }

  it.each([
    ["no input", undefined, "input.hot"],
    ["all of makeHotPath", { hot: makeHotPath({ knobs: { x: { min: 0, max: 1 } } }), seed: 1 }, "input.hot"],
    ["no seed", { hot: hotPath() }, "input.seed"],
    ["a seed that is none", { hot: hotPath(), seed: 1.5 }, "input.seed"],
  ])("refuses it by name when it begins: %s", (_, input, path) => {
    expect(refusal(input)).toMatchObject({ _tag: "SnapshotError", path })
  })

  // Root cause: whoever sent the event without its digest ended the machine where it stood, on a perturbation.
  it("continues if an event brings no digest", () => {
    const it = rig()
    it.run(50)
    for (const digest of [undefined, null, 5]) it.engine.send({ type: "digest", digest } as never)
    it.run(50)
    expect(it.engine.getSnapshot().status).toBe("active")
  })
})
