/** The README is a landing page: short, picture first, and its badges say what is so. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { badges } from "../../scripts/badges.ts"
import { root } from "./pages.ts"

const read = (name: string): string => readFileSync(join(root, name), "utf8")
const readme = read("README.md")

describe("the README", () => {
  it("fits a landing page", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120)
  })

  it("shows the demo before any heading but its own, and before any code", () => {
    const picture = readme.indexOf("docs/images/demo.svg")
    expect(picture).toBeGreaterThan(0)
    expect(picture).toBeLessThan(readme.indexOf("\n## "))
    expect(picture).toBeLessThan(readme.indexOf("```"))
  })

  it("has badges that match the manifest and the bounds", () => {
    expect(badges().size).toBeGreaterThan(3)
    for (const [path, text] of badges()) {
      expect(read(path), path).toBe(text)
      expect(readme).toContain(path)
    }
  })

  it("uses no badge from a third-party server", () => {
    const foreign = [...readme.matchAll(/!\[[^\]]*\]\((https?:[^)]+)\)/g)].map(([, url]) => url)
    expect(foreign.filter((url) => !url.startsWith("https://github.com/arqon/arqon/"))).toEqual([])
  })
})
