/** How the arena says what it found: tables in Markdown, and bars that hold or are missed. */

export interface Bar {
  readonly name: string
  readonly value: number
  readonly bar: number
  readonly atLeast: boolean
}

/** One part of the arena: what it prints, what it must reach, and its figures for machines. */
export interface Section {
  readonly name: string
  readonly text: string
  readonly bars: ReadonlyArray<Bar>
  readonly data: unknown
}

export const atMost = (name: string, value: number, bar: number): Bar => ({
  name,
  value,
  bar,
  atLeast: false,
})
export const atLeast = (name: string, value: number, bar: number): Bar => ({
  name,
  value,
  bar,
  atLeast: true,
})

export const holds = ({ value, bar, atLeast }: Bar): boolean => (atLeast ? value >= bar : value <= bar)

export const cell = (x: number, digits: number): string => (Number.isFinite(x) ? x.toFixed(digits) : "never")

/** Three digits that count, without an exponent. */
export const short = (x: number): string =>
  Number.isFinite(x) ? (x >= 100 ? x.toFixed(0) : x.toFixed(x >= 10 ? 1 : 2)) : "never"

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`

export const line = (bar: Bar): string =>
  `${holds(bar) ? "holds " : "MISSED"} ${bar.name}: ${cell(bar.value, 4)} (${bar.atLeast ? "at least" : "at most"} ${bar.bar})`

export function table(head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string {
  const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n")
}
