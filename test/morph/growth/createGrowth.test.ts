/** `createGrowth`: every problem at the door, a life that is kept in order, and listeners that harm nobody. */
import { describe, expect, it, vi } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import type { Blueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import { createGrowth, type GrowthOptions, neuralHost, tasks } from "../../../src/morph/index.ts"
import { problemsOf } from "../../problemsOf.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  now: () => 0,
}

const problemsIn = async (call: Promise<unknown>): Promise<ReadonlyArray<string>> =>
  call.then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof GrowthError)) throw error
      return error.problems.map(({ path, message }) => `${path}: ${message}`)
    },
  )

describe("the door of a growing host", () => {
  it("refuses every problem at once", () => {
    const wrong = { ...OPTIONS, host: {}, policy: "heuristics", seed: -1, data: null, grafting_: {} }
    const paths = problemsOf(() => createGrowth(wrong as never)).map(({ path }) => path)
    expect(paths).toEqual(["data", "grafting_", "host", "policy", "seed"])
  })

  it.each([undefined, null, 5])("refuses %s for options", (options) => {
    expect(problemsOf(() => createGrowth(options as never))[0].path).toBe("options")
    expect(problemsOf(() => neuralHost(options as never))[0].path).toBe("host")
  })

  it("refuses thresholds, a clock and a misspelt part beside everything else", () => {
    const data = { ...OPTIONS.data, validaton: 1 }
    const wrong = { ...OPTIONS, data, grafting: { alfa: 1 }, now: 5, stopwatch: 6, host: { kind: "neural" } }
    const paths = problemsOf(() => createGrowth(wrong as never)).map(({ path }) => path)
    expect(paths).toEqual(["data.validaton", "grafting.alfa", "host", "now", "stopwatch"])
  })

  it("refuses a host that its memory has no room for", () => {
    const host = neuralHost({ inputs: 2, hidden: [4096, 4096], classes: 2 })
    expect(problemsOf(() => createGrowth({ ...OPTIONS, host }))[0]).toMatchObject({ path: "host" })
  })

  it("refuses a host whose training has no room in its memory", () => {
    const host = neuralHost({ inputs: 2, hidden: [1000], classes: 2, batch: 20_000 })
    const data = tasks.moons({ rows: 50_000 })
    expect(problemsOf(() => createGrowth({ ...OPTIONS, host, data }))[0]).toMatchObject({
      path: "host",
      message: expect.stringContaining("does not fit its memory"),
    })
  })

  it("refuses data that do not fit the host, with both shapes", () => {
    expect(problemsOf(() => createGrowth({ ...OPTIONS, data: tasks.tenSpheres() }))[0]).toMatchObject({
      path: "data",
      message: "has classes: 10, and the host gives classes: 2.",
    })
  })

  it("refuses NaN in a caller's own arrays by row and column", () => {
    const { train, validation } = tasks.moons({ rows: 64 })
    const inputs = train.inputs.slice()
    inputs[5] = Number.NaN
    const data = { shape: [2], classes: 2, train: { inputs, targets: train.targets }, validation }
    expect(problemsOf(() => createGrowth({ ...OPTIONS, data }))[0]).toMatchObject({
      path: "data.train.inputs",
      message: "has NaN in row 2, column 1.",
    })
  })
})

const [LINEAR] = BLUEPRINTS.filter(({ name }) => name === "linear")
const MINE: Blueprint = { ...LINEAR, name: "mine" }
const bounded = (bound: object) => ({
  ...MINE,
  parameters: { hidden: { min: 1, max: 9, scale: "log", step: 1, initial: 3, ...bound } },
})

