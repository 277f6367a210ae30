/**
 * XState's own persistence of machines of somebody's own around Arqon's: through JSON and back, at any moment. Root cause of what this
 * holds: XState restores children from data alone, and the live hot path in their contexts was no data.
 */
import * as fc from "fast-check"
import { type Actor, type AnyActorRef, createActor, sendTo, setup, type Snapshot, spawnChild } from "xstate"
import { describe, expect, it } from "vitest"
import { cycleSummary } from "../../machines/cycleReport.ts"
import type { EngineInput } from "../../machines/engineContext.ts"
import * as machines from "../../machines/index.ts"
import { Opaque } from "../../machines/Opaque.ts"
import { ProposalPort } from "../../machines/ProposalPort.ts"
import { relocationPhase } from "../../machines/relocationState.ts"
import { DEFAULT_SELECTION } from "../../src/control/relocationDefaults.ts"
import type { HotPath } from "../../src/hot/HotPath.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { deployment } from "./deployment.ts"
import { hotPath, wobble } from "./rig.ts"

const DIGEST_US = 20_000

/** A plant with its optimum elsewhere under load, so that a regime is left and met again. */
function serve(hot: HotPath, digests: number, load: number): void {
  for (let n = 0; n < digests; n++) {
    const timestampUs = hot.nowUs + DIGEST_US
    const objective =
      100 * (hot.config.unit(0) - 0.7 + 0.4 * load) ** 2 + 0.01 * wobble(timestampUs / DIGEST_US)
    hot.observeObject({ objective, timestampUs, throughputRps: 100 * (1 + load) })
    hot.audit.drain(() => undefined)
  }
}

const inputFor = (hot: HotPath): EngineInput => ({
  hot,
  seed: 42,
  names: ["a", "b"],
  relocation: { features: ["throughputRps"], selection: DEFAULT_SELECTION },
})

type Deployment = Actor<typeof deployment>

function deployed(): { readonly actor: Deployment; readonly hot: HotPath } {
  const hot = hotPath()
  return { actor: createActor(deployment, { input: inputFor(hot) }).start(), hot }
}

const textOf = (actor: AnyActorRef): string => JSON.stringify(actor.getPersistedSnapshot())

const engineOf = (actor: Deployment) => actor.getSnapshot().children.engine!.getSnapshot()

const learntOf = (actor: Deployment) => {
  const cycle = engineOf(actor).children.cycle?.getSnapshot()
  if (cycle === undefined) return null
  const { k, eta, noise } = cycleSummary(cycle.context)
  return { k, eta, noise }
}

const unitsOf = ({ config }: HotPath): ReadonlyArray<number> =>
  Array.from({ length: config.knobs }, (_, i) => config.unit(i))

function baselineOf({ config }: HotPath): ReadonlyArray<number> | null {
  const out = new Float64Array(config.knobs)
  if (config.hasBaseline) config.baselineUnits(out)
  return config.hasBaseline ? Array.from(out) : null
}

/** As somebody in another process restores it: with a hot path of his own as input, with none, and by `revive`. */
const WAYS: Readonly<Record<string, (text: string, hot: HotPath) => Deployment>> = {
  "with an input": (text, hot) =>
    createActor(deployment, { input: inputFor(hot), snapshot: JSON.parse(text) as Snapshot<unknown> }),
  "with nothing but the text": (text) =>
    createActor(deployment, { snapshot: JSON.parse(text) } as Parameters<
      typeof createActor<typeof deployment>
    >[1]),
  "by revive": (text, hot) =>
    createActor(deployment, {
      input: inputFor(hotPath()),
      snapshot: machines.revive(JSON.parse(text), { hot }),
    }),
}

/** Where an engine and what is in it stand, in a few words. */
function momentOf(actor: Deployment): ReadonlyArray<string> {
  const { value, children } = engineOf(actor)
  const cycle = children.cycle?.getSnapshot()
  const relocation = children.relocation?.getSnapshot()
  return [
    JSON.stringify(value),
    ...(cycle === undefined ? [] : [`cycle ${machines.cyclePhase(cycle)}`]),
    ...(relocation === undefined ? [] : [`relocation ${relocationPhase(relocation)}`]),
  ]
}

