/**
 * Part of `npm run build`, after the compiler: writes the level of every public name into its docstring in `dist`, where an editor shows
 * it. The sources have no such tags: a name's level is a matter of the entry that hands it on, and is stated there alone.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { entries } from "./entries.ts"
import { ENTRIES, LEVELS, type Level, publicNames } from "./stability.ts"

/** Where a name is declared: its level by file and name. */
export type Places = ReadonlyMap<string, ReadonlyMap<string, Level>>

const declaration = (name: string): RegExp =>
  new RegExp(
    String.raw`^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type) ${name.replaceAll("$", String.raw`\$`)}(?![\w$])`,
    "gm",
  )

const REEXPORT = /^(?:export|import) (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm
const ALL = /^export \* from "(\.[^"]+)"/gm

const typesOf = (folder: string, source: string): string =>
  join(folder, source.replace(/\.(?:tsx?|js)$/, ".d.ts"))

/** The file that declares what `file` calls `name`, and what it is called there; null for a name of another package. */
function declared(file: string, name: string): readonly [file: string, name: string] | null {
  const text = readFileSync(file, "utf8")
  if (declaration(name).test(text)) return [file, name]
  for (const [, list, from] of text.matchAll(REEXPORT))
    for (const one of list.split(",")) {
      const [there, here = there] = one
        .trim()
        .replace(/^type /, "")
        .split(" as ")
      if (here === name) return declared(typesOf(dirname(file), from), there)
    }
  for (const [, from] of text.matchAll(ALL)) {
    const found = declared(typesOf(dirname(file), from), name)
    if (found !== null) return found
  }
  return null
}

/** Every public name of the build; of several entries that hand a name on, the one that promises most counts. */
export function places(dist: string): Places {
  const found = new Map<string, Map<string, Level>>()
  const underNode = entries("node")
  for (const [entry, source] of Object.entries(ENTRIES))
    for (const { name, level } of publicNames(source))
      for (const from of new Set([source, underNode[entry]])) {
        const place = declared(typesOf(dist, from), name)
        if (place === null) throw new Error(`${from}: the declaration of ${name} was not found in the build.`)
        const [file, own] = place
        const names = found.get(file) ?? new Map<string, Level>()
        const other = names.get(own) ?? level
        found.set(file, names.set(own, LEVELS.indexOf(level) < LEVELS.indexOf(other) ? level : other))
      }
  return found
}

/** The text of a declaration file with a tag in the block above each of these names; a name without a block gets one. */
export function tagged(text: string, names: ReadonlyMap<string, Level>): string {
  let result = text
  for (const [name, level] of names) {
    const starts = [...result.matchAll(declaration(name))].map(({ index }) => index)
    // From the end, so that what stands before keeps its place.
    for (const at of starts.toReversed()) {
      const above = result.slice(0, at)
      const block = /\/\*\*((?:(?!\*\/)[\s\S])*?)\s*\*\/\n$/.exec(above)
      const tag = `\n * @stability ${level}\n */\n`
      const words = block?.[1] ?? ""
      const body = words === "" || words.startsWith("\n") ? words : `\n * ${words.trim()}`
      result = `${above.slice(0, block?.index ?? at)}/**${body}${tag}${result.slice(at)}`
    }
  }
  return result
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const [file, names] of places(resolve(import.meta.dirname, "../dist")))
    writeFileSync(file, tagged(readFileSync(file, "utf8"), names))
