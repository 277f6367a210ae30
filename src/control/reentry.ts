/**
 * The way back to a remembered configuration: a ramp of proposals within the step limit, a canary that compares the loss there
 * with the loss before in the same context, and the way back again when the canary loses. `plan` yields the next target; whoever
 * owns the cycle proposes it like any other update, so every guardrail of Tier 1 holds.
 *
 * Verdicts have three values; a hold that outlasts its deadline goes back. Pure functions over plain data.
 */
import type { KnobTable } from "../hot/KnobTable.ts"
import type { Fingerprint } from "./fingerprint.ts"
import {
  changeRegime,
  evict,
  type Eviction,
  forgetStay,
  nearestRegime,
  noteContext,
  presentContext,
  presentLoss,
  type Sighting,
} from "./homeostasis.ts"
import { contextDistance } from "./pattern.ts"
import type { ContextReading, HomeostasisState, LossLevel, Regime } from "./relocationTypes.ts"
import { isReading } from "./readings.ts"
import { DEFAULT_REENTRY } from "./relocationDefaults.ts"
import type { ReentryPolicy, Trip, ReentryState } from "./relocationTypes.ts"

export { DEFAULT_REENTRY, EMPTY_REENTRY } from "./relocationDefaults.ts"

export type PlanReason =
  | "unsettled"
  | "noMatch"
  | "ambiguous"
  | "atHome"
  | "noGain"
  | "tooSoon"
  | "ramp"
  | "blocked"
  | "canary"
  | "revert"
  | "kept"
  | "lost"
  | "undecided"
  | "reverted"
  | "contextLeft"

/** What to do next, with the numbers it rests on: what goes into the audit. */
export interface ReentryPlan {
  /** Absolute unit positions to propose as an update; null: propose nothing. */
  readonly target: ReadonlyArray<number> | null
  readonly reason: PlanReason
  readonly regime: number | null
  /** True while the tuner should leave the base alone, because a ramp, a canary or the way back is under way. */
  readonly busy: boolean
  readonly distance: number | null
  readonly level: LossLevel | null
  readonly canary: LossLevel | null
  readonly evictions: ReadonlyArray<Eviction>
}

export interface Whereabouts {
  readonly nowUs: number
  /** The base, unit space. */
  readonly base: ReadonlyArray<number>
  readonly table: KnobTable
  /** Tier 1's largest single step, unit space. */
  readonly maxStep: number
  /** 2n offsets, down and up by knob, that Tier 1's budgets leave; every move is free where omitted. */
  readonly band?: ArrayLike<number>
}

const SIGMAS = 2
/** Spreads of one window by which a single window on the way may be worse before the trip is broken off. */
const CRITICAL = 6
/** Lost this often, and more often than kept: the regime is no use. Until then it is kept, so that its retries grow rare. */
const LOSSES = 6
const HAIR = 1e-9
/** Losses beyond wins that still make the next try come later. */
const MOST_DOUBTS = 6

/** The longest that a regime is ever left alone. */
export const longestRetryUs = ({ retryUs }: ReentryPolicy): number => retryUs * 4 ** MOST_DOUBTS

/** Folds one window in. During a canary the loss counts for it: feed it windows of the unperturbed base then. */
export function noteWindow(
  state: ReentryState,
  reading: ContextReading,
  policy: ReentryPolicy = DEFAULT_REENTRY,
): ReentryState {
  const { loss } = reading
  if (!isReading(loss)) return state
  const memory = noteContext(state.memory, reading, policy)
  const { trip } = state
  if (trip === null || trip.phase === "revert" || trip.phase === "broken") return { memory, trip }
  // Spread of one window, as it was before the trip.
  const spread = Math.sqrt(trip.level.variance * policy.windows)
  if (spread > 0 && loss - trip.level.mean > CRITICAL * spread && trip.windows === 0)
    return { memory, trip: { ...trip, phase: "broken" } }
  if (trip.phase === "ramp") return { memory, trip }
  const { windows, sum, squares } = trip
  const ahead = loss - trip.level.mean
  return {
    memory,
    trip: { ...trip, windows: windows + 1, sum: sum + ahead, squares: squares + ahead * ahead },
  }
}

/**
 * Decides what comes next. Call it when the tuner is between cycles, and whenever a window closed during a trip. `seen`: what was
 * found when the context was looked at before; otherwise it is looked at now.
 */
