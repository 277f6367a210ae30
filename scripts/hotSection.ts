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
const spread = (values: ReadonlyArray<number>): string =>
  `${nanoseconds(median(values))} (${nanoseconds(sorted(values)[0])} to ${nanoseconds(sorted(values)[values.length - 1])})`

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
over ten million operations. The command fails above .02 bytes an operation, and above 2.5 times the floor of an apply.

${hotTable}

An apply costs ${ratios[runs.length >> 1].toFixed(2)} times its floor (${ratios[0].toFixed(2)} to ${ratios[runs.length - 1].toFixed(2)}; at most 2.5). The floor is built like the apply: an object
with its arrays in fields. As a single closure, whose addresses are compiled in, the floor takes about 53 ns, and an apply is about 3.4 times that.

`
}