function checkRestored(
  before: { readonly actor: Deployment; readonly hot: HotPath },
  text: string,
  way: string,
) {
  const given = hotPath()
  const restore = WAYS[way]
  const actor = restore(text, given).start()
  const engine = engineOf(actor)
  expect(engine.status).toBe("active")
  const hot = engine.context.hot.get()
  if (way !== "with nothing but the text") expect(hot).toBe(given)
  expect(actor.getSnapshot().value).toEqual(before.actor.getSnapshot().value)
  // On the baseline, unperturbed.
  expect(unitsOf(hot)).toEqual(Array.from(hot.executor.base))
  const baseline = baselineOf(before.hot)
  if (baseline !== null) {
    for (const [i, unit] of unitsOf(hot).entries()) expect(unit).toBeCloseTo(baseline[i], 12)
    for (const [i, unit] of baselineOf(hot)!.entries()) expect(unit).toBeCloseTo(baseline[i], 12)
  }
  expect(hot.nowUs).toBeGreaterThanOrEqual(before.hot.nowUs)
  expect(Atomics.load(hot.executor.latch, 0)).toBe(Atomics.load(before.hot.executor.latch, 0))
  const mode = JSON.stringify(engineOf(before.actor).value).replace("relocating", "adapting")
  expect(JSON.stringify(engine.value)).toBe(mode)
  expect(learntOf(actor)).toEqual(learntOf(before.actor))
  return { actor, hot }
}