export function planReentry(
  state: ReentryState,
  where: Whereabouts,
  policy: ReentryPolicy = DEFAULT_REENTRY,
  seen?: Sighting,
): { readonly state: ReentryState; readonly plan: ReentryPlan } {
  if (state.trip === null) return setOut(state, where, policy, seen)
  const { trip, memory } = state
  const regime = memory.regimes.find(({ id }) => id === trip.regime)
  if (regime === undefined && trip.regime !== null) return turnBack(state, trip, where, policy)
  const context = regime === undefined ? null : presentContext(memory, policy)
  if (regime !== undefined && context !== null && isElsewhere(context, regime.fingerprint, 2 * policy.radius))
    // Another load: neither the destination nor the level before means anything now.
    return {
      state: { memory, trip: null },
      plan: say("contextLeft", trip.regime, false, { level: trip.level }),
    }
  if (trip.phase === "revert") return turnBack(state, trip, where, policy)
  if (trip.phase === "broken") return lose(state, trip, where, policy, "lost", null)
  if (trip.phase === "canary") return judge(state, trip, where, policy)
  if (where.nowUs - trip.sinceUs > policy.rampUs)
    return turnBack(state, { ...trip, phase: "revert" }, where, policy)
  const target = stepToward(trip.to, where)
  if (target === null) {
    if (!isThere(trip.to, where))
      return { state, plan: say("blocked", trip.regime, true, { level: trip.level }) }
    const arrived: Trip = { ...trip, phase: "canary", windows: 0, sum: 0, squares: 0 }
    return { state: { memory, trip: arrived }, plan: say("canary", trip.regime, true, { level: trip.level }) }
  }
  return { state, plan: say("ramp", trip.regime, true, { target, level: trip.level }) }
}

/** Whether the load is another one. While a level is on its way, nothing is known of it. */
const isElsewhere = (context: Fingerprint, known: Fingerprint, radius: number): boolean =>
  (context.kind !== "passing" || known.kind !== undefined) && contextDistance(context, known) > radius

function setOut(state: ReentryState, where: Whereabouts, policy: ReentryPolicy, seen: Sighting | undefined) {
  const { memory } = state
  const none = (reason: PlanReason, regime: number | null = null, distance: number | null = null) => ({
    state,
    plan: say(reason, regime, false, { distance }),
  })
  const periodic = circlesOf(where.table)
  const match = nearestRegime(memory, periodic, policy, seen)
  if (match.regime === null) {
    const distance = Number.isFinite(match.distance) ? match.distance : null
    return none(match.why === "none" ? "noMatch" : match.why, null, distance)
  }
  const { regime, distance } = match
  if (isThere(regime.unit, where, policy.still)) return none("atHome", regime.id, distance)
  if (where.nowUs < regime.retryUs) return none("tooSoon", regime.id, distance)
  const level = presentLoss(memory, policy.windows)
  const gain = level.mean - regime.loss.mean
  if (!(gain > SIGMAS * Math.sqrt(level.variance + regime.loss.variance)))
    return none("noGain", regime.id, distance)
  const target = stepToward(regime.unit, where)
  if (target === null) return none("blocked", regime.id, distance)
  const trip: Trip = {
    ...tripTo(regime.unit, where, level),
    regime: regime.id,
  }
  const plan = say("ramp", regime.id, true, { target, distance, level })
  return { state: { memory: forgetStay(memory), trip }, plan }
}

const tripTo = (to: ReadonlyArray<number>, where: Whereabouts, level: LossLevel): Trip => ({
  phase: "ramp",
  regime: null,
  to,
  from: where.base,
  level,
  sinceUs: where.nowUs,
  windows: 0,
  sum: 0,
  squares: 0,
})

/**
 * Sets out for a place that no regime remembers, as that of a variant. With a canary it stays there unless it is worse beyond
 * doubt; without one it is on its way back, and whatever was under way is over.
 */
export function setOutFor(
  { memory }: ReentryState,
  to: ReadonlyArray<number>,
  where: Whereabouts,
  canary: boolean,
  windows?: number,
): ReentryState {
  const trip = tripTo(to, where, presentLoss(memory, windows))
  return { memory: forgetStay(memory), trip: canary ? trip : { ...trip, phase: "revert", from: to } }
}

/** Somebody else put the plant elsewhere: it is over. `bad`: because of what was seen on the way, which counts as a loss. */
export function breakOff(
  { memory, trip }: ReentryState,
  nowUs: number,
  bad: boolean,
  policy: ReentryPolicy = DEFAULT_REENTRY,
): { readonly state: ReentryState; readonly evictions: ReadonlyArray<Eviction> } {
  const { state, evictions } =
    bad && trip !== null && trip.phase !== "revert"
      ? doubt(memory, trip.regime, nowUs, policy)
      : { state: memory, evictions: [] }
  return { state: { memory: forgetStay(state), trip: null }, evictions }
}

/** A window showed what must not be: a canary that ran on regardless would be none. */
export function condemn(state: ReentryState): ReentryState {
  const { memory, trip } = state
  return trip === null || trip.phase === "revert" ? state : { memory, trip: { ...trip, phase: "broken" } }
}

/** Changes a regime where it is one. */
const withRegime = (
  memory: HomeostasisState,
  id: number | null,
  change: (regime: Regime) => Regime,
): HomeostasisState => (id === null ? memory : changeRegime(memory, id, change))

