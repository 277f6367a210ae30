/**
 * The memory of homeostasis: regimes in which the tuner stood still, each with the configuration, the fingerprint of its
 * context and a score. When a context comes back its configuration need not be learned again. One needs this file for what is
 * remembered, found and evicted; `reentry` says how a remembered configuration is gone back to.
 *
 * Pure functions over plain data, bounded by `capacity`. Fed once a window with the context and once a cycle with the base.
 */
import { type Fingerprint, fingerprintOf, isSettled, mergedFingerprint } from "./fingerprint.ts"
import { contextDistance, distancesTo, distanceSteps, patternContext } from "./pattern.ts"
import { type PatternRooms, remembered, TRACE } from "./pattern.ts"
import { isReading } from "./readings.ts"
import { DEFAULT_HOMEOSTASIS } from "./relocationDefaults.ts"
import type {
  HomeostasisPolicy,
  LossLevel,
  Regime,
  EvictionReason,
  ContextReading,
  Stay,
  HomeostasisState,
} from "./relocationTypes.ts"
import type { Steps } from "./steps.ts"

export { EMPTY_HOMEOSTASIS } from "./relocationDefaults.ts"

/** A regime that was let go, when and why. */
export interface Eviction {
  readonly id: number
  readonly reason: EvictionReason
  readonly score: number
  readonly atUs: number
}

/** One completed cycle. */
export interface BaseReading {
  readonly nowUs: number
  readonly loss: number
  readonly base: ReadonlyArray<number>
  /** True for knobs on a circle. */
  readonly periodic: ReadonlyArray<boolean>
}

/** What became of a call: the state after it, and what was evicted on the way. */
export interface Remembered {
  readonly state: HomeostasisState
  /** The regime that was stored or refreshed. */
  readonly stored: number | null
  readonly evictions: ReadonlyArray<Eviction>
}

const CONFIDENT_CYCLES = 20
const CONTRADICTIONS = 3
const SIGMAS = 2
/** Windows that an old fingerprint weighs at most against a new one: contexts drift. */
const MEMORY_WINDOWS = 60

/** Stability score, 0 to 1: how long it was stable for, and how often going back was right. */
export function scoreOf({ cycles, kept, lost }: Regime): number {
  return (cycles / (cycles + CONFIDENT_CYCLES)) * ((kept + 1) / (kept + 2 * lost + 1))
}

/** The signed way from a to b, the short one on a circle. */
export function wayOf(a: number, b: number, periodic: boolean): number {
  const way = b - a
  return periodic ? way - Math.round(way) : way
}

/** The largest way of any knob between two configurations. */
export function apart(
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  periodic: ReadonlyArray<boolean>,
): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(wayOf(x, b[i], periodic[i]))), 0)
}

/** Folds one window in. A loss that is not finite is no window. */
export function noteContext(
  state: HomeostasisState,
  { loss, features }: ContextReading,
  policy: HomeostasisPolicy = DEFAULT_HOMEOSTASIS,
): HomeostasisState {
  if (!isReading(loss)) return state
  const most = policy.key === "temporal" ? Math.max(TRACE, policy.windows) : policy.windows
  return { ...state, recent: [...state.recent, { loss, features }].slice(-most) }
}

/** The context of the last windows; null while there are too few, or it is on its way elsewhere. */
export function presentContext(
  state: HomeostasisState,
  policy: HomeostasisPolicy = DEFAULT_HOMEOSTASIS,
): Fingerprint | null {
  const features = state.recent.map((one) => one.features)
  if (policy.key === "temporal") return patternContext(features, policy)
  if (features.length < policy.windows || !isSettled(features)) return null
  const fingerprint = fingerprintOf(features)
  return fingerprint.features.length === 0 ? null : fingerprint
}

/** Loss of the last windows: as many as are given, or all that are kept. */
export function presentLoss(state: HomeostasisState, windows: number = state.recent.length): LossLevel {
  const recent = state.recent.slice(-windows)
  const mean = recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length
  const squares = recent.reduce((sum, { loss }) => sum + (loss - mean) ** 2, 0)
  return { mean, variance: squares / Math.max(1, recent.length - 1) / recent.length }
}

/** What a look at the present context has found. */
export interface Sighting {
  readonly context: Fingerprint | null
  /** How far it is from each regime, by id. */
  readonly distances: Readonly<Record<number, number>>
  /** How far it is from the context of the present stay; `Infinity` where there is none. */
  readonly toStay: number
}

/** Looks at the present context and compares it with all that is remembered, in short steps; changes nothing. */
export function* sightingSteps(
  state: HomeostasisState,
  policy: HomeostasisPolicy = DEFAULT_HOMEOSTASIS,
  rooms?: PatternRooms,
): Steps<Sighting> {
  const context = presentContext(state, policy)
  if (context === null) return { context, distances: {}, toStay: Number.POSITIVE_INFINITY }
  yield
  const toStay = state.stay === null ? Number.POSITIVE_INFINITY : contextDistance(context, state.stay.context)
  yield
  const all = yield* distanceSteps(context, state.regimes, rooms)
  const distances = Object.fromEntries(state.regimes.map(({ id }, i) => [id, all[i]]))
  return { context, distances, toStay }
}

