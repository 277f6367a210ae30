/** The state of a fleet and its engines as plain values: for searchable lists, pages and tests. */
import type { CyclePhase } from "../../machines/spsaCycle.machine.ts"
import { type ParamSpace, valuesByName } from "../domain/ParamSpace.ts"
import type { RuleState } from "../domain/Rule.ts"
import { type TripReason, tripReason } from "../domain/words.ts"
import { FROZEN } from "../hot/phases.ts"
import type { KnobValues } from "../engine/contract/KnobValues.ts"
import type { StabilityState } from "../engine/contract/StabilityState.ts"
import type { CellState, FleetCell } from "./FleetCell.ts"
import type { FleetCore } from "./FleetCore.ts"

/** Counts of one engine since it was spawned, or of all of them. */
export interface FleetCounters {
  readonly digests: number
  readonly windows: number
  readonly applies: number
  readonly rollbacks: number
  readonly trips: number
  readonly cycles: number
}

/** One engine of a fleet. */
export interface FleetEngineSnapshot<Values = Readonly<Record<string, number>>> {
  readonly key: string
  /** Awake; resting on its base without digests; passivated; stopped. */
  readonly status: CellState
  readonly mode: "adapting" | "safe"
  readonly generation: number
  /** When the last digest arrived. */
  readonly heardUs: number
  readonly values: Values
  /** The current iterate, without perturbation. */
  readonly base: Values
  readonly baseline: Values | null
  /** Name of its shared budget. */
  readonly group: string | null
  readonly phase: CyclePhase
  /**
   * Completed cycles since the gains were last re-opened; gain and probe size in unit space; loss of the last
   * cycle.
   */
  readonly k: number
  readonly eta: number
  readonly probe: number
  readonly noise: number
  readonly loss: number | null
  /** Loss of its first cycle; null before it. */
  readonly firstLoss: number | null
  readonly safeMode: { readonly reason: TripReason; readonly deadlineUs: number | null } | null
  readonly counters: FleetCounters
  readonly fault: string | null
  /** Where each rule stands; absent without rules. */
  readonly rules?: ReadonlyArray<RuleState>
  /** What the stability latch sees; absent without `stability`. */
  readonly stability?: StabilityState
}

/** A fleet as a whole. */
export interface FleetSnapshot {
  readonly name: string
  readonly status: "idle" | "running" | "stopped"
  readonly nowUs: number
  readonly engines: number
  readonly awake: number
  readonly resting: number
  readonly passive: number
  /** Engines whose SafeMode is open. */
  readonly safe: number
  /** True while the audit cannot be written: every engine stands on its base. */
  readonly halted: boolean
  readonly digestsLost: number
  readonly eventsLost: number
  readonly listenerFailures: number
  readonly shared: Readonly<Record<string, { readonly seated: number; readonly waits: number }>>
}

/** Which engines to list. */
export interface FleetQuery {
  /** Keys that contain this text, ignoring case. */
  readonly search?: string | undefined
  readonly status?: CellState | undefined
  readonly mode?: "adapting" | "safe" | undefined
  readonly group?: string | undefined
  /** How many to skip, and the most to return. Defaults 0 and 100. */
  readonly offset?: number | undefined
  readonly limit?: number | undefined
}

/** Names of a loop's phases, in the order of `phases.ts`. */
const PHASES: ReadonlyArray<CyclePhase> = [
  "ready",
  "applyingPlus",
  "waitingPlus",
  "applyingMinus",
  "waitingMinus",
  "computing",
  "frozen",
  "resting",
]

export const isSafe = (cell: FleetCell): boolean => reasonOf(cell) !== null

const reasonOf = (cell: FleetCell): TripReason | null => tripReason(cell.config.latch)

export function snapshotOfCell(cell: FleetCell, space: ParamSpace): FleetEngineSnapshot {
  const { config, loop, tuner, parts } = cell
  const { kernel } = parts
  const live = new Float64Array(config.knobs)
  config.readUnits(live)
  const baseline = new Float64Array(config.knobs)
  config.baselineUnits(baseline)
  const counts = cell.counts()
  const reason = reasonOf(cell)
  const cycles = tuner === null ? 0 : kernel.cycles(tuner)
  return {
    key: cell.key,
    status: cell.state,
    mode: reason === null ? "adapting" : "safe",
    generation: config.generation,
    heardUs: cell.lastDigestUs,
    values: valuesByName(space, live),
    base: valuesByName(space, loop === null ? live : loop.hot.executor.base),
    baseline: config.hasBaseline ? valuesByName(space, baseline) : null,
    group: cell.group,
    phase: PHASES[loop === null ? FROZEN : loop.phase],
    k: tuner === null ? 0 : kernel.k(tuner),
    eta: tuner === null ? 0 : kernel.eta(tuner),
    probe: tuner === null ? 0 : kernel.probe(tuner),
    noise: tuner === null ? 0 : kernel.noise(tuner),
    loss: tuner === null || cycles === 0 ? null : kernel.loss(tuner),
    firstLoss: Number.isNaN(cell.firstLoss) ? null : cell.firstLoss,
    safeMode:
      reason === null
        ? null
        : { reason, deadlineUs: loop?.phase === FROZEN && Number.isFinite(loop.dueUs) ? loop.dueUs : null },
    counters: {
      digests: counts[0],
      windows: counts[1],
      applies: counts[2],
      rollbacks: counts[3],
      trips: counts[4],
      cycles: counts[5],
    },
    fault: cell.fault,
    ...(cell.rules === null ? {} : { rules: cell.rules.states() }),
    ...(cell.latch === null ? {} : { stability: cell.latch.state() }),
  }
}

export function snapshotOfFleet(core: FleetCore): FleetSnapshot {
  let awake = 0
  let resting = 0
  let safe = 0
  for (const cell of core.cells.values()) {
    if (cell.state === "awake") awake++
    else if (cell.state === "resting") resting++
    if (isSafe(cell)) safe++
  }
  return {
    name: core.settings.name,
    status: core.status,
    nowUs: core.nowUs,
    engines: core.cells.size,
    awake,
    resting,
    passive: core.cells.size - awake - resting,
    safe,
    halted: core.halted,
    digestsLost: core.digestsLost,
    eventsLost: core.news.lost,
    listenerFailures: core.news.listeners.failures,
    shared: Object.fromEntries(
      Array.from(core.shared, ([group, { seated, waits }]) => [group, { seated, waits }]),
    ),
  }
}

/** The engines that match a query, in the order they were spawned, and their total number. */
export function listCells(
  core: FleetCore,
  { search, status, mode, group, offset = 0, limit = 100 }: FleetQuery,
): { readonly total: number; readonly cells: ReadonlyArray<FleetCell> } {
  const text = search?.toLowerCase()
  const cells: Array<FleetCell> = []
  let total = 0
  for (const cell of core.cells.values()) {
    if (text !== undefined && !cell.key.toLowerCase().includes(text)) continue
    if (status !== undefined && cell.state !== status) continue
    if (mode !== undefined && (mode === "safe") !== isSafe(cell)) continue
    if (group !== undefined && cell.group !== group) continue
    if (total >= offset && cells.length < limit) cells.push(cell)
    total++
  }
  return { total, cells }
}

/** The names of a fleet's values are those of its configuration; this only adds the type. */
export const typed = <K extends string>(snapshot: FleetEngineSnapshot): FleetEngineSnapshot<KnobValues<K>> =>
  snapshot as FleetEngineSnapshot<KnobValues<K>>
