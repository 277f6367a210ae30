/**
 * Builds the site into `site/dist` and follows its links. Installs the site's own packages where they are missing. An older version goes
 * into a folder of its own below: `ARQON_SITE_BASE=/v0.1/ npm run docs:site`, after the newest. `-- --versions` builds two into one folder
 * and checks that the switch leads from each to the other and back.
 */
import { execFileSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"

const site = import.meta.dirname
const run = (program: string, ...args: ReadonlyArray<string>): void =>
  void execFileSync(program, args, { cwd: site, stdio: "inherit" })

const installed = join(site, "node_modules/.package-lock.json")
const lock = join(site, "package-lock.json")
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs)
  run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
run(process.execPath, "prepare.ts")
const build = (): void => run(process.execPath, "node_modules/vitepress/bin/vitepress.js", "build")
if (process.argv.includes("--versions")) {
  const two = [
    { text: "newest", link: "/" },
    { text: "older", link: "/older/" },
  ]
  process.env["ARQON_SITE_ROOT"] = join(site, ".cache/versions")
  process.env["ARQON_SITE_VERSIONS"] = JSON.stringify(two)
  for (const { link } of two) {
    process.env["ARQON_SITE_BASE"] = link
    build()
  }
} else build()
run(process.execPath, "checkSite.ts")
