/** The check for circles among levels, against one that follows every path. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Level, requireAcyclic } from "../../src/meta/levels.ts"

const refused = (levels: ReadonlyArray<Level>): boolean => {
  try {
    requireAcyclic(levels)
    return false
  } catch (error) {
    expect(error).toMatchObject({ _tag: "ConfigError" })
    return true
  }
}

/** Levels can be put in an order in which each sets only what governs later ones. */
const hasOrder = (levels: ReadonlyArray<Level>): boolean => {
  const orders = (rest: ReadonlyArray<Level>): ReadonlyArray<ReadonlyArray<Level>> =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((one) => orders(rest.filter((l) => l !== one)).map((o) => [one, ...o]))
  return orders(levels).some((order) =>
    order.every((level, i) =>
      order.slice(0, i + 1).every(({ governedBy }) => !governedBy.some((what) => level.sets.includes(what))),
    ),
  )
}

const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"))

describe("levels", () => {
  it("are refused exactly where they have no order, or share what they set", () => {
    const level = (name: string) => fc.record({ name: fc.constant(name), sets: names, governedBy: names })
    fc.assert(
      fc.property(level("low"), level("middle"), level("high"), (...levels) => {
        const all = levels.flatMap(({ sets }) => sets)
        const shared = new Set(all).size < all.length
        expect(refused(levels)).toBe(shared || !hasOrder(levels))
      }),
      { numRuns: 500 },
    )
  })

  it("are three at most", () => {
    expect(refused("abcd".split("").map((name) => ({ name, sets: [], governedBy: [] })))).toBe(true)
  })
})
