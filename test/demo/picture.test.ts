/** The demo's picture as an SVG: one group a frame, cells in their columns, nothing that a page could not hold. */
import { describe, expect, it } from "vitest"
import { picture } from "../../examples/demo/picture.ts"
import type { Line } from "../../examples/demo/view.ts"

const line = (...texts: ReadonlyArray<string>): Line => texts.map((text) => ({ text, tone: "plain" }))

describe("the picture", () => {
  const svg = picture([[line("one")], [line("two"), line("a < b & c", "  end  ")]], 4, "A <demo>")

  it("holds every frame in a group of its own", () => {
    expect(svg.match(/<g><text/g)).toHaveLength(2)
    expect(svg).toContain(
      "@keyframes play{0.00%{transform:translateY(0px)}75.00%{transform:translateY(-70px)}",
    )
  })

  it("escapes text and loads nothing", () => {
    expect(svg).toContain(">a &lt; b &amp; c</text>")
    expect(svg).toContain("<title>A &lt;demo&gt;</title>")
    expect(svg).not.toMatch(/script|href|url\(/)
  })

  it("puts a span where its first character stands, stretched over its cells", () => {
    const [, x, length] = svg.match(/x="([\d.]+)"[^>]*textLength="([\d.]+)"[^>]*>end</) ?? []
    expect(Number(x)).toBeCloseTo(18 + ("a < b & c".length + 2) * 8.4, 1)
    expect(Number(length)).toBeCloseTo(3 * 8.4, 1)
  })

  it("shows the last frame if motion is disabled", () => {
    expect(svg).toContain('<g id="strip" transform="translate(0 -70)">')
  })
})