/** By regime; one that was not there when the context was looked at is compared now. */
const seenDistances = (
  { distances }: Sighting,
  context: Fingerprint,
  regimes: ReadonlyArray<Regime>,
): ReadonlyArray<number> =>
  regimes.map(({ id, fingerprint }) =>
    Object.hasOwn(distances, id) ? distances[id] : contextDistance(context, fingerprint),
  )

export type Match =
  | { readonly regime: Regime; readonly distance: number }
  | { readonly regime: null; readonly why: "unsettled" | "none" | "ambiguous"; readonly distance: number }

/**
 * The regime whose context this is, or none: where the context is unsettled, too far from all, or as near to another. `seen`: what
 * was found when the context was looked at before.
 */
export function nearestRegime(
  state: HomeostasisState,
  periodic: ReadonlyArray<boolean>,
  policy: HomeostasisPolicy = DEFAULT_HOMEOSTASIS,
  seen?: Sighting,
): Match {
  const context = seen === undefined ? presentContext(state, policy) : seen.context
  if (context === null) return { regime: null, why: "unsettled", distance: Number.POSITIVE_INFINITY }
  const distances =
    seen === undefined ? distancesTo(context, state.regimes) : seenDistances(seen, context, state.regimes)
  const ranked = state.regimes
    .map((regime, i) => ({ regime, distance: distances[i] }))
    .sort((a, b) => a.distance - b.distance || a.regime.id - b.regime.id)
  const [nearest, second] = ranked
  if (nearest === undefined || !(nearest.distance <= policy.radius))
    return { regime: null, why: "none", distance: nearest?.distance ?? Number.POSITIVE_INFINITY }
  // Two that could both be meant and say different things: neither is believed.
  if (
    second !== undefined &&
    second.distance <= policy.radius &&
    second.distance <= 2 * nearest.distance &&
    apart(nearest.regime.unit, second.regime.unit, periodic) > policy.still
  )
    return { regime: null, why: "ambiguous", distance: nearest.distance }
  return nearest
}

/** Folds one cycle in, and remembers the regime once base and context have kept still for long enough. */
export function noteBase(
  state: HomeostasisState,
  reading: BaseReading,
  policy: HomeostasisPolicy = DEFAULT_HOMEOSTASIS,
  seen?: Sighting,
): Remembered {
  const aged = evictWhere(
    state,
    reading.nowUs,
    "expired",
    (one) => reading.nowUs - one.metUs > policy.maxAgeUs,
  )
  const nothing: Remembered = { ...aged, stored: null }
  const context = seen === undefined ? presentContext(aged.state, policy) : seen.context
  const before = aged.state.stay
  const passing = context?.kind === "passing"
  if (context === null || !isReading(reading.loss) || (passing && before === null))
    return { ...nothing, state: { ...aged.state, stay: null } }
  const same =
    before !== null &&
    apart(before.anchor, reading.base, reading.periodic) <= policy.still &&
    (seen?.toStay ?? contextDistance(context, before.context)) <= policy.radius
  if (passing && !same) return { ...nothing, state: { ...aged.state, stay: null } }
  const stay = withCycle(same ? before : null, reading, context)
  if (passing || stay.cycles < policy.cycles || reading.nowUs - stay.sinceUs < policy.stableUs)
    return { ...nothing, state: { ...aged.state, stay } }
  // A pattern may hold a level for a while: what is remembered of it is the pattern.
  const lasting = context.kind === undefined && stay.context.kind === "repeating" ? stay.context : context
  const kept = remember({ ...aged.state, stay: null }, stay, remembered(lasting), reading, policy, seen)
  return { ...kept, evictions: [...aged.evictions, ...kept.evictions] }
}

/** The present base is not the tuner's own doing (a rollback, a re-entry): what was gathered about it is forgotten. */
export function forgetStay(state: HomeostasisState): HomeostasisState {
  return state.stay === null ? state : { ...state, stay: null }
}

/** Evicts one regime, with a reason. */
export function evict(
  state: HomeostasisState,
  id: number,
  reason: EvictionReason,
  nowUs: number,
): { readonly state: HomeostasisState; readonly evictions: ReadonlyArray<Eviction> } {
  return evictWhere(state, nowUs, reason, (one) => one.id === id)
}

/** The state with a regime changed. */
export function changeRegime(
  state: HomeostasisState,
  id: number,
  change: (regime: Regime) => Regime,
): HomeostasisState {
  return { ...state, regimes: state.regimes.map((one) => (one.id === id ? change(one) : one)) }
}