describe("a blueprint of a caller's own", () => {
  it.each<[string, unknown, string]>([
    ["no list", null, "blueprints"],
    ["nothing in the list", [null], "blueprints[0]"],
    ["no name", [{ ...MINE, name: 5 }], "blueprints[0].name"],
    ["a name that is taken", [{ ...MINE, name: "linear" }], "blueprints[0].name"],
    ["one name twice", [MINE, MINE], "blueprints[1].name"],
    ["a risk that is none", [{ ...MINE, risk: Number.NaN }], "blueprints[0].risk"],
    ["no build", [{ ...MINE, build: undefined }], "blueprints[0].build"],
    ["no parameters", [{ ...MINE, parameters: null }], "blueprints[0].parameters"],
    ["a fault", [{ ...MINE, quarantineOnly: true }], "blueprints[0].quarantineOnly"],
    ["no axes", [{ ...MINE, axes: 0 }], "blueprints[0].axes"],
    ["a bound without a step", [bounded({ step: 0 })], "blueprints[0].parameters.hidden.step"],
    ["a usual value off the steps", [bounded({ step: 3 })], "blueprints[0].parameters.hidden"],
    ["a log scale from 0", [bounded({ min: 0 })], "blueprints[0].parameters.hidden"],
  ])("is refused at the door: %s", (_, blueprints, path) => {
    const problems = problemsOf(() => createGrowth({ ...OPTIONS, blueprints } as never))
    expect([...new Set(problems.map((one) => one.path))]).toEqual([path])
  })

  const thrown = (): never => {
    throw new Error("mine")
  }
  it.each<[string, Partial<Blueprint>]>([
    ["throws in build", { build: thrown }],
    ["builds nothing", { build: () => undefined as never }],
    ["builds what is no node", { build: () => ({ shape: [32, 4] }) as never }],
    ["throws in cost", { cost: thrown }],
    ["has no cost", { cost: () => undefined as never }],
    ["throws in its kernel", { kernel: thrown }],
  ])("that %s is turned away, and the host learns on as if it had not been asked for", async (_, fault) => {
    const [one, other] = [
      createGrowth({ ...OPTIONS, blueprints: [{ ...MINE, ...fault }] }),
      createGrowth(OPTIONS),
    ]
    for (const growth of [one, other]) await growth.start()
    await one.germinate("hidden1", { blueprint: "mine", why: "test" })
    expect((await one.run({ epochs: 1 }))?.refused.map(({ blueprint }) => blueprint)).toEqual(["mine"])
    await other.run({ epochs: 1 })
    expect(one.snapshot()).toEqual(other.snapshot())
    await one.germinate("hidden1", { blueprint: "linear", why: "the socket is free" })
  })

  it("that gives another shape than its socket has is refused at once, with both shapes and every other problem", async () => {
    const build: Blueprint["build"] = (graph) => graph.parameter("one", [3], { initial: "zeros" })
    const growth = createGrowth({ ...OPTIONS, blueprints: [{ ...MINE, build }] })
    await growth.start()
    const before = growth.snapshot()
    expect(
      await problemsIn(growth.germinate("hidden1", { blueprint: "mine", why: "test", what: 1 } as never)),
    ).toEqual(["what: is not known here.", "blueprint: gives the shape [3] for a value of [1, 4]."])
    expect(growth.snapshot()).toEqual(before)
  })

  it("whose kernel throws once it is planted is culled, and the host learns on as if it had not been there", async () => {
    let calls = 0
    const late: Blueprint = {
      ...MINE,
      kernel: () => {
        if (++calls > 9) thrown()
      },
    }
    const [one, other] = [createGrowth({ ...OPTIONS, blueprints: [late] }), createGrowth(OPTIONS)]
    for (const growth of [one, other]) await growth.start()
    await one.germinate("hidden1", { blueprint: "mine", why: "test" })
    const states: Array<string> = []
    one.subscribe(({ moves }) => states.push(...moves.map(({ to }) => to)))
    for (const growth of [one, other]) await growth.run({ epochs: 10 })
    expect(states.slice(0, 3)).toEqual(["germinated", "training", "culled"])
    expect(one.predict(Float32Array.of(0.5, 0.5))).toEqual(other.predict(Float32Array.of(0.5, 0.5)))
  })
})

