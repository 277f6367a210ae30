/** Every command that a page names exists, and CONTRIBUTING lists every command and every room. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"
import { pages, root } from "./pages.ts"

const read = (name: string): string => readFileSync(join(root, name), "utf8")
const contributing = read("CONTRIBUTING.md")

const { scripts: all } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
/** Those that a person calls: npm runs `pre...` by itself. */
const scripts = Object.keys(all).filter((name) => !name.startsWith("pre"))

describe("npm scripts", () => {
  it("are all listed in CONTRIBUTING", () => {
    expect(scripts.length).toBeGreaterThan(30)
    const words = new Set(contributing.match(/[a-z][a-z:]*/g))
    expect(scripts.filter((name) => !words.has(name))).toEqual([])
  })

  it("that a page names exist", () => {
    const named = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\bnpm run ([a-z][a-z:]*)/g)].map(([, name]) => ({
        page: relative(root, page),
        name,
      })),
    )
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(({ name }) => !Object.hasOwn(all, name))).toEqual([])
  })
})

describe("the rooms", () => {
  it("are all listed in CONTRIBUTING", () => {
    const rooms = readdirSync(join(root, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`)
    expect(rooms.length).toBeGreaterThan(9)
    expect(rooms.filter((room) => !contributing.includes(`\n  ${room} `))).toEqual([])
  })
})
