/** The version of this package, from its package.json, wherever this file lies within it. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

export function packageVersion(): string {
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const path = join(folder, "package.json")
    if (!existsSync(path)) continue
    const { name, version } = JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string }
    if (name === "arqon" && version !== undefined) return version
  }
  return "unknown"
}
