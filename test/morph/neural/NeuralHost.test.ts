/** The neural host: a graft learns beside it and leaves no trace, answers are the host's bits where they are to be, and rates obey. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { FAULTS } from "../../../src/morph/blueprints/faults.ts"
import { type Mode, OPERATORS } from "../../../src/morph/contracts/Host.ts"
import { FAST, REFERENCE } from "../../../src/morph/neural/engines.ts"
import type { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { readData } from "../../../src/morph/training/data.ts"
import { bitsOf, plantingOf, spiralsHost, trained as alone } from "./spirals.ts"

const faultNames = FAULTS.map(({ name }) => name)
const soundNames = BLUEPRINTS.map(({ name }) => name)

describe("a graft that never became part of the whole", () => {
  const modes = fc.constantFrom<Mode>("branch", "mixed", "shadow", "host")
  const life = fc.record({
    socket: fc.constantFrom("hidden1", "hidden2"),
    blueprint: fc.constantFrom(...soundNames, ...faultNames.filter((name) => name !== "endless")),
    operator: fc.constantFrom(...OPERATORS),
    steps: fc.array(fc.tuple(modes, fc.constantFrom(0, 0.25, 1)), { maxLength: 6 }),
    measured: fc.boolean(),
  })

  it("leaves every bit of the host as it would have been", () => {
    const expected = alone(8).fingerprint()
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) => {
        const host = spiralsHost()
        let epoch = 0
        for (const [i, { socket, blueprint, operator, steps, measured }] of lives.entries()) {
          const planting = plantingOf(blueprint, `g${i}`, operator)
          host.quarantine(socket, planting)
          if (host.plantingIn(socket) !== null) host.remove(socket)
          host.plant(socket, planting)
          for (const [mode, alpha] of steps) {
            host.mode(socket, mode, alpha)
            if (epoch < 8) host.trainEpoch(epoch++)
            if (measured) host.measure(socket, mode === "shadow" ? "shadowing" : "training")
          }
          host.mode(socket, "host", 0)
          host.remove(socket)
        }
        while (epoch < 8) host.trainEpoch(epoch++)
        expect(host.fingerprint()).toBe(expected)
      }),
      { numRuns: 12 },
    )
  })

  it.each(["leakInput", "leakTail", "writesHost"])("and is %s is caught in its first steps", (fault) => {
    const host = alone(1)
    host.plant("hidden1", plantingOf(fault))
    host.mode("hidden1", "branch", 1)
    host.trainEpoch(1)
    expect(host.measure("hidden1", "training")["violations"]).toBe(1)
    expect(host.fingerprint()).toBe(alone(2).fingerprint())
  })

  it("answers with the host's bits while it is planted, on its branch, or in the shadow", () => {
    const expected = bitsOf(alone(4))
    for (const mode of ["host", "branch", "shadow"] as const) {
      const host = alone(1)
      host.plant("hidden1", plantingOf("residualMlp"))
      host.mode("hidden1", "branch", 1)
      host.trainEpoch(1)
      host.mode("hidden1", mode, 1)
      host.trainEpoch(2)
      host.trainEpoch(3)
      expect(bitsOf(host)).toEqual(expected)
    }
  })
})

describe("a graft on its branch", () => {
  it("lowers the held-out loss where the host is too small, and the mixture lies between", () => {
    const host = alone(30)
    host.plant("hidden1", plantingOf("residualMlp"))
    host.mode("hidden1", "branch", 1)
    for (let epoch = 30; epoch < 90; epoch++) host.trainEpoch(epoch)
    const { lossWith, lossWithout } = host.measure("hidden1", "training")
    expect(lossWith).toBeLessThan(0.9 * Number(lossWithout))
    expect(lossWithout).toBe(host.hostScore().loss)
    expect(host.answerScore()).toEqual(host.hostScore())
    host.mode("hidden1", "mixed", 0.5)
    host.trainEpoch(90)
    const half = host.measure("hidden1", "blending")
    expect(half["lossWith"]).toBe(host.answerScore().loss)
    expect(half["lossWith"]).not.toBe(half["lossWithout"])
  })

  it("learns the same in the mixture, whatever its share is, because at the end it is there as a whole", () => {
    const learntAt = (mode: Mode, alpha: number): Uint32Array => {
      const host = alone(5)
      host.plant("hidden1", plantingOf("residualMlp"))
      host.mode("hidden1", mode, alpha)
      for (let epoch = 5; epoch < 8; epoch++) host.trainEpoch(epoch)
      return host.arena.snapshot(1)
    }
    const onBranch = learntAt("branch", 1)
    for (const alpha of [0, 0.1, 1]) expect(learntAt("mixed", alpha)).toEqual(onBranch)
  })

  it("gives the same bits after a pause, and says how far it turns the value", () => {
    const host = alone(5)
    host.plant("hidden2", plantingOf("gatedMlp"))
    host.mode("hidden2", "branch", 1)
    for (let epoch = 5; epoch < 15; epoch++) host.trainEpoch(epoch)
    host.mode("hidden2", "shadow", 1)
    const before = host.fingerprint()
    const figures = host.measure("hidden2", "shadowing")
    expect(figures["resumeEqual"]).toBe(1)
    expect(figures["drift"]).toBeGreaterThan(0)
    expect(figures["scale"]).toBeGreaterThan(0)
    // Nothing that was measured changes by being measured.
    expect(host.fingerprint()).toBe(before)
    expect(host.measure("hidden2", "shadowing")).toEqual(figures)
  })
})

describe("a graft on probation", () => {
  const onProbation = (blueprint: string): NeuralHost => {
    const host = alone(5)
    host.plant("hidden1", plantingOf(blueprint))
    host.mode("hidden1", "branch", 1)
    for (let epoch = 5; epoch < 8; epoch++) host.trainEpoch(epoch)
    host.mode("hidden1", "shadow", 1)
    host.snapshot("hidden1")
    return host
  }

  it.each(["residualMlp", "nan"])("of %s is taken back bit for bit", (blueprint) => {
    const host = onProbation(blueprint)
    const before = host.fingerprint()
    host.mode("hidden1", "whole", 1)
    for (let epoch = 8; epoch < 11; epoch++) host.trainEpoch(epoch)
    expect(host.fingerprint()).not.toBe(before)
    host.mode("hidden1", "host", 0)
    host.restore("hidden1")
    host.remove("hidden1")
    expect(host.fingerprint()).toBe(before)
    expect(host.measure("hidden1", "resetting")).toEqual({
      sliceWords: 0,
      registryEntries: 0,
      counters: 0,
      cached: 0,
    })
  })

  it("learns together with the host, stays when it is kept, and opens a socket behind it", () => {
    const host = onProbation("residualMlp")
    host.mode("hidden1", "whole", 1)
    const small = host.parameters
    host.trainEpoch(8)
    const answers = bitsOf(host)
    host.keep("hidden1")
    expect(bitsOf(host)).toEqual(answers)
    expect(host.parameters).toBe(small)
    expect(host.sockets().map(({ name }) => name)).toEqual(["hidden1.g1", "hidden2"])
    host.plant("hidden1.g1", plantingOf("linear", "g2"))
    host.mode("hidden1.g1", "branch", 1)
    expect(host.trainEpoch(9)).toBeGreaterThan(0)
    const [{ name, gradient, variance }] = host.socketFigures()
    expect(name).toBe("hidden1.g1")
    expect(gradient).toBeGreaterThan(0)
    expect(variance).toBeGreaterThan(0)
    expect(host.measure("hidden1.g1", "training")).toMatchObject({ finite: 1, violations: 0 })
  })
})

describe("the quarantine", () => {
  const tried = (blueprint: string) => {
    const host = alone(1)
    const before = host.fingerprint()
    host.quarantine("hidden1", plantingOf(blueprint))
    expect(host.fingerprint()).toBe(before)
    return host.measure("hidden1", "dormant")
  }

  it.each(soundNames)("finds nothing against %s", (name) => {
    const { arenaShare, ...figures } = tried(name)
    expect(arenaShare).toBeLessThan(0.25)
    expect(figures).toEqual({
      available: 1,
      inBounds: 1,
      quarantineShape: 1,
      quarantineFinite: 1,
      identityError: 0,
      quarantineMs: 0,
    })
  })

  it.each([
    ["nan", { quarantineFinite: 0 }],
    ["leakInput", { available: 0 }],
    ["leakTail", { available: 0 }],
    ["writesHost", { available: 0 }],
    ["endless", { quarantineShape: 0 }],
  ])("finds what is wrong with %s", (name, figures) => {
    expect(tried(name)).toMatchObject(figures)
  })

  it("has nothing to say of a blueprint that nobody knows", () => {
    expect(tried("nobody")).toEqual({ available: 0 })
  })
})

describe("the host", () => {
  it("obeys a changed learning rate with its next step", () => {
    const [still, moving] = [alone(2), alone(2)]
    const before = still.arena.snapshot(0)
    still.adjust({ rate: 0 })
    still.trainEpoch(2)
    moving.trainEpoch(2)
    const slice = still.arena.slice(0)
    const parameters = (words: Uint32Array): Uint32Array => words.slice(16, 16 + slice.length)
    expect(parameters(still.arena.snapshot(0))).toEqual(parameters(before))
    expect(parameters(moving.arena.snapshot(0))).not.toEqual(parameters(before))
  })

  it("says at each socket how much the loss asks for a change, and how much the values vary", () => {
    expect(spiralsHost().socketFigures()[0]).toEqual({ name: "hidden1", gradient: 0, variance: 0 })
    for (const { gradient, variance } of alone(1).socketFigures()) {
      expect(gradient).toBeGreaterThan(0)
      expect(variance).toBeGreaterThan(0)
      // A tanh lies within one of zero.
      expect(variance).toBeLessThan(1)
    }
  })

  it("is put back by a copy, and then learns the same again", () => {
    const host = alone(2)
    const copy = host.copy()
    host.trainEpoch(2)
    const after = host.fingerprint()
    host.put(copy)
    expect(host.fingerprint()).toBe(alone(2).fingerprint())
    host.trainEpoch(2)
    expect(host.fingerprint()).toBe(after)
  })

  it.each([[[4, 3]], [[3, 3, 2]]])(
    "learns from rows of the shape %j, at every place of which a graft works",
    (shape) => {
      const width = shape.reduce((product, n) => product * n, 1)
      const rows = 64
      const inputs = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(Math.sin(7 * i)))
      // The class is in one number of the row.
      const targets = Float32Array.from({ length: rows }, (_, row) => (inputs[row * width] > 0 ? 1 : 0))
      const part = { inputs, targets }
      const host = spiralsHost(
        { data: readData({ shape, classes: 2, train: part, validation: part }) },
        { inputs: shape, hidden: [4] },
      )
      const before = host.hostScore().loss
      host.plant("hidden1", plantingOf("gatedMlp"))
      host.mode("hidden1", "branch", 1)
      for (let epoch = 0; epoch < 40; epoch++) host.trainEpoch(epoch)
      expect(host.hostScore().loss).toBeLessThan(before / 2)
      expect(host.measure("hidden1", "training")).toMatchObject({ finite: 1, violations: 0 })
    },
  )

  it("learns much the same by the fast way and by the plain one", () => {
    const [fast, plain] = [FAST, REFERENCE].map(
      (engine) => alone(10, spiralsHost({ engine })).hostScore().loss,
    )
    expect(Math.abs(fast - plain)).toBeLessThan(1e-3)
  })
})
