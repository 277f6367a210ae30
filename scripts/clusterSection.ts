/** The section of docs/benchmarks.md on what a cluster costs, from what `bench/cluster` prints with --json. */
import { table } from "./table.ts"

/** What one run printed. */
export interface ClusterRun {
  readonly rows: ReadonlyArray<{
    readonly name: string
    readonly value: number
    readonly unit: string
    readonly bound: number | null
  }>
}

const TITLE = "## A cluster"

const shown = (value: number, unit: string): string =>
  `${value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)}${unit === "" ? "" : ` ${unit}`}`

/** The section, with the figures that miss their bound named. */
export function clusterSection({ rows }: ClusterRun): string {
  const missed = rows.filter(({ value, bound }) => bound !== null && value > bound)
  return `${TITLE}
\`npm run bench:cluster\`: real processes over a real PostgreSQL, for [clusters](reference/cluster.md). \`--part\` measures one part alone.

${table(
  ["", "measured", "asked"],
  rows.map(({ name, value, unit, bound }) => [
    name,
    shown(value, unit),
    bound === null ? "" : shown(bound, unit),
  ]),
)}

${
  missed.length === 0
    ? "Every figure is within what was asked."
    : `More than was asked: ${missed.map(({ name }) => name).join("; ")}.`
}

A report is one HTTP request of its own, ten times a second from each of forty replicas in one process; the gateway's figure holds its
tuner and all it decides. Most of both is what \`node:http\` takes for any request. The digests of a bucket leave together, as from a
service that works its tenants off in order. Runners have \`--max-old-space-size=512\`, \`--max-semi-space-size=8\` and
\`MALLOC_ARENA_MAX=2\`: without them V8 and the C library keep what they once had, and all tenants had been awake a few minutes before. A
tenant is put away after 64 s here.

`
}
