/**
 * Runs the benchmarks and writes docs/benchmarks.md from what they print: `npm run docs:benchmarks`; with `-- --public` the section
 * on what a user calls alone, with `-- --cold` that on cold processes. A figure that is not in this page's commands is not in this page.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { classesSection, type ClassesBench } from "./classesSection.ts"
import { type ColdRun, coldSection, withColdSection } from "./coldSection.ts"
import { lastLine } from "./lastLine.ts"
import { type PublicRun, publicSection, withPublicSection } from "./publicSection.ts"
import { choicesSection } from "./choicesSection.ts"
import { rowsPicture } from "./rowsPicture.ts"
import { type SolverBench, solverSection } from "./solverSection.ts"
import { wrapped } from "./wrapped.ts"

interface Price {
  readonly p50Ns: number
  readonly p99Ns: number
  readonly bytesPerOp: number
}

interface Score {
  readonly name: string
  readonly geometricMean: number
  readonly t1: { readonly mean: number; readonly last200: number }
  readonly t2: { readonly mean: number; readonly last200: number }
  readonly queue: ReadonlyArray<number>
  readonly regain: ReadonlyArray<{ readonly median: number | null }>
  readonly byPair: ReadonlyArray<{ readonly plant: string; readonly noise: number; readonly loss: number }>
}

interface Bar {
  readonly name: string
  readonly value: number
  readonly bar: number
  readonly atLeast: boolean
  readonly holds: boolean
}

/** What a benchmark prints for people. */
const printed = (args: ReadonlyArray<string>): string =>
  execFileSync("node", args, { encoding: "utf8" }).trimEnd()

/** As `printed`, also where a bar is missed: the page shows that. */
const printedAnyhow = (file: string): string =>
  spawnSync("node", [file], { encoding: "utf8" }).stdout.trimEnd()

const RUNS = 3
const PAGE = new URL("../docs/benchmarks.md", import.meta.url)

if (process.argv.includes("--public")) {
  const run = lastLine(["--expose-gc", "bench/hot/main.ts", "--json", "--public"]) as PublicRun
  writeFileSync(PAGE, wrapped(withPublicSection(readFileSync(PAGE, "utf8"), publicSection([run]))))
  console.log("wrote the section on public calls of docs/benchmarks.md")
  process.exit(0)
}

if (process.argv.includes("--cold")) {
  const run = lastLine(["bench/cold/main.ts", "--json"]) as ColdRun
  writeFileSync(PAGE, wrapped(withColdSection(readFileSync(PAGE, "utf8"), coldSection(run))))
  console.log("wrote the section on cold processes of docs/benchmarks.md")
  process.exit(0)
}

const runs = Array.from(
  { length: RUNS },
  () =>
    lastLine(["--expose-gc", "bench/hot/main.ts", "--json"]) as Record<string, Price> &
      PublicRun & {
        ratioToFloor: number
      },
)
const arena = lastLine(["bench/arena/main.ts", "--json"]) as {
  readonly scores: ReadonlyArray<Score>
  readonly bars: ReadonlyArray<Bar>
}

const solver = lastLine(["bench/solver/main.ts", "--json"]) as SolverBench
const classes = lastLine(["bench/solver/classesMain.ts", "--json"]) as ClassesBench

const mixed = printedAnyhow("bench/mixed/main.ts")
const parallel = printedAnyhow("bench/parallel/main.ts")
const cold = lastLine(["bench/cold/main.ts", "--json"]) as ColdRun
const fleet = printed(["--expose-gc", "bench/fleet/main.ts"])
const worker = printed(["bench/worker/main.ts"])
const studio = printed(["bench/studio/main.ts"])

const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => values.toSorted((a, b) => a - b)
const median = (values: ReadonlyArray<number>): number => sorted(values)[values.length >> 1]
const nanoseconds = (ns: number): string =>
  ns >= 10_000 ? `${(ns / 1000).toFixed(0)} us` : `${ns.toFixed(ns < 100 ? 1 : 0)} ns`
const spread = (values: ReadonlyArray<number>): string =>
  `${nanoseconds(median(values))} (${nanoseconds(sorted(values)[0])} to ${nanoseconds(sorted(values)[RUNS - 1])})`

const paths: ReadonlyArray<readonly [key: string, what: string, budget: string]> = [
  ["apply16", "apply, 16 plain knobs, every guardrail, accepted, audited", "150 / 400 ns"],
  ["floor16", "floor of an apply: validate and commit under a sequence lock, nothing else", ""],
  ["apply16Mixed", "the same apply, 8 knobs plain, 4 whole, 2 logarithmic, 2 whole on a log scale", ""],
  ["apply4", "apply, 4 plain knobs", ""],
  ["observe", "observe a digest: validity, window", "25 / 60 ns"],
  ["decideKernel", "decide, kernel, 16 plain knobs (half a cycle)", "150 / 300 ns"],
  ["decideKernelMixed", "decide, kernel, the mixed knobs", ""],
  [
    "decideActors",
    "decide and apply through the actors, 16 knobs, from the closing digest on",
    "20 / 100 us",
  ],
  ["digestToVisible", "digest to the plant reading a new value, through `createEngine`", "- / 300 us"],
  ["snapshotOtherThread", "snapshot of 16 knobs from another thread, uncontended", "30 ns"],
]

