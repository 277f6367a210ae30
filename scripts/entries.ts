/** What a user imports, by the source behind it: the `exports` of package.json as paths of sources. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

type Targets = Readonly<Record<string, string>>

const { exports } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string | Targets>>
}

/** By name, sorted. `node` takes what Node loads where that differs from what a browser loads; the names are the same. */
export const entries = (platform: "browser" | "node"): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(exports)
      .flatMap(([name, targets]) => {
        if (typeof targets === "string") return []
        const built = (platform === "node" ? targets["node"] : undefined) ?? targets["default"]
        return [[`arqon${name.slice(1)}`, built.replace(/^\.\/dist\/(.*)\.js$/, "$1.ts")] as const]
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
