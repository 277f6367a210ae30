/** What a bundle is made of, by package and by room of the house: what `npm run size -- --parts` prints. */
import type { SourceMap } from "node:module"
import { gzipSync } from "node:zlib"
import type { Chunk } from "./bundle.ts"

export interface Part {
  readonly name: string
  /** Bytes less that the chunk would be without it, gzipped. Parts share what they have in common, so the sum is below the whole. */
  readonly gzipBytes: number
}

/** `effect`, `src/hot`, `machines`: the package, the room under `src`, or the top folder. */
function partOf(source: string): string {
  const steps = source.split("/").filter((step) => step !== "..")
  const installed = steps.lastIndexOf("node_modules")
  if (installed >= 0) return steps[installed + 1]
  return steps[0] === "src" ? steps.slice(0, 2).join("/") : steps[0]
}

/** What joins the modules. */
const OWN = "the bundler's own"

/** The code in pieces, each with the part it comes from. */
function piecesOf(code: string, map: SourceMap): ReadonlyArray<readonly [part: string, text: string]> {
  return code.split("\n").flatMap((line, row) => {
    const pieces: Array<[string, string]> = []
    let last = { part: OWN, from: 0 }
    for (let column = 0; column < line.length; column++) {
      const entry = map.findEntry(row, column)
      if (!("originalSource" in entry) || entry.generatedLine !== row || entry.generatedColumn !== column)
        continue
      const part = partOf(entry.originalSource ?? OWN)
      if (part === last.part) continue
      pieces.push([last.part, line.slice(last.from, column)])
      last = { part, from: column }
    }
    return [...pieces, [last.part, `${line.slice(last.from)}\n`] as const]
  })
}

/** The largest first. */
export function partsOf({ code, map, gzipBytes }: Chunk): ReadonlyArray<Part> {
  if (map === null) return []
  const pieces = piecesOf(code, map)
  return [...new Set(pieces.map(([part]) => part))]
    .map((name) => {
      const rest = pieces.filter(([part]) => part !== name).map(([, text]) => text)
      return { name, gzipBytes: gzipBytes - gzipSync(rest.join(""), { level: 9 }).length }
    })
    .sort((a, b) => b.gzipBytes - a.gzipBytes)
}
