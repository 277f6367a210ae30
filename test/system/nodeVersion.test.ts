/** An older Node is told so in one sentence, whatever it would have stumbled over. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "vitest"
import { oldNode } from "../../src/system/nodeVersion.ts"

const root = resolve(import.meta.dirname, "../..")
const dist = join(root, "dist/src")

/** What a program can import, with the file that Node takes and the one that a browser takes. */
const entries = Object.entries(
  (
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly exports: Readonly<
        Record<string, string | { readonly node?: string; readonly default: string }>
      >
    }
  ).exports,
).flatMap(([name, files]) =>
  typeof files === "string"
    ? []
    : [[`arqon${name.slice(1)}`, { node: files.node ?? files.default, browser: files.default }] as const],
)

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

  it.each(entries)("gets the required version from %s", (_, { node }) => {
    const run = runAs("20.19.5", ["-e", `import(${JSON.stringify(join(root, node))})`])
    expect(run.stderr).toContain("Error: arqon needs Node 22.19 or newer; this is v20.19.5.")
    expect(run.status).toBe(1)
  })

  it.each(entries)("gets from %s the names that a browser gets", async (_, { node, browser }) => {
    const [here, there] = (await Promise.all(
      [node, browser].map((file) => import(pathToFileURL(join(root, file)).href)),
    )) as [object, object]
    expect(Object.keys(here).toSorted()).toEqual(Object.keys(there).toSorted())
  })

  it("gets the message from the command", () => {
    const run = runAs("20.19.5", [join(dist, "cli/main.js"), "--help"])
    expect(run.stderr).toBe("error: arqon needs Node 22.19 or newer; this is v20.19.5.\n")
    expect(run.status).toBe(1)
  })
})
