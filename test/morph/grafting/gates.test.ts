/** The gates at their bounds: below, at and above each of them, with what is missing and with what is not a number. */
import { describe, expect, it } from "vitest"
import { FIGURES } from "../../../src/morph/contracts/figures.ts"
import type { Figures } from "../../../src/morph/contracts/Host.ts"
import { checksOf, judge, reasonsOf } from "../../../src/morph/grafting/gates.ts"
import { type GraftState, LIFE, rowOf } from "../../../src/morph/grafting/transitions.ts"
import { DEFAULT_GRAFTING } from "../../../src/morph/grafting/options.ts"
import { germinate, LifeRig, PASSING } from "./rig.ts"

/** What one boundary leads to in a state whose stay is long enough, so that this number decides. */
function answer(state: GraftState, over: Figures): string {
  const at = new LifeRig().to(state)
  if (state === "dormant") at.send(germinate)
  if (state === "probationary") at.send({ type: "fossilize", why: "x" })
  const stay = rowOf(state).most === null ? 30 : (rowOf(state).most as number) - 2
  const counts = { stay, running: 10, held: 10, rung: 10, lossSum: 0.5 * stay, losses: stay }
  at.life = { ...at.life, evidence: { ...at.life.evidence, ...counts } }
  at.pass(over)
  const { state: after, refusal } = at.life
  if (after === rowOf(state).next[0]) return "pass"
  return after === "culled" || refusal !== null ? "fail" : "hold"
}

/** State, number, a value that passes at the bound, one just outside, and what that says. */
const BOUNDS: ReadonlyArray<readonly [GraftState, string, number, number, "fail" | "hold"]> = [
  ["dormant", "available", 1, 0, "fail"],
  ["dormant", "inBounds", 1, 0, "fail"],
  ["dormant", "arenaShare", 0.25, 0.2500001, "fail"],
  ["dormant", "quarantineFinite", 1, 0, "fail"],
  ["dormant", "quarantineShape", 1, 0, "fail"],
  ["dormant", "quarantineMs", 5_000, 5_000.1, "fail"],
  ["dormant", "identityError", 0, Number.MIN_VALUE, "fail"],
  ["germinated", "ready", 1, 0, "hold"],
  ["training", "finite", 1, 0, "fail"],
  ["training", "violations", 0, 1, "fail"],
  ["training", "gradientNorm", 10, 10.001, "hold"],
  ["training", "clippedShare", 0.5, 0.501, "hold"],
  ["training", "lossWith", 0.98, 0.9801, "hold"],
  ["blending", "violations", 0, 1, "fail"],
  ["blending", "lossWith", 1.0499999, 1.0500001, "fail"],
  ["blending", "boundaryP95Ms", 18, 18.01, "hold"],
  ["shadowing", "lossWith", 0.98, 0.9801, "hold"],
  ["shadowing", "drift", 0.12, 0.1201, "hold"],
  ["shadowing", "scale", 0.25, 0.2499, "hold"],
  ["shadowing", "scale", 4, 4.0001, "hold"],
  ["shadowing", "resumeEqual", 1, 0, "fail"],
  ["probationary", "lossWith", 1.0999999, 1.1000001, "fail"],
  ["probationary", "panics", 0, 1, "fail"],
  ["probationary", "violations", 0, 1, "fail"],
  ["resetting", "sliceWords", 0, 1, "hold"],
  ["resetting", "registryEntries", 0, 1, "hold"],
  ["resetting", "counters", 0, 1, "hold"],
  ["resetting", "cached", 0, 1, "hold"],
]

