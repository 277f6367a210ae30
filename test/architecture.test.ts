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

  /** The entry and every file that it leads to, lazily too; for types as well, unless `runs`. */
  const reachedFrom = (entry: string, runs = false): ReadonlySet<string> => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const { target, typesOnly } of imports.get(file) ?? [])
        if (target !== null && !(runs && typesOnly)) visit(target)
    }
    visit(join(root, entry))
    return reached
  }

  it("make nothing of Node reachable from the browser entry", () => {
    const reached = reachedFrom("src/index.ts")
    const offences = [...reached].flatMap((file) =>
      (imports.get(file) ?? [])
        .filter(({ specifier }) => specifier.startsWith("node:"))
        .map(({ specifier }) => `${relative(root, file)} imports ${specifier}`),
    )
    expect(reached.size).toBeGreaterThan(10)
    expect(offences).toEqual([])
  })

  it("make nothing of many machines reachable from `arqon`", () => {
    const roomsOf = (entry: string, runs: boolean): ReadonlyArray<string> => [
      ...new Set([...reachedFrom(entry, runs)].map(roomOf).filter((room) => room !== undefined)),
    ]
    const many = ["cohort", "replica", "replica/node", "cluster", "cluster/node"]
    expect(roomsOf("src/index.ts", false).filter((room) => many.includes(room))).toEqual([])
    // The studio that Node opens draws the chart of a replica, which counts with the times of a lease; it has types of what it shows.
    expect(roomsOf("src/index.node.ts", true).filter((room) => many.includes(room))).toEqual(["cohort"])
    // The check sees what is there.
    expect(roomsOf("src/cluster/index.node.ts", true)).toEqual(
      expect.arrayContaining(["replica", "cluster", "cluster/node"]),
    )
  })
})
