/**
 * Takes the snapshot of an engine. A subscriber causes two or three per window, and most readers look at a field or
 * two. So a moment is kept as numbers, and its larger parts are built when they are read.
 *
 * Every field is an own, enumerable property: copying, JSON and cloning to another thread work as for a plain
 * object.
 */
import { presetOf } from "../../control/guardrails.ts"
import { type GuardState, guardState } from "../../control/runaway.ts"
import { adviceOf } from "../../control/windowAdvice.ts"
import { byName } from "../../domain/listOf.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { type ParamSpace, valuesByName } from "../../domain/ParamSpace.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import {
  type SafeModeExit,
  TRIP_REASONS,
  type TripReason,
  VALIDITIES,
  type Validity,
  VIOLATIONS,
  type ViolationTag,
} from "../../domain/words.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { AuditState } from "../audit/AuditTrail.ts"
import type { RestartCount } from "../supervision/Supervision.ts"
import { plantMemory } from "../../../machines/cycleContext.ts"
import {
  comparisonState,
  cycleOf,
  type CycleSnapshot,
  type CycleState,
  cycleStateIn,
  type EngineActor,
  type EngineCounters,
  type EngineSnapshot,
  guardBlockOf,
  proofState,
  safeModeState,
} from "./EngineSnapshot.ts"
import type { StabilityPort, StabilityState } from "./StabilityState.ts"
import type { WatchedRules } from "./RuleParts.ts"
import type { MetaPort, MetaState } from "./MetaState.ts"
import type { RelocationState } from "./RelocationState.ts"

/** The engine, as far as a snapshot shows it. */
interface SnapshotSource {
  readonly runId: string
  readonly status: EngineSnapshot["status"]
  readonly hot: HotPath
  readonly actor: EngineActor
  readonly settings: Pick<EngineSettings, "name" | "space" | "window" | "gains">
  readonly resumption: Resumption | null
  readonly relocations: { readonly state: () => RelocationState | null }
  readonly stability: StabilityPort | undefined
  readonly rules: WatchedRules | undefined
  readonly meta: MetaPort | undefined
  readonly trail: { readonly state: () => AuditState }
  readonly recovery: {
    readonly supervision: { readonly restarts: () => ReadonlyArray<RestartCount> }
    readonly faultDetail: string | null
  }
  /** Objects whose failed calls are counted. */
  readonly listeners: ReadonlyArray<{ readonly name: string; readonly failures: number }>
  /** Counts kept by the engine itself. */
  readonly counts: { readonly windows: number; readonly windowsExpired: number; readonly cycles: number }
}

/** Positions among the counts of a moment. Behind them come counts by word, and one per kind of listener. */
const WINDOWS = 0
const WINDOWS_EXPIRED = 1
const CYCLES = 2
const APPLIES = 3
const ROLLBACKS = 4
const RETURNS = 5
const CLOCK_HELD = 6
const DIGESTS = 7
const REFUSED = DIGESTS + VALIDITIES.length
const TRIPS = REFUSED + VIOLATIONS.length
const FAILURES = TRIPS + TRIP_REASONS.length

/** The numbers of one moment, before any part is built. */
interface Moment {
  readonly space: ParamSpace
  readonly settings: SnapshotSource["settings"]
  /** Live values in user units, then base and baseline in unit space. */
  readonly places: Float64Array
  readonly hasBaseline: boolean
  readonly counts: Float64Array
  readonly listeners: SnapshotSource["listeners"]
  readonly restarts: ReadonlyArray<RestartCount>
  readonly cycle: CycleSnapshot | null
  readonly guard: Float64Array | null
  readonly guardIsOn: boolean
  readonly sign: 1 | -1
  readonly exit: SafeModeExit | null
}

