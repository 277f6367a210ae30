import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readCommand } from "../../../src/morph/policy/PolicyCommand.ts"

const GOOD = {
  type: "graft",
  operation: "germinate",
  socket: "hidden1",
  blueprint: "linear",
  why: "plateau",
  risk: 0.2,
}

describe("the answer of a policy", () => {
  it("is read as a command of its known fields", () => {
    expect(readCommand({ ...GOOD, more: 1 })).toEqual({ ok: true, command: GOOD })
    expect(readCommand(null)).toEqual({ ok: true, command: null })
    expect(readCommand({ type: "rollback", why: "loss", socket: "x" })).toEqual({
      ok: true,
      command: { type: "rollback", why: "loss", risk: 0 },
    })
  })

  it.each([
    ["a policy answers a command or null, not number", 7],
    ["why: ", { ...GOOD, why: "" }],
    ["why: ", { ...GOOD, why: "x".repeat(501) }],
    ["risk: ", { ...GOOD, risk: 1.01 }],
    ["risk: ", { ...GOOD, risk: -0.01 }],
    ["risk: ", { ...GOOD, risk: Number.NaN }],
    ["operation: must be one of germinate, ", { ...GOOD, operation: "unknown" }],
    ["operation: ", { ...GOOD, operation: "plant" }],
    ["socket: ", { ...GOOD, socket: 3 }],
    ["blueprint: ", { ...GOOD, blueprint: undefined }],
    ["factor: ", { type: "optimiser", why: "x", factor: 0 }],
    ["factor: ", { type: "optimiser", why: "x", factor: 11 }],
    ["boundaries: ", { type: "pause", why: "x", boundaries: 1.5 }],
    ["boundaries: ", { type: "pause", why: "x", boundaries: 0 }],
    ["level: must be one of notice, ", { type: "emergency", why: "x", level: "unknown" }],
    ["type: ", { type: "pruning", why: "x" }],
  ])("is refused with %j for %j", (problem, answer) => {
    const read = readCommand(answer)
    expect(read.ok ? "" : read.problem.slice(0, problem.length)).toBe(problem)
  })

  it("is read or refused whatever it is, and never thrown on", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const read = readCommand(answer)
        if (read.ok) expect(readCommand(read.command)).toEqual(read)
        else expect(read.problem).not.toBe("")
      }),
    )
  })
})