const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const hotTable = table(
  ["path", "p50", "p99", "bytes/op", "budget p50 / p99"],
  paths.map(([key, what, budget]) => [
    what,
    spread(runs.map((run) => run[key].p50Ns)),
    spread(runs.map((run) => run[key].p99Ns)),
    median(runs.map((run) => run[key].bytesPerOp)).toFixed(
      key.startsWith("decideA") || key.startsWith("digest") ? 0 : 3,
    ),
    budget,
  ]),
)

const pair = ({ mean, last200 }: { readonly mean: number; readonly last200: number }): string =>
  `${mean.toFixed(4)}, ${last200.toFixed(4)}`

const arenaTable = table(
  [
    "",
    "33 pairs",
    "T1 mean, last 200",
    "T2 mean, last 200",
    "queue, three loads",
    "regain, 0 / 5 / 20 % noise",
  ],
  arena.scores.map(({ name, geometricMean, t1, t2, queue, regain }) => [
    name,
    geometricMean.toFixed(4),
    pair(t1),
    pair(t2),
    queue.map((share) => share.toFixed(3)).join(" "),
    regain.map((one) => one.median ?? "never").join(" / "),
  ]),
)

const barTable = table(
  ["", "reached", "bar", ""],
  arena.bars.map(({ name, value, bar, atLeast, holds }) => [
    name,
    String(Number(value.toPrecision(4))),
    `${atLeast ? "at least" : "at most"} ${bar}`,
    holds ? "holds" : "**missed**",
  ]),
)

const [ours, ...others] = arena.scores
const lost = ours.byPair.flatMap((row, i) => {
  const better = others.filter(({ byPair }) => byPair[i].loss < row.loss)
  return better.length === 0
    ? []
    : [
        [
          row.plant,
          `${100 * row.noise} %`,
          row.loss.toFixed(4),
          better.map((one) => `${one.name} ${one.byPair[i].loss.toFixed(4)}`).join(", "),
        ],
      ]
})

const ratios = sorted(runs.map((run) => run.ratioToFloor))

const page = `# Benchmarks

<!-- Generated by \`npm run docs:benchmarks\`. Do not edit. -->

Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), a shared machine: trust the ratios more than the absolute times.

## The hot path
\`npm run bench:hot -- --json\`, ${RUNS} processes: median (least to most). Batches of 1,000 operations below a microsecond, so a
percentile is over batches; above a microsecond, single operations. The benchmark asserts that every apply was accepted. Bytes are counted
over ten million operations. The command fails above .02 bytes an operation, and above 2.5 times the floor of an apply.

${hotTable}

An apply costs ${ratios[RUNS >> 1].toFixed(2)} times its floor (${ratios[0].toFixed(2)} to ${ratios[RUNS - 1].toFixed(2)}; at most 2.5). The floor is built like the apply: an object
with its arrays in fields. As a single closure, whose addresses are compiled in, the floor takes about 53 ns, and an apply is about 3.4 times that.

${publicSection(runs)}${coldSection(cold)}## The tuning rule
\`npm run bench:arena\` (under a minute, the same on every machine). Geometric mean of cumulative true loss over 33 plant and noise
pairs (lower is better), SelfTune's tasks T1 and T2 (higher is better), share of the best utility on three M/M/c/K loads in turn, cycles to regain
90 % of a 20 % shift. All go through Tier 1 with the balanced guardrails, with one setting each. [The tuning rule](explanation/tuning-rule.md) explains the columns.

${arenaTable}

${barTable}

### Where others win
The ${lost.length} of 33 pairs on which another rule loses less than the default:

${table(["plant", "noise", "ours", "better"], lost)}

## Ten thousand engines
\`npm run bench:fleet\`: a [fleet](reference/fleet.md) on the real clock, through the public calls. Budget: a spawn in 50 us, 16 KB an engine, a tenth of
a core.

\`\`\`text
${fleet}
\`\`\`

## An engine in a worker
\`npm run bench:worker\`: the same engine [in the caller's thread and in a worker](how-to/run-in-a-worker.md), alternating.

\`\`\`text
${worker}
\`\`\`

## The studio
\`npm run bench:studio\`: what [the studio](how-to/studio.md) costs while no page is open and while one is. Budget: nothing on the hot path, 3 % of a core.

\`\`\`text
${studio}
\`\`\`

${solverSection(solver)}
${classesSection(classes)}
${choicesSection(mixed, parallel)}`

writeFileSync(PAGE, wrapped(page))
writeFileSync(new URL("../docs/images/solver-rows.svg", import.meta.url), rowsPicture(solver.functions))
console.log("wrote docs/benchmarks.md and docs/images/solver-rows.svg")
