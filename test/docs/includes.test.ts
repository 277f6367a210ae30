/** Holds pages to the files whose code they show, and the cookbook's files to the pages that show them. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { includedIn, partOf, withIncludes } from "../../scripts/includes.ts"
import { pages, root } from "./pages.ts"

const texts = pages.map((page) => ({ page: relative(root, page), text: readFileSync(page, "utf8") }))

describe("code that a page includes", () => {
  it("matches its file (`npm run docs` updates it)", () => {
    const stale = texts.filter(({ text }) => withIncludes(text) !== text).map(({ page }) => page)
    expect(stale).toEqual([])
  })

  it("is replaced if the file differs", () => {
    const page = "Before\n<!-- From examples/cookbook/express.ts#service -->\n```ts\nold\n```\nAfter"
    const now = withIncludes(page)
    expect(now).toContain("expressLimiter(limiter, { priority })")
    expect(now).not.toContain("old")
    expect(now.endsWith("\n```\nAfter")).toBe(true)
  })

  it("has no region marks, and is refused if the region is missing", () => {
    expect(partOf("examples/cookbook/express.ts")).not.toContain("#region")
    expect(partOf("examples/iris.ts", "search").startsWith("const solver")).toBe(true)
    expect(() => partOf("examples/iris.ts", "nothing")).toThrow("#region nothing")
  })

  it("shows every recipe of examples/cookbook", () => {
    const shown = new Set(texts.flatMap(({ text }) => includedIn(text)))
    const recipes = readdirSync(join(root, "examples/cookbook")).map((name) => `examples/cookbook/${name}`)
    expect(recipes.length).toBeGreaterThan(8)
    expect(recipes.filter((recipe) => !shown.has(recipe))).toEqual([])
  })
})
