/** A host of one's own at the driver's door: what is missing, and commands that are none, are named before anything happens. */
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { GraftTable } from "../../../src/morph/grafting/GraftTable.ts"
import { ToyHost } from "./ToyHost.ts"

const pathsOf = (call: () => unknown): ReadonlyArray<string> => {
  try {
    call()
  } catch (error) {
    if (error instanceof GrowthError) return error.problems.map(({ path }) => path)
    throw error
  }
  return []
}

describe("a host of one's own", () => {
  it("is refused with every function that it lacks", () => {
    const half = { sockets: () => [{ name: "a", shape: [] }], measure: () => ({}), keep: 3 }
    expect(pathsOf(() => new GraftTable({ host: half as never }))).toEqual([
      "host.quarantine",
      "host.plant",
      "host.mode",
      "host.snapshot",
      "host.restore",
      "host.keep",
      "host.remove",
    ])
  })

  it.each([undefined, null, 3])("is no %s", (host) => {
    expect(pathsOf(() => new GraftTable({ host: host as never }))).toHaveLength(9)
  })
})

describe("a command", () => {
  const table = new GraftTable({ host: new ToyHost() })

  it("that does not exist is refused with the nearest name", () => {
    const [one] = table.command("a", { type: "cul", why: "a slip" } as never)
    expect(one).toEqual({ path: "type", message: 'is "cul".', suggestion: 'Did you mean "cull"?' })
  })

  it.each([null, undefined, "cull", {}])("is not %j", (command) => {
    expect(table.command("a", command as never).map(({ path }) => path)).toEqual(["type"])
  })
})
