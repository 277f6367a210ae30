/** Names, ids and coarse knobs. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { closest } from "../../src/domain/closest.ts"
import { coarseKnobs, makeParamSpace } from "../../src/domain/ParamSpace.ts"

describe("a parameter space", () => {
  it("numbers its knobs by sorted name, whatever the order they were written in", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-zA-Z0-9_]{1,8}$/), { minLength: 1, maxLength: 8 }),
        (names) => {
          const build = (order: ReadonlyArray<string>) =>
            makeParamSpace(Object.fromEntries(order.map((name) => [name, { min: 0, max: name.length + 1 }])))
          const space = build(names)
          expect(space.names).toEqual(build(names.toReversed()).names)
          expect(space.names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)))
          space.names.forEach((name, i) => expect(space.table.max[i]).toBe(name.length + 1))
        },
      ),
    )
  })

  it("starts a knob in the middle of its scale, on its grid", () => {
    const space = makeParamSpace({ a: { min: 1, max: 100, scale: "log" }, b: { min: 0, max: 10, step: 4 } })
    expect(space.table.decode(0, space.initialUnit[0])).toBeCloseTo(10, 12)
    expect([4, 8]).toContain(space.table.decode(1, space.initialUnit[1]))
  })

  it("reports the stretch where a knob is coarse, and only there", () => {
    const space = makeParamSpace({
      concurrency: { min: 1, max: 256, scale: "log", step: 1 },
      continuous: { min: 0, max: 1 },
      fine: { min: 0, max: 1000, step: 1 },
      replicas: { min: 1, max: 9, step: 1 },
      ownLimit: { min: 0, max: 1000, step: 1, maxStep: 0.001 },
    })
    const report = coarseKnobs(space, 0.1)
    expect(report.map((one) => [one.knob, one.from, one.to])).toEqual([
      ["concurrency", 1, 3],
      ["ownLimit", 0, 1000],
      ["replicas", 1, 9],
    ])
    for (const { knob, from, to } of report) {
      const i = space.names.indexOf(knob)
      const { table } = space
      const limit = table.maxStep[i] > 0 ? table.maxStep[i] : 0.1
      for (let value = table.min[i]; value <= table.max[i]; value += table.step[i]) {
        const coarse = table.neighbourSpan(i, table.encode(i, value)) > limit
        if (coarse) expect(value >= from && value <= to).toBe(true)
        if (value > to) expect(coarse).toBe(false)
      }
    }
  })
})

describe("the nearest known word", () => {
  it("forgives a swap, a letter too many, one too few, and case", () => {
    const known = ["linear", "log", "periodic"]
    expect(["lgo", "lin", "Linaer", "PERIODIC", "preiodic"].map((word) => closest(word, known))).toEqual([
      "log",
      null,
      "linear",
      "periodic",
      "periodic",
    ])
  })

  it("is not found where nothing is near", () => {
    expect(closest("banana", ["linear", "log"])).toBeNull()
    expect(closest("", ["a"])).toBeNull()
    expect(closest("x".repeat(1000), ["x"])).toBeNull()
  })
})
