/** What the arena prints for people. */
import type { Accuracy } from "./accuracy.ts"
import type { Arena, RowResult } from "./arena.ts"
import type { PeerFigures } from "./peerFigures.ts"
import type { AskTellTime } from "./times.ts"

export interface Bar {
  readonly name: string
  /** Null where it could not be measured. */
  readonly value: number | null
  readonly bar: number
  readonly sense: "at least" | "at most" | "below"
}

export function holds({ value, bar, sense }: Bar): boolean {
  if (value === null) return true
  return sense === "at least" ? value >= bar : sense === "at most" ? value <= bar : value < bar
}

/** Three digits, plain where that reads well. */
export const figure = (x: number): string => {
  if (x < 1e-6) return "<1e-6"
  return x >= 0.001 && x < 100_000 ? String(Number(x.toPrecision(3))) : x.toExponential(1)
}

export function table(head: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>): string {
  const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n")
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

export function rowTable(functions: ReadonlyArray<RowResult>): string {
  const solvers = Object.keys(functions[0].solvers)
  return table(
    ["row", "random", ...solvers, "rank", "best of its own", "its median", "regret", "found"],
    functions.map((one) => [
      one.name,
      figure(one.randomMedian),
      ...solvers.map((name) => figure(one.solvers[name].median)),
      one.rank === null ? "" : String(one.rank),
      one.oracle,
      figure((one.strategies[one.oracle] ?? one.solvers[one.oracle]).median),
      percent(one.regret[0]),
      Object.entries(one.labels)
        .map(([label, count]) => `${label} ${count}`)
        .join(" "),
    ]),
  )
}

export function strategyTable(functions: ReadonlyArray<RowResult>): string {
  const names = Object.keys(functions[0].strategies)
  return table(
    ["row", "arqon", ...names],
    functions.map((one) => [
      one.name,
      figure(one.solvers["arqon"].median),
      ...names.map((name) => figure(one.strategies[name].median)),
    ]),
  )
}

export function rankTable({ meanRank, meanRankByVariant }: Arena): string {
  if (meanRank === null || meanRankByVariant === null) return ""
  const columns = Object.entries(meanRankByVariant)
  return table(
    ["mean rank of 4", "all", ...columns.map(([variant]) => variant)],
    Object.keys(meanRank).map((name) => [
      name,
      meanRank[name].toFixed(2),
      ...columns.map(([, ranks]) => ranks[name].toFixed(2)),
    ]),
  )
}

export function regretLines({ regret, rows }: Arena): string {
  return regret
    .map(
      ({ floor, p50, p90, rowsWithin20 }) =>
        `regret to its own best strategy, floor ${floor} of random search: median ${percent(p50)}, p90 ${percent(p90)}, ` +
        `${rowsWithin20} of ${rows} rows within 20 %`,
    )
    .join("\n")
}

export function timeTable(times: ReadonlyArray<AskTellTime>): string {
  return table(
    ["ask + tell, us", "landscape", "p50", "p99", "from trial 100", "up to trial 10,000", "ratio"],
    times.map((one) => [
      `${one.dimensions} dimensions`,
      one.landscape,
      one.p50Us.toFixed(1),
      one.p99Us.toFixed(1),
      one.at100Us.toFixed(1),
      one.at10000Us.toFixed(1),
      one.ratio.toFixed(2),
    ]),
  )
}

export function peerLines({ source, checked, versions }: PeerFigures): string {
  const lines = [`peers: ${source}`]
  if (versions !== null)
    lines.push(
      Object.entries(versions)
        .map((pair) => pair.join(" "))
        .join(", "),
    )
  if (checked !== null)
    lines.push(`run again now: ${checked.studies} studies, ${checked.equal} of them as recorded`)
  return lines.join("\n")
}

export function accuracyTable({ studies, accuracy, balanced, confusion, byFamily }: Accuracy): string {
  const labels = Object.keys(confusion) as ReadonlyArray<keyof Accuracy["confusion"]>
  const found = table(
    ["labelled landscapes, found to be", ...labels],
    labels.map((label) => [label, ...labels.map((one) => String(confusion[label][one]))]),
  )
  const families = Object.entries(byFamily).map(([name, share]) => `${name} ${percent(share)}`)
  return `${found}\nright: ${percent(accuracy)} of ${studies}, mean over labels ${percent(balanced)}; ${families.join(", ")}`
}