function judge(state: ReentryState, trip: Trip, where: Whereabouts, policy: ReentryPolicy) {
  const { windows, sum, squares, level } = trip
  const ahead = sum / windows
  const mean = level.mean + ahead
  const canary = {
    mean,
    variance: windows < 2 ? 0 : Math.max(0, squares / windows - ahead * ahead) / (windows - 1),
  }
  const waiting = say("canary", trip.regime, true, { level, canary: windows > 0 ? canary : null })
  if (windows < policy.canary) return { state, plan: waiting }
  const error = SIGMAS * Math.sqrt(canary.variance + level.variance)
  const gain = level.mean - mean
  const lost = gain < -error
  // A trial only has to be no worse; a memory claims to be better.
  if (gain > error || (trip.regime === null && !lost)) {
    const memory = withRegime(state.memory, trip.regime, (one) => ({
      ...one,
      kept: one.kept + 1,
      metUs: where.nowUs,
    }))
    return { state: { memory, trip: null }, plan: say("kept", trip.regime, false, { level, canary }) }
  }
  if (!lost && windows < policy.canaryDeadline) return { state, plan: waiting }
  return lose(state, trip, where, policy, lost ? "lost" : "undecided", canary)
}

/** The canary lost, or could not tell in time. */
function lose(
  state: ReentryState,
  trip: Trip,
  where: Whereabouts,
  policy: ReentryPolicy,
  reason: "lost" | "undecided",
  canary: LossLevel | null,
) {
  const { state: memory, evictions } = doubt(state.memory, trip.regime, where.nowUs, policy)
  const back: Trip = { ...trip, phase: "revert" }
  const target = stepToward(trip.from, where)
  const plan = say(reason, trip.regime, true, { target, level: trip.level, canary, evictions })
  return { state: { memory, trip: back }, plan }
}

/** One more loss for a regime: the next try comes later, and after so many there is none. */
function doubt(memory: HomeostasisState, id: number | null, nowUs: number, policy: ReentryPolicy) {
  // One that cannot show its worth in time has not shown it either.
  if (id === null) return { state: memory, evictions: [] }
  const changed = changeRegime(memory, id, (one) => {
    const lost = one.lost + 1
    const doubts = Math.min(MOST_DOUBTS, Math.max(0, lost - one.kept))
    return { ...one, lost, retryUs: nowUs + policy.retryUs * 4 ** doubts }
  })
  const regime = changed.regimes.find((one) => one.id === id)
  const useless = regime !== undefined && regime.lost >= LOSSES && regime.lost > regime.kept
  return useless ? evict(changed, id, "canaryLost", nowUs) : { state: changed, evictions: [] }
}

function turnBack(state: ReentryState, trip: Trip, where: Whereabouts, policy: ReentryPolicy) {
  const back = { ...state, trip: { ...trip, phase: "revert" as const } }
  const target = stepToward(trip.from, where)
  if (target !== null)
    return { state: back, plan: say("revert", trip.regime, true, { target, level: trip.level }) }
  const there = isThere(trip.from, where)
  if (!there) return { state: back, plan: say("blocked", trip.regime, true, { level: trip.level }) }
  const memory = withRegime(state.memory, trip.regime, (one) => ({
    ...one,
    retryUs: Math.max(one.retryUs, where.nowUs + policy.retryUs),
  }))
  return { state: { memory, trip: null }, plan: say("reverted", trip.regime, false, { level: trip.level }) }
}

function say(
  reason: PlanReason,
  regime: number | null,
  busy: boolean,
  rest: Partial<Omit<ReentryPlan, "reason" | "regime" | "busy">> = {},
): ReentryPlan {
  return {
    target: null,
    distance: null,
    level: null,
    canary: null,
    evictions: [],
    ...rest,
    reason,
    regime,
    busy,
  }
}

export const circlesOf = (table: KnobTable): ReadonlyArray<boolean> =>
  Array.from({ length: table.size }, (_, i) => Math.abs(table.difference(i, 0, 1)) < 0.5)

/** True where every knob is as near to its destination as its grid lets it be, or within `still` of it. */
function isThere(to: ReadonlyArray<number>, { base, table }: Whereabouts, still = 0): boolean {
  return base.every((x, i) => Math.abs(table.difference(i, x, table.snap(i, to[i]))) <= still)
}

/**
 * The next target on the way: every knob as far as step limit and budgets let it go, on its grid. Null when nothing moves. A
 * knob on a coarse grid may always go to its neighbour (DESIGN 3).
 */
function stepToward(to: ReadonlyArray<number>, where: Whereabouts): ReadonlyArray<number> | null {
  const { base, table, maxStep, band } = where
  let moved = false
  const target = base.map((x, i) => {
    const own = table.maxStep[i] > 0 ? table.maxStep[i] : maxStep
    const limit = Math.max(own, table.neighbourSpan(i, x)) * (1 - HAIR)
    const goal = table.snap(i, to[i])
    const way = table.difference(i, x, goal)
    let step = Math.max(-limit, Math.min(limit, way))
    if (band !== undefined) step = Math.max(band[2 * i], Math.min(band[2 * i + 1], step))
    if (step === way) {
      moved ||= way !== 0
      return goal
    }
    if (table.step[i] > 0) step = table.gridOffset(i, x, step + Math.sign(step) * HAIR)
    if (Math.abs(step) <= HAIR) return x
    moved = true
    return table.contain(i, x + step)
  })
  return moved ? target : null
}
