/** The section of docs/benchmarks.md about a growing host: what `npm run bench:growth -- --section host` measures, with the goals. */
import type { Row } from "./section.ts"

export type GrowthRun = Readonly<Record<"host", ReadonlyArray<Row>>>

const goalOf = ({ most, least, unit }: Row): string => {
  if (most !== undefined) return `at most ${most} ${unit}`
  return least === undefined ? "" : `at least ${least} ${unit}`
}

const missed = ({ value, most, least }: Row): boolean =>
  (most !== undefined && value > most) || (least !== undefined && value < least)

export const growthSection = ({ host }: GrowthRun): string => `## A host that grows
\`npm run bench:growth -- --section host\`: what [a growing host](reference/growth.md) costs at the end of an epoch, while four grafts learn beside it.
Boundaries are measured in wall time, so on a machine with other work the 99th percentile shows its scheduler more than the host.

| figure | measured | goal |
|---|---|---|
${host.map((row) => `| ${row.what} | ${row.value} ${row.unit}${missed(row) ? " (missed)" : ""} | ${goalOf(row)} |`).join("\n")}
`
