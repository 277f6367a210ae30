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

it("a rejection of the service's own ends the process as it always did", () => {
  const { status, stderr, end } = served("foreign")
  expect([status, end]).toEqual([1, null])
  expect(stderr).toContain("Error: the service's own")
})
