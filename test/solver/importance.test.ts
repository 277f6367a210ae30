/** What share of the differences each parameter is said to explain, against functions where that is known. */
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { importanceOf } from "../../src/solver/importance.ts"
import { Readings } from "../../src/solver/Readings.ts"
import { type Dimension, SearchSpace } from "../../src/solver/SearchSpace.ts"

const line: Dimension = { min: 0, max: 1, scale: "linear", step: 0 }
const cube = (size: number) =>
  new SearchSpace(Object.fromEntries(Array.from({ length: size }, (_, i) => [`x${i}`, line])))

/** Readings of a function; `near` of them crowd around a point, as those of a run do around its best. */
function readingsOf(size: number, f: (x: Float64Array) => number, uniform: number, near = 0): Readings {
  const readings = new Readings(size)
  const draw = new Draw(7, 0)
  for (let r = 0; r < uniform + near; r++) {
    const x = Float64Array.from({ length: size }, () =>
      r < uniform ? draw.uniform() : 0.4 + 0.02 * draw.uniform(),
    )
    readings.add(r, x, f(x))
  }
  return readings
}

describe("importance", () => {
  it("is entirely that of a parameter that decides alone", () => {
    const found = importanceOf(
      readingsOf(3, (x) => (x[1] - 0.4) ** 2, 200),
      cube(3),
    )
    expect(found?.alone[1]).toBeGreaterThan(0.9)
    expect(found?.alone[0]).toBeLessThan(0.03)
    expect(found?.alone[2]).toBeLessThan(0.03)
  })

  it("is divided like the variance of a linear function: by the squares of the slopes", () => {
    // Ranks of a sum of uniforms are close to linear in it: shares 9/10 and 1/10 of what the forest can see.
    const found = importanceOf(
      readingsOf(2, (x) => 3 * x[0] + x[1], 1500),
      cube(2),
    )
    const [first, second] = found?.alone ?? []
    expect(first / (first + second)).toBeGreaterThan(0.86)
    expect(first / (first + second)).toBeLessThan(0.96)
    expect(found?.together).toBeLessThan(0.1)
  })

  it("is joint if neither parameter matters alone", () => {
    const found = importanceOf(
      readingsOf(2, (x) => Math.sign(x[0] - 0.5) * Math.sign(x[1] - 0.5), 800),
      cube(2),
    )
    expect(found?.together).toBeGreaterThan(0.8)
  })

  it("covers the whole space, however many readings crowd in one place", () => {
    // Around (0.4, 0.4) only the second parameter shows; over the cube it is the first.
    const f = (x: Float64Array) => 10 * Math.abs(x[0] - 0.4) ** 4 + 0.01 * x[1]
    const found = importanceOf(readingsOf(2, f, 60, 140), cube(2))
    expect(found?.alone[0]).toBeGreaterThan(0.6)
    expect(found?.alone[0]).toBeGreaterThan(3 * (found?.alone[1] ?? Infinity))
  })

  it("does not change with the scale of the losses, and is the same every time", () => {
    const f = (x: Float64Array) => x[0] ** 2 + 0.3 * x[1]
    const plain = importanceOf(readingsOf(2, f, 80), cube(2))
    expect(importanceOf(readingsOf(2, f, 80), cube(2))).toEqual(plain)
    expect(
      importanceOf(
        readingsOf(2, (x) => Math.exp(50 * f(x)), 80),
        cube(2),
      ),
    ).toEqual(plain)
  })

  it("handles a long run, and is empty for too short or flat ones", () => {
    expect(
      importanceOf(
        readingsOf(2, (x) => x[0], 5000),
        cube(2),
      )?.alone[0],
    ).toBeGreaterThan(0.9)
    expect(
      importanceOf(
        readingsOf(2, (x) => x[0], 7),
        cube(2),
      ),
    ).toBeNull()
    expect(
      importanceOf(
        readingsOf(2, () => 1, 100),
        cube(2),
      ),
    ).toBeNull()
  })
})
