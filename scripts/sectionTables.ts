/** What a benchmark in sections has measured, as tables of docs/benchmarks.md: each figure with its goal, and "(missed)" where it is outside. */
import type { Row, Section } from "./section.ts"

/** What `-- --json` prints: rows by the name of their section. */
export type SectionsRun = Readonly<Record<string, ReadonlyArray<Row>>>

const goalOf = ({ most, least, unit }: Row): string => {
  if (most !== undefined && least !== undefined) return `${least} to ${most} ${unit}`
  if (most !== undefined) return `at most ${most} ${unit}`
  return least === undefined ? "" : `at least ${least} ${unit}`
}

const missed = ({ value, most, least }: Row): boolean =>
  Number.isNaN(value) || (most !== undefined && value > most) || (least !== undefined && value < least)

/** The table of one section. */
export const sectionTable = (rows: ReadonlyArray<Row>): string => `| figure | measured | goal |
|---|---|---|
${rows.map((row) => `| ${row.what} | ${row.value} ${row.unit}${missed(row) ? " (missed)" : ""} | ${goalOf(row)} |`).join("\n")}
`

/** The tables of all sections that were measured, each under its title. */
export const sectionTables = (
  sections: ReadonlyArray<Pick<Section, "name" | "title">>,
  run: SectionsRun,
): string =>
  sections
    .filter(({ name }) => name in run)
    .map(({ name, title }) => `### ${title}\n\n${sectionTable(run[name])}`)
    .join("\n")
