/** The options of a graft's life: their defaults, what is refused and how it is said. */
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import {
  DEFAULT_GRAFTING,
  graftingOptions,
  requireGraftingOptions,
} from "../../../src/morph/grafting/options.ts"
import { LifeRig } from "./rig.ts"

const problemsOf = (input: unknown, at: ReadonlyArray<string> = []) => {
  const read = graftingOptions(input, at)
  return read.ok ? [] : read.problems
}

describe("the options of a graft's life", () => {
  it("are the defaults where nothing is said, and change only what is said", () => {
    for (const nothing of [undefined, {}, { stays: {}, alpha: {}, G1: { gain: undefined } }])
      expect(requireGraftingOptions(nothing)).toEqual(DEFAULT_GRAFTING)
    const changed = requireGraftingOptions({ stays: { training: { least: 4 } }, G3: { drift: 0.5 } })
    expect(changed).toEqual({
      ...DEFAULT_GRAFTING,
      stays: { ...DEFAULT_GRAFTING.stays, training: { least: 4, most: 80 } },
      G3: { ...DEFAULT_GRAFTING.G3, drift: 0.5 },
    })
  })

  it("have the specified thresholds", () => {
    const { stays, embargo, alpha, G0, G1, G2, G3, G4 } = DEFAULT_GRAFTING
    expect(stays).toEqual({
      dormant: { least: 0, most: 20 },
      germinated: { least: 0, most: 20 },
      training: { least: 10, most: 80 },
      blending: { least: 0, most: 60 },
      shadowing: { least: 5, most: 20 },
      probationary: { least: 20, most: 80 },
    })
    expect([embargo.boundaries, alpha.boundaries]).toEqual([5, 10])
    expect(G0).toEqual({ arenaShare: 0.25, quarantineMs: 5_000, identityError: 0 })
    expect(G1).toEqual({ norm: 10, clippedShare: 0.5, gain: 0.02, running: 3 })
    expect(G2).toMatchObject({ held: 3, worse: 0.05, flips: 0.5, boundaryMs: 18 })
    expect(G3).toEqual({ gain: 0.02, gained: 0.005, running: 5, drift: 0.12, scaleLeast: 0.25, scaleMost: 4 })
    expect(G4).toEqual({ worse: 0.1, gain: 0.01, gained: 0.005 })
  })

  it("name every problem with its path and what would be right, where a person wrote it", () => {
    const input = {
      advance: "always",
      stays: { training: { least: 100 }, bending: { most: 3 } },
      G1: { gain: 2, norm: Number.NaN, runing: 3 },
      alpha: { rungs: [0.5, 0.2] },
      embargo: { factor: 0.5 },
    }
    expect(problemsOf(input, ["grafting"])).toEqual([
      { path: "grafting.G1.gain", message: "must be a number from 0 to 1, got 2." },
      {
        path: "grafting.G1.norm",
        message: "must be a number from 0 to 1000000, got NaN.",
      },
      {
        path: "grafting.G1.runing",
        message: "is not an option here.",
        suggestion: 'Did you mean "running"?',
      },
      {
        path: "grafting.advance",
        message: 'must be "gates" or "commands", got "always".',
      },
      {
        path: "grafting.alpha.rungs",
        message: "must be a list of 1 to 10000 numbers, none below the one before it, got an array.",
      },
      { path: "grafting.embargo.factor", message: "must be a number from 1 to 10, got 0.5." },
      {
        path: "grafting.stays.bending",
        message: "is not an option here.",
        suggestion: 'Did you mean "blending"?',
      },
    ])
  })

  it("are refused where they contradict each other", () => {
    const input = {
      stays: { training: { least: 100 } },
      embargo: { boundaries: 9, most: 3 },
      G3: { scaleLeast: 5 },
      alpha: { rungs: [0.5, 1], curve: "linear" },
    }
    expect(problemsOf(input).map(({ path, suggestion }) => [path, suggestion])).toEqual([
      ["G3.scaleLeast", "Give a range with something in it."],
      ["alpha.rungs", "Give rungs, or curve and boundaries."],
      ["embargo.boundaries", "Raise embargo.most."],
      ["stays.training.least", "Give at most 80, or raise stays.training.most."],
    ])
    expect(() => requireGraftingOptions(input)).toThrow(GrowthError)
  })

  it("are read totally: whatever is given, the answer is problems and no exception", () => {
    const throwing = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no")
        },
      },
    )
    for (const input of [3, "x", [], null, throwing, () => 1, { stays: 3 }, { G1: [] }])
      expect(() => graftingOptions(input)).not.toThrow()
    expect(problemsOf(throwing)).toHaveLength(1)
  })

  it("can give alpha rungs of its own, each held for a boundary or for as long as the host asks", () => {
    const at = new LifeRig({ options: { alpha: { rungs: [0.01, 0.1, 0.25] }, G2: { held: 1 } } }).to(
      "blending",
    )
    const seen: Array<number> = []
    for (let i = 0; i < 3; i++) at.pass({ alphaHold: 1 })
    expect(at.life.alpha).toBe(0)
    while (at.life.state === "blending") {
      at.pass()
      seen.push(at.life.alpha)
    }
    expect(seen).toEqual([0.01, 0.1, 0.25, 0])
  })
})
