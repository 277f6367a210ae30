/**
 * `npm run smoke:bun` and `npm run smoke:deno`: installs another runtime's npm package under node_modules/.cache, runs the built package
 * in it and in Node, and compares what both print. Not part of `npm ci` or of CI: each runtime is a hundred megabytes.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

/** The versions that were tried, and how each starts a program. */
const RUNTIMES: Readonly<Record<string, { readonly version: string; readonly args: ReadonlyArray<string> }>> =
  {
    bun: { version: "1.4.5", args: [] },
    deno: { version: "2.9.6", args: ["run", "--allow-all", "--node-modules-dir=manual"] },
  }

const name = process.argv[2] ?? ""
const runtime = RUNTIMES[name]
if (runtime === undefined) {
  console.error(`node scripts/smoke.ts ${Object.keys(RUNTIMES).join("|")}`)
  process.exit(2)
}

const home = join(root, "node_modules/.cache/runtimes", `${name}-${runtime.version}`)
const executable = join(home, "node_modules/.bin", name)
if (!existsSync(executable)) {
  mkdirSync(home, { recursive: true })
  // A runtime's install script puts its program in place, so both are allowed by name.
  const own = { private: true, allowScripts: { [name]: true } }
  writeFileSync(join(home, "package.json"), JSON.stringify(own))
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--save-exact", `${name}@${runtime.version}`], {
    cwd: home,
    stdio: "inherit",
  })
}

/** A folder as `npm install arqon effect xstate` leaves it. */
const folder = mkdtempSync(join(tmpdir(), "arqon-smoke-"))
mkdirSync(join(folder, "node_modules"))
symlinkSync(root, join(folder, "node_modules/arqon"))
for (const one of ["effect", "xstate"])
  symlinkSync(join(root, "node_modules", one), join(folder, "node_modules", one))
writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
copyFileSync(join(root, "scripts/smokeProgram.ts"), join(folder, "program.ts"))

const run = (program: string, args: ReadonlyArray<string>) => {
  const { status, signal, stdout, stderr } = spawnSync(program, [...args, "program.ts"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 120_000,
  })
  return { ended: status ?? signal, stdout, stderr }
}

const there = run(executable, runtime.args)
const here = run(process.execPath, [])
rmSync(folder, { recursive: true, force: true })

const expected = here.stdout.split("\n")
const differing = expected.filter((line, i) => line !== there.stdout.split("\n")[i])
console.log(`${name} ${runtime.version}\n${there.stdout}${there.stderr}`)
for (const line of differing) console.log(`Node ${process.versions.node} says: ${line}`)
const good = there.ended === 0 && here.ended === 0 && differing.length === 0
console.log(good ? "The same as in Node." : `It ended with ${there.ended}; ${differing.length} lines differ.`)
process.exitCode = good ? 0 : 1
