/**
 * The throw-away Python environment of the peers: bench/peers/.venv, made with whatever Python 3 the machine has, filled
 * with the pinned versions of requirements.txt, and of drivers.txt, which no figure of a peer depends on. Nothing outside
 * that folder is touched; delete it when done.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const folder = new URL(".venv/", import.meta.url).pathname
const requirements = ["requirements.txt", "drivers.txt"].flatMap((name) => [
  "--requirement",
  new URL(name, import.meta.url).pathname,
])

const python = `${folder}bin/python`
const IMPORTS = "import optuna, scipy, nlopt, numpy"

const runs = (command: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0

/** The interpreter of a ready environment: the one named, ARQON_PEERS_PYTHON, or the throw-away one; null when there is none. */
export function findPython(named?: string): string | null {
  const candidates = [named, process.env["ARQON_PEERS_PYTHON"], existsSync(python) ? python : undefined]
  return candidates.find((one) => one !== undefined && one !== "" && runs(one, ["-c", IMPORTS])) ?? null
}

/** Makes the environment. Returns why it could not, or null. */
export function makeEnvironment(): string | null {
  const base = ["python3", "python"].find((one) =>
    runs(one, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))"]),
  )
  if (base === undefined) return "there is no Python 3.10 or newer with venv on this machine"
  if (!runs(base, ["-m", "venv", folder])) return `${base} -m venv failed`
  const pip = spawnSync(python, ["-m", "pip", "install", "--quiet", ...requirements], {
    stdio: ["ignore", "ignore", "inherit"],
  })
  return pip.status === 0 ? null : "pip could not install the pinned versions (no network, perhaps)"
}
