/** The flags of a process listed for its threads made Node refuse every thread: a list may hold no flag of the whole process. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, it } from "vitest"
import { threadFlags } from "../../src/system/threadFlags.ts"

const SOURCE = pathToFileURL(join(import.meta.dirname, "../../src/system/threadFlags.ts")).href
/** A thread that says whether it was started in the condition "ours". */
const THREAD = `data:text/javascript,console.log("started", process.execArgv.includes("--conditions=ours"))`
const PROGRAM = `
  const { Worker } = await import("node:worker_threads")
  const { threadFlags } = await import(${JSON.stringify(SOURCE)})
  new Worker(new URL(${JSON.stringify(THREAD)}), threadFlags())
`

it.each([
  [["--max-old-space-size=256", "--expose-gc"], "a limit of memory"],
  [["--stack-size=900", "--enable-source-maps"], "a larger stack"],
])("a thread starts in a program on the command line with %j: %s", (flags) => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "--conditions=ours", "--input-type=module", "-e", PROGRAM],
    { encoding: "utf8" },
  )
  expect([stdout, stderr]).toEqual(["started true\n", ""])
})

it("a thread inherits every flag of a program in a file", () => {
  expect(threadFlags(["--max-old-space-size=256", "--expose-gc", "--import", "./hooks.js"])).toEqual({})
})
