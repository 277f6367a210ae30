/** The boundary of a growing host: it grows by itself, faults end where they belong, and the governor leads back. */
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import type { GraftingInput } from "../../../src/morph/grafting/options.ts"
import { LIFE } from "../../../src/morph/grafting/transitions.ts"
import type { GrowthBoundary } from "../../../src/morph/growth/GrowthBoundary.ts"
import { GrowthCore } from "../../../src/morph/growth/GrowthCore.ts"
import { inlineHeuristic, inlinePolicy } from "../../../src/morph/policy/PolicyAnswer.ts"
import { emergencyIn } from "../../../src/morph/training/EmergencyWord.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"
import { spiralsHost, UNKNOWN_FAULTS } from "../neural/spirals.ts"

const catalogue = [...BLUEPRINTS, ...UNKNOWN_FAULTS]

/** Quick lives, for tests that look at where they lead. */
const QUICK: GraftingInput = {
  stays: {
    training: { least: 2, most: 6 },
    blending: { least: 0, most: 8 },
    shadowing: { least: 1, most: 4 },
    probationary: { least: 2, most: 6 },
  },
  alpha: { curve: "linear", boundaries: 2 },
  embargo: { boundaries: 2 },
}

const manual = (grafting: GraftingInput = QUICK): GrowthCore =>
  new GrowthCore({
    host: spiralsHost(),
    catalogue,
    grafting,
    policy: null,
    now: () => 0,
  })

const run = (core: GrowthCore, epochs: number): ReadonlyArray<GrowthBoundary> =>
  Array.from({ length: epochs }, () => core.next())

const movesOf = (boundaries: ReadonlyArray<GrowthBoundary>): ReadonlyArray<string> =>
  boundaries.flatMap(({ moves }) => moves.map(({ from, to }) => `${from} ${to}`))

describe("a growing host with the heuristic", () => {
  it("tries a graft that only turned the value too far again at half its rate, twice, and then another blueprint", () => {
    const host = spiralsHost(
      { data: tasks.spirals({ seed: 1001 }), seed: 1001, catalogue: BLUEPRINTS },
      { hidden: [8], batch: 128, learning: { rate: 0.004, graftShare: 1 } },
    )
    const core = new GrowthCore({
      host,
      catalogue: BLUEPRINTS,
      // Whatever learns turns the value by more than this.
      grafting: { G3: { drift: 1e-6 }, stays: { shadowing: { least: 5, most: 6 } } },
      policy: inlineHeuristic(),
      now: () => 0,
    })
    const rates: Array<readonly [string | null, number]> = []
    while (rates.length < 4 && core.epochs < 300) {
      const { moves, sockets } = core.next()
      if (moves.some(({ to }) => to === "training"))
        rates.push([
          sockets[0].blueprint,
          Math.max(...[1, 2, 3, 4, 5].map((owner) => host.rates.rateOf(owner))),
        ])
    }
    expect(rates.slice(0, 3).map(([blueprint]) => blueprint)).toEqual(
      Array.from({ length: 3 }, () => "residualMlp"),
    )
    expect(rates.map(([, rate]) => rate / 0.004)).toEqual(
      [1, 0.5, 0.25, 1].map((share) => expect.closeTo(share)),
    )
    expect(rates[3][0]).toBe("gatedMlp")
  })

  it("is too small for two spirals, grows one block through every gate, and tells them apart", () => {
    const host = spiralsHost(
      { data: tasks.spirals({ seed: 1001 }), seed: 1001, catalogue: BLUEPRINTS },
      { hidden: [8], batch: 128, learning: {} },
    )
    const core = new GrowthCore({
      host,
      catalogue: BLUEPRINTS,
      policy: inlineHeuristic(),
      now: () => 0,
    })
    const boundaries = run(core, 250)
    expect(boundaries[29].accuracy).toBeLessThan(0.85)
    expect(host.testScore()?.accuracy).toBeGreaterThan(0.98)
    expect(movesOf(boundaries).slice(0, 6)).toEqual([
      "dormant germinated",
      "germinated training",
      "training blending",
      "blending shadowing",
      "shadowing probationary",
      "probationary fossilized",
    ])
    expect(host.parameters).toBe(42 + 552)
    expect(core.reports.map(({ type, outcome }) => [type, outcome])).toContainEqual(["graft", "success"])
  })
})

