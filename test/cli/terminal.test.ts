/**
 * What comes from others (names in a file, what a script says, who holds a lock) is shown on a terminal without anything that the
 * terminal would obey; as JSON it is still the same value.
 */
import { writeFileSync } from "node:fs"
import { makeStyles, shownOn } from "../../src/cli/output.ts"
import { lockFile } from "../../src/system/lockFile.ts"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Ended, useDesk } from "./rig.ts"

/** Clears the screen, renames the window, paints in two ways, turns the direction of the line, rings. */
const HOSTILE = "ev\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\u001b[31mil"
const ESCAPE = "\u001b"
const OBEYED = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const said = ({ stdout, stderr }: Ended): string => stdout + stderr

const desk = useDesk()
const config = {
  seed: 1,
  budget: 4,
  bounds: { [HOSTILE]: { min: 0, max: 1 }, x: { min: 0, max: 1 } },
}

describe("what a command shows", () => {
  it("contains no control sequences but its own colours, whatever its content", () => {
    const { bad, title } = makeStyles(true)
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...HOSTILE.split(""), "\n", "\t", "m", "[", "1"), fc.string()),
    })
    fc.assert(
      fc.property(text, fc.boolean(), (foreign, isTTY) => {
        const before = process.env["NO_COLOR"]
        delete process.env["NO_COLOR"]
        const shown = shownOn({ isTTY }, `${bad("error:")} ${foreign} ${title("end")}`)
        if (before !== undefined) process.env["NO_COLOR"] = before
        const own = new RegExp(`${ESCAPE}\\[(?:0|1|2|31|32|33|36|1;34)m`, "g")
        expect(shown.replaceAll(own, "")).not.toMatch(OBEYED)
        expect(own.test(shown)).toBe(isTTY)
        expect(shown.split("\n")).toHaveLength(foreign.split("\n").length)
      }),
    )
  })

  it("shows hostile names, reasons, files and holders as plain text, in every command of a run", async () => {
    desk.write("tune.json", config)
    const script = desk.script("f.sh", `printf '${HOSTILE.replaceAll("\u001b", "\\033")}\\n' >&2; exit 3`)
    const run = await desk.run("run", "--config", "tune.json", "--script", script, "--state", "s.json")
    expect(said(run)).toContain("owned")
    const state = desk.json("s.json")
    desk.write("hostile.json", { ...state, run_id: HOSTILE })
    desk.write(`${HOSTILE.replaceAll("/", "")}.json`, "{")
    const all = [
      run,
      await desk.run("validate", "--config", "tune.json"),
      await desk.run("validate", "--state", "hostile.json"),
      await desk.run("validate", "--config", `${HOSTILE}.json`),
      await desk.run("validate", "--artifact", `none${HOSTILE}`),
      await desk.run("export", "--state", "hostile.json", "--output", "a.json"),
      await desk.run("verify", "--artifact", "a.json"),
      await desk.run("plot", "--state", "hostile.json"),
      await desk.run("plot", "--kind", "importance", "--state", "hostile.json"),
      await desk.run(HOSTILE),
      await desk.run("run", `--${HOSTILE}`),
      await desk.run("variants", "show", "--name", HOSTILE, desk.folder),
      await desk.run("audit", "verify", HOSTILE),
    ]
    for (const one of all) expect(said(one)).not.toMatch(OBEYED)
  })

  it("shows the name of a state's holder as plain text", async () => {
    desk.write("tune.json", config)
    const lock = await lockFile(desk.path("s.json"), { command: "x", brief: false, patienceMs: 0 })
    const word = { pid: 1, host: HOSTILE, command: HOSTILE, since: HOSTILE, brief: false }
    writeFileSync(desk.path("s.json.lock.json"), JSON.stringify(word))
    const refused = await desk.run("ask", "--config", "tune.json", "--state", "s.json")
    expect([refused.code, said(refused).includes("owned")]).toEqual([5, true])
    expect(said(refused)).not.toMatch(OBEYED)
    lock.release()
  })

  it("keeps the same value in JSON", async () => {
    desk.write("tune.json", config)
    const asked = await desk.run("ask", "--config", "tune.json", "--state", "s.json")
    expect(asked.stdout).not.toMatch(OBEYED)
    const [point] = JSON.parse(asked.stdout) as ReadonlyArray<object>
    expect(Object.keys(point)).toContain(HOSTILE)
    const talked = await desk.runWith('{"cmd":"ask"}\n', "interactive", "--config", "tune.json")
    expect(talked.stdout).not.toMatch(OBEYED)
    expect(talked.stdout).toContain("u001b[2J")
  })
})
