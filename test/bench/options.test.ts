/** How a benchmark answers to its options, over a real process. */
import { spawnSync } from "node:child_process"
import { describe, expect, it } from "vitest"

const run = (...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bench/variants/main.ts", ...args], {
    encoding: "utf8",
  })
  return { status, stdout, stderr }
}

describe("a benchmark", () => {
  it("explains how to run it", () => {
    const { status, stdout, stderr } = run("--help")
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout).toMatch(/^USAGE\n {2}npm run bench:variants -- .*--seeds N/m)
  })

  it.each([
    [["--nonsense"], "Unknown option '--nonsense'."],
    [["--seeds"], "Option '--seeds <value>' argument missing."],
    [["more"], "Unexpected argument 'more'."],
    [["--seeds", "0"], '--seeds wants a whole number from 1, not "0".'],
    [["--seeds", "1.5"], '--seeds wants a whole number from 1, not "1.5".'],
    [["--readings="], '--readings wants a whole number from 1, not "".'],
  ])("refuses %j with a sentence and measures nothing", (args, sentence) => {
    expect(run(...args)).toEqual({ status: 2, stdout: "", stderr: `${sentence}\nTry --help.\n` })
  })
})