describe("a fault that nobody knows of", () => {
  it.each(UNKNOWN_FAULTS.map(({ name }) => name).filter((name) => name !== "wrongShape"))(
    "%s ends dormant, and the host is as it would have been",
    (name) => {
      const [with_, without] = [manual(), manual()]
      run(with_, 2)
      with_.germinate("hidden1", { blueprint: name, why: "test" })
      const boundaries = run(with_, 16)
      run(without, 18)
      expect(with_.sockets[0]).toMatchObject({ state: "dormant", blueprint: null })
      const moves = movesOf(boundaries)
      const allowed = LIFE.flatMap(({ state, next }) => next.map((to) => `${state} ${to}`))
      expect(moves.filter((move) => !allowed.includes(move))).toEqual([])
      // It is turned away by G0, or culled on its branch: nothing of it is ever in the host.
      const isRefused = boundaries.some(({ refused }) => refused.length > 0)
      expect(isRefused || moves.includes("training culled")).toBe(true)
      expect(with_.host.fingerprint()).toBe(without.host.fingerprint())
    },
  )
})

describe("the faults", () => {
  it("are the fourteen, and one of another shape is refused with both shapes where it is asked for", () => {
    expect(UNKNOWN_FAULTS.map(({ name }) => name).toSorted()).toEqual([
      "deadlock",
      "endless",
      "exploding",
      "leakInput",
      "leakTail",
      "memoryHog",
      "nan",
      "notIdentity",
      "overflow",
      "slow",
      "unstable",
      "vanishing",
      "writesHost",
      "wrongShape",
    ])
    const problems = problemsOf(() => manual().germinate("hidden1", { blueprint: "wrongShape", why: "test" }))
    expect(problems[0]).toMatchObject({
      path: "blueprint",
      message: "gives the shape [1, 9] for a value of [1, 8].",
    })
  })
})

