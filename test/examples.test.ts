/**
 * Runs every example as a user would: with Node alone, against the built package. `npm test` builds first.
 */
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"

const folder = resolve(import.meta.dirname, "../examples")
const examples = readdirSync(folder).filter((name) => name.endsWith(".ts"))

describe("the examples", () => {
  it("are there", () => {
    expect(examples.length).toBeGreaterThanOrEqual(4)
  })

  it.each(examples)("%s runs to its end and prints what it found", (name) => {
    const { status, stdout, stderr } = spawnSync("node", [join(folder, name)], {
      encoding: "utf8",
      timeout: 50_000,
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout.trim()).not.toBe("")
  })
})
