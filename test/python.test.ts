/**
 * The Python package, by its own tests in `test/python`, its types, and its example. What is left out because Python or a tool of it is not
 * there says so in its name.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { hasModule, python, pythonEnv, pythonFolder } from "./pythonHere.ts"
import { numbersOf } from "./runProgram.ts"

const root = resolve(import.meta.dirname, "..")
const tests = join(root, "test/python")
const scratch = mkdtempSync(join(tmpdir(), "arqon-python-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const left = (missing: string | null): string => (missing === null ? "" : ` (left out: ${missing} here)`)
const noPython = python === null ? "there is no Python 3.9 or newer" : null
const noMypy = noPython ?? (hasModule("mypy") ? null : "there is no mypy")
/** What Python prints, on either stream: it must end well. */
async function runPython(args: ReadonlyArray<string>, cwd = scratch): Promise<string> {
  const { code, text } = await new Promise<{ readonly code: unknown; readonly text: string }>((resolve) => {
    const env = { ...process.env, ...pythonEnv }
    execFile(python ?? "", ["-B", ...args], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, text: `${stdout}${stderr}` }),
    )
  })
  expect(code, text).toBe(0)
  return text
}

describe("the Python package", () => {
  const read = (name: string): string => readFileSync(join(root, name), "utf8")

  it("has the version and the oldest Node of the npm package", () => {
    const { version, engines } = JSON.parse(read("package.json")) as {
      readonly version: string
      readonly engines: { readonly node: string }
    }
    expect(read("examples/python/pyproject.toml")).toContain(`\nversion = "${version}"\n`)
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? []
    expect(read("examples/python/arqon/command.py")).toContain(`OLDEST_NODE = (${major}, ${minor})`)
  })

  const runner = hasModule("pytest") ? "pytest" : "unittest"
  it.skipIf(noPython !== null)(
    `passes its own tests with ${runner}${left(noPython)}`,
    async () => {
      const text = await runPython(
        runner === "pytest"
          ? ["-m", "pytest", "-q", "-p", "no:cacheprovider", tests]
          : ["-m", "unittest", "discover", "-s", tests],
      )
      const [count] = numbersOf(text, /passed|^Ran \d+ tests/)
      expect(count).toBeGreaterThanOrEqual(40)
    },
    600_000,
  )

  it.skipIf(noMypy !== null)(`passes mypy in strict mode${left(noMypy)}`, async () => {
    const text = await runPython(
      ["-m", "mypy", "--strict", "--cache-dir", join(scratch, "mypy"), "arqon", "throw.py", "training.py"],
      pythonFolder,
    )
    expect(text).toMatch(/no issues found in 9 source files/)
  })

  it.skipIf(noPython !== null)(`finds the ball and the throw of its example${left(noPython)}`, async () => {
    const text = await runPython([join(pythonFolder, "throw.py")])
    const [, , metres, joules] = numbersOf(text, /ball/)
    expect(text).toMatch(/^golf ball/)
    expect(Math.abs(metres - 50)).toBeLessThan(1)
    // A search on a grid finds 13.8 J for 50 m.
    expect(joules).toBeLessThan(17)
  })
  it.skipIf(noPython !== null)(`tunes the training of its recipe${left(noPython)}`, async () => {
    const training = join(pythonFolder, "training.py")
    const text = await runPython([training])
    expect(text).toContain("'activation': 'tanh'")
    // It has its state, so that it is done.
    expect(await runPython([training])).toBe(text)
  })
})
