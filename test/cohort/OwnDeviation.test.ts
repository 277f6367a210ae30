/** What an owner knows of how replicas differ: learned within a side, and bounded however many replicas come and go. */
import { describe, expect, it } from "vitest"
import { OwnDeviation } from "../../src/cohort/OwnDeviation.ts"

describe("what replicas usually differ by", () => {
  it("is forgotten of those that were not seen for longest, once ten thousand are known", () => {
    const own = new OwnDeviation()
    const pair = (key: string) => [
      { key: "always", mean: 1 },
      { key, mean: 3 },
    ]
    own.learn(pair("first"))
    expect(own.of("first")).toBeGreaterThan(0)
    for (let boot = 0; boot < 9_999; boot++) own.learn(pair(`boot-${boot}`))
    expect(own.of("first")).toBe(0)
    expect(own.of("boot-9998")).toBeGreaterThan(0)
    expect(own.of("always")).toBeLessThan(0)
  })
})