describe("a growing host", () => {
  it("that took too long to go back is halted until it is reset, with a reason, and goes on as it would have", async () => {
    let nowMs = 0
    let stepMs = 0
    const [slow, other] = [{ now: () => (nowMs += stepMs) }, {}].map((clock) =>
      createGrowth({ ...OPTIONS, ...clock }),
    )
    for (const growth of [slow, other]) {
      await growth.start()
      await growth.run({ epochs: 3 })
    }
    expect(await problemsIn(slow.reset({ why: "test" }))).toEqual([
      "reset: The host is operational, and not halted.",
    ])
    stepMs = 501
    expect(await slow.rollback({ why: "test" })).toBe(2)
    stepMs = 0
    await other.rollback({ why: "test" })
    expect(slow.snapshot().mode).toBe("halted")
    expect(await problemsIn(slow.run({ epochs: 1 }))).toEqual([
      "run: The host is halted: a rollback took 501 ms.",
    ])
    expect(await problemsIn(slow.reset({ why: " " }))).toEqual(["why: is missing."])
    await slow.reset({ why: "the disk is faster now" })
    for (const growth of [slow, other]) await growth.run({ epochs: 3 })
    expect(slow.snapshot()).toEqual(other.snapshot())
  })

  it("that is paused plants what was asked for, and takes it no further until it resumes", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.pause({ why: "lunch" })
    expect((await growth.run({ epochs: 5 }))?.sockets).toMatchObject([
      { state: "germinated", paused: "lunch" },
    ])
    await growth.resume({ why: "back" })
    expect((await growth.run({ epochs: 1 }))?.sockets).toMatchObject([{ state: "training", paused: null }])
  })

  it("runs between its start and its stop only", async () => {
    const growth = createGrowth(OPTIONS)
    expect(await problemsIn(growth.run({ epochs: 1 }))).toEqual([
      "run: The growing host has not been started.",
    ])
    await growth.start()
    expect(await problemsIn(growth.start())).toEqual(["start: The growing host was started before."])
    expect((await growth.run({ epochs: 2 }))?.epoch).toBe(2)
    expect(await problemsIn(growth.run({ epochs: -1 }))).toHaveLength(1)
    await growth.stop()
    expect(await problemsIn(growth.cull("hidden1", { why: "late" }))).toEqual([
      "cull: The growing host has been stopped.",
    ])
    expect(growth.snapshot()).toMatchObject({ status: "stopped", epoch: 2 })
  })

  it("lets other code have its turn though its own clock stands still", async () => {
    const growth = createGrowth({ ...OPTIONS, now: () => 0 })
    await growth.start()
    const stopped = new Promise((resolve) => setTimeout(resolve)).then(() => growth.stop())
    const last = await growth.run({ epochs: 5_000 })
    await stopped
    expect(last?.epoch).toBeLessThan(5_000)
  })

  it("is the same for the same seed, and another for another", async () => {
    const after = async (seed: number): Promise<string> => {
      const growth = createGrowth({ ...OPTIONS, seed })
      await growth.start()
      await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
      await growth.run({ epochs: 5 })
      return growth.snapshot().fingerprint
    }
    expect(await after(1)).toBe(await after(1))
    expect(await after(1)).not.toBe(await after(2))
  })

  it("wants a reason for every command", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    expect(await problemsIn(growth.germinate("hidden1", { blueprint: "linear", why: " " }))).toEqual([
      "why: is missing.",
    ])
    expect(await problemsIn(growth.pause({ why: "" }))).toEqual(["why: is missing."])
  })

  it.each<[string, object, string]>([
    ["NaN", { rate: Number.NaN }, "rate"],
    ["a negative rate", { rate: -1 }, "rate"],
    ["a misspelt name", { rat: 0.1 }, "rat"],
    ["steps of no epochs", { schedule: { kind: "step", every: 0, factor: 0.5 } }, "schedule.every"],
    ["half a schedule", { schedule: { kind: "cosine", epochs: 5 } }, "schedule"],
    ["nothing", {}, "adjust"],
  ])("refuses to adjust learning rates by %s, and learns on as before", async (_, change, path) => {
    const [one, other] = [createGrowth(OPTIONS), createGrowth(OPTIONS)]
    for (const growth of [one, other]) await growth.start()
    const problems = await problemsIn(one.adjust({ ...change, why: "test" }))
    expect(new Set(problems.map((text) => text.split(":")[0]))).toEqual(new Set([path]))
    for (const growth of [one, other]) await growth.run({ epochs: 2 })
    expect(one.snapshot().fingerprint).toBe(other.snapshot().fingerprint)
  })

  it.each([
    "run",
    "germinate",
    "cull",
    "fossilize",
    "rollback",
    "pause",
    "resume",
    "reset",
    "adjust",
  ] as const)("refuses %s without arguments by a rejection, before its start and after", async (call) => {
    const growth = createGrowth(OPTIONS)
    const bare = growth as unknown as Readonly<Record<typeof call, () => Promise<unknown>>>
    expect(await problemsIn(bare[call]())).toEqual([`${call}: The growing host has not been started.`])
    await growth.start()
    expect(await problemsIn(bare[call]())).toEqual([`${call}: needs an object, not undefined.`])
  })

  it("refuses to germinate with parameters that are none, or a misspelt field, and keeps the socket free", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    const asked = { blueprint: "linear", why: "test" }
    const germinate = (more: object): Promise<ReadonlyArray<string>> =>
      problemsIn(growth.germinate("hidden1", { ...asked, ...more }))
    expect(await germinate({ parameters: null })).toEqual(["parameters: must be numbers by name, not null."])
    expect(await germinate({ parametrs: {} })).toEqual(["parametrs: is not known here."])
    expect(await germinate({})).toEqual([])
  })

  it("refuses to listen with what is no function, and to answer a row with a hole", () => {
    const growth = createGrowth(OPTIONS)
    expect(problemsOf(() => growth.subscribe(null as never))[0].path).toBe("listener")
    expect(problemsOf(() => growth.predict(Float32Array.of(1, 2, 3, Number.NaN)))[0]).toMatchObject({
      path: "rows",
      message: "has NaN in row 1, column 1.",
    })
  })

  it("stops in the midst of a run, after the boundary that it is at", async () => {
    let ms = 0
    // Each look at the clock takes long enough for others to get their turn.
    const growth = createGrowth({ ...OPTIONS, now: () => (ms += 20) })
    await growth.start()
    growth.subscribe(({ epoch }) => {
      if (epoch === 3) void growth.stop()
    })
    expect((await growth.run({ epochs: 1000 }))?.epoch).toBe(3)
  })

  it("tells listeners until they leave, and goes on when one of them throws", async () => {
    const thrown: Array<unknown> = []
    const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((call) => {
      try {
        call()
      } catch (error) {
        thrown.push(error)
      }
    })
    const growth = createGrowth(OPTIONS)
    const epochs: Array<number> = []
    growth.subscribe(() => {
      throw new Error("mine")
    })
    const watching = growth.subscribe(({ epoch }) => epochs.push(epoch))
    await growth.start()
    await growth.run({ epochs: 2 })
    watching.unsubscribe()
    await growth.run({ epochs: 1 })
    later.mockRestore()
    expect(epochs).toEqual([1, 2])
    expect(thrown).toHaveLength(3)
  })

  it("hands listeners what none of them can change, and trains on", async () => {
    const growth = createGrowth(OPTIONS)
    const thrown: Array<unknown> = []
    const seen: Array<string> = []
    growth.subscribe((boundary) => {
      for (const part of [boundary, boundary.sockets, boundary.sockets[0], boundary.moves])
        thrown.push(Reflect.set(part, "name", "mine"))
    })
    growth.subscribe(({ sockets }) => seen.push(sockets[0].name))
    await growth.start()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.run({ epochs: 4 })
    expect(thrown).toEqual(Array.from({ length: 16 }, () => false))
    expect(seen).toEqual(Array.from({ length: 4 }, () => "hidden1"))
  })

  it("answers rows with shares of the classes, and refuses a piece of a row", async () => {
    const growth = createGrowth(OPTIONS)
    const shares = growth.predict(Float32Array.of(0.1, 0.2, 0.3, 0.4))
    expect(shares).toHaveLength(4)
    expect(shares[0] + shares[1]).toBeCloseTo(1, 6)
    expect(problemsOf(() => growth.predict(Float32Array.of(1)))[0].path).toBe("rows")
  })
})
