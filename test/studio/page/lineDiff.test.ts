/** Two texts line by line: nothing is lost, what both have stands in both, and what differs is as little as can be. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { lineDiff } from "../../../src/studio/page/chart/lineDiff.ts"

const joined = (lines: ReturnType<typeof lineDiff>[0]): string => lines.map(({ text }) => text).join("\n")
const common = (lines: ReturnType<typeof lineDiff>[0]): ReadonlyArray<string> =>
  lines.filter((line) => line.common).map(({ text }) => text)

describe("two texts side by side", () => {
  it("marks the line that differs, and no other", () => {
    const [left, right] = lineDiff("[\n  1,\n  2\n]", "[\n  1,\n  3\n]")
    expect(left.filter((line) => !line.common).map(({ text }) => text)).toEqual(["  2"])
    expect(right.filter((line) => !line.common).map(({ text }) => text)).toEqual(["  3"])
  })

  it("finds what was added at the beginning, in the middle and at the end", () => {
    const [left, right] = lineDiff("b\nd", "a\nb\nc\nd\ne")
    expect(left.every((line) => line.common)).toBe(true)
    expect(right.filter((line) => !line.common).map(({ text }) => text)).toEqual(["a", "c", "e"])
  })

  it("keeps both texts, has the same lines in common, and compares a text with itself as equal", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 }).map((lines) => lines.join("\n"))
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [left, right] = lineDiff(a, b)
        expect([joined(left), joined(right)]).toEqual([a, b])
        expect(common(left)).toEqual(common(right))
        expect(lineDiff(a, a)[0].every((line) => line.common)).toBe(true)
      }),
    )
  })
})
