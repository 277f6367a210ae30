/**
 * Builds the site into `site/dist` and follows its links. Installs the site's own packages where they are missing. A version under an
 * address of its own: `ARQON_SITE_BASE=/v0.1/ npm run docs:site`.
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
run(process.execPath, "node_modules/vitepress/bin/vitepress.js", "build")
run(process.execPath, "checkSite.ts")
