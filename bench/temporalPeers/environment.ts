/**
 * The throw-away Python environment of the temporal peers: bench/temporalPeers/.venv, filled with the pinned versions of requirements.txt
 * when it is first needed. Nothing outside that folder is touched; delete it when done.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { refuse } from "../../scripts/options.ts"

const folder = new URL(".venv/", import.meta.url).pathname
const requirements = new URL("requirements.txt", import.meta.url).pathname
const python = `${folder}bin/python`
/** Written when everything is installed: an unfinished environment is built again. */
const ready = `${folder}ready`

const done = (command: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0

/** The interpreter that was named, or that of the environment, which is made if there is none. */
export function peerPython(named: string): string {
  if (named !== "") return named
  if (existsSync(ready)) return python
  console.error(`Making ${folder} with the versions of requirements.txt; some minutes.`)
  const base = ["python3", "python"].find((one) =>
    done(one, ["-c", "import sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))"]),
  )
  if (base === undefined)
    refuse("There is no Python 3.10 to 3.12 with venv on this machine. Name one: --python PATH")
  if (!done(base, ["-m", "venv", "--clear", folder])) refuse(`${base} -m venv failed.`)
  if (!done(python, ["-m", "pip", "install", "--quiet", "--requirement", requirements]))
    refuse("pip could not install the pinned versions (no network, perhaps). Name a Python: --python PATH")
  if (!done(python, ["-c", `open(${JSON.stringify(ready)}, "w").close()`]))
    refuse("The environment does not start.")
  return python
}
