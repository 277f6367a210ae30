/**
 * The demo from the outside, as short as it goes: real processes, real load, the engine of the built package. Whether it
 * tunes well is not asked here (five seconds are no time for it), only whether everything it promises is there.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const demo = join(import.meta.dirname, "../../examples/demo/main.ts")

const run = async (args: ReadonlyArray<string>, onOutput?: (text: string, interrupt: () => void) => void) => {
  const child = spawn(process.execPath, [demo, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  })
  let out = ""
  let errors = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text
    onOutput?.(out, () => child.kill("SIGINT"))
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text
  })
  const [code] = (await once(child, "close")) as [number | null]
  return { code, out, errors }
}

describe("the demo", () => {
  it("prints one JSON object as its last line, keeps every knob in bounds and leaves an audit file", async () => {
    const { code, out, errors } = await run(["--seconds", "5", "--seed", "3", "--json"])
    expect(errors).toBe("")
    const result = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as Record<string, number> & {
      auditFile: string
      unchanged: boolean
      proof: object | null
    }
    expect(result.objectiveStart).toBeGreaterThan(0)
    expect(result.objectiveTuned).toBeGreaterThan(0)
    expect(result.ratio).toBeCloseTo(result.objectiveTuned / result.objectiveStart, 9)
    expect(result.applies).toBeGreaterThan(0)
    expect(result.outOfBounds).toBe(0)
    expect(result.unchanged || result.proof !== null).toBe(true)
    expect([result.refused, result.safeModeEntries].every(Number.isInteger)).toBe(true)
    expect(existsSync(result.auditFile)).toBe(true)
    for (const line of readFileSync(result.auditFile, "utf8").trimEnd().split("\n"))
      expect(() => JSON.parse(line)).not.toThrow()
    expect(code).toBe(result.ratio <= 1 || result.unchanged ? 0 : 1)
  })

  it("stops when asked, in the middle of tuning", async () => {
    let asked = false
    const { code, out, errors } = await run(["--seconds", "10"], (text, interrupt) => {
      // Once: the second time it waits for nobody.
      if (!asked && text.includes("engine started")) {
        asked = true
        interrupt()
      }
    })
    expect(errors).toBe("")
    expect(code).toBe(130)
    expect(out).toContain("Stopped.")
    expect(out).not.toContain("\u001b")
  })

  it("refuses options it does not know, naming them", async () => {
    const { code, errors } = await run(["--secs", "60"])
    expect(code).toBe(2)
    expect(errors).toContain("unknown option --secs")
  })

  it("prints its help", async () => {
    const { code, out } = await run(["--help"])
    expect(code).toBe(0)
    for (const option of ["--seconds", "--seed", "--json", "--no-load-change"]) expect(out).toContain(option)
  })
})
