/** The section of docs/benchmarks.md on `npm run drills`, and the form of it in which owners go on that have lost their place. */
import type { Row } from "./section.ts"
import { sectionTable } from "./sectionTables.ts"

/** What one run printed with --json. */
export interface DrillRun {
  readonly rounds: number
  readonly expirationMs: number
  readonly rows: ReadonlyArray<Row>
}

/** Of the short form without the self-fence what it is for, and no times of a single round. */
const isAboutWrites = ({ what, most, least, unit }: Row): boolean =>
  unit === "" && (what === "faults" || most !== undefined || least !== undefined)

const commandOf = ({ rounds, expirationMs }: DrillRun): string =>
  `npm run drills -- --rounds ${rounds} --expiration-ms ${expirationMs}`

/** @param open the drill without the self-fence */
export const drillsSection = (run: DrillRun, open: DrillRun): string => `## Drills
\`${commandOf(run)}\`: three runners, replicas that report over HTTP, a person who gives commands and six keys of a fleet over a real PostgreSQL, with [what happens to a cluster](reference/cluster.md#drills): in each of the rounds (${run.rounds}) an owner is killed with SIGKILL, stopped with SIGSTOP for ${(2 * run.expirationMs) / 1000} s, ended with SIGTERM, and cut off from the database; the database is frozen for as long; and the way to one gateway is cut, loses everything without a word, and is slow. Locks live for ${run.expirationMs / 1000} s and are refreshed every ${run.expirationMs / 3000} s.

${sectionTable(run.rows)}
${run.rounds < 100 ? "With fewer than a hundred values of each the 99th percentile is the worst one. " : ""}Replicas have a lease of 1 s; how long one was on a perturbation is looked at every 10 ms.

### Owners that go on after they were frozen
\`${commandOf(open)} --no-self-fence\`: the same without the self-fence, so that a stale owner writes and answers until SQL and the replicas refuse it. There must be such writes, or the drill would show nothing.

${sectionTable(open.rows.filter(isAboutWrites))}
`
