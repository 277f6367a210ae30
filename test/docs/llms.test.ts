/** Holds docs/llms.txt to the list of pages. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { llmsText } from "../../scripts/llmsFile.ts"
import { root } from "./pages.ts"

it("the list for machines names every page of the list for people", () => {
  const text = readFileSync(join(root, "docs/llms.txt"), "utf8")
  expect(text).toBe(llmsText())
  expect(text.match(/^- \[/gm)?.length).toBeGreaterThan(40)
  // Whoever reads only this file cannot follow a relative link.
  expect([...text.matchAll(/\]\((?!https:)/g)]).toEqual([])
})
