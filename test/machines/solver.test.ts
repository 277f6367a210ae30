import {
  assign,
  createActor,
  type InspectionEvent,
  sendTo,
  setup,
  type SnapshotFrom,
  transition,
} from "xstate"
import { createTestModel } from "xstate/graph"
import { describe, expect, it, vi } from "vitest"
import { type Json, persist, revive } from "../../machines/persist.ts"
import { solverMachine } from "../../machines/solver.machine.ts"
import {
  bestSoFar,
  pendingTrials,
  type SolverMachineInput,
  type SolverOutput,
} from "../../machines/solverContext.ts"
import type { SolverEvent, SolverReply, SolverReport } from "../../machines/solverEvents.ts"
import { createSolver, type SolverInput } from "../../src/solver/createSolver.ts"
import type { Result } from "../../src/solver/results.ts"
import { Solver, type Trial } from "../../src/solver/Solver.ts"
import type { StrategyDefinition } from "../../src/solver/Strategy.ts"

const CONFIG: SolverInput = {
  seed: 3,
  budget: 30,
  bounds: { x: { min: -5, max: 5 }, y: { min: 0, max: 1 } },
}
const PHASES = ["probe", "classify", "refine", "done"] as const

const valueAt = ({ params }: Trial): number => (Number(params["x"]) - 1) ** 2 + 3 * Number(params["y"])
const resultOf = (trial: Trial): Result => ({ id: trial.id, value: valueAt(trial) })

function running(input: SolverMachineInput = { config: CONFIG }, snapshot?: Json, parts = {}) {
  const actor = createActor(solverMachine, {
    input,
    ...(snapshot === undefined ? {} : { snapshot: revive(snapshot, parts) }),
  })
  const heard: Array<SolverReply | SolverReport> = []
  actor.on("*", (message) => heard.push(message))
  actor.start()
  return { actor, heard, ask: (n?: number) => asked({ actor, heard }, n) }
}
type Running = ReturnType<typeof running>

/** The trials that the actor answers with. */
function asked({ actor, heard }: Pick<Running, "actor" | "heard">, n?: number): ReadonlyArray<Trial> | null {
  actor.send({ type: "ask", ...(n === undefined ? {} : { n }) })
  const reply = heard.at(-1)
  if (reply?.type !== "asked") throw new Error(`answered ${String(reply?.type)}`)
  return reply.trials
}

/** One ask after another, each answered, until the state is reached, the budget is spent or `until` says so. */
function drive(at: Running, until: (at: Running) => boolean = () => false): ReadonlyArray<Trial> {
  const all: Array<Trial> = []
  while (!until(at) && at.actor.getSnapshot().status === "active") {
    const trials = at.ask()
    if (trials === null) throw new Error("nothing more to ask for, and not done")
    all.push(...trials)
    at.actor.send({ type: "tell", results: trials.map(resultOf) })
  }
  return all
}

const throughText = (actor: Parameters<typeof persist>[0]): Json => JSON.parse(JSON.stringify(persist(actor)))
const phasesHeard = ({ heard }: Pick<Running, "heard">): ReadonlyArray<string> =>
  heard.flatMap((message) => (message.type === "phaseBegan" ? [message.phase] : []))

