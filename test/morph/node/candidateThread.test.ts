/** Candidates that are given as modules: whatever their first calls do ends their thread, and the service goes on. */
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"

const MODULE = new URL("./candidates/rewrites.ts", import.meta.url)

/** Offers an export of the module to a service whose callers go on calling, until its state is one of these. */
async function offered(
  name: string,
  ends: ReadonlyArray<string>,
  incumbent: (word: never) => unknown = (word: string) => word.toLowerCase(),
  input: unknown = "ÉCLAIR",
  deadlineMs = 400,
) {
  const host = pipelineHost({
    fold: {
      incumbent: incumbent as (word: unknown) => unknown,
      effects: "none",
      agree: (a, b) => a === b,
      deadlineMs,
      record: { most: 10 },
    },
  })
  const growth = createGrowth({
    host,
    seed: 1,
    windowMs: 20,
    gates: { trialCalls: 3, training: { compared: 5, share: 1 } },
  })
  const call = host.socket("fold")
  await growth.start()
  for (let i = 0; i < 5; i++) call(input)
  await growth.germinate("fold", { candidate: { module: MODULE, export: name }, name, why: "test" })
  const piece = () => growth.snapshot().pieces[0]
  const answers = new Set<unknown>()
  while (!ends.includes(piece().state)) {
    answers.add(call(input))
    await pause(2)
  }
  const { state, cause, criticals } = piece()
  await growth.stop()
  return { state, cause, criticals, answers: [...answers] }
}

describe("a candidate that is given as a module", () => {
  it("is tried in a thread, then loaded and mirrored in the service", async () => {
    const { state, criticals, answers } = await offered("fold", ["blending", "culled", "embargoed"])
    expect([state, criticals, answers]).toEqual(["blending", [], ["éclair"]])
  })

  it.each<[string, RegExp]>([
    ["loops", /no answer after 400 ms/],
    ["locks", /no answer after 400 ms/],
    ["hogs", /memory limit/],
    ["buffers", /more than 512 MB were taken/],
    ["leaves", /its thread ended with 3/],
  ])("ends its thread and nothing else where it %s", async (name, why) => {
    // Memory takes a while to fill; the loops are what the deadline is for.
    const deadlineMs = name === "loops" || name === "locks" ? 400 : 60_000
    const { cause, criticals, answers } = await offered(
      name,
      ["culled", "embargoed", "training"],
      undefined,
      undefined,
      deadlineMs,
    )
    expect(cause).toMatch(/^G0 failed: trialFailures is /)
    expect(criticals[0]).toMatch(why)
    expect(answers).toEqual(["éclair"])
  })

  it("is culled where it writes into its input there", async () => {
    const { cause, criticals } = await offered(
      "writes",
      ["culled", "embargoed", "training"],
      (words: Array<string>) => words.at(-1),
      ["a", "b"],
    )
    expect(cause).toMatch(/^G0 failed: trialFailures is /)
    expect(criticals[0]).toContain("wrote into its input")
  })

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["no URL", { module: "./rewrites.ts", export: "fold" }, ["candidate.module"]],
    ["no name", { module: MODULE, export: 3 }, ["candidate.export"]],
    [
      "a module that is not there",
      { module: new URL("./none.ts", MODULE), export: "fold" },
      ["candidate.module"],
    ],
    ["an export that is not there", { module: MODULE, export: "flod" }, ["candidate.export"]],
    ["an export that cannot be called", { module: MODULE, export: "notAFunction" }, ["candidate.export"]],
  ])("is refused by field with %s, and the incumbent goes on", async (_, candidate, paths) => {
    const host = pipelineHost({ fold: { incumbent: String, effects: "none", deadlineMs: 50 } })
    const growth = createGrowth({ host })
    await growth.start()
    const refused = growth.germinate("fold", { candidate: candidate as never, name: "new", why: "test" })
    const error: unknown = await refused.catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(GrowthError)
    expect((error as GrowthError).problems.map(({ path }) => path)).toEqual(paths)
    expect(host.socket("fold")(3)).toBe("3")
    expect(growth.snapshot().pieces[0].state).toBe("dormant")
    await growth.stop()
  })
})
