import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"

const many = (draw: Draw, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, () => draw.uniform())

describe("a draw", () => {
  it("returns the n-th number of its stream, whether or not earlier ones were taken", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(100), fc.nat(500), (seed, stream, n) => {
        const straight = many(new Draw(seed, stream), n + 3).slice(n)
        const jumping = new Draw(seed, stream)
        jumping.seek(n)
        expect(many(jumping, 3)).toEqual(straight)
      }),
    )
  })

  it("is the same after a jump whatever was drawn before it, normals included", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(6), fc.nat(6), (seed, uniforms, normals) => {
        const used = new Draw(seed, 1)
        many(used, uniforms)
        for (let k = 0; k < normals; k++) used.normal()
        used.seek(40)
        const fresh = new Draw(seed, 1)
        fresh.seek(40)
        expect([used.normal(), used.uniform()]).toEqual([fresh.normal(), fresh.uniform()])
      }),
    )
  })

  it("is independent between streams and seeds", () => {
    const first = many(new Draw(7, 1), 200)
    for (const other of [new Draw(7, 2), new Draw(8, 1), new Draw(2 ** 40 + 7, 1)])
      expect(many(other, 200).filter((x) => first.includes(x))).toEqual([])
  })

  it("is uniform in [0, 1) and normal about 0 with spread 1", () => {
    const draw = new Draw(3, 5)
    const count = 20_000
    // Mean and variance within five standard errors of those of the distribution.
    const uniforms = many(draw, count)
    expect(uniforms.every((x) => x >= 0 && x < 1)).toBe(true)
    expect(Math.abs(uniforms.reduce((a, b) => a + b) / count - 0.5)).toBeLessThan(5 / Math.sqrt(12 * count))
    const normals = Array.from({ length: count }, () => draw.normal())
    const mean = normals.reduce((a, b) => a + b) / count
    const variance = normals.reduce((sum, x) => sum + x * x, 0) / count
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(count))
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / count))
    const counts = [0, 0, 0, 0, 0, 0]
    for (let k = 0; k < count; k++) counts[draw.below(6)]++
    // Chi squared with 5 degrees of freedom: above 25.7 once in ten thousand.
    const chi = counts.reduce((sum, n) => sum + (n - count / 6) ** 2 / (count / 6), 0)
    expect(chi).toBeLessThan(25.7)
  })
})
