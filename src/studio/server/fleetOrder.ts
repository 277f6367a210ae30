/** The engines of a fleet in the order that somebody wants to see them in, and all of them as marks of a map. */
import type { FleetCell } from "../../fleet/FleetCell.ts"
import { isSafe } from "../../fleet/fleetSnapshot.ts"
import { type FleetMap, type FleetSort, MOST_MAPPED } from "../protocol/fleetProtocol.ts"

/** Change of the loss since the first cycle, as a share; null before there is one. */
function gainOf({ tuner, firstLoss, parts }: FleetCell): number | null {
  if (tuner === null || Number.isNaN(firstLoss) || firstLoss === 0) return null
  return (parts.kernel.loss(tuner) - firstLoss) / Math.abs(firstLoss)
}

/** Smaller comes first; equal ones stay as they were spawned. */
const RANKS: Readonly<Record<Exclude<FleetSort, "spawned" | "key">, (cell: FleetCell) => number>> = {
  safe: (cell) => (isSafe(cell) ? 0 : 1),
  gain: (cell) => -(gainOf(cell) ?? Number.NEGATIVE_INFINITY),
  cycles: (cell) => -cell.counts()[5],
  heard: (cell) => -cell.lastDigestUs,
}

export function ordered(cells: ReadonlyArray<FleetCell>, sort: FleetSort): ReadonlyArray<FleetCell> {
  if (sort === "spawned") return cells
  if (sort === "key") return cells.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const rank = RANKS[sort]
  // Ranks are worked out once: some walk over a loop's counters.
  return cells
    .map((cell) => ({ cell, at: rank(cell) }))
    .toSorted((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1))
    .map(({ cell }) => cell)
}

export function mapOf(cells: Iterable<FleetCell>): FleetMap {
  const gains: Array<number | null> = []
  const safe: Array<number> = []
  for (const cell of cells) {
    if (gains.length === MOST_MAPPED) break
    if (isSafe(cell)) safe.push(gains.length)
    const gain = gainOf(cell)
    gains.push(gain === null ? null : Math.round(gain * 100))
  }
  return { gains, safe }
}
