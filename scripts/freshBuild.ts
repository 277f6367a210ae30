/**
 * Whether `dist` was built from what the sources are now: a digest of every file that the build reads, written beside the build
 * when it has ended. By contents, because a checkout touches every file and changes none.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

export const root: string = resolve(import.meta.dirname, "..")
const FOLDERS = ["src", "machines", "examples/demo"]
const FILES = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "scripts/buildStudio.ts",
  "scripts/chartLayouts.ts",
]

/** The digest of everything in `home` that goes into a build. */
export function fingerprint(home: string): string {
  const hash = createHash("sha256")
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(join(home, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  for (const name of [...names.toSorted(), ...FILES.map((file) => join(home, file))]) {
    const text = existsSync(name) ? readFileSync(name) : Buffer.alloc(0)
    hash.update(`${name.slice(home.length)} ${text.length}\n`).update(text)
  }
  return hash.digest("hex")
}

const stampIn = (home: string): string => join(home, "dist", ".fresh")

export const isFresh = (home: string = root): boolean =>
  existsSync(stampIn(home)) && readFileSync(stampIn(home), "utf8") === fingerprint(home)

/** Called when a build has ended; what changed while it ran is noticed by the next `isFresh`. */
export const stamp = (print: string, home: string = root): void => writeFileSync(stampIn(home), print)

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) stamp(fingerprint(root))
