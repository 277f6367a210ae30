/**
 * Part of `npm run build`, after the compiler: deletes the declarations that no entry of the package leads to. Nobody can import them,
 * and they were a third of all declarations.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { entries } from "./entries.ts"

const dist = resolve(import.meta.dirname, "../dist")

/** `import "./a.ts"`, `from "./a.js"` and `import("./a.js")`. */
const LEADS_TO = /(?:from|import\(?) ?"(\.[^"]+)"/g

const typesOf = (source: string): string => source.replace(/\.(?:tsx?|js)$/, ".d.ts")

const kept = new Set<string>()
const keep = (file: string): void => {
  if (kept.has(file) || !existsSync(file)) return
  kept.add(file)
  for (const [, from] of readFileSync(file, "utf8").matchAll(LEADS_TO))
    keep(typesOf(join(dirname(file), from)))
}
for (const platform of ["browser", "node"] as const)
  for (const source of Object.values(entries(platform))) keep(join(dist, typesOf(source)))

for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" }))
  if (name.endsWith(".d.ts") && !kept.has(join(dist, name))) rmSync(join(dist, name))
