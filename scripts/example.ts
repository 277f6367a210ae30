/**
 * `npm run example NAME`: builds if the sources have changed, then runs `examples/NAME`. Without a name it lists them. npm runs it under
 * the Node among the devDependencies, so an older Node on the machine does not matter.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ensureBuild, root } from "./freshBuild.ts"

const folder = join(root, "examples")

/** What `NAME` may be: `first`, `cookbook/batch`, or a folder with a `main.ts`. A file is an example if its header says how to run it. */
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
  .filter((file) => /^ \* Run: .*npm run example /m.test(readFileSync(join(folder, file), "utf8")))
const nameOf = (file: string): string => file.replace(/(\/main)?\.ts$/, "")

/** The first sentence of the header, or what stands before its colon where it is long. */
const promiseOf = (file: string): string => {
  const header = readFileSync(join(folder, file), "utf8").split("*/")[0] ?? ""
  const text = header
    .replaceAll(/^\/?[* ]+/gm, "")
    .replaceAll("\n", " ")
    .trim()
  const [sentence = text] = /^.*?[.;](?= )/.exec(text) ?? []
  return (sentence.length > 110 ? sentence.replace(/:.*/, ".") : sentence).replace(/;$/, ".")
}

const [name, ...rest] = process.argv.slice(2)
const file = files.find((one) => [nameOf(one), one, `examples/${one}`].includes(name ?? ""))
if (file === undefined) {
  if (name !== undefined) process.stderr.write(`There is no example "${name}".\n\n`)
  const width = Math.max(...files.map((one) => nameOf(one).length))
  process.stdout.write("npm run example NAME\n\n")
  for (const one of files.toSorted())
    process.stdout.write(`  ${nameOf(one).padEnd(width)}  ${promiseOf(one)}\n`)
  process.exitCode = name === undefined ? 0 : 2
} else if (ensureBuild()) {
  // Ctrl-C reaches the example too, which decides when it ends.
  process.on("SIGINT", () => undefined)
  const { status } = spawnSync(process.execPath, [join(folder, file), ...rest], { stdio: "inherit" })
  process.exitCode = status ?? 130
} else process.exitCode = 1
