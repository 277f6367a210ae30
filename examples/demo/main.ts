/**
 * The demo, `npm start`: starts the plant and the load as processes of their own, lets the engine in the plant tune while
 * the load changes half way, shows it, and measures start and tuned once more side by side.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { runDemo } from "./run.ts"
import { help, parseOptions } from "./options.ts"
import { Terminal } from "./terminal.ts"

const parsed = parseOptions(process.argv.slice(2))

if (!parsed.ok) {
  process.stderr.write(`${parsed.problems.join("\n")}\n\nTry --help.\n`)
  process.exitCode = 2
} else if (parsed.options.help) {
  process.stdout.write(`${help}\n`)
} else {
  const { options } = parsed
  const stateFolder = join(
    process.cwd(),
    ".arqon",
    "demo",
    `${new Date().toISOString().replace(/[:.]/g, "-")}-seed-${options.seed}`,
  )
  mkdirSync(stateFolder, { recursive: true })
  const terminal = new Terminal(process.stdout, options.json)
  const stop = new AbortController()
  const interrupt = (): void => {
    // The second one does not wait for anybody: the children end by themselves when their parent has gone.
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  }
  process.on("SIGINT", interrupt)
  process.on("SIGTERM", interrupt)
  process.exitCode = await runDemo(options, stateFolder, terminal, stop.signal, (line) =>
    process.stdout.write(`${line}\n`),
  )
  process.off("SIGINT", interrupt)
  process.off("SIGTERM", interrupt)
}