function momentOf(source: SnapshotSource, exit: SafeModeExit | null): Moment {
  const { hot, actor, settings, listeners, recovery } = source
  const { config, executor } = hot
  const { knobs, hasBaseline } = config
  const { own, sign } = actor.getSnapshot().context
  const places = new Float64Array(3 * knobs)
  // In this order, because each of these writes from the beginning.
  if (hasBaseline) {
    config.baselineUnits(places)
    places.copyWithin(2 * knobs, 0, knobs)
  }
  config.readValues(places)
  places.set(executor.base, knobs)
  return {
    space: settings.space,
    settings,
    places,
    hasBaseline,
    counts: countsOf(source),
    listeners,
    restarts: recovery.supervision.restarts(),
    cycle: cycleOf(actor),
    guard: guardBlockOf(actor),
    guardIsOn: own.guard,
    sign,
    exit,
  }
}

function countsOf({ hot, counts: own, listeners }: SnapshotSource): Float64Array {
  const { executor, window } = hot
  const counts = new Float64Array(FAILURES + listeners.length)
  counts[WINDOWS] = own.windows
  counts[WINDOWS_EXPIRED] = own.windowsExpired
  counts[CYCLES] = own.cycles
  counts[APPLIES] = executor.applies
  counts[ROLLBACKS] = executor.rollbacks
  counts[RETURNS] = executor.returns
  counts[CLOCK_HELD] = hot.clockHeld
  for (let code = 0; code < VALIDITIES.length; code++) counts[DIGESTS + code] = window.counters[code]
  for (let code = 0; code < VIOLATIONS.length; code++) counts[REFUSED + code] = executor.refused[code]
  for (let code = 0; code < TRIP_REASONS.length; code++) counts[TRIPS + code] = executor.trips[code]
  for (let i = 0; i < listeners.length; i++) counts[FAILURES + i] = listeners[i].failures
  return counts
}

const byWord = <W extends string>(
  words: ReadonlyArray<string>,
  counts: Float64Array,
  at: number,
): Readonly<Record<W, number>> => {
  const out: Record<string, number> = {}
  for (let code = 0; code < words.length; code++) {
    const word = words[code]
    if (word !== "accepted" && word !== "none") out[word] = counts[at + code]
  }
  return out as Record<W, number>
}

/** All counts. */
function countersIn({ counts, listeners, restarts }: Moment): EngineCounters {
  let listenerFailures = 0
  const callbackFailures: Record<string, number> = {}
  for (let i = 0; i < listeners.length; i++) {
    const failures = counts[FAILURES + i]
    callbackFailures[listeners[i].name] = failures
    listenerFailures += failures
  }
  return {
    digests: byWord<Validity>(VALIDITIES, counts, DIGESTS),
    // Always 0 in one thread: an engine in a worker counts losses in its lanes.
    digestsLost: 0,
    windows: counts[WINDOWS],
    windowsExpired: counts[WINDOWS_EXPIRED],
    applies: counts[APPLIES],
    refused: byWord<ViolationTag>(VIOLATIONS, counts, REFUSED),
    rollbacks: counts[ROLLBACKS],
    returnsToBase: counts[RETURNS],
    trips: byWord<TripReason>(TRIP_REASONS, counts, TRIPS),
    cycles: counts[CYCLES],
    clockHeld: counts[CLOCK_HELD],
    listenerFailures,
    callbackFailures,
    restarts,
  }
}

type Values = EngineSnapshot["values"]

/** The parts that are built when they are read; undefined until then. */
interface Parts {
  values?: Values
  base?: Values
  baseline?: Values | null
  cycle?: CycleState | null
  guard?: GuardState | null
  counters?: EngineCounters
  advice?: EngineSnapshot["advice"]
}

const placeIn = ({ space, places }: Moment, at: number): Values =>
  valuesByName(space, places.subarray(at * space.names.length, (at + 1) * space.names.length))

