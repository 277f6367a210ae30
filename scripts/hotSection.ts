/** The section of docs/benchmarks.md on the hot path, from what `bench/hot` prints with --json. */
import type { PublicRun } from "./publicSection.ts"
import { table } from "./table.ts"

interface Price {
  readonly p50Ns: number
  readonly p99Ns: number
  readonly bytesPerOp: number
}

/** What one process printed. */
export type HotRun = Record<string, Price> & PublicRun & { readonly ratioToFloor: number }

const sorted = (values: ReadonlyArray<number>): ReadonlyArray<number> => values.toSorted((a, b) => a - b)
const median = (values: ReadonlyArray<number>): number => sorted(values)[values.length >> 1]
const nanoseconds = (ns: number): string =>
  ns >= 10_000 ? `${(ns / 1000).toFixed(0)} us` : `${ns.toFixed(ns < 100 ? 1 : 0)} ns`
/** The median, with the least and the most; the unit once where all three have the same. */
function spread(values: ReadonlyArray<number>): string {
  const [middle, least, most] = [median(values), sorted(values)[0], sorted(values)[values.length - 1]].map(
    nanoseconds,
  )
  const unit = middle.slice(middle.indexOf(" "))
  const bare = (text: string): string =>
    least.endsWith(unit) && most.endsWith(unit) ? text.slice(0, -unit.length) : text
  return `${middle} (${bare(least)} to ${bare(most)})`
}

const paths: ReadonlyArray<readonly [key: string, what: string, budget: string]> = [
  ["apply16", "apply, 16 plain knobs, accepted and audited", "150 / 400 ns"],
  ["floor16", "floor of an apply: validate, commit, nothing else", ""],
  ["apply16Mixed", "apply, 16 mixed knobs", ""],
  ["apply4", "apply, 4 plain knobs", ""],
  ["observe", "observe a digest: validity, window", "25 / 60 ns"],
  ["decideTuning", "decide (half a cycle), 16 plain knobs, tuning", "150 / 300 ns"],
  ["decideKernel", "decide, 16 plain knobs, resting", "150 / 300 ns"],
  ["decideKernelMixed", "decide, 16 mixed knobs, resting", ""],
  ["decideActors", "decide and apply through the actors, 16 knobs", "20 / 100 us"],
  ["digestToVisible", "digest to a new value, `createEngine`", "- / 300 us"],
  ["snapshotOtherThread", "snapshot of 16 knobs from another thread", "30 ns"],
]

/** The section, with the least and the most of the processes. */
export function hotSection(runs: ReadonlyArray<HotRun>): string {
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

  const ratios = sorted(runs.map((run) => run.ratioToFloor))
  return `## The hot path
\`npm run bench:hot -- --json\`, ${runs.length} processes: median (least to most). Batches of 1,000 operations below a microsecond, so a
percentile is over batches; above a microsecond, single operations. The benchmark asserts that every apply was accepted. Bytes are counted
over ten million operations. Mixed knobs are 8 plain, 4 whole, 2 logarithmic, and 2 whole on a log scale. The command fails above .02 bytes an operation, and above 2.5 times the floor of an apply.

${hotTable}

An apply costs ${ratios[runs.length >> 1].toFixed(2)} times its floor (${ratios[0].toFixed(2)} to ${ratios[runs.length - 1].toFixed(2)}; at most 2.5). The floor is built like the apply: an object
with its arrays in fields. As a single closure, whose addresses are compiled in, the floor takes about 53 ns, and an apply is about 3.4 times that.

### What was tried
Each line was measured against the build before it, in turn and in one run; the machine was busy, so only ratios are given.

- **Apply.** Two knobs a turn in the loop that judges and writes: 2 to 6 % less. The same in the check of the budgets: 4 %. Numbers compiled into each module by the build: 2 %. Four knobs a turn were slower than two, judging before writing cost 5 %, and a method of its own for knobs on a grid was within noise. With every subject in one process 2.69 times the floor became 2.55, alone with the floor 2.61 became 2.28. Goal 2; whether the gate of 2.5 holds takes a quiet machine to say.
- **Observe.** Numbers compiled in: 4 to 5 % less. Fields of an object read by name instead of by a variable key: 12 % less with four fractions, nothing with one, and fractions are no longer allocated. All fields read whether they are there or not: no faster, and callers with several shapes of digests allocate again. The kernel's part stays above 25 ns.
- **Decide.** While it tunes a decision takes about twice as long as among rests: it averages slopes, watches for late effects and for the end of a stretch, in loops over all knobs. Numbers compiled in: 12 to 16 % less in both. One loop instead of two for late effects, and a way without circles for the stretch: a tenth less. It no longer allocates, whatever is inlined. One copy of the state block is 34 ns of a cycle. Neither row reaches 150 ns.
- **A tick.** The watchdog asks the actors who owes an answer only after an event, a window or a trip, and not at every tick: 11 % less at the median and 10 % in the fastest tenth, four pairs of processes.
- **\`observe\` under the system's clock** stays above 80 ns, because a reading of the clock alone takes 34 to 37 ns and the rest 43. Milliseconds in one function instead of nanoseconds in two: nothing. The time written into its cell instead of returned: 2 to 6 % less, too little for a second way to read a clock. \`Date.now\` in its place: the same 4 %, and it can go back; \`process.hrtime\` costs 40 to 48 ns.
- **A window through the actors** has no part left that stands out: collections take 13 % of it, and no function more than 2.2 %. What was tried stands below the next table.

`
}
