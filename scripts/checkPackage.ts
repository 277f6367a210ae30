/**
 * Checks the package as a user will get it: packs it, lets publint and are-the-types-wrong judge the tarball, installs
 * it into an empty folder beside its peers, and runs the README's first example and a short demo there. Needs the npm registry for
 * the install; everything else is local.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve, sep } from "node:path"

const root = resolve(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "arqon-package-"))

const run = (command: string, args: ReadonlyArray<string>, cwd = root): string =>
  execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    // Windows starts npm and what npm has installed through a file of commands.
    shell: process.platform === "win32",
  })

/** The first ```ts block of the README, made to end by itself: the example as a reader would paste it. */
const firstExample = (): string => {
  const match = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))
  if (match === null) throw new Error("README.md has no ```ts block: the smoke test runs its first one.")
  return match[1]
}

/** What a reader of the installed package must find there, and what has no business in it. */
const WANTED = [
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "SECURITY.md",
  "docs/README.md",
  "docs/images/demo.svg",
  "examples/first.ts",
  "examples/python/README.md",
  "examples/python/pyproject.toml",
  "examples/python/arqon/minimize.py",
  "examples/python/arqon/py.typed",
  "schemas/solver-config.schema.json",
]
const UNWANTED = /\.map$|(^|\/)(\.fresh|\.building|__pycache__|\.\w+_cache|node_modules|test)(\/|$)/

const contentsProblem = (home: string): string | null => {
  const names = readdirSync(home, { recursive: true, encoding: "utf8" }).map((name) =>
    name.split(sep).join("/"),
  )
  const missing = WANTED.filter((name) => !names.includes(name))
  const strange = names.filter((name) => UNWANTED.test(name))
  if (missing.length > 0) return `the package lacks ${missing.join(", ")}`
  return strange.length > 0 ? `the package contains ${strange.slice(0, 5).join(", ")}` : null
}

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
  // In quotes on Windows, where `^` and `>` mean something to the shell.
  const quote = process.platform === "win32" ? '"' : ""
  const peers = Object.entries(versions).map(([name, range]) => `${quote}${name}@${range}${quote}`)
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", tarball, ...peers], folder)
  const problem = contentsProblem(join(folder, "node_modules/arqon"))
  if (problem !== null) throw new Error(problem)
  // As the README says, and as TypeScript: the example is both.
  for (const name of ["first.mjs", "first.ts"]) {
    writeFileSync(join(folder, name), firstExample())
    console.log(run("node", [name], folder).trim())
  }
  console.log("The README's first example ran from the installed tarball.")
  // Whether it gains anything in five seconds is not asked: an outcome, good or bad, says that all of it is there.
  const { stdout } = spawnSync(
    "node",
    ["node_modules/arqon/dist/src/cli/main.js", "demo", "--seconds", "5", "--json"],
    { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  )
  const { outcome, applies } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>
  console.log(
    `arqon demo ran from the installed tarball: ${String(outcome)} after ${String(applies)} applies.`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
