/**
 * A week of simulated time with load by the hour, sudden changes, drift, failing servers, lost telemetry and crashes: what the
 * engine made of it, what the best fixed configuration of a sample day would have, and what was to be had at all.
 * `node bench/week/main.ts --help` tells the options.
 */
import { readOptions, whole } from "../../scripts/options.ts"
import { calibrate } from "./calibrate.ts"
import { liveWeek, type Week, type WeekResult } from "./liveWeek.ts"

const HELP = `Lives through simulated weeks and prints what they cost.

USAGE
  npm run bench:week -- [--days N] [--seeds N] [--seed N] [--only NAME]... [--timeline] [--json]

  --days N      Days of a week (default 7)
  --seeds N     Weeks of each kind, with one seed after another (default 3)
  --only NAME   Only kinds whose name contains this; may be given again
  --seed N      The first seed (default 1)
  --timeline    Tell besides what happened when: SafeMode, rollbacks, baselines, crashes, resets, and each hour's sums
  --json        Print the figures as JSON

Figures of several weeks are their median, with the least and the most of them. With node --expose-gc the heap is
measured after a collection at the end of every day.
`

/** What is tried: presets, with and without baseline windows, and one with an emergency that is rarer. */
const KINDS: Readonly<Record<string, Pick<Week, "guardrails" | "comparison">>> = {
  conservative: { guardrails: "conservative", comparison: false },
  balanced: { guardrails: "balanced", comparison: false },
  aggressive: { guardrails: "aggressive", comparison: false },
  "balanced, comparison": { guardrails: "balanced", comparison: true },
  "emergency at -5": {
    guardrails: { preset: "balanced", emergencyMargin: -5 },
    comparison: false,
  },
}

const values = readOptions(HELP, {
  days: { type: "string", default: "7" },
  seeds: { type: "string", default: "3" },
  only: { type: "string", multiple: true, default: [] },
  seed: { type: "string", default: "1" },
  timeline: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
})
const first = whole("seed", values.seed, 0)
const seeds = whole("seeds", values.seeds)
const days = whole("days", values.days)

interface Row {
  readonly kind: string
  readonly seed: number
  readonly seconds: number
  readonly result: WeekResult
}

const collect = (globalThis as { readonly gc?: () => void }).gc
const heapBytes = collect === undefined ? undefined : () => (collect(), process.memoryUsage().heapUsed)

/** Bytes a day by least squares, over the second half: the first fills what has a cap, and is when code is compiled. */
function slope(bytes: ReadonlyArray<number>): number {
  const later = bytes.slice(Math.floor(bytes.length / 2))
  const middle = (later.length - 1) / 2
  const mean = later.reduce((a, b) => a + b, 0) / later.length
  const up = later.reduce((sum, b, i) => sum + (i - middle) * (b - mean), 0)
  return up / later.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
}

/** The median, and where they differ the least and the most. */
const spread = (numbers: ReadonlyArray<number>, digits: number): string => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
  const [least, median, most] = [sorted[0], middle, sorted[sorted.length - 1]].map((x) => x.toFixed(digits))
  return least === most ? least : `${median} (${least} to ${most})`
}
const words = (all: ReadonlyArray<Readonly<Record<string, number>>>): string => {
  const sums: Record<string, number> = {}
  for (const one of all) for (const [key, n] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + n
  return (
    Object.entries(sums)
      .map(([key, n]) => `${key} ${n}`)
      .join(", ") || "none"
  )
}

function print(rows: ReadonlyArray<Row>): void {
  for (const kind of new Set(rows.map((row) => row.kind))) {
    const results = rows.filter((row) => row.kind === kind).map(({ result }) => result)
    const of = (pick: (result: WeekResult) => number, digits = 0): string => spread(results.map(pick), digits)
    console.log(`\n${kind}`)
    console.log(
      `  mean loss       tuned ${of((r) => r.tuned.meanLoss, 3)}, fixed ${of((r) => r.fixed.meanLoss, 3)}, best at every moment ${of((r) => r.oracle.meanLoss, 3)}`,
    )
    console.log(
      `  unsafe seconds  tuned ${of((r) => r.tuned.unsafeS)}, fixed ${of((r) => r.fixed.unsafeS)}, best ${of((r) => r.oracle.unsafeS)}`,
    )
    console.log(
      `  longest of them tuned ${of((r) => r.tuned.longestUnsafeS)}, fixed ${of((r) => r.fixed.longestUnsafeS)}, best ${of((r) => r.oracle.longestUnsafeS)}`,
    )
    console.log(
      `  in SafeMode     ${of((r) => 100 * r.safeModeShare, 1)} % of the time; trips: ${words(results.map((r) => r.trips))}`,
    )
    console.log(`  refused         ${words(results.map((r) => r.refused))}`)
    console.log(`  counts          ${words(results.map((r) => r.counts))}`)
    const heaps = results
      .map(({ heapBytes: bytes }) => bytes)
      .filter((bytes) => bytes.length > 2 && bytes.every(Number.isFinite))
    if (heaps.length > 0) {
      const last = heaps.map((bytes) => bytes[bytes.length - 1] / 1e6)
      console.log(
        `  heap            ${spread(last, 1)} MB at the end, ${spread(
          heaps.map((bytes) => slope(bytes) / 1000),
          1,
        )} kB more a day`,
      )
    }
  }
  const digests = rows.reduce((sum, { result }) => sum + result.digests, 0)
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0)
  console.log(
    `\n${rows.length} weeks in ${seconds.toFixed(0)} s: ${Math.round(digests / seconds)} digests a second.`,
  )
}

const fixed = calibrate()
if (!values.json)
  console.log(`The fixed configuration, where the engine begins too: ${JSON.stringify(fixed)}`)
const rows: Array<Row> = []
for (const [kind, how] of Object.entries(KINDS)) {
  if (values.only.length > 0 && !values.only.some((part) => kind.includes(part))) continue
  for (let seed = first; seed < first + seeds; seed++) {
    const tell = values.timeline ? { tell: (line: string) => console.log(line) } : {}
    const progress = (day: number): void => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${kind}, seed ${seed}, day ${day}`)
    }
    const beganMs = performance.now()
    const own = heapBytes === undefined ? {} : { heapBytes }
    const result = await liveWeek({
      seed,
      days,
      fixed,
      progress,
      ...tell,
      ...own,
      ...how,
    })
    rows.push({ kind, seed, seconds: (performance.now() - beganMs) / 1000, result })
  }
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K")
if (values.json) console.log(JSON.stringify({ fixed, rows }))
else print(rows)
