/** The command that a package brings: built, started as a user's shell starts it. `npm test` builds first. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const root = resolve(import.meta.dirname, "../..")
const { bin, version } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as {
  bin: { arqon: string }
  version: string
}

it("the built command starts, knows its version, and names its interpreter", async () => {
  const main = resolve(root, bin.arqon)
  expect(readFileSync(main, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, "--version"])
  expect({ stdout, stderr }).toEqual({ stdout: `arqon ${version}\n`, stderr: "" })
})