describe("a solver actor", () => {
  it("asks for the points of the plain solver and ends with the same artifact", () => {
    const plain = createSolver(CONFIG)
    const expected: Array<Trial> = []
    for (let trials; (trials = plain.askTrials()) !== null; ) {
      expected.push(...trials)
      plain.tell(trials.map(resultOf))
    }
    const at = running()
    expect(drive(at)).toEqual(expected)
    const { output, status } = at.actor.getSnapshot()
    expect(status).toBe("done")
    expect(output).toEqual({
      best: plain.best,
      classification: plain.classification,
      counts: plain.counts,
      complete: true,
      artifact: plain.artifact(),
    })
  })

  it("reports every phase in order, with what the classify phase found", () => {
    const at = running()
    drive(at)
    expect(phasesHeard(at)).toEqual(PHASES)
    const found = at.heard.filter((message) => message.type === "classified")
    expect(found).toEqual([
      { type: "classified", classification: at.actor.getSnapshot().context.classification },
    ])
    const order = at.heard.map((message) => (message.type === "phaseBegan" ? message.phase : message.type))
    expect(order.indexOf("classified")).toBeLessThan(order.indexOf("refine"))
  })

  it("shows phase, counts, best and classification while it runs", () => {
    const at = running()
    const first = at.ask(2) ?? []
    at.actor.send({ type: "tell", results: first.map(resultOf) })
    const { context } = at.actor.getSnapshot()
    const { phase, counts, classification, warnings } = context
    expect({ phase, classification, warnings }).toEqual({
      phase: "probe",
      classification: null,
      warnings: [],
    })
    expect(counts).toMatchObject({ budget: 30, asked: 2, told: 2, pending: 0 })
    expect(bestSoFar(context)?.value).toBe(Math.min(...first.map(valueAt)))
  })

  it("computes a recommendation on request, not at every result", () => {
    const weighed = vi.spyOn(Solver.prototype, "best", "get")
    try {
      const at = running()
      for (let i = 0; i < 10; i++) {
        at.actor.send({ type: "tell", results: (at.ask(1) ?? []).map(resultOf) })
        expect(weighed).toHaveBeenCalledTimes(0)
      }
      expect(bestSoFar(at.actor.getSnapshot().context)).not.toBe(null)
      expect(weighed).toHaveBeenCalledTimes(1)
    } finally {
      weighed.mockRestore()
    }
  })

  it("accepts known results outside the budget", () => {
    const at = running()
    at.actor.send({ type: "seed", history: [{ params: { x: 1, y: 0 }, value: 0 }] })
    expect(at.heard.at(-1)).toEqual({
      type: "told",
      of: "seed",
      report: { accepted: 1, duplicates: 0, failed: 0, foreign: 0 },
      phase: "probe",
    })
    expect(at.actor.getSnapshot().context.counts).toMatchObject({ seeded: 1, spent: 0 })
    expect(bestSoFar(at.actor.getSnapshot().context)?.value).toBe(0)
  })

  it("accepts late, failed and repeated results", () => {
    const at = running()
    const [a, b, c] = at.ask(3) ?? []
    at.actor.send({ type: "tell", results: resultOf(c) })
    at.actor.send({ type: "tell", results: [{ id: a.id, value: Number.NaN }, resultOf(c)] })
    expect(at.heard.at(-1)).toMatchObject({ report: { accepted: 1, duplicates: 1, failed: 1 } })
    at.actor.send({ type: "tell", results: { id: b.id, failed: "out of memory" } })
    expect(at.actor.getSnapshot().context.counts).toMatchObject({ told: 3, failed: 2, pending: 0 })
  })

  it("names what is wrong with input that it refuses, and changes nothing", () => {
    const at = running()
    at.ask(2)
    const before = at.actor.getSnapshot().context
    const wrong: ReadonlyArray<SolverEvent> = [
      {
        type: "tell",
        results: [
          { id: 0, value: 1 },
          { id: 99, value: 1 },
        ],
      },
      { type: "seed", history: { params: { x: 50, y: 0 }, value: 1 } },
      { type: "ask", n: 0 },
      { type: "ask", n: Number.NaN },
    ]
    for (const event of wrong) {
      at.actor.send(event)
      expect(at.heard.at(-1)).toMatchObject({ type: "rejected", of: event.type })
      expect(at.actor.getSnapshot().context).toBe(before)
    }
    expect(at.heard.filter((message) => message.type === "rejected").map((one) => one.message)).toEqual([
      expect.stringContaining("99"),
      expect.stringContaining("50"),
      expect.stringContaining("got 0"),
      expect.stringContaining("got NaN"),
    ])
    expect(at.actor.getSnapshot().status).toBe("active")
  })

  it("that is stopped leaves what it found, marked as incomplete", () => {
    const at = running()
    drive(at, ({ actor }) => actor.getSnapshot().context.counts.told >= 8)
    const { context } = at.actor.getSnapshot()
    const { counts } = context
    const best = bestSoFar(context)
    at.actor.send({ type: "stop" })
    const { value, output, status } = at.actor.getSnapshot()
    expect({ value, status }).toEqual({ value: "stopped", status: "done" })
    expect(output).toMatchObject({ best, counts, complete: false })
    expect(output?.artifact.history).toHaveLength(counts.told)
  })

  it("does not start with an invalid configuration, and names its faults", () => {
    const actor = createActor(solverMachine, { input: { config: { ...CONFIG, budget: 0 } } })
    const errors: Array<unknown> = []
    actor.subscribe({ error: (error) => errors.push(error) })
    actor.start()
    expect(actor.getSnapshot().status).toBe("error")
    expect(String(errors[0])).toMatch(/budget/)
  })

  it("continues from a saved state", () => {
    const plain = createSolver(CONFIG)
    const trials = plain.askTrials(4) ?? []
    plain.tell(trials.slice(0, 3).map(resultOf))
    const at = running({ state: JSON.parse(JSON.stringify(plain.state())) })
    expect(pendingTrials(at.actor.getSnapshot().context)).toEqual([trials[3]])
    expect(at.ask(3)).toEqual(plain.askTrials(3))
  })
})

