/**
 * The demo from the outside, as short as it goes: real processes, real load, the engine of the built package. Whether it
 * tunes well is not asked here (five seconds are no time for it), only whether everything it promises is there.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { verifyJournal } from "../../src/journal/read/readJournal.ts"

const command = join(import.meta.dirname, "../../src/cli/main.ts")

const run = async (
  args: ReadonlyArray<string>,
  onOutput?: (text: string, interrupt: () => void) => void,
  env: NodeJS.ProcessEnv = {},
) => {
  const child = spawn(process.execPath, [command, "demo", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...env },
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
  it("prints one JSON object as its last line, keeps every knob in bounds and leaves a whole journal", async () => {
    const { code, out, errors } = await run(["--seconds", "5", "--seed", "3", "--json"])
    expect(errors).toBe("")
    const result = JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") as Record<string, number> & {
      journal: string
      outcome: string
      proof: object | null
      comparison: object | null
    }
    expect(result.objectiveStart).toBeGreaterThan(0)
    expect(result.objectiveTuned).toBeGreaterThan(0)
    expect(result.ratio).toBeCloseTo(result.objectiveTuned / result.objectiveStart, 9)
    expect(result.applies).toBeGreaterThan(0)
    expect(result.outOfBounds).toBe(0)
    expect(result.outcome === "unchanged" || result.proof !== null).toBe(true)
    expect([result.refused, result.safeModeEntries].every(Number.isInteger)).toBe(true)
    // Null is an engine that does not compare.
    expect(Object.keys(result.comparison ?? {}).toSorted()).toEqual(["fail", "hold", "pass"])
    expect(verifyJournal(result.journal).status).toBe("whole")
    expect(code).toBe(result.outcome === "worse" ? 1 : 0)
  })

  it("stops on request in the middle of tuning", async () => {
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

  it("announces its plan first, and ends with a summary to paste", async () => {
    const { code, out } = await run(["--seconds", "5", "--no-load-change"])
    expect(out.indexOf("1 warm up")).toBeLessThan(out.indexOf("callers, each asking again"))
    expect(out).toMatch(/To paste\n {2}arqon demo: [\d.]+( -> [\d.]+)? ms per answer, /)
    expect(out).toContain("again: npx arqon demo --seed 1 --seconds 5 --no-load-change")
    expect([0, 1]).toContain(code)
  })

  it("opens a studio over the engine that tunes", async () => {
    let asked = false
    let page = ""
    // Without a path no browser is found, and the machine of who runs the tests stays as it is.
    const { code, errors } = await run(
      ["--seconds", "10", "--open"],
      (text, interrupt) => {
        const url = /the studio is at (http\S+)/.exec(text)?.[1]
        if (url === undefined || asked) return
        asked = true
        void fetch(url)
          .then((response) => response.text())
          .then((body) => {
            page = body
          })
          .finally(interrupt)
      },
      { PATH: "/nonexistent" },
    )
    expect(errors).toContain("No browser could be opened")
    expect(page).toContain("<html")
    expect(code).toBe(130)
  })

  it("refuses too few seconds", async () => {
    const { code, errors } = await run(["--seconds", "4"])
    expect(code).toBe(2)
    expect(errors).toContain("a whole number from 5 to 3600")
  })
})
