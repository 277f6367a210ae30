/** The arena's result as data: from figures by seed to ranks, regret and what every row came to. */
import type { Variant } from "../../src/testing/functions.ts"
import { type PeerName, peerNames } from "../peers/PeerProcess.ts"
import type { Figures } from "../peers/record.ts"
import type { Row } from "./rows.ts"
import { meanRanks, quantile, ranksOf, regretOf, type Spread, spreadOf } from "./score.ts"
import { DEFAULT } from "./studies.ts"

/** Floors of the regret, as shares of what random search reaches: the published one, and a stricter one beside it. */
export const FLOORS = [1e-2, 1e-4] as const
export const MOST_REGRET = 0.2

/** Errors by seed, by row, by solver; peers are missing where there are none. */
export interface Raw {
  readonly own: Readonly<Record<string, Figures>>
  readonly random: Figures
  readonly peers: Readonly<Record<PeerName, Figures>> | null
  /** Labels by seed, by row, of the default solver. */
  readonly labels: Readonly<Record<string, ReadonlyArray<string>>>
}

export interface RowResult {
  readonly name: string
  readonly variant: Variant
  readonly dimensions: number
  readonly solvers: Readonly<Record<string, Spread>>
  readonly strategies: Readonly<Record<string, Spread>>
  readonly randomMedian: number
  /** The strategy with the lowest median. */
  readonly oracle: string
  /** Regret to it, by floor in the order of `FLOORS`. */
  readonly regret: ReadonlyArray<number>
  /** Rank of the default solver among the four; null without peers. */
  readonly rank: number | null
  /** How often which label was found. */
  readonly labels: Readonly<Record<string, number>>
}

export interface RegretSummary {
  readonly floor: number
  readonly p50: number
  readonly p90: number
  readonly rowsWithin20: number
}

export type MeanRank = Readonly<Record<string, number>>

export interface Arena {
  readonly meanRank: MeanRank | null
  readonly meanRankByVariant: Readonly<Partial<Record<Variant, MeanRank>>> | null
  readonly rowsWithinRegret20: number
  readonly rows: number
  readonly regret: ReadonlyArray<RegretSummary>
  readonly functions: ReadonlyArray<RowResult>
}

const countOf = (labels: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

function rowResult(row: Row, raw: Raw): RowResult {
  const { [DEFAULT]: ours, ...strategies } = raw.own
  const own = spreadOf(ours[row.name])
  const spreads = Object.fromEntries(
    Object.entries(strategies).map(([name, figures]) => [name, spreadOf(figures[row.name])]),
  )
  const solvers: Record<string, Spread> = { [DEFAULT]: own }
  for (const peer of raw.peers === null ? [] : peerNames) solvers[peer] = spreadOf(raw.peers![peer][row.name])
  const randomMedian = quantile(raw.random[row.name], 0.5)
  const byMedian = Object.entries(spreads).toSorted(([, a], [, b]) => a.median - b.median)
  const medians = Object.values(spreads).map(({ median }) => median)
  return {
    name: row.name,
    variant: row.variant,
    dimensions: row.dimensions,
    solvers,
    strategies: spreads,
    randomMedian,
    oracle: byMedian.length === 0 || own.median <= byMedian[0][1].median ? DEFAULT : byMedian[0][0],
    regret: FLOORS.map((floor) => regretOf(own.median, medians, floor * randomMedian)),
    rank: raw.peers === null ? null : ranksOf(Object.values(solvers).map(({ median }) => median))[0],
    labels: countOf(raw.labels[row.name]),
  }
}

function meanRankOf(results: ReadonlyArray<RowResult>): MeanRank {
  const names = Object.keys(results[0].solvers)
  const ranks = meanRanks(results.map(({ solvers }) => names.map((name) => solvers[name].median)))
  return Object.fromEntries(names.map((name, i) => [name, ranks[i]]))
}

export function arenaOf(rows: ReadonlyArray<Row>, raw: Raw): Arena {
  const functions = rows.map((row) => rowResult(row, raw))
  const regret = FLOORS.map((floor, i) => {
    const values = functions.map((one) => one.regret[i])
    return {
      floor,
      p50: quantile(values, 0.5),
      p90: quantile(values, 0.9),
      // A hair of room: 0.2 itself counts as within.
      rowsWithin20: values.filter((value) => value <= MOST_REGRET + 1e-12).length,
    }
  })
  const present = [...new Set(rows.map(({ variant }) => variant))]
  return {
    meanRank: raw.peers === null ? null : meanRankOf(functions),
    meanRankByVariant:
      raw.peers === null
        ? null
        : Object.fromEntries(
            present.map((variant) => [
              variant,
              meanRankOf(functions.filter((one) => one.variant === variant)),
            ]),
          ),
    rowsWithinRegret20: regret[0].rowsWithin20,
    rows: rows.length,
    regret,
    functions,
  }
}
