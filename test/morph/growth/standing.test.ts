/** A growing host that is made from another one's standing goes on as that one does, wherever its graft is in its life. */
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import type { Blueprint } from "../../../src/morph/blueprints/Blueprint.ts"
import type { GraftingInput } from "../../../src/morph/grafting/options.ts"
import { coreStanding, type CoreStanding, restoreMemory } from "../../../src/morph/growth/standing.ts"
import { restoreHost } from "../../../src/morph/neural/standing.ts"
import type { GrowthBoundary } from "../../../src/morph/growth/GrowthBoundary.ts"
import { GrowthCore } from "../../../src/morph/growth/GrowthCore.ts"
import { inlineHeuristic } from "../../../src/morph/policy/PolicyAnswer.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"
import { spiralsHost, UNKNOWN_FAULTS } from "../neural/spirals.ts"

const LENIENT: GraftingInput = {
  stays: {
    training: { least: 2, most: 6 },
    blending: { least: 0, most: 8 },
    shadowing: { least: 1, most: 4 },
    probationary: { least: 2, most: 6 },
  },
  alpha: { curve: "linear", boundaries: 2 },
  embargo: { boundaries: 2 },
  G1: { gain: 0, running: 1, clippedShare: 1, norm: 1e6 },
  G2: { worse: 10, flips: 1 },
  G3: { gain: 0, gained: 0, running: 1, drift: 2 },
  G4: { worse: 10, gain: 0, gained: 0 },
}

const ALL = [...BLUEPRINTS, ...UNKNOWN_FAULTS]

function core(standing?: CoreStanding, catalogue: ReadonlyArray<Blueprint> = ALL): GrowthCore {
  const goesOn = standing !== undefined
  const one = new GrowthCore({
    host: spiralsHost({
      data: tasks.spirals({ rows: 96, seed: 7 }),
      catalogue,
      ...(goesOn ? { restore: (host) => restoreHost(host, standing.host) } : {}),
    }),
    catalogue,
    grafting: LENIENT,
    policy: inlineHeuristic(),
    now: () => 0,
    ...(goesOn ? { standing: standing.table } : {}),
  })
  if (goesOn) restoreMemory(one.memory, standing.memory)
  return one
}

const standingOf = (one: GrowthCore): CoreStanding => structuredClone(coreStanding(one))

/** Everything between two boundaries that a person may do, at fixed epochs. */
const DEEDS: Readonly<Record<number, (core: GrowthCore) => void>> = {
  2: (one) => one.germinate("hidden1", { blueprint: "residualMlp", why: "test" }),
  4: (one) => one.germinate("hidden2", { blueprint: "writesHost", why: "test" }),
  9: (one) => one.host.adjust({ rate: 0.008 }),
  16: (one) => one.ask("hidden1", { type: "fossilize", why: "test" }),
  18: (one) => one.germinate("hidden2", { blueprint: "linear", why: "test" }),
  24: (one) => one.rollback("test"),
  25: (one) => one.pause("test"),
  27: (one) => one.resume("test"),
}

function step(one: GrowthCore): GrowthBoundary {
  try {
    DEEDS[one.epochs]?.(one)
  } catch {
    // What is refused is refused in both.
  }
  return one.next()
}

const seen = (one: GrowthCore, boundary: GrowthBoundary) => ({
  boundary,
  standing: standingOf(one),
})

describe("the standing of a growing host", () => {
  it("is all that another one needs to go on with the same bits, in every state of a graft", () => {
    const whole = core()
    const passed = [{ boundary: null as GrowthBoundary | null, standing: standingOf(whole) }]
    while (whole.epochs < 36) passed.push(seen(whole, step(whole)))
    const states = new Set(passed.flatMap(({ standing }) => standing.table.lives.map(({ state }) => state)))
    for (const state of [
      "germinated",
      "training",
      "blending",
      "shadowing",
      "probationary",
      "fossilized",
      "culled",
    ])
      expect(states).toContain(state)
    for (let at = 0; at + 1 < passed.length; at++) {
      const other = core(passed[at].standing)
      expect(standingOf(other)).toEqual(passed[at].standing)
      // What comes after the next boundary follows from its standing.
      expect(seen(other, step(other))).toEqual(passed[at + 1])
    }
  })

  it("is refused where a blueprint that was planted is missing, or builds something else", () => {
    const one = core()
    one.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
    one.next()
    const standing = standingOf(one)
    const without = ALL.filter(({ name }) => name !== "residualMlp")
    expect(problemsOf(() => core(standing, without))).toEqual([
      {
        path: "blueprints",
        message: 'There is no blueprint "residualMlp".',
        suggestion: "Give the blueprints that the host has grown with.",
      },
    ])
    const [gated] = ALL.filter(({ name }) => name === "gatedMlp")
    const another = [...without, { ...gated, name: "residualMlp" }]
    expect(problemsOf(() => core(standing, another))[0].message).toBe(
      'The blueprint "residualMlp" is not the one that was planted.',
    )
  })
})

describe("a blueprint that throws only once it is planted", () => {
  const [linear] = ALL.filter(({ name }) => name === "linear")
  const late = (most: number): Blueprint => {
    let builds = 0
    return {
      ...linear,
      name: "late",
      build: (...given) => {
        if (++builds > most) throw new Error("no more")
        return linear.build(...given)
      },
    }
  }
  it.each([5, 6, 7, 8, 9, 10])("after %i builds is culled, and the host trains on", (most) => {
    const one = core(undefined, [...ALL, late(most)])
    one.germinate("hidden1", { blueprint: "late", why: "test" })
    const moves = Array.from({ length: 8 }, () => one.next()).flatMap(({ moves }) =>
      moves.map(({ to }) => to),
    )
    expect(moves.slice(0, 1)).toEqual(["germinated"])
    expect(moves).toContain("culled")
  })
})