describe("a gate", () => {
  it.each(BOUNDS)("out of %s takes %s at %f and not at %f", (state, figure, at, outside, says) => {
    expect(answer(state, { [figure]: at })).toBe("pass")
    expect(answer(state, { [figure]: outside })).toBe(says)
  })

  it.each(BOUNDS.map(([state, figure]) => [state, figure] as const))(
    "out of %s waits while %s is missing, and fails when it is not finite",
    (state, figure) => {
      expect(answer(state, { [figure]: undefined })).toBe("hold")
      // A reset cannot be given up: it is asked for again.
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        expect(answer(state, { [figure]: value })).toBe(state === "resetting" ? "hold" : "fail")
    },
  )

  it("reads the figures that the contracts name, each of them with its bounds above, and what follows from them", () => {
    const derived = ["gain", "gained", "running", "held", "flips", "stay", "asked", "change", "seniors"]
    const read = new Set(
      LIFE.flatMap((row) => checksOf(row, DEFAULT_GRAFTING, null)).map(({ figure }) => figure),
    )
    for (const name of [...derived, "meanGain", "meanGained"]) expect(read.delete(name), name).toBe(true)
    // Those two are read as the gain that follows from them.
    const bounded = new Set(BOUNDS.map(([, figure]) => figure))
    expect(new Set([...read, "lossWith", "lossWithout"])).toEqual(new Set(FIGURES))
    expect(new Set([...bounded, "lossWithout"])).toEqual(new Set(FIGURES))
  })

  it("says each number with its bounds and its own answer", () => {
    const at = new LifeRig().to("shadowing").pass({ drift: 0.2, scale: undefined })
    const verdict = at.life.verdicts[3]
    expect(verdict).toMatchObject({ gate: "G3", answer: "hold", waited: 1, most: 20, overdue: false })
    expect(verdict?.findings).toContainEqual({
      figure: "drift",
      max: 0.12,
      outside: "hold",
      value: 0.2,
      answer: "hold",
    })
    expect(verdict?.findings).toContainEqual({
      figure: "scale",
      min: 0.25,
      max: 4,
      outside: "hold",
      value: null,
      answer: "hold",
    })
    expect(verdict?.findings).toContainEqual({
      figure: "resumeEqual",
      min: 1,
      max: 1,
      outside: "fail",
      value: 1,
      answer: "pass",
    })
  })

  it("keeps the last verdict of every gate: six lights", () => {
    const at = new LifeRig().to("fossilized")
    expect(at.life.verdicts.map((verdict) => verdict?.gate ?? null)).toEqual([
      "G0",
      "G1",
      "G2",
      "G3",
      "G4",
      null,
    ])
    expect(at.life.verdicts.slice(0, 5).every((verdict) => verdict?.answer === "pass")).toBe(true)
  })

  it("fails when it has waited as long as it may, and not one boundary sooner", () => {
    for (const state of ["germinated", "training", "blending", "shadowing", "probationary"] as const) {
      const at = new LifeRig().to(state)
      const entered = at.life.boundary
      while (at.life.state === state) at.pass({}, {})
      expect([state, at.life.state, at.life.boundary - entered]).toEqual([state, "culled", rowOf(state).most])
      expect(at.life.cause).toContain(`${rowOf(state).most} boundaries are over`)
    }
  })

  it("says in words what it lacks", () => {
    const numbers = { a: 3, b: Number.NaN }
    const checks = [
      { figure: "a", max: 2, outside: "hold" },
      { figure: "c", min: 1, max: 4, outside: "hold" },
    ] as const
    expect(reasonsOf(judge("G1", checks, numbers, 1, 9))).toBe(
      "a is 3, must be at most 2; c is missing, must be at least 1 and at most 4",
    )
    expect(reasonsOf(judge("G1", checks, numbers, 9, 9))).toContain("9 boundaries are over: a is 3")
    const failing = [...checks, { figure: "b", min: 0, max: 0, outside: "hold" }] as const
    expect(reasonsOf(judge("G1", failing, numbers, 1, 9))).toBe("b is NaN, must be 0")
    const third = [{ figure: "b", min: 1, max: 2, outside: "fail" }] as const
    expect(reasonsOf(judge("G1", third, { b: 1 / 3 }, 1, 9))).toBe(
      "b is 0.333333, must be at least 1 and at most 2",
    )
  })
})

