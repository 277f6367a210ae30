/**
 * `npm start`: the demo, `arqon demo`. From the build where that is fresh, else from the sources: nobody who has just cloned waits for a
 * compiler. The studio needs the build, so it is made before a run with `--open`, and after any other.
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { ensureBuild, isFresh, root } from "./freshBuild.ts"

const args = process.argv.slice(2)
const built = isFresh() || args.includes("--open")
if (built && !ensureBuild()) process.exit(1)
if (!built) {
  // The demo's own processes read this; a URL has no blanks to quote.
  const preload = `--import ${new URL("fromSources.ts", import.meta.url).href}`
  process.env["NODE_OPTIONS"] = [process.env["NODE_OPTIONS"], preload].filter(Boolean).join(" ")
}
const program = join(root, built ? "dist/src/cli/arqon.js" : "src/cli/arqon.ts")
const { main } = (await import(pathToFileURL(program).href)) as {
  main: (args: ReadonlyArray<string>) => Promise<void>
}
await main(["demo", ...args])
const ran = process.exitCode === 0 && !args.some((one) => one === "--help" || one === "-h")
if (!built && ran) ensureBuild("Building, so that the studio can show this run")
