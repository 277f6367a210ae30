/** `npm start` builds again exactly when something that goes into the build has changed. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { beginBuild, endBuild, isFresh, root } from "../../scripts/freshBuild.ts"

const home = mkdtempSync(join(tmpdir(), "arqon-fresh-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))

it("a build is fresh until a file is changed, added, removed or renamed, whatever its time says", () => {
  for (const folder of ["src", "machines", "examples/demo", "dist"])
    mkdirSync(join(home, folder), { recursive: true })
  const file = join(home, "src", "a.ts")
  writeFileSync(file, "one")
  expect(isFresh(home)).toBe(false)
  beginBuild(home)
  expect(isFresh(home)).toBe(false)
  endBuild(home)
  expect(isFresh(home)).toBe(true)
  utimesSync(file, 1, 1)
  expect(isFresh(home)).toBe(true)
  writeFileSync(file, "two")
  expect(isFresh(home)).toBe(false)
  writeFileSync(file, "one")
  expect(isFresh(home)).toBe(true)
  cpSync(file, join(home, "machines", "b.ts"))
  expect(isFresh(home)).toBe(false)
  rmSync(join(home, "machines", "b.ts"))
  cpSync(file, join(home, "src", "c.ts"))
  rmSync(file)
  expect(isFresh(home)).toBe(false)
})

it("a change during a build does not count as built", () => {
  beginBuild(home)
  writeFileSync(join(home, "src", "late.ts"), "late")
  endBuild(home)
  expect(isFresh(home)).toBe(false)
})

/**
 * It built first before: on a busy machine a newcomer looked at one line for a minute. Then it began from the sources, but the demo's
 * service is a process of its own, which looked for `arqon` in the build: it ended at once in every fresh clone.
 */
it("`npm start` of a fresh clone tunes without a build", async () => {
  const clone = join(home, "clone")
  for (const part of ["src", "machines", "examples/demo", "scripts", "package.json"])
    cpSync(join(root, part), join(clone, part), { recursive: true })
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction")
  const child = spawn(process.execPath, [join(clone, "scripts/start.ts"), "--seconds", "5"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  })
  let out = ""
  let errors = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const before = out.includes("engine started")
    out += text
    // Once: the second time it waits for nobody.
    if (!before && out.includes("engine started")) child.kill("SIGINT")
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text
  })
  const [code] = (await once(child, "close")) as [number | null]
  expect(errors).toBe("")
  expect(out).toContain("Stopped.")
  expect(code).toBe(130)
  expect(existsSync(join(clone, "dist"))).toBe(false)
})
