/** `npm start`: the demo, `arqon demo`, on a build of what the sources are now. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { ensureBuild, root } from "./freshBuild.ts"

if (!ensureBuild()) process.exit(1)
const { main } = (await import(pathToFileURL(join(root, "dist/src/cli/arqon.js")).href)) as {
  main: (args: ReadonlyArray<string>) => Promise<void>
}
await main(["demo", ...process.argv.slice(2)])
