/**
 * `npm run bench:cold`: what a process pays before its first digest, on the built package: loading `arqon`, and `createEngine().start()`.
 * Whole processes, each beside an empty one that ran just before it, so that a slow spell of the machine meets both. Nothing is gated.
 */
import { spawnSync } from "node:child_process"
import { readOptions, whole } from "../../scripts/options.ts"

const HELP = `Measures what a process pays to load arqon and to start its first engine.

USAGE
  npm run bench:cold -- [--pairs N] [--json]

  --pairs N   Processes of each kind, by turns (default 21)
  --json      Print the figures as JSON
`

const values = readOptions(HELP, {
  pairs: { type: "string", default: "21" },
  json: { type: "boolean", default: false },
})
const pairs = whole("pairs", values.pairs)

/** Each ends by saying its processor time, and what the last step took of that and by the clock. */
const programOf = (before: string, last: string): string => `
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
${before}
const begun = performance.now(), cpuBefore = cpuMs()
${last}
const lastMs = performance.now() - begun, cpuAfter = cpuMs()
process.stdout.write(JSON.stringify({ cpuMs: cpuAfter, lastCpuMs: cpuAfter - cpuBefore, lastMs }))
process.exit()`

const programs = {
  empty: programOf("", ""),
  import: programOf("", 'await import("arqon")'),
  start: programOf(
    'const { createEngine } = await import("arqon")',
    "await createEngine({ params: { concurrency: { min: 1, max: 64, step: 1 }, waitMs: { min: 1, max: 50 } } }).start()",
  ),
} as const

interface Ran {
  readonly wallMs: number
  readonly cpuMs: number
  readonly lastMs: number
  readonly lastCpuMs: number
}

const run = (program: string): Ran => {
  const begun = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  })
  const wallMs = performance.now() - begun
  if (status !== 0) throw new Error(`a process ended with ${status}: ${stderr}`)
  return { wallMs, ...(JSON.parse(stdout) as Omit<Ran, "wallMs">) }
}

const at = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]

const spread = (values: ReadonlyArray<number>) => ({
  p50: at(values, 0.5),
  p10: at(values, 0.1),
  p90: at(values, 0.9),
})

// The files once: from then on they come from the system's memory, as for everybody but the first.
for (const program of Object.values(programs)) run(program)
const rounds = Array.from({ length: pairs }, () => ({
  empty: run(programs.empty),
  import: run(programs.import),
  emptyAgain: run(programs.empty),
  start: run(programs.start),
}))

const figures = {
  "an empty process": {
    cpuMs: spread(rounds.map((one) => one.empty.cpuMs)),
    wallMs: spread(rounds.map((one) => one.empty.wallMs)),
  },
  'import "arqon", over an empty process': {
    cpuMs: spread(rounds.map((one) => one.import.cpuMs - one.empty.cpuMs)),
    wallMs: spread(rounds.map((one) => one.import.wallMs - one.empty.wallMs)),
  },
  "import and createEngine().start(), over an empty process": {
    cpuMs: spread(rounds.map((one) => one.start.cpuMs - one.emptyAgain.cpuMs)),
    wallMs: spread(rounds.map((one) => one.start.wallMs - one.emptyAgain.wallMs)),
  },
  "createEngine().start() alone": {
    cpuMs: spread(rounds.map((one) => one.start.lastCpuMs)),
    wallMs: spread(rounds.map((one) => one.start.lastMs)),
  },
}

if (values.json) console.log(JSON.stringify({ node: process.version, pairs, figures }))
else {
  const cell = ({ p50, p10, p90 }: ReturnType<typeof spread>): string =>
    `${p50.toFixed(0)} (${p10.toFixed(0)} to ${p90.toFixed(0)})`
  console.log(`node ${process.version}, ${pairs} pairs of processes: median (p10 to p90)`)
  console.table(
    Object.fromEntries(
      Object.entries(figures).map(([name, { cpuMs, wallMs }]) => [
        name,
        { "processor, ms": cell(cpuMs), "wall, ms": cell(wallMs) },
      ]),
    ),
  )
}
