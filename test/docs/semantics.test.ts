/** Holds the page of promises to its tests: every line names a test that is there. */
import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const root = resolve(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/semantics.md"), "utf8")
const rows = page.split("\n").filter((line) => line.startsWith("| ") && !/^\| (promise|\|)/.test(line))

describe("the page of promises", () => {
  it("names a test that exists in every line of its tables", () => {
    expect(rows.length).toBeGreaterThan(30)
    const missing = rows.filter((row) => {
      const [, file, name] = /`([^`]+\.test\.ts)` "([^"]+)" \|$/.exec(row) ?? []
      if (file === undefined || name === undefined) return true
      const path = join(root, "test", file)
      return !existsSync(path) || !readFileSync(path, "utf8").includes(name)
    })
    expect(missing).toEqual([])
  })
})
