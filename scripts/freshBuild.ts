/**
 * Whether `dist` was built from what the sources are now: a digest of every file that the build reads, written beside the build
 * when it has ended. By contents, because a checkout touches every file and changes none. `npm run build:fresh` builds where it was not.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
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
  "scripts/bundled.ts",
  "scripts/chartLayouts.ts",
  "scripts/builtNumbers.ts",
  "scripts/compileNumbers.ts",
  "scripts/stability.ts",
  "scripts/stabilityTags.ts",
  "scripts/entries.ts",
  "scripts/pruneTypes.ts",
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
const beginningIn = (home: string): string => join(home, "dist", ".building")

export const isFresh = (home: string = root): boolean =>
  existsSync(stampIn(home)) && readFileSync(stampIn(home), "utf8") === fingerprint(home)

/** Empties `dist`, so that a build never ships what the source no longer has, and keeps what the sources are as it begins. */
export function beginBuild(home: string = root): void {
  rmSync(join(home, "dist"), { recursive: true, force: true })
  mkdirSync(join(home, "dist"))
  writeFileSync(beginningIn(home), fingerprint(home))
}

/** The build is whole, of the sources that were there as it began. */
export const endBuild = (home: string = root): void => renameSync(beginningIn(home), stampIn(home))

/** Builds where `dist` is not fresh, and says first why. Whether there is a fresh build now. */
export function ensureBuild(why = "Building first, because the sources have changed"): boolean {
  if (isFresh()) return true
  process.stderr.write(`${why}: this takes about twenty seconds.\n`)
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    // On Windows npm is a script of the shell.
    shell: process.platform === "win32",
  })
  return status === 0
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv[2] === "--begin") beginBuild()
  else if (process.argv[2] === "--end") endBuild()
  else process.exitCode = ensureBuild() ? 0 : 1
}
