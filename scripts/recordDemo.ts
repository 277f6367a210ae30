/**
 * Makes the README's picture of the demo: runs it for real, keeps a frame now and then, and writes an animated SVG.
 *
 *   npm run build; node scripts/recordDemo.ts [--seconds N] [--seed N] [--no-load-change]
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseOptions } from "../examples/demo/options.ts"
import { picture } from "../examples/demo/picture.ts"
import { runDemo } from "../examples/demo/run.ts"
import { type DemoState, frame, type Line } from "../examples/demo/view.ts"

const FRAMES = 24
/** Lines of the last view that stay above the verdict: heading, objective, chart and knobs. */
const KEPT_OF_LAST = 10
/** How long the film takes, end included. */
const FILM_SECONDS = 16

const root = join(import.meta.dirname, "..")
const file = join(root, "docs", "images", "demo.svg")
const parsed = parseOptions(process.argv.slice(2))
if (!parsed.ok) {
  process.stderr.write(`${parsed.problems.join("\n")}\n`)
  process.exit(2)
}
const { options } = parsed
const stateFolder = join(root, ".arqon", "demo", `recording-${process.pid}`)
mkdirSync(stateFolder, { recursive: true })

const states: Array<DemoState> = []
let verdict: ReadonlyArray<Line> = []
const recorder = {
  show: (state: DemoState): void => {
    states.push(state)
  },
  tell: (text: string): void => {
    process.stdout.write(`${text}\n`)
  },
  print: (lines: ReadonlyArray<Line>): void => {
    verdict = lines
  },
  release: (): void => undefined,
}
const code = await runDemo(
  { ...options, json: true },
  stateFolder,
  recorder,
  new AbortController().signal,
  (line) => process.stdout.write(`${line}\n`),
)

// The states in equal steps of time; the last one with the verdict under it.
const lastMs = states.at(-1)?.elapsedMs ?? 0
const kept = Array.from({ length: FRAMES }, (_, index) =>
  states.findLast(({ elapsedMs }) => elapsedMs <= (lastMs * (index + 1)) / FRAMES),
).filter((state) => state !== undefined)
const films = kept.map(frame)
const space: Line = []
const strip = [...films.slice(0, -1), [...films[films.length - 1].slice(0, KEPT_OF_LAST), space, ...verdict]]
mkdirSync(join(root, "docs", "images"), { recursive: true })
writeFileSync(
  file,
  picture(strip, FILM_SECONDS, "The Arqon demo tuning a live HTTP service, and its comparison at the end"),
)
process.stdout.write(`${file}: ${strip.length} frames\n`)
process.exitCode = code