describe("the counts of a stay", () => {
  it("G1 wants three good boundaries in a row, and ten in all", () => {
    const at = new LifeRig().to("training")
    for (let i = 0; i < 8; i++) at.pass()
    at.pass({ lossWith: 0.99 })
    at.pass().pass()
    expect(at.life.state).toBe("training")
    at.pass()
    expect(at.life.state).toBe("blending")
    const quick = new LifeRig().to("training")
    for (let i = 0; i < 9; i++) quick.pass()
    expect(quick.life.state).toBe("training")
    expect(quick.pass().life.state).toBe("blending")
  })

  it("G2 wants three boundaries that were measured with alpha at its end", () => {
    const at = new LifeRig().to("blending")
    const alphas: Array<number> = []
    while (at.life.state === "blending") {
      alphas.push(at.life.alpha)
      at.pass()
    }
    expect(alphas[0]).toBe(0)
    expect(alphas.filter((alpha) => alpha === 1)).toHaveLength(3)
    expect(alphas).toEqual(alphas.toSorted((a, b) => a - b))
    expect(alphas).toHaveLength(10 + 3)
  })

  it("G2 does not pass a loss whose trend turns at more than half of its changes", () => {
    const swinging = new LifeRig().to("blending")
    for (let i = 0; i < 20; i++) swinging.pass({ lossWith: i % 2 === 0 ? 0.5 : 0.8 })
    expect(swinging.life.state).toBe("blending")
    expect(swinging.life.verdicts[2]?.findings).toContainEqual(
      expect.objectContaining({ figure: "flips", value: 1, answer: "hold" }),
    )
    const trembling = new LifeRig().to("blending")
    for (let i = 0; i < 13; i++) trembling.pass({ lossWith: i % 2 === 0 ? 0.5 : 0.529 })
    expect(trembling.life.state).toBe("shadowing")
  })

  it("G3 wants its contribution by share and by amount, five boundaries in a row", () => {
    const small = new LifeRig().to("shadowing")
    for (let i = 0; i < 19; i++) small.pass({ lossWithout: 0.1, lossWith: 0.0951 })
    expect(small.life.state).toBe("shadowing")
    const broken = new LifeRig().to("shadowing")
    for (const lossWith of [0.5, 0.5, 0.999, 0.5, 0.5, 0.5, 0.5]) broken.pass({ lossWith })
    expect(broken.life.state).toBe("shadowing")
    expect(broken.pass().life.state).toBe("probationary")
  })

  it("G4 compares the mean loss of the probation with the host alone at its beginning", () => {
    const at = new LifeRig().to("probationary").send({ type: "fossilize", why: "x" })
    expect(at.life.reference).toBe(1)
    for (let i = 0; i < 19; i++) at.pass({ lossWith: 0.995, lossWithout: 0.2 })
    at.pass({ lossWith: 0.9, lossWithout: 0.2 })
    // The mean is .99025: less than a hundredth.
    expect(at.life.state).toBe("probationary")
    at.pass({ lossWith: 0.9 })
    expect(at.life.state).toBe("fossilized")
  })

  it("G4 adds up the governor's panics", () => {
    const at = new LifeRig().to("probationary")
    at.pass({ panics: 1 })
    expect(at.life.state).toBe("culled")
    expect(at.life.cause).toContain("panics is 1")
  })

  it("G4 waits for a fossilization to be asked for, and for grafts that were on probation before", () => {
    const at = new LifeRig().to("probationary")
    for (let i = 0; i < 40; i++) at.pass()
    expect(at.life.state).toBe("probationary")
    at.send({ type: "fossilize", why: "x" })
    at.send({
      type: "boundary",
      boundary: at.life.boundary + 1,
      figures: PASSING.probationary ?? {},
      seniors: 1,
    })
    expect(at.life.state).toBe("probationary")
    expect(at.pass().life.state).toBe("fossilized")
  })
})
