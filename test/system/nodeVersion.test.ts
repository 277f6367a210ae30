/** An older Node is told so in one sentence, whatever it would have stumbled over. */
import { spawnSync } from "node:child_process"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { oldNode } from "../../src/system/nodeVersion.ts"

const dist = resolve(import.meta.dirname, "../../dist/src")

/** Runs the built file in a Node that says that it is older than it is. */
const runAs = (version: string, args: ReadonlyArray<string>) =>
  spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,Object.defineProperty(process.versions,"node",{value:${JSON.stringify(version)}})`,
      ...args,
    ],
    { encoding: "utf8" },
  )

describe("an older Node", () => {
  it("is one before 22.19", () => {
    for (const version of ["18.20.8", "20.19.5", "22.18.0"])
      expect(oldNode(version)).toBe(`arqon needs Node 22.19 or newer; this is v${version}.`)
    for (const version of ["22.19.0", "22.20.1", "23.0.0", "24.21.0"]) expect(oldNode(version)).toBe(null)
  })

  it.each(["index.node.js", "adapters/index.node.js", "platform/node/index.js"])(
    "learns what it needs from %s",
    (entry) => {
      const run = runAs("20.19.5", ["-e", `import(${JSON.stringify(join(dist, entry))})`])
      expect(run.stderr).toContain("Error: arqon needs Node 22.19 or newer; this is v20.19.5.")
      expect(run.status).toBe(1)
    },
  )

  it("gets the message from the command", () => {
    const run = runAs("20.19.5", [join(dist, "cli/main.js"), "--help"])
    expect(run.stderr).toBe("error: arqon needs Node 22.19 or newer; this is v20.19.5.\n")
    expect(run.status).toBe(1)
  })
})
