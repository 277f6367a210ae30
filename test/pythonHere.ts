/**
 * The Python of this machine, for the tests of the Python package: ARQON_PYTHON, an environment in which the package is installed
 * (`.ci/run` makes one), or else `python3` with the package from its folder.
 */
import { spawnSync } from "node:child_process"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
export const pythonFolder = join(root, "examples/python")

const installed = process.env["ARQON_PYTHON"] || undefined
const program = installed ?? "python3"

/** How a Python program finds the package, and the package the built command. */
export const pythonEnv: Readonly<Record<string, string>> = {
  ARQON: `node ${join(root, "dist/src/cli/main.js")}`,
  // A folder on the path hides the same package where it is installed.
  PYTHONPATH: installed === undefined ? pythonFolder : "",
}

const runs = (...args: ReadonlyArray<string>): boolean => spawnSync(program, args).status === 0

/** The interpreter, or null where there is none that the package supports. */
export const python: string | null = runs("-c", "import sys; sys.exit(sys.version_info < (3, 9))")
  ? program
  : null

export const hasModule = (name: string): boolean => python !== null && runs("-c", `import ${name}`)
