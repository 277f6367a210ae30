/**
 * Checks the package as a user will get it: packs it, lets publint and are-the-types-wrong judge the tarball, installs
 * it into an empty folder beside its peers, and runs the README's first example there. Needs the npm registry for the
 * install; everything else is local.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "arqon-package-"))

const run = (command: string, args: ReadonlyArray<string>, cwd = root): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })

/** The first ```ts block of the README, made to end by itself: the example as a reader would paste it. */
const firstExample = (): string => {
  const match = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))
  if (match === null) throw new Error("README.md has no ```ts block: the smoke test runs its first one.")
  return match[1]
}

/** Source maps without their sources: these are not in the package, so whoever debugs through it would see nothing. */
const lostSources = (home: string): ReadonlyArray<string> =>
  readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".map"))
    .filter((name) => {
      const map = JSON.parse(readFileSync(join(home, name), "utf8")) as {
        sourcesContent?: ReadonlyArray<unknown>
      }
      return map.sourcesContent?.every((source) => typeof source === "string") !== true
    })

try {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]),
  ) as [{ filename: string }]
  const tarball = join(folder, filename)
  console.log(`packed ${filename}`)

  console.log(run("publint", ["run", tarball, "--strict"]).trim())
  console.log(run("attw", [tarball, "--profile", "esm-only", "--format", "ascii"]).trim())

  const versions = (
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      peerDependencies: Record<string, string>
    }
  ).peerDependencies
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "smoke", private: true, type: "module" }),
  )
  const peers = Object.entries(versions).map(([name, range]) => `${name}@${range}`)
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", tarball, ...peers], folder)
  const lost = lostSources(join(folder, "node_modules/arqon/dist"))
  if (lost.length > 0) throw new Error(`${lost.length} source maps lead nowhere, ${lost[0]} first`)
  writeFileSync(join(folder, "first.ts"), firstExample())
  console.log(run("node", ["first.ts"], folder).trim())
  console.log("The README's first example ran from the installed tarball.")
} finally {
  rmSync(folder, { recursive: true, force: true })
}
