/** What is refused, each with its field and remedy; the incumbent goes on as if nothing had been said. */
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createGrowth } from "../../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { VirtualClock } from "./service.ts"

const old = (n: number): number => n
const piece = { incumbent: old, effects: "none", deadlineMs: 10 } as const
const host = () => pipelineHost({ search: piece })

async function problemsOf(call: () => unknown): Promise<ReadonlyArray<string>> {
  try {
    await call()
  } catch (error) {
    if (error instanceof GrowthError) {
      for (const { message, suggestion = "" } of error.problems)
        expect(`${message}${suggestion}`).toMatch(/\.$|\?$/)
      return error.problems.map(({ path }) => path)
    }
    throw error
  }
  return []
}

describe("pieces", () => {
  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["no object", 3, ["host"]],
    ["no piece", {}, ["host"]],
    ["an incumbent that cannot be called", { search: { ...piece, incumbent: 1 } }, ["host.search.incumbent"]],
    ["a deadline of 0", { search: { ...piece, deadlineMs: 0 } }, ["host.search.deadlineMs"]],
    [
      "a deadline that is not a number",
      { search: { ...piece, deadlineMs: Number.NaN } },
      ["host.search.deadlineMs"],
    ],
    ["effects that nobody knows", { search: { ...piece, effects: "non" } }, ["host.search.effects"]],
    ["an option that nobody knows", { search: { ...piece, deadline: 1 } }, ["host.search.deadline"]],
    [
      "a record of writes",
      { search: { ...piece, effects: "once", record: { most: 3 } } },
      ["host.search.record"],
    ],
    ["a record of nothing", { search: { ...piece, record: { most: 0 } } }, ["host.search.record.most"]],
    ["a name with a space", { "a b": piece }, ['host["a b"]']],
  ])("with %s", async (_, pieces, paths) => {
    expect(await problemsOf(() => pipelineHost(pieces as never))).toEqual(paths)
  })
})

describe("createGrowth for a service", () => {
  it.each<[string, object, ReadonlyArray<string>]>([
    ["a share above a half", { gates: { shares: [0.6] } }, ["gates.shares[0]"]],
    ["a share that falls", { gates: { shares: [0.2, 0.1] } }, ["gates.shares"]],
    ["a resolution below 0", { gates: { resolutionMs: -0.01 } }, ["gates.resolutionMs"]],
    ["a resolution of an hour", { gates: { resolutionMs: 3_600_000 } }, ["gates.resolutionMs"]],
    ["a policy", { policy: "heuristic" }, ["policy"]],
    ["a seed below 0", { seed: -1 }, ["seed"]],
    ["a window of nothing", { windowMs: 0 }, ["windowMs"]],
    ["an option that nobody knows", { gate: {} }, ["gate"]],
    ["a folder where there are none", { state: "./growth" }, ["state"]],
    ["half a clock", { clock: { now: () => 0 } }, ["clock.after", "clock.soon"]],
    ["an unknown stay", { grafting: { stays: { training: { most: 0 } } } }, ["grafting.stays.training.most"]],
  ])("with %s", async (_, options, paths) => {
    expect(await problemsOf(() => createGrowth({ host: host(), ...options } as never))).toEqual(paths)
  })

  it("grows a host once", async () => {
    const one = host()
    createGrowth({ host: one })
    expect(await problemsOf(() => createGrowth({ host: one }))).toEqual(["host"])
  })
})

describe("commands", () => {
  const grown = async () => {
    const clock = new VirtualClock()
    const one = host()
    const growth = createGrowth({ host: one, clock })
    await growth.start()
    return { growth, clock, call: one.socket("search") }
  }

  it("are refused by field, and the incumbent answers", async () => {
    const { growth, call } = await grown()
    const good = { candidate: old, name: "new", why: "test" }
    const asked = (socket: string, request: unknown) =>
      problemsOf(() => growth.germinate(socket as "search", request as never))
    expect(await asked("search", { ...good, candidate: "no" })).toEqual(["candidate"])
    expect(await asked("search", { ...good, name: "" })).toEqual(["name"])
    expect(await asked("search", { ...good, why: " " })).toEqual(["why"])
    expect(await asked("search", { ...good, dryRun: 1 })).toEqual(["dryRun"])
    expect(await asked("search", null)).toEqual(["germinate"])
    expect(await asked("serach", good)).toEqual(["socket"])
    expect(await problemsOf(() => growth.cull("search", { why: "x" }))).toEqual(["cull"])
    expect(await problemsOf(() => growth.waive("search", "G2" as never, { by: "", why: "x" }))).toEqual([
      "by",
      "gate",
    ])
    expect(await problemsOf(() => growth.waive("search", "G1", { by: "ada", why: "x" }))).toEqual(["waive"])
    expect(growth.snapshot().pieces[0].state).toBe("dormant")
    expect(call(4)).toBe(4)
    await growth.germinate("search", good)
    expect(await asked("search", { ...good, name: "another" })).toEqual(["germinate"])
    await growth.stop()
    expect(await problemsOf(() => growth.germinate("search", good))).toEqual(["germinate"])
    expect(call(5)).toBe(5)
  })

  it("cannot waive what can be measured", async () => {
    const { growth, clock } = await grown()
    await growth.germinate("search", { candidate: old, name: "new", why: "test" })
    await clock.pass(1_000)
    await expect(growth.waive("search", "G1", { by: "ada", why: "x" })).rejects.toThrow(/can be measured/)
    await growth.stop()
  })

  it("before the start are refused, and so is a second start", async () => {
    const growth = createGrowth({ host: host(), clock: new VirtualClock() })
    expect(await problemsOf(() => growth.cull("search", { why: "x" }))).toEqual(["cull"])
    await growth.start()
    expect(await problemsOf(() => growth.start())).toEqual(["start"])
    await growth.stop()
  })
})

