/** Holds the import directions of the house over the real import graph: packages, types and lazy imports included. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { describe, expect, it } from "vitest"
import { circles, imports, root, roomOf, RULES, violations } from "./rooms.ts"

describe("the rooms", () => {
  it("are exactly those of the table", () => {
    const seen = new Set([...imports.keys()].map(roomOf).filter((room) => room !== undefined))
    expect([...seen].toSorted()).toEqual(Object.keys(RULES).toSorted())
  })

  it("import only what the table allows", () => {
    expect(violations()).toEqual([])
  })

  it("follow the order of the table: a room imports only rooms above it", () => {
    const names = Object.keys(RULES)
    for (const [room, { rooms, types = [] }] of Object.entries(RULES))
      for (const other of [...rooms, ...types])
        expect(names.indexOf(other), `${room} imports ${other}`).toBeLessThan(names.indexOf(room))
  })

  it("have no circle of imports, types included", () => {
    expect(circles()).toEqual([])
  })

  it("have files of at most 400 lines", () => {
    const files = ["src", "machines"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    expect(files.length).toBeGreaterThan(600)
    // What a generator writes is as long as it is.
    const written = files.filter((file) => !file.includes(`${sep}gen${sep}`))
    const lines = (file: string): number => readFileSync(file, "utf8").split("\n").length - 1
    expect(written.filter((file) => lines(file) > 400).map((file) => relative(root, file))).toEqual([])
  })

  it("make nothing of Node reachable from the browser entry", () => {
    const reached = new Set<string>()
    const offences: Array<string> = []
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { specifier, target } of imports.get(file) ?? []) {
        if (specifier.startsWith("node:")) offences.push(`${relative(root, file)} imports ${specifier}`)
        if (target !== null) visit(target)
      }
    }
    visit(join(root, "src/index.ts"))
    expect(reached.size).toBeGreaterThan(10)
    expect(offences).toEqual([])
  })
})
