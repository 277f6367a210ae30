/**
 * The second half of `npm run size`: what the package puts on a disk, alone and with everything that it needs, and how long a
 * process takes to import it. Fails above the bounds below. Needs a build.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

const root = resolve(import.meta.dirname, "..")

/** The tarball and what it unpacks to, MB of 10^6 bytes. Documentation is a sixth of it; most pictures stay in the repository. */
const MOST_PACKED_MB = 2.7
const MOST_UNPACKED_MB = 8.6

/** Best of so many fresh processes: the others had other work beside them. */
const RUNS = 7

export const IMPORTS: ReadonlyArray<{ readonly entry: string; readonly mostMs: number }> = [
  { entry: "arqon", mostMs: 300 },
  { entry: "arqon/hot", mostMs: 30 },
]

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1)

interface Packed {
  readonly size: number
  readonly unpackedSize: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** What `npm publish` would send, without sending it. */
export function packed(): Packed {
  const text = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  })
  return (JSON.parse(text) as [Packed])[0]
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** The packages that come with these names: beside the package that needs them where they have one of their own there. */
export function needed(home: string, names: ReadonlyArray<string>): ReadonlyArray<string> {
  const found = new Set<string>()
  const visit = (name: string, from: string): void => {
    const own = join(from, "node_modules", name)
    const folder = existsSync(own) ? own : join(home, "node_modules", name)
    if (found.has(folder)) return
    found.add(folder)
    for (const next of Object.keys(manifestOf(folder).dependencies ?? {})) visit(next, folder)
  }
  for (const name of names) visit(name, home)
  return [...found]
}

/** Bytes of a package's own files. */
const bytesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.slice(folder.length).includes("node_modules"))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

/** Milliseconds for the import in a process that has just started. */
function importMs(entry: string): number {
  const program = `const from = performance.now(); await import("${entry}"); process.stdout.write(String(performance.now() - from)); process.exit()`
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: root,
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`import of ${entry} failed: ${stderr}`)
  return Number(stdout)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { size, unpackedSize, files } = packed()
  const names = [...Object.keys(manifestOf(root).dependencies ?? {}), "effect", "xstate"]
  const all = needed(root, names)
  const beside = all.reduce((sum, folder) => sum + bytesOf(folder), 0)
  const problems: Array<string> = []
  console.log(
    `installed: ${mega(unpackedSize)} MB in ${files.length} files, ${mega(size)} MB to fetch (bounds ${MOST_UNPACKED_MB} and ${MOST_PACKED_MB} MB); ` +
      `with ${names.join(", ")} and theirs ${mega(unpackedSize + beside)} MB in ${all.length + 1} packages`,
  )
  if (size > MOST_PACKED_MB * 1e6 || unpackedSize > MOST_UNPACKED_MB * 1e6)
    problems.push("the package is larger than its bounds")
  for (const { entry, mostMs } of IMPORTS) {
    const best = Math.min(...Array.from({ length: RUNS }, () => importMs(entry)))
    console.log(`import of ${entry}: ${best.toFixed(0)} ms, best of ${RUNS} processes (bound ${mostMs} ms)`)
    if (best > mostMs) problems.push(`the import of ${entry} takes longer than ${mostMs} ms`)
  }
  for (const problem of problems) console.error(`  ${problem}`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