describe("declarations that calls show to be wrong", () => {
  it("are said once, count against nobody but a disagreement, and the incumbent goes on", async () => {
    const clock = new VirtualClock()
    const one = pipelineHost({
      search: {
        ...piece,
        key: () => 3,
        cost: () => Number.NaN,
        agree: () => {
          throw new Error("no idea")
        },
      },
    })
    const growth = createGrowth({
      host: one,
      clock,
      gates: { trialCalls: 1, training: { share: 1, compared: 3 } },
    })
    const call = one.socket("search")
    await growth.start()
    await growth.germinate("search", { candidate: old, name: "new", why: "test" })
    for (let i = 0; i < 12; i++) {
      expect([call(1), call(2)]).toEqual([1, 2])
      await clock.pass(1_000)
    }
    const [{ problems, cause }] = growth.snapshot().pieces
    expect(problems).toEqual([
      {
        path: "host.search.agree",
        message: 'threw "Error: no idea".',
        suggestion: "Such calls count as disagreements.",
      },
    ])
    expect(cause).toMatch(/agreement is 0/)
    await growth.stop()
  })

  it("compare answers by what they hold where no agree is declared, and say where that cannot be", async () => {
    class Hidden {
      readonly #value = 1
      get value(): number {
        return this.#value
      }
    }
    const compared = async (make: () => unknown) => {
      const clock = new VirtualClock()
      const host = pipelineHost({ search: { incumbent: make, effects: "none", deadlineMs: 50 } })
      const gates = { trialCalls: 1, training: { share: 1, compared: 100 } }
      const growth = createGrowth({ host, clock, gates })
      await growth.start()
      await growth.germinate("search", { candidate: make, name: "new", why: "test" })
      for (let i = 0; i < 12; i++) {
        const answer = host.socket("search")()
        if (typeof (answer as Partial<Iterator<unknown>>).next === "function")
          void [...(answer as Iterable<unknown>)]
        await clock.pass(1_000)
      }
      const [{ problems, agreement, compared: seen }] = growth.snapshot().pieces
      await growth.stop()
      expect(seen).toBeGreaterThan(0)
      return { agreement, problems: problems.map(({ path, message }) => `${path} ${message}`) }
    }
    expect(await compared(() => ({ v: 2_320 }))).toEqual({ agreement: 1, problems: [] })
    const chunks = function* (): Generator {
      yield { v: 1 }
      yield [2]
    }
    expect(await compared(chunks)).toEqual({ agreement: 1, problems: [] })
    expect(await compared(() => Array.from({ length: 20_001 }, () => 0))).toEqual({
      agreement: 0,
      problems: ["host.search.agree is left out, and answers have more than 20000 fields or 4 MiB."],
    })
    expect(await compared(() => new Hidden())).toEqual({
      agreement: 0,
      problems: [
        'host.search.agree is left out, and answers have an object of "Hidden", whose fields cannot be seen.',
      ],
    })
  })

  it.each<[string, () => unknown, string]>([
    ["is async", async () => true, "gave a promise."],
    ["rejects", async () => Promise.reject(new Error("no")), "gave a promise."],
    ["gives a truthy value", () => 1, "gave 1."],
    ["gives nothing", () => undefined, "gave undefined."],
  ])("say that an agree %s counts as disagreement", async (_, agree, message) => {
    const clock = new VirtualClock()
    const one = pipelineHost({ search: { ...piece, agree: agree as () => boolean } })
    const growth = createGrowth({
      host: one,
      clock,
      gates: { trialCalls: 1, training: { share: 1, compared: 3 } },
    })
    await growth.start()
    await growth.germinate("search", { candidate: old, name: "new", why: "test" })
    for (let i = 0; i < 12; i++) {
      one.socket("search")(1)
      await clock.pass(1_000)
    }
    const [{ problems, cause }] = growth.snapshot().pieces
    const suggestion = "Give true or false, at once. Such calls count as disagreements."
    expect(problems).toEqual([{ path: "host.search.agree", message, suggestion }])
    expect(cause).toMatch(/agreement is 0/)
    await growth.stop()
  })

  it.each<[string, () => string, string]>([
    ["is an object", () => ({}) as never, "gave an object."],
    ["is no number", () => Number.NaN as never, "gave NaN."],
    [
      "throws",
      () => {
        throw new Error("no user")
      },
      'threw "Error: no user".',
    ],
  ])("keep a call whose key %s out of the duels, and say so once", async (_, key, message) => {
    const clock = new VirtualClock()
    const one = pipelineHost({ search: { ...piece, key } })
    const growth = createGrowth({
      host: one,
      clock,
      gates: { trialCalls: 1, training: { share: 1, compared: 3, agreement: 0.5 } },
    })
    const call = one.socket("search")
    await growth.start()
    let answered = 0
    const candidate = (n: number): number => {
      answered++
      return n
    }
    await growth.germinate("search", { candidate, name: "new", why: "test" })
    const piecesNow = () => growth.snapshot().pieces[0]
    for (let i = 0; i < 60 && piecesNow().state !== "blending"; i++) {
      for (let n = 0; n < 10; n++) call(n)
      await clock.pass(1_000)
    }
    expect(piecesNow().state).toBe("blending")
    const before = answered
    // One window of four has no share.
    for (let window = 0; window < 4; window++) {
      for (let n = 0; n < 200; n++) expect(call(n)).toBe(n)
      await clock.pass(1_000)
    }
    expect(answered).toBe(before)
    expect(piecesNow().problems).toEqual([
      { path: "host.search.key", message, suggestion: "Give a text or a number. Such calls do not duel." },
    ])
    await growth.stop()
  })
})