describe("a solver actor after a restart", () => {
  for (const phase of ["probe", "classify", "refine"] as const) {
    it(`that was in ${phase} asks for the same points, bit for bit, and ends with the same artifact`, () => {
      const before = running()
      drive(before, ({ actor }) => {
        const { context } = actor.getSnapshot()
        return context.phase === phase && context.counts.told >= 3
      })
      expect(before.actor.getSnapshot().value).toBe(phase)
      // Three out and only the middle one back when the process ends.
      const [, middle] = before.ask(3) ?? []
      before.actor.send({ type: "tell", results: resultOf(middle) })
      const data = throughText(before.actor)

      const after = running({ config: CONFIG }, data)
      expect(after.actor.getSnapshot().value).toBe(phase)
      const { run: _old, ...shown } = before.actor.getSnapshot().context
      expect(after.actor.getSnapshot().context).toMatchObject(shown)
      const out = pendingTrials(after.actor.getSnapshot().context)
      expect(out).toEqual(pendingTrials(before.actor.getSnapshot().context))
      expect(out).toHaveLength(2)
      for (const { actor } of [before, after]) actor.send({ type: "tell", results: out.map(resultOf) })
      expect(drive(after)).toEqual(drive(before))
      expect(after.actor.getSnapshot().output).toEqual(before.actor.getSnapshot().output)
      expect(phasesHeard(after)).toEqual(PHASES.slice(PHASES.indexOf(phase) + 1))
    })
  }

  for (const ending of ["done", "stopped"] as const) {
    it(`that was ${ending} is ${ending}, with its output`, () => {
      const before = running()
      drive(before, ({ actor }) => ending === "stopped" && actor.getSnapshot().context.counts.told >= 4)
      if (ending === "stopped") before.actor.send({ type: "stop" })
      const after = running({ config: CONFIG }, throughText(before.actor))
      expect(after.actor.getSnapshot()).toMatchObject({ value: ending, status: "done" })
      expect(after.actor.getSnapshot().output).toEqual(before.actor.getSnapshot().output)
    })
  }

  it("writes the same text again", () => {
    const before = running()
    before.ask(2)
    const data = throughText(before.actor)
    expect(throughText(running({ config: CONFIG }, data).actor)).toEqual(data)
  })

  it("keeps names that look like the marks of the text", () => {
    const bounds = { $arqon: { min: 0, max: 1 }, constructor: { choices: ["a", "b"] } }
    const before = running({ config: { budget: 20, bounds } })
    const trials = before.ask(2) ?? []
    before.actor.send({ type: "tell", results: trials.map(({ id }) => ({ id, value: id })) })
    const after = running({ config: CONFIG }, throughText(before.actor))
    expect(bestSoFar(after.actor.getSnapshot().context)).toEqual(
      bestSoFar(before.actor.getSnapshot().context),
    )
    expect(after.ask()).toEqual(before.ask())
  })

  it("needs the user's strategies again, and says so", () => {
    const centre: StrategyDefinition = {
      name: "centre",
      summary: "Reads the middle.",
      make: () => ({
        move: "centre",
        ask: (_id, out) => {
          out.fill(0.5)
          return true
        },
        tell: () => undefined,
        fail: () => undefined,
      }),
    }
    const options = { strategies: [centre] }
    const before = running({ config: { ...CONFIG, strategy: "centre" }, options })
    drive(before, ({ actor }) => actor.getSnapshot().value === "classify")
    const data = throughText(before.actor)
    expect(() => revive(data)).toThrow(/centre/)
    const after = running({ config: CONFIG }, data, { solver: options })
    expect(after.ask(1)?.[0].move).toBe("centre")
    const old = after.actor.getSnapshot()
    after.ask(1)
    expect(pendingTrials(old.context)).toHaveLength(1)
  })
})

