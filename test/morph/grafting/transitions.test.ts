/** The life of a graft as data: what the specification says of each state, and what follows from it. */
import { describe, expect, it } from "vitest"
import { GATES, GRAFT_STATES, OPERATIONS } from "../../../src/morph/contracts/enums.ts"
import { MODES } from "../../../src/morph/contracts/Host.ts"
import { type GraftState, isLive, LIFE, rowOf } from "../../../src/morph/grafting/transitions.ts"

/** From the specification: state, what may follow, gate on the way out, output, who learns from what. */
const SPECIFIED: Readonly<Record<GraftState, string>> = {
  dormant: "germinated terminated | G0 | host | itself | nothing",
  germinated: "training culled | G0 | host | itself | nothing",
  training: "blending culled | G1 | host | itself | the branch",
  blending: "shadowing culled | G2 | host + alpha * graft | itself | the branch",
  shadowing: "probationary culled | G3 | host | itself | nothing",
  probationary: "fossilized culled | G4 | host + graft | the whole | the whole",
  fossilized: "terminated | - | host + graft | the whole | the whole",
  culled: "embargoed | - | host | itself | nothing",
  embargoed: "resetting | - | host | itself | nothing",
  resetting: "dormant | G5 | host | itself | nothing",
  terminated: " | - | host | itself | nothing",
}

describe("the table of a graft's life", () => {
  it.each(Object.entries(SPECIFIED))("says of %s what is specified", (state, specified) => {
    const { next, gate, output, hostLearnsFrom, graftLearnsFrom } = rowOf(state as GraftState)
    expect([next.join(" "), gate ?? "-", output, hostLearnsFrom, graftLearnsFrom].join(" | ")).toBe(specified)
  })

  it("has the states of the enum in their order, without unknown", () => {
    expect(LIFE.map(({ state }) => state)).toEqual(GRAFT_STATES.slice(1))
  })

  it("has every gate on some way out, and no other words than the contracts have", () => {
    expect(new Set(LIFE.flatMap(({ gate }) => gate ?? []))).toEqual(new Set(GATES.slice(1)))
    for (const { mode, operation } of LIFE) {
      expect(MODES).toContain(mode)
      if (operation !== null) expect(OPERATIONS).toContain(operation)
    }
  })

  it("lets the host learn through a graft only where a snapshot was taken, or where it is kept", () => {
    const through = LIFE.filter(({ hostLearnsFrom }) => hostLearnsFrom === "the whole")
    expect(through.map(({ state }) => state)).toEqual(["probationary", "fossilized"])
    expect(through.every(({ mode }) => mode === "whole")).toBe(true)
  })

  it("has one way on from culled, and it ends in dormant", () => {
    const way: Array<GraftState> = ["culled"]
    while (way.at(-1) !== "dormant" && way.length < LIFE.length) {
      const { next } = rowOf(way.at(-1) as GraftState)
      expect(next).toHaveLength(1)
      way.push(next[0])
    }
    expect(way).toEqual(["culled", "embargoed", "resetting", "dormant"])
  })

  it("gives every state that waits for a gate of a live graft a deadline", () => {
    const live = LIFE.filter(({ state }) => isLive(state))
    expect(live.map(({ state, least, most }) => [state, least, most])).toEqual([
      ["germinated", 0, 20],
      ["training", 10, 80],
      ["blending", 0, 60],
      ["shadowing", 5, 20],
      ["probationary", 20, 80],
    ])
    expect(rowOf("embargoed").least).toBe(5)
  })
})
