/** The section of docs/benchmarks.md on what a process pays before its first digest, from what `bench/cold` prints with --json. */

interface Spread {
  readonly p50: number
  readonly p10: number
  readonly p90: number
}

/** What one run printed. */
export interface ColdRun {
  readonly pairs: number
  readonly figures: Readonly<Record<string, { readonly cpuMs: Spread; readonly wallMs: Spread }>>
}

const TITLE = "## Before the first digest"

const cell = ({ p50, p10, p90 }: Spread): string =>
  `${p50.toFixed(0)} ms (${p10.toFixed(0)} to ${p90.toFixed(0)})`

/** The section, with the spread between the lowest and the highest tenth. */
export function coldSection({ pairs, figures }: ColdRun): string {
  const rows = Object.entries(figures).map(
    ([name, { cpuMs, wallMs }]) => `| ${name} | ${cell(cpuMs)} | ${cell(wallMs)} |`,
  )
  return `${TITLE}
\`npm run bench:cold\`: whole processes, each beside an empty one, ${pairs} of each kind by turns: median (p10 to p90). Budget: 300 ms for the import, 30 ms for
the start. Processor time counts the compiler's own threads too; on a busy machine it is the steadier of the two columns.

| | processor | wall |
| --- | --- | --- |
${rows.join("\n")}

Effect's modules are nearly half of the import and cannot be loaded later: the configuration is checked with them. One bundled file instead of
300 modules took a third off in an experiment; it is not shipped, because every entry and the worker's file would have to share its chunks.

`
}