describe("a snapshot of a solver actor", () => {
  it("does not change when the run continues, and restores to its own moment", () => {
    const at = running()
    drive(at, ({ actor }) => actor.getSnapshot().context.counts.told >= 10)
    const old = at.actor.getSnapshot()
    const text = JSON.stringify(old.context.run.get().state())
    const now = at.ask(1) ?? []
    at.actor.send({ type: "tell", results: now.map(resultOf) })
    drive(at)
    expect(JSON.stringify(old.context.run.get().state())).toBe(text)
    const [next] = transition(solverMachine, old, { type: "ask", n: 1 })
    expect(pendingTrials(next.context)).toEqual(now)
    expect(next.context.counts.asked).toBe(11)
    expect(at.actor.getSnapshot().context.counts.asked).toBe(30)
  })
})

describe("a solver actor in a user's system", () => {
  /** A study that spawns a solver and one worker's loop, all in events. */
  const study = setup({
    types: {
      context: {} as { readonly output: SolverOutput | null; readonly phases: ReadonlyArray<string> },
      events: {} as SolverReply | SolverReport | { type: "begin" },
    },
    actors: { solver: solverMachine },
    actions: {
      ask: sendTo("solver", ({ self }) => ({ type: "ask", replyTo: self })),
      evaluate: sendTo("solver", ({ event, self }) => ({
        type: "tell",
        results: event.type === "asked" ? (event.trials ?? []).map(resultOf) : [],
        replyTo: self,
      })),
      notePhase: assign({
        phases: ({ context, event }) =>
          event.type === "phaseBegan" ? [...context.phases, event.phase] : context.phases,
      }),
    },
    guards: {
      more: ({ event }) => event.type === "told" && event.phase !== "done",
    },
  }).createMachine({
    id: "study",
    context: { output: null, phases: [] },
    invoke: {
      id: "solver",
      src: "solver",
      systemId: "theSolver",
      input: { config: CONFIG },
      onDone: {
        target: ".over",
        actions: assign({ output: ({ event }) => event.output }),
      },
    },
    on: { phaseBegan: { actions: "notePhase" } },
    initial: "waiting",
    states: {
      waiting: { on: { begin: { target: "working" } } },
      working: {
        entry: "ask",
        on: { asked: { actions: "evaluate" }, told: { guard: "more", actions: "ask" } },
      },
      over: { type: "final" },
    },
  })

  it("answers its parent by address, reports its phases to it and is done with its output", () => {
    const actor = createActor(study).start()
    actor.send({ type: "begin" })
    const { context, value } = actor.getSnapshot()
    expect(value).toBe("over")
    const alone = running()
    drive(alone)
    expect(context.output).toEqual(alone.actor.getSnapshot().output)
    expect(context.phases).toEqual(PHASES)
  })

  it("survives a restart with the rest of the system", () => {
    const before = createActor(study).start()
    const solver = before.system.get("theSolver") as Running["actor"]
    solver.send({ type: "ask", n: 3 })
    const data = throughText(before)
    const after = createActor(study, { snapshot: revive(data) }).start()
    for (const actor of [before, after]) {
      const child = actor.system.get("theSolver") as Running["actor"]
      child.send({ type: "tell", results: pendingTrials(child.getSnapshot().context).map(resultOf) })
      actor.send({ type: "begin" })
    }
    expect(after.getSnapshot().value).toBe("over")
    expect(after.getSnapshot().context.output).toEqual(before.getSnapshot().context.output)
  })

  it("shows an inspector who asked and who answered, with every snapshot as JSON", () => {
    const seen: Array<InspectionEvent> = []
    const actor = createActor(study, { inspect: (event) => seen.push(event) }).start()
    actor.send({ type: "begin" })
    const name = (ref: object): string => String(Reflect.get(ref, "id"))
    const said = seen.flatMap((event) =>
      event.type === "@xstate.event" &&
      event.sourceRef !== undefined &&
      !event.event.type.startsWith("xstate.")
        ? [
            `${event.sourceRef === actor ? "study" : name(event.sourceRef)} -> ${event.actorRef === actor ? "study" : name(event.actorRef)}: ${event.event.type}`,
          ]
        : [],
    )
    expect(said.slice(0, 5)).toEqual([
      "solver -> study: phaseBegan",
      "study -> solver: ask",
      "solver -> study: asked",
      "study -> solver: tell",
      "solver -> study: told",
    ])
    for (const event of seen)
      if (event.type === "@xstate.snapshot") expect(() => JSON.stringify(event.snapshot)).not.toThrow()
  })
})