function evictWhere(
  state: HomeostasisState,
  atUs: number,
  reason: EvictionReason,
  goes: (regime: Regime) => boolean,
) {
  const evictions = state.regimes
    .filter(goes)
    .map((one): Eviction => ({ id: one.id, reason, score: scoreOf(one), atUs }))
  if (evictions.length === 0) return { state, evictions }
  const evicted = { ...state.evicted, [reason]: state.evicted[reason] + evictions.length }
  return { state: { ...state, evicted, regimes: state.regimes.filter((one) => !goes(one)) }, evictions }
}

function withCycle(before: Stay | null, reading: BaseReading, context: Fingerprint): Stay {
  const { nowUs, base, loss, periodic } = reading
  const stay = before ?? {
    sinceUs: nowUs,
    anchor: base,
    loss,
    ways: base.map(() => 0),
    sum: 0,
    squares: 0,
    cycles: 0,
    context,
  }
  return {
    ...stay,
    ways: stay.ways.map((sum, i) => sum + wayOf(stay.anchor[i], base[i], periodic[i])),
    sum: stay.sum + (loss - stay.loss),
    squares: stay.squares + (loss - stay.loss) ** 2,
    cycles: stay.cycles + 1,
  }
}

/** Where the stay was on average: the ways from its anchor are short, also on a circle. */
function middleOf({ anchor, ways, cycles }: Stay, periodic: ReadonlyArray<boolean>): ReadonlyArray<number> {
  return anchor.map((x, i) => {
    const at = x + ways[i] / cycles
    return periodic[i] ? at - Math.floor(at) : Math.min(1, Math.max(0, at))
  })
}

function remember(
  state: HomeostasisState,
  stay: Stay,
  context: Fingerprint,
  reading: BaseReading,
  policy: HomeostasisPolicy,
  seen: Sighting | undefined,
): Remembered {
  const { nowUs, periodic } = reading
  const above = stay.sum / stay.cycles
  const mean = stay.loss + above
  const loss = {
    mean,
    variance: Math.max(0, stay.squares / stay.cycles - above * above) / Math.max(1, stay.cycles - 1),
  }
  const unit = middleOf(stay, periodic)
  const match = nearestRegime(state, periodic, policy, seen)
  if (match.regime !== null) {
    const { regime } = match
    const merged = mergedFingerprint(regime.fingerprint, context, MEMORY_WINDOWS)
    // A pattern is remembered as it was last; a level that it holds for a while says nothing new of it.
    const level = regime.fingerprint.kind === undefined ? merged : regime.fingerprint
    const fingerprint = context.kind === undefined ? level : { ...context, windows: merged.windows }
    const worse = mean - regime.loss.mean > SIGMAS * Math.sqrt(loss.variance + regime.loss.variance)
    const elsewhere = apart(unit, regime.unit, periodic) > policy.still
    if (!worse || !elsewhere) {
      // Not worse, or the same place under a level that moved: this is what the regime looks like now.
      const cycles = regime.cycles + stay.cycles
      const fresh = { ...regime, unit, loss, cycles, fingerprint, metUs: nowUs, contradicted: 0 }
      return { state: changeRegime(state, regime.id, () => fresh), stored: regime.id, evictions: [] }
    }
    if (regime.contradicted + 1 < CONTRADICTIONS) {
      const doubted = { ...regime, metUs: nowUs, contradicted: regime.contradicted + 1 }
      return { state: changeRegime(state, regime.id, () => doubted), stored: null, evictions: [] }
    }
    const gone = evict(state, regime.id, "contradicted", nowUs)
    const added = add(gone.state, unit, loss, context, stay.cycles, nowUs, policy)
    // The context keeps its record: one whose optimum wanders must not start afresh with every wandering.
    const { kept, lost, retryUs } = regime
    const known = changeRegime(added.state, added.stored ?? 0, (one) => ({ ...one, kept, lost, retryUs }))
    return { ...added, state: known, evictions: [...gone.evictions, ...added.evictions] }
  }
  if (match.why === "ambiguous") return { state, stored: null, evictions: [] }
  return add(state, unit, loss, context, stay.cycles, nowUs, policy)
}

function add(
  state: HomeostasisState,
  unit: ReadonlyArray<number>,
  loss: LossLevel,
  fingerprint: Fingerprint,
  cycles: number,
  nowUs: number,
  policy: HomeostasisPolicy,
): Remembered {
  const [weakest] = [...state.regimes].sort((a, b) => scoreOf(a) - scoreOf(b) || a.metUs - b.metUs)
  const full = state.regimes.length >= policy.capacity
  const room = full ? evict(state, weakest.id, "capacity", nowUs) : { state, evictions: [] }
  const regime: Regime = {
    id: state.nextId,
    unit,
    fingerprint,
    loss,
    cycles,
    kept: 0,
    lost: 0,
    contradicted: 0,
    storedUs: nowUs,
    metUs: nowUs,
    retryUs: 0,
  }
  const regimes = [...room.state.regimes, regime]
  return {
    state: { ...room.state, nextId: state.nextId + 1, regimes },
    stored: regime.id,
    evictions: room.evictions,
  }
}
