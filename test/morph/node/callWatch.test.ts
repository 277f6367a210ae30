/** What a candidate leaves behind under Node, in processes of their own: an unhandled rejection concerns all of a process. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, it } from "vitest"

function served(what: string) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "conductService.ts"), what],
    { encoding: "utf8" },
  )
  return { status, stderr, end: stdout === "" ? null : (JSON.parse(stdout) as unknown) }
}

it.each([
  ["rejection", /it left a promise whose rejection nobody handled$/],
  ["timer", /it left a timer behind$/],
  ["block", /it kept the loop for \d+ ms$/],
])("a candidate is culled for its %s, and the service goes on", (what, cause) => {
  const { status, stderr, end } = served(what)
  expect([status, stderr]).toEqual([0, ""])
  expect(end).toEqual({ state: "culled", cause: expect.stringMatching(cause) })
})

it("a mirror sees its caller's AsyncLocalStorage, though it runs when the call is over", () => {
  expect(served("tenant")).toEqual({ status: 0, stderr: "", end: { state: "blending", cause: null } })
})

it("a candidate whose timers have run, are cleared, or hold nobody goes on", () => {
  expect(served("tidy")).toEqual({ status: 0, stderr: "", end: { state: "blending", cause: null } })
})

it("has no promise followed to its collection, whatever it watches: collections would take twice as long", () => {
  const watched = `
    import { createRequire } from "node:module"
    import { createHook } from "node:async_hooks"
    import { nodeWatch } from ${JSON.stringify(new URL("../../../src/morph/node/callWatch.ts", import.meta.url).href)}
    const { destroyHooksExist } = createRequire(import.meta.url)("internal/async_hooks")
    nodeWatch.open()
    nodeWatch.timeLater(true)
    const own = destroyHooksExist()
    createHook({ destroy: () => {} }).enable()
    console.log(own, destroyHooksExist())`
  const { stdout } = spawnSync(
    process.execPath,
    ["--expose-internals", "--input-type=module", "--eval", watched],
    { encoding: "utf8" },
  )
  expect(stdout).toBe("false true\n")
})

it("a rejection of the service's own ends the process as it always did", () => {
  const { status, stderr, end } = served("foreign")
  expect([status, end]).toEqual([1, null])
  expect(stderr).toContain("Error: the service's own")
})
