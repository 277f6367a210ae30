/**
 * How well an engine notices that its own loop has become unstable: healthy and faulty runs of each kind through the whole engine,
 * false trips, found faults and how long they took; and what other thresholds would have made of it (ROC).
 */
import { writeFileSync } from "node:fs"
import { quantileOf } from "../../src/testing/simulate.ts"
import { readOptions, whole } from "../../scripts/options.ts"
import { type Kind, KINDS, RESTLESS } from "./plants.ts"
import { rocPicture } from "./rocPicture.ts"
import { FAULT, type Run, run, STRICTNESS } from "./run.ts"

const HELP = `Measures false trips and found faults of the stability latch, on simulated services through the whole engine.

USAGE
  npm run bench:stability -- [--runs N] [--from SEED] [--json] [--svg FILE]

  --runs N      Healthy and faulty runs of each kind (default 100)
  --from SEED   The first seed (default 1). Thresholds were fitted on the seeds from 2000 on
  --json        For machines
  --svg FILE    Draw the ROC curve there
`

const values = readOptions(HELP, {
  runs: { type: "string", default: "100" },
  from: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
  svg: { type: "string", default: "" },
})
const RUNS = whole("runs", values.runs)
const FROM = whole("from", values.from)

interface Result {
  readonly title: string
  readonly healthy: ReadonlyArray<Run>
  readonly faulty: ReadonlyArray<Run>
}

const seeds = Array.from({ length: RUNS }, (_, i) => FROM + i)
async function runsOf(kind: Kind, faulty: boolean): Promise<ReadonlyArray<Run>> {
  const runs: Array<Run> = []
  for (const seed of seeds) runs.push(await run(kind, seed, faulty))
  return runs
}

const results: Array<Result> = []
for (const kind of KINDS)
  results.push({
    title: kind.title,
    healthy: await runsOf(kind, false),
    faulty: await runsOf(kind, true),
  })
const restless: Array<Result> = []
for (const kind of RESTLESS)
  restless.push({ title: kind.title, healthy: await runsOf(kind, false), faulty: [] })

const isFound = ({ trip }: Run): boolean => trip !== null && trip.digest >= FAULT
const trips = (runs: ReadonlyArray<Run>): number => runs.filter(({ trip }) => trip !== null).length
const delays = (runs: ReadonlyArray<Run>, of: "digest" | "window"): ReadonlyArray<number> =>
  runs
    .filter(isFound)
    .map(({ trip }) => (trip === null ? 0 : of === "digest" ? trip.digest - FAULT : trip.window))
const quantile = (numbers: ReadonlyArray<number>, q: number): number | null =>
  numbers.length === 0 ? null : Math.round(quantileOf([...numbers], q))

const rows = results.map(({ title, healthy, faulty }) => ({
  title,
  falseTrips: trips(healthy),
  found: faulty.filter(isFound).length,
  medianWindows: quantile(delays(faulty, "window"), 0.5),
  medianDigests: quantile(delays(faulty, "digest"), 0.5),
  slowestTenthDigests: quantile(delays(faulty, "digest"), 0.9),
}))
const restlessRows = restless.map(({ title, healthy }) => ({ title, falseTrips: trips(healthy) }))

/** For each factor: runs without a fault that would have tripped, faults that would have been found. */
const roc = STRICTNESS.map((strictness, i) => {
  const calm = [...results, ...restless].flatMap(({ healthy }) => healthy)
  const faulty = results.flatMap((one) => one.faulty)
  const found = faulty.filter(({ alarms }) => (alarms[i] ?? 0) >= FAULT)
  return {
    strictness,
    falseShare: calm.filter(({ alarms }) => alarms[i] !== null).length / calm.length,
    foundShare: found.length / faulty.length,
    medianDigests: quantile(
      found.map(({ alarms }) => (alarms[i] ?? 0) - FAULT),
      0.5,
    ),
  }
})

if (values.svg !== "") writeFileSync(values.svg, rocPicture(roc))

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const lines = (rows: ReadonlyArray<ReadonlyArray<string | number | null>>): string =>
  rows.map((row) => `| ${row.join(" | ")} |`).join("\n")
if (values.json) console.log(JSON.stringify({ runs: RUNS, from: FROM, rows, restless: restlessRows, roc }))
else
  console.log(
    [
      `${RUNS} healthy and ${RUNS} faulty runs of each kind, seeds from ${FROM} on.\n`,
      lines([
        [
          "fault",
          "false trips, healthy",
          "found",
          "median, windows",
          "median, digests",
          "slowest tenth, digests",
        ],
        ["---", "---", "---", "---", "---", "---"],
        ...rows.map((row) => Object.values(row)),
      ]),
      "",
      lines([["no fault", "false trips"], ["---", "---"], ...restlessRows.map((row) => Object.values(row))]),
      "",
      lines([
        ["thresholds times", "false trips", "found", "median, digests"],
        ["---", "---", "---", "---"],
        ...roc.map((one) => [
          one.strictness,
          percent(one.falseShare),
          percent(one.foundShare),
          one.medianDigests,
        ]),
      ]),
    ].join("\n"),
  )
