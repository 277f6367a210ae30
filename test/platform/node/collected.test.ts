/**
 * What a stopped engine leaves in a process that goes on: nothing. Root cause of the file: a simulated week in which a new engine took the place
 * of a crashed one every day grew by .3 MB with each; what held them was the event loop, which the benchmark never let turn.
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const program = join(import.meta.dirname, "collectedEngine.ts")

describe("an engine that was stopped", () => {
  it("is garbage collected with its hot path, actors and windows, however it was created; a running one is not", () => {
    const text = execFileSync(process.execPath, ["--expose-gc", program], { encoding: "utf8" })
    const { running, ...stopped } = JSON.parse(text) as Record<string, number>
    const ways = ["manual", "clock", "compared", "disk", "homeostasis", "listened"]
    expect(stopped).toEqual(Object.fromEntries(ways.map((way) => [way, 0])))
    expect(running).toBeGreaterThan(0)
  })
})
