/**
 * Makes the README's picture of the demo: runs it for real, keeps a frame now and then, and writes an animated SVG.
 *
 *   npm run build && node scripts/recordDemo.ts --seconds 75 --seed 1
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { picture } from "../examples/demo/picture.ts"
import { runDemo } from "../examples/demo/run.ts"
import { type DemoState, frame, type Line, textOf } from "../examples/demo/view.ts"

const FRAMES = 24
/** Lines of the last view that stay above the verdict: heading, objective, chart and knobs. */
const KEPT_OF_LAST = 11
/** How long the film takes, end included. */
const FILM_SECONDS = 16

const root = join(import.meta.dirname, "..")
const file = join(root, "docs", "images", "demo.svg")
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "75" }, seed: { type: "string", default: "1" } },
})
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
    // The summary to paste is for who ran it.
    const end = lines.findIndex((line) => textOf(line) === "To paste")
    verdict = lines.slice(0, end < 0 ? undefined : end)
  },
  release: (): void => undefined,
}
const code = await runDemo(
  { seconds: Number(values.seconds), seed: Number(values.seed), json: true, loadChange: true, studio: false },
  stateFolder,
  {
    terminal: recorder,
    writeLine: (line) => process.stdout.write(`${line}\n`),
    openStudio: () => undefined,
  },
  new AbortController().signal,
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
