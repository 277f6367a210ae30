/** Part of `npm run build`, after the compiler: see `builtNumbers.ts`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type Exports, withNumbers } from "./builtNumbers.ts"

const dist = resolve(import.meta.dirname, "../dist")
const hot = join(dist, "src/hot")

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => join(folder, file))

// Loaded before any of them is written anew.
const exported = new Map<string, Exports>()
for (const file of filesIn(hot)) exported.set(file, (await import(pathToFileURL(file).href)) as Exports)

for (const file of [...filesIn(join(dist, "src")), ...filesIn(join(dist, "machines"))]) {
  const text = readFileSync(file, "utf8")
  const own = exported.get(file) ?? {}
  const compiled = withNumbers(
    text,
    own,
    (specifier) => exported.get(resolve(dirname(file), specifier)) ?? null,
  )
  if (compiled !== text) writeFileSync(file, compiled)
}
