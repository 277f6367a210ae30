/** How an engine of one fleet goes on in another: what it leaves, and how its successor takes that up. For fleets that share a database. */
import { recordEngineStarted } from "../../machines/hotAudit.ts"
import type { FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"
import type { SpawnOptions } from "./spawnOptions.ts"

/** What an engine leaves to the next one with the same knobs. */
export interface LeftBehind {
  /** Unit space; null: there is none. */
  readonly baseline: Float64Array | null
  /** What its tuner had learned. Of another length: nothing. */
  readonly learned: ArrayLike<number>
  /** What its guard remembers. */
  readonly guarded: ArrayLike<number>
  /** Records of its run so far: the next one goes on counting. */
  readonly records: number
}

/** What the engine that replaces this one needs. */
export function leftBy({ config, loop, tuner, guarded, records }: FleetCell): LeftBehind {
  const baseline = config.hasBaseline ? new Float64Array(config.knobs) : null
  if (baseline !== null) config.baselineUnits(baseline)
  return { baseline, learned: tuner ?? [], guarded: loop?.guarded ?? guarded ?? [], records }
}

/** As `spawn`, with what another engine left: it is passive, and goes on from there with its next digest. Throws as `spawn`. */
export function adopt(
  core: FleetCore,
  key: string,
  options: SpawnOptions,
  { baseline, learned, guarded, records }: LeftBehind,
): FleetCell {
  const cell = core.admit(key, options)
  cell.records = records
  const { loop } = cell
  if (loop === null) return cell
  const { executor, nowCell } = loop.hot
  nowCell[0] = core.nowUs
  recordEngineStarted(loop.hot, core.nowUs)
  if (baseline !== null) executor.keepAsBaseline(baseline)
  loop.kernel.initial(loop.state, executor.base)
  if (learned.length === loop.state.length) loop.state.set(learned)
  if (guarded.length === loop.guarded.length) loop.guarded.set(guarded)
  cell.putAway()
  core.collect(cell)
  return cell
}
