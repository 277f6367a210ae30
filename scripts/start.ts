/**
 * `npm start`: the demo, `arqon demo`, on a build of what the sources are now. A build that is fresh is not made again; one that
 * is not says so first, and how long it takes.
 */
import { spawnSync } from "node:child_process"
import { pathToFileURL } from "node:url"
import { join } from "node:path"
import { isFresh, root } from "./freshBuild.ts"

if (!isFresh()) {
  process.stderr.write(
    "Building first, because the sources have changed: about ten seconds. Then the demo begins.\n",
  )
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    // On Windows npm is a script of the shell.
    shell: process.platform === "win32",
  })
  if (status !== 0) process.exit(1)
}
const { main } = (await import(pathToFileURL(join(root, "dist/src/cli/arqon.js")).href)) as {
  main: (args: ReadonlyArray<string>) => Promise<void>
}
await main(["demo", ...process.argv.slice(2)])
