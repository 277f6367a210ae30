import { describe, expect, it } from "vitest"
import { makeHotPath } from "../../machines/makeHotPath.ts"

describe("a hot path from knobs in plain words", () => {
  const knobs = {
    workers: { min: 1, max: 256, scale: "log", step: 1, initial: 16 },
    angle: { min: 0, max: 360, scale: "periodic" },
  } as const

  it("sorts its knobs by name and begins at their start, or in the middle", () => {
    const { names, value } = makeHotPath({ knobs })
    expect(names).toEqual(["angle", "workers"])
    expect(value("workers")).toBe(16)
    expect(value("angle")).toBe(180)
  })

  it("accepts a preset, or single numbers on top of the balanced one", () => {
    expect(makeHotPath({ knobs, guardrails: "conservative" }).hot.executor.policy.maxStep).toBe(0.05)
    const { policy } = makeHotPath({ knobs, guardrails: { maxStep: 0.03 } }).hot.executor
    expect(policy).toMatchObject({ maxStep: 0.03, appliesPerSecond: 10 })
  })

  it("refuses an unknown preset and a start outside the bounds, and states what is allowed", () => {
    const guardrails = "agressive" as "aggressive"
    expect(() => makeHotPath({ knobs, guardrails })).toThrow(
      /conservative, balanced, aggressive.*"agressive"/,
    )
    expect(() => makeHotPath({ knobs: { x: { min: 1, max: 2, initial: 3 } } })).toThrow(
      "knob x: initial must lie between 1 and 2, got 3",
    )
  })

  it("refuses an invalid range and an invalid name", () => {
    expect(() => makeHotPath({ knobs: { x: { min: 2, max: 2 } } })).toThrow(/knob x/)
    expect(() => makeHotPath({ knobs: { x: { min: 0, max: 2, scale: "log" } } })).toThrow(/knob x/)
    expect(() => makeHotPath({ knobs: { x: { min: Number.NaN, max: 2 } } })).toThrow(/knob x/)
    expect(() => makeHotPath({ knobs }).value("worker")).toThrow(/worker/)
  })
})