describe("a parent that spawned an engine, persisted as XState says", () => {
  it("is restored at any moment: on the baseline, with what it had learned, from less than 16 kB", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.boolean(), fc.nat(9)), {
          minLength: 30,
          maxLength: 30,
        }),
        (moments) => {
          const before = deployed()
          before.actor.send({ type: "warm", nowUs: 0 })
          for (const [digests, loaded, what] of moments) {
            serve(before.hot, digests, loaded ? 1 : 0)
            const nowUs = before.hot.nowUs
            if (what === 0) before.actor.send({ type: "maintenance", nowUs })
            if (what > 5) before.actor.send({ type: "maintenanceOver", nowUs })
            for (const word of momentOf(before.actor)) seen.add(word)
            const text = textOf(before.actor)
            expect(text.length).toBeLessThan(16_000)
            for (const way of Object.keys(WAYS)) checkRestored(before, text, way).actor.stop()
          }
        },
      ),
      { numRuns: 15 },
    )
    for (const phase of ["ready", "waitingPlus", "waitingMinus", "frozen"])
      expect(seen).toContain(`cycle ${phase}`)
    expect(seen).toContain('{"running":"safe"}')
  })

  it("is restored in every phase of a relocation, which ends", () => {
    const before = deployed()
    before.actor.send({ type: "warm", nowUs: 0 })
    const seen = new Set<string>()
    for (let n = 0; n < 900; n++) {
      serve(before.hot, n > 600 ? 3 : 9, Math.floor(n / 300) % 2)
      const words = momentOf(before.actor)
      const phase = words.at(-1)!
      if (words[0] !== '{"running":"relocating"}' || seen.has(phase)) continue
      seen.add(phase)
      const text = textOf(before.actor)
      expect(text.length).toBeLessThan(16_000)
      for (const way of Object.keys(WAYS)) {
        const { actor, hot } = checkRestored(before, text, way)
        expect(momentOf(actor).at(-1)).toBe("relocation watching")
        // Under this load the start is better than the baseline, which the guard finds out in the cooldown: that begins anew.
        serve(hot, 3_000, 1)
        expect(hot.executor.applies).toBeGreaterThan(50)
      }
    }
    expect([...seen].toSorted()).toEqual(["relocation canary", "relocation ramping"])
  })

  it("continues tuning without refusals", () => {
    for (const way of Object.keys(WAYS)) {
      const before = deployed()
      before.actor.send({ type: "warm", nowUs: 0 })
      serve(before.hot, 1_203, 0)
      const { actor, hot } = checkRestored(before, textOf(before.actor), way)
      serve(hot, 6_000, 0)
      expect(hot.executor.applies).toBeGreaterThan(60)
      expect(Array.from(hot.executor.refused).reduce((a, b) => a + b)).toBe(0)
      expect(Math.abs(hot.executor.base[0] - 0.7)).toBeLessThan(0.06)
      actor.send({ type: "close", nowUs: hot.nowUs })
      expect(actor.getSnapshot().value).toBe("closed")
    }
  })

  it("takes no more than 1 kB for each further knob", () => {
    const sizeOf = (n: number): number => {
      const knobs = Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, { min: 1, max: 600 }]))
      const { hot, names } = machines.makeHotPath({ knobs, manualTime: true })
      const actor = createActor(deployment, { input: { hot, names, seed: 1 } }).start()
      actor.send({ type: "warm", nowUs: 0 })
      serve(hot, 1_000, 0)
      return textOf(actor).length
    }
    expect(sizeOf(102) - sizeOf(2)).toBeLessThan(100 * 1_000)
  })

  it("that had not begun, or has ended, stays as it was", () => {
    const { actor, hot } = deployed()
    const idle = WAYS["with an input"](textOf(actor), hotPath()).start()
    expect(engineOf(idle).value).toBe("idle")
    actor.send({ type: "warm", nowUs: 0 })
    actor.send({ type: "close", nowUs: hot.nowUs })
    const over = WAYS["with an input"](textOf(actor), hotPath()).start()
    expect(over.getSnapshot()).toMatchObject({ status: "done", value: "closed" })
    expect(over.getSnapshot().context.left).toEqual(actor.getSnapshot().context.left)
    expect(over.getSnapshot().context.left?.base).toEqual(Array.from(hot.executor.base))
  })

  it("reports knobs that have changed, and runs nothing", () => {
    const before = deployed()
    before.actor.send({ type: "warm", nowUs: 0 })
    serve(before.hot, 100, 0)
    const { hot } = machines.makeHotPath({
      knobs: { a: { min: 0, max: 10 }, b: { min: 1, max: 99, step: 1 } },
    })
    const after = WAYS["with an input"](textOf(before.actor), hot)
    const heard: Array<unknown> = []
    after.subscribe({ error: (error) => heard.push(error) })
    after.start()
    expect(heard).toMatchObject([{ _tag: "SnapshotError", path: "hot" }])
    expect(String(heard[0])).toMatch(
      /max of knob 2 \(in the order of the names\) is 99, not 64.*Give one made from the same knobs/,
    )
    expect(hot.config.generation).toBe(1)
  })

  it("can also be written by persist, which names the place of what cannot", () => {
    const before = deployed()
    before.actor.send({ type: "warm", nowUs: 0 })
    serve(before.hot, 300, 0)
    const data = machines.persist(before.actor)
    const unit = machines.safeUnits(data)!
    expect(Array.from(unit)).toEqual(baselineOf(before.hot))
    const snapshot = { ...before.actor.getPersistedSnapshot(), context: { jobs: [{ retry: () => 1 }] } }
    const told = () => machines.persist({ getPersistedSnapshot: () => snapshot })
    expect(told).toThrow(/snapshot\.context\.jobs\[0\]\.retry: a function cannot be persisted/)
  })
})