/** How Node prints it: with every part built. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom")

class TakenSnapshot implements EngineSnapshot {
  readonly name: EngineSnapshot["name"]
  readonly runId: string
  readonly status: EngineSnapshot["status"]
  readonly mode: EngineSnapshot["mode"]
  readonly nowUs: number
  readonly generation: number
  declare readonly values: Values
  declare readonly base: Values
  declare readonly baseline: Values | null
  readonly guardrails: EngineSnapshot["guardrails"]
  declare readonly cycle: CycleState | null
  readonly safeMode: EngineSnapshot["safeMode"]
  declare readonly guard: GuardState | null
  readonly comparison: EngineSnapshot["comparison"]
  readonly proof: EngineSnapshot["proof"]
  readonly relocation: RelocationState | null
  readonly stability: StabilityState | null
  readonly meta: MetaState | null
  declare readonly counters: EngineCounters
  readonly audit: AuditState
  readonly fault: string | null
  readonly resumption: Resumption | null
  declare readonly advice: EngineSnapshot["advice"]
  declare readonly rules?: EngineSnapshot["rules"]
  readonly #moment: Moment
  readonly #parts: Parts = {}

  constructor(source: SnapshotSource) {
    const { hot, actor, settings } = source
    const safeMode = safeModeState(actor, hot)
    this.#moment = momentOf(source, safeMode?.exit ?? null)
    this.name = settings.name
    this.runId = source.runId
    this.status = source.status
    this.mode = safeMode === null ? "adapting" : "safe"
    this.nowUs = hot.nowUs
    this.generation = hot.config.generation
    this.guardrails = { preset: presetOf(hot.executor.policy), policy: hot.executor.policy }
    this.safeMode = safeMode
    this.comparison = comparisonState(actor)
    this.proof = proofState(actor)
    this.relocation = source.relocations.state()
    this.stability = source.stability?.state() ?? null
    this.meta = source.meta?.state() ?? null
    this.audit = source.trail.state()
    this.fault = source.recovery.faultDetail
    this.resumption = source.resumption
    if (source.rules !== undefined) this.rules = source.rules.states()
    Object.defineProperties(this, TakenSnapshot.#readers)
  }

  [INSPECT](): object {
    return Object.assign({}, this)
  }

  static #reader(read: (this: TakenSnapshot) => unknown): PropertyDescriptor {
    return { enumerable: true, get: read }
  }

  // The same functions for every snapshot, so that all have one shape.
  static readonly #readers: PropertyDescriptorMap = {
    values: TakenSnapshot.#reader(function () {
      const { space, places } = this.#moment
      return (this.#parts.values ??= byName(space.names, (i) => places[i]))
    }),
    base: TakenSnapshot.#reader(function () {
      return (this.#parts.base ??= placeIn(this.#moment, 1))
    }),
    baseline: TakenSnapshot.#reader(function () {
      return this.#moment.hasBaseline ? (this.#parts.baseline ??= placeIn(this.#moment, 2)) : null
    }),
    cycle: TakenSnapshot.#reader(function () {
      const { cycle } = this.#moment
      return cycle === null ? null : (this.#parts.cycle ??= cycleStateIn(cycle))
    }),
    guard: TakenSnapshot.#reader(function () {
      const { guard, guardIsOn, sign, exit } = this.#moment
      return guard === null
        ? null
        : (this.#parts.guard ??= guardState(guard, guardIsOn, sign, this.nowUs, exit))
    }),
    counters: TakenSnapshot.#reader(function () {
      return (this.#parts.counters ??= countersIn(this.#moment))
    }),
    advice: TakenSnapshot.#reader(function () {
      const { settings, cycle } = this.#moment
      const memory = cycle === null ? null : plantMemory(cycle.context, cycle.context.block)
      return (this.#parts.advice ??= adviceOf(settings, memory, this.resumption))
    }),
  }
}

/** The engine at this moment, for subscribers. */
export const takeSnapshot = (source: SnapshotSource): EngineSnapshot => new TakenSnapshot(source)

/** The same with every part built, for direct reads. */
export const snapshotNow = (source: SnapshotSource): EngineSnapshot => ({ ...takeSnapshot(source) })