describe("a growing host", () => {
  it("goes back to a good boundary when its loss is no number, and goes on", () => {
    const core = manual()
    run(core, 3)
    const { rate } = core.host.rates
    core.host.rates.adjust({ rate: 3e38 })
    const [broken] = run(core, 1)
    expect(broken.rolledBackTo).toBe(3)
    expect(broken.mode).toBe("degraded")
    expect(core.emergency.read()).toMatchObject({ level: "elevated", reason: "nan", epoch: 4 })
    expect(Number.isFinite(broken.loss)).toBe(true)
    core.host.adjust({ rate })
    const after = run(core, 6)
    expect(after.every(({ loss }) => Number.isFinite(loss))).toBe(true)
    expect(after.at(-1)?.mode).toBe("operational")
  })

  it("halts when going back takes more than half a second, and says so in the emergency word until a person resets it", () => {
    let [clock, tick] = [0, 0]
    const core = new GrowthCore({
      host: spiralsHost(),
      catalogue,
      policy: null,
      now: () => (clock += tick),
    })
    run(core, 2)
    tick = 500
    core.rollback("as slow as it may be")
    expect(core.mode).toBe("operational")
    tick = 501
    core.rollback("too slow")
    expect(core.mode).toBe("halted")
    expect(core.emergency.read()).toMatchObject({ level: "halt", reason: "rollbackSlow", epoch: 2 })
    expect(problemsOf(() => core.next())[0]).toMatchObject({
      message: "The host is halted: a rollback took 501 ms.",
    })
    tick = 0
    core.reset("ada", "looked at it")
    expect(core.emergency.read().level).toBe("unknown")
    expect(run(core, 1)[0].mode).toBe("operational")
  })

  it("hears before its next epoch what another thread says in the memory that they share", () => {
    const host = spiralsHost({ memory: { shared: true } })
    const core = new GrowthCore({ host, catalogue, policy: null, now: () => 0 })
    run(core, 1)
    // Its growth replaces the buffer.
    host.arena.release(host.arena.reserve(1 << 20))
    const elsewhere = emergencyIn(host.arena.memory)
    elsewhere.raise("conservative", "policyLate", 1)
    const boundaries = run(core, 12)
    expect(boundaries[0].mode).toBe("conservative")
    expect(boundaries.at(-1)?.mode).toBe("operational")
    // What is over is cleared, and so the same alarm is heard again.
    expect(elsewhere.read().level).toBe("unknown")
    elsewhere.raise("halt", "asked", 13)
    const before = host.fingerprint()
    expect(problemsOf(() => core.next())[0]).toMatchObject({
      message: "The host is halted: another thread raised the alarm: asked.",
    })
    expect(host.fingerprint()).toBe(before)
  })

  it("goes back when a person asks, and says when it cannot", () => {
    const core = manual()
    expect(problemsOf(() => core.rollback("test"))[0].message).toBe("There is no snapshot to go back to.")
    run(core, 2)
    const before = core.host.fingerprint()
    run(core, 1)
    expect(core.rollback("test")).toBe(2)
    expect(core.host.fingerprint()).toBe(before)
  })

  // Copies held the grafts in a fixed order, so none fitted after a planting or a cull, and all were thrown away.
  it("goes back past a planting and past a cull as it would have without them", () => {
    const [with_, without] = [manual(), manual()]
    const both = (act: (core: GrowthCore) => void): void => {
      act(with_)
      act(without)
      expect(with_.host.fingerprint()).toBe(without.host.fingerprint())
    }
    both((core) => void run(core, 2))
    with_.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
    both((core) => void run(core, 1))
    expect(with_.sockets[0].state).toBe("germinated")
    both((core) => expect(core.rollback("test")).toBe(2))
    both((core) => void run(core, 3))
    expect(with_.sockets[0].state).toBe("training")
    both((core) => expect(core.rollback("test")).toBe(5))
    with_.ask("hidden1", { type: "cull", why: "test" })
    both((core) => void run(core, 5))
    expect(with_.host.arena.owners).toEqual([0])
    both((core) => expect(core.rollback("test")).toBe(10))
    both((core) => void run(core, 1))
  })

  it("refuses a pause, a return and a rollback without a reason, and changes nothing", () => {
    const core = manual()
    core.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
    run(core, 3)
    const before = [core.host.fingerprint(), core.sockets]
    for (const call of [() => core.pause(" "), () => core.resume(""), () => core.rollback(" ")])
      expect(problemsOf(call)).toEqual([{ path: "why", message: "is missing.", suggestion: "Say why." }])
    expect([core.host.fingerprint(), core.sockets]).toEqual(before)
    core.pause("to look")
    run(core, 1)
  })

  it("moves no graft while it is paused, and trains on", () => {
    const core = manual()
    core.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
    run(core, 2)
    core.pause("to look")
    expect(problemsOf(() => core.pause("again"))[0].path).toBe("pause")
    const before = core.host.fingerprint()
    expect(movesOf(run(core, 8))).toEqual([])
    expect(core.host.fingerprint()).not.toBe(before)
    core.resume("seen enough")
    expect(movesOf(run(core, 6)).length).toBeGreaterThan(0)
  })

  it("joins a graft as it is asked to", () => {
    const core = manual()
    core.germinate("hidden1", { blueprint: "linear", why: "test", operator: "confidence" })
    const [{ moves }] = run(core, 1)
    expect(moves[0]).toMatchObject({ from: "dormant", to: "germinated" })
    expect(core.host.plantingIn("hidden1")?.operator).toBe("confidence")
  })

  it("refuses what it does not know or cannot use, with the nearest name, and changes nothing", () => {
    const core = manual()
    const before = core.sockets
    const ask = (socket: string, blueprint: string, parameters = {}) =>
      problemsOf(() => core.germinate(socket, { blueprint, why: "test", parameters }))
    expect(ask("hidden1", "residualMlb")).toEqual([
      {
        path: "blueprint",
        message: 'There is no blueprint "residualMlb".',
        suggestion: 'Did you mean "residualMlp"?',
      },
    ])
    expect(ask("hiden1", "linear")[0].suggestion).toBe('Did you mean "hidden1"?')
    expect(ask("hiden1", "residualMlb").map(({ path }) => path)).toEqual(["blueprint", "socket"])
    expect(ask("hiden1", "gatedMlp", { hidden: 0 }).map(({ path }) => path)).toEqual([
      "parameters.hidden",
      "socket",
    ])
    expect(ask("hidden1", "gatedMlp", { hidden: 0 })[0].path).toBe("parameters.hidden")
    const [operator] = problemsOf(() =>
      core.germinate("hidden1", {
        blueprint: "linear",
        why: "test",
        operator: "convx" as "convex",
      }),
    )
    expect(operator).toMatchObject({ path: "planting.operator", suggestion: 'Did you mean "convex"?' })
    expect(core.sockets).toEqual(before)
    core.germinate("hidden1", { blueprint: "linear", why: "test" })
    run(core, 1)
    expect(ask("hidden1", "linear")[0].message).toContain("A graft is in")
  })

  it("carries nothing out at the boundary of a late policy, and the next one is as ever", () => {
    const core = new GrowthCore({
      host: spiralsHost(),
      catalogue,
      policy: {
        name: "slow",
        ask: ({ boundary }) =>
          boundary === 2
            ? { kind: "late", note: "it did not answer" }
            : { kind: "answered", command: { type: "optimiser", factor: 0.5, why: "test" } },
        close: () => Promise.resolve(),
      },
      now: () => 0,
    })
    const boundaries = run(core, 3)
    expect(boundaries.map(({ proposal }) => proposal?.type ?? null)).toEqual(["optimiser", null, "optimiser"])
    expect(boundaries.map(({ refusal }) => refusal)).toEqual([null, "slow: it did not answer", null])
  })

  it("carries out what a policy answers only where it can be read", () => {
    const core = new GrowthCore({
      host: spiralsHost(),
      catalogue,
      policy: inlinePolicy("broken", () => ({
        type: "graft",
        operation: "germinate",
        socket: "hidden1",
        why: "no blueprint",
      })),
      now: () => 0,
    })
    const [boundary] = run(core, 1)
    expect(boundary).toMatchObject({ proposal: null, refusal: expect.stringContaining("blueprint") })
    expect(core.sockets[0].state).toBe("dormant")
  })
})