describe("parts of Arqon in the user's own machines", () => {
  it("an engine that is spawned after a restore, from the input that went through JSON", () => {
    const later = setup({
      types: {
        context: {} as { readonly engine: EngineInput },
        events: {} as { type: "go" },
        input: {} as EngineInput,
      },
      actors: { engine: machines.engineMachine },
    }).createMachine({
      context: ({ input }) => ({ engine: input }),
      initial: "waiting",
      states: {
        waiting: { on: { go: "tuning" } },
        tuning: {
          invoke: { id: "engine", src: "engine", input: ({ context }) => context.engine },
          entry: sendTo("engine", { type: "start", nowUs: 0 }),
        },
      },
    })
    const first = createActor(later, { input: { hot: hotPath(), seed: 1 } }).start()
    const hot = hotPath()
    for (const input of [{ hot, seed: 1 }, undefined]) {
      const actor = createActor(later, {
        input: input as EngineInput,
        snapshot: JSON.parse(textOf(first)),
      }).start()
      actor.send({ type: "go" })
      const engine = actor.getSnapshot().children["engine"]?.getSnapshot()
      const own = engine?.context.hot.get() as HotPath
      if (input !== undefined) expect(own).toBe(hot)
      serve(own, 500, 0)
      expect(own.executor.applies).toBeGreaterThan(10)
    }
  })

  it("a cycle and a hot path beside each other are tied by the port they shared", () => {
    const { port, bind } = ProposalPort.create()
    const hot = hotPath()
    const settings = { ...DEFAULT_SPSA, seed: 5, maxStep: 0.1 }
    const pair = setup({
      actors: { cycle: machines.spsaCycleMachine, hotPath: machines.hotPathLogic },
    }).createMachine({
      entry: [
        spawnChild("cycle", { id: "cycle", input: { table: hot.table, settings, port } }),
        spawnChild("hotPath", {
          id: "hotPath",
          input: { hot: new Opaque("hotPath", hot), bind: new Opaque("bind", bind) },
        }),
      ],
    })
    const first = createActor(pair).start()
    const second = createActor(pair, { snapshot: JSON.parse(textOf(first)) }).start()
    const { cycle, hotPath: tier1 } = second.getSnapshot().children as Record<string, AnyActorRef>
    const own: HotPath = tier1.getSnapshot().input.hot.get()
    expect(own).not.toBe(hot)
    cycle.send({ type: "resume", ...machines.standing(own, 1_000_000) })
    expect(own.executor.applies).toBe(1)
    expect(hot.executor.applies).toBe(0)
  })

  it("a latch in a parent is open until the same time, even if JSON cannot write that", () => {
    const parent = setup({ actors: { latch: machines.safeModeMachine } }).createMachine({
      invoke: { id: "latch", src: "latch", input: { policy: { timerUs: Number.POSITIVE_INFINITY } } },
    })
    const first = createActor(parent).start()
    const latchOf = (actor: AnyActorRef): AnyActorRef => actor.getSnapshot().children.latch
    latchOf(first).send({ type: "trip", reason: "thrashing", nowUs: 5 })
    const second = createActor(parent, { snapshot: JSON.parse(textOf(first)) }).start()
    expect(latchOf(second).getSnapshot().context).toEqual(latchOf(first).getSnapshot().context)
    expect(latchOf(second).getSnapshot().context.deadlineUs).toBe(Number.POSITIVE_INFINITY)
  })

  it("a solver in a parent asks for exactly the points that the old one would have", () => {
    const config = { seed: 3, budget: 40, bounds: { x: { min: 0, max: 1 } } }
    const study = setup({ actors: { solver: machines.solverMachine } }).createMachine({
      invoke: { id: "solver", src: "solver", input: { config } },
    })
    const solverOf = (actor: AnyActorRef): AnyActorRef => actor.getSnapshot().children.solver
    const first = createActor(study).start()
    const ask = (actor: AnyActorRef): unknown => {
      solverOf(actor).send({ type: "ask", n: 3 })
      return machines.pendingTrials(solverOf(actor).getSnapshot().context)
    }
    ask(first)
    const second = createActor(study, { snapshot: JSON.parse(textOf(first)) }).start()
    expect(ask(second)).toEqual(ask(first))
    expect(textOf(second)).toBe(textOf(first))
  })
})
