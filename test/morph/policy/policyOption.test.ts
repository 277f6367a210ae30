import { describe, expect, it } from "vitest"
import { inlineHeuristic } from "../../../src/morph/policy/PolicyAnswer.ts"
import { readPolicyOptions } from "../../../src/morph/policy/policyOption.ts"
import { GERMINATE, packet } from "./packets.ts"

const MODULE = new URL("file:///policy.js")

describe("the options of a policy", () => {
  it.each([
    [{}, { placement: "inline", policy: "heuristic" }],
    [{ policy: "manual" }, { placement: "inline", policy: "manual" }],
    [{ placement: "thread" }, { placement: "thread", policy: "heuristic", deadlineMs: 12 }],
    [
      { policy: MODULE, deadlineMs: 5 },
      { placement: "thread", policy: MODULE, deadlineMs: 5 },
    ],
  ])("%j are read as a choice", (given, choice) => {
    expect(readPolicyOptions(given)).toEqual({ choice, problems: [] })
  })

  const own = () => null
  it.each([
    ["placement: a policy of your own cannot be inline", { policy: own, placement: "inline" }, "new URL("],
    ["policy: a function cannot be sent", { policy: own }, "new URL("],
    [
      "placement: a policy of your own cannot be inline",
      { policy: MODULE, placement: "inline" },
      "Leave placement",
    ],
    [
      'policy: must be heuristic, manual or the URL of a module, not "heuristics"',
      { policy: "heuristics" },
      "heuristic?",
    ],
    ["policy: must be heuristic, manual or the URL of a module, not object", { policy: {} }, undefined],
    ['placement: must be inline or thread, not "worker"', { placement: "worker" }, undefined],
    ["deadlineMs: must be above 0 and at most 10000, not 0", { deadlineMs: 0 }, undefined],
    ["deadlineMs: must be above 0 and at most 10000, not NaN", { deadlineMs: Number.NaN }, undefined],
  ])("are refused with %s", (text, given, remedy) => {
    const { choice, problems } = readPolicyOptions(given)
    expect(choice).toBeNull()
    expect(problems).toHaveLength(1)
    expect(`${problems[0].path}: ${problems[0].message}`).toContain(text)
    if (remedy === undefined) expect(problems[0]).not.toHaveProperty("suggestion")
    else expect(problems[0].suggestion).toContain(remedy)
  })

  it("are refused with all problems at once", () => {
    const { problems } = readPolicyOptions({ policy: 7, placement: "x", deadlineMs: -1 })
    expect(problems.map(({ path }) => path)).toEqual(["policy", "placement", "deadlineMs"])
  })
})

describe("a policy of the package in the boundary's own thread", () => {
  it("answers as the heuristic does", () => {
    expect(inlineHeuristic().ask(packet())).toMatchObject({
      command: { ...GERMINATE, why: expect.any(String) },
    })
  })
})
