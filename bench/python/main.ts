/**
 * `npm run bench:python`: the Python package beside Optuna, in the throw-away Python environment of the solver's peers. About two minutes;
 * `-- --seeds 3` for a quick look, `-- --json` for every value.
 */
import { spawnSync } from "node:child_process"
import { findPython, makeEnvironment } from "../peers/environment.ts"

const path = (relative: string): string => new URL(relative, import.meta.url).pathname

let python = findPython()
if (python === null) {
  process.stderr.write("Making a Python environment for the peers in bench/peers/.venv.\n")
  const problem = makeEnvironment()
  if (problem !== null) {
    process.stderr.write(`error: ${problem}\n`)
    process.exit(1)
  }
  python = findPython()
}
const { status } = spawnSync(
  python ?? "python3",
  ["-B", path("beside_optuna.py"), ...process.argv.slice(2)],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      ARQON: `node ${path("../../dist/src/cli/main.js")}`,
      PYTHONPATH: path("../../examples/python"),
    },
  },
)
process.exitCode = status ?? 1