describe("along every path of the model", () => {
  const config: SolverInput = { seed: 1, budget: 14, probe_ratio: 0.1, bounds: { x: { min: 0, max: 1 } } }
  type Snapshot = SnapshotFrom<typeof solverMachine>

  /** What workers might send next, good and bad. */
  function nextEvents(snapshot: Snapshot): ReadonlyArray<SolverEvent> {
    if (snapshot.status !== "active") return []
    const { foreign, seeded } = snapshot.context.counts
    const out = pendingTrials(snapshot.context)
    const first = out.at(0)
    const last = out.at(-1)
    return [
      { type: "ask" },
      { type: "ask", n: 5 },
      { type: "ask", n: -1 },
      ...(first === undefined ? [] : [{ type: "tell" as const, results: { id: first.id, value: 1 } }]),
      ...(last === undefined ? [] : [{ type: "tell" as const, results: { id: last.id, failed: true } }]),
      { type: "tell", results: out.map(({ id, params }) => ({ id, value: Number(params["x"]) })) },
      { type: "tell", results: { id: 1_000, value: 1 } },
      ...(foreign > 0 ? [] : [{ type: "tell" as const, results: { params: { x: 0.123 }, value: 0.5 } }]),
      ...(seeded > 0 ? [] : [{ type: "seed" as const, history: { params: { x: 0.5 }, value: 0.25 } }]),
      { type: "stop" },
    ]
  }

  /** All but XState's own, which begin every path. */
  const SENT = new Set(["ask", "tell", "seed", "stop"])
  it("phases come in order, none is skipped, and the snapshot matches the solver", () => {
    const model = createTestModel(solverMachine)
    const paths = model.getShortestPaths({
      input: { config },
      events: nextEvents,
      limit: 20_000,
      serializeState: ({ value, context: { counts } }) =>
        JSON.stringify([value, counts.asked, counts.told, counts.foreign, counts.seeded]),
    })
    expect(paths.length).toBeGreaterThan(100)
    const reached = new Set<string>()
    for (const path of paths) {
      const at = running({ config })
      const snapshots: Array<Snapshot> = []
      for (const { event } of path.steps) {
        if (SENT.has(event.type) && at.actor.getSnapshot().status === "active") at.actor.send(event)
        snapshots.push(at.actor.getSnapshot())
      }
      for (const { context, value, status, tags } of snapshots) {
        // A snapshot from before the last is repeated up to where it stood.
        const solver = context.run.get().get()
        reached.add(value)
        const { phase, counts, best, classification } = solver
        expect(context).toMatchObject({ phase, counts, classification })
        expect(bestSoFar(context)).toEqual(best)
        if (value !== "stopped") expect(value).toBe(phase)
        expect(classification === null).toBe(phase === "probe" || phase === "classify")
        expect([...tags]).toEqual([status === "active" ? "live" : "safe"])
      }
      const heard = phasesHeard(at)
      expect(heard).toEqual(PHASES.slice(0, heard.length))
      const { value } = at.actor.getSnapshot()
      if (value !== "stopped") expect(heard.at(-1)).toBe(value)
    }
    expect([...reached].sort()).toEqual(["classify", "done", "probe", "refine", "stopped"])
  })

  it("no transition skips a phase, and every state that is not final answers every event by name", () => {
    const { states } = solverMachine.root
    const ways = { probe: "classify", classify: "refine", refine: "done" } as const
    for (const [from, to] of Object.entries(ways)) {
      const node = states[from as keyof typeof ways]
      const targets = [...[...node.transitions.values()].flat(), ...(node.always ?? [])].flatMap(
        ({ target }) => target?.map(({ key }) => key) ?? [],
      )
      expect(new Set(targets)).toEqual(new Set([to, "stopped"]))
      expect(Object.keys(node.config.on ?? {}).sort()).toEqual(["ask", "seed", "stop", "tell"])
    }
    for (const ending of ["done", "stopped"] as const) expect(states[ending].type).toBe("final")
  })
})
