/** Follows every link between the pages: to a file that is there, and to a heading that is there. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { pages, root } from "./pages.ts"

const proseOf = (page: string): string => readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "")

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-")

const anchorsOf = (page: string): ReadonlyArray<string> =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading))

const brokenIn = (page: string): ReadonlyArray<string> =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path, anchor] = link.split("#")
    const target = path === "" ? page : join(dirname(page), path)
    if (!existsSync(target)) return [link]
    return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link]
  })

describe("the links between the pages", () => {
  it("exist", () => {
    expect(pages.flatMap((page) => [...proseOf(page).matchAll(/\]\(/g)]).length).toBeGreaterThan(20)
  })

  it("lead to a file and a heading that exist", () => {
    const broken = pages.flatMap((page) => brokenIn(page).map((link) => `${relative(root, page)}: ${link}`))
    expect(broken).toEqual([])
  })

  it("lead to every page from the list of all pages", () => {
    const index = join(root, "docs/README.md")
    const listed = new Set(
      [...proseOf(index).matchAll(/\]\(([^)\s#]+)/g)].map(([, link]) => join(dirname(index), link)),
    )
    const missing = pages.filter(
      (page) => page.startsWith(join(root, "docs/")) && page !== index && !listed.has(page),
    )
    expect(missing.map((page) => relative(root, page))).toEqual([])
  })
})
