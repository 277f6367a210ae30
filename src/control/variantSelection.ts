/**
 * Which variant is live, under guardrails: the bandit proposes, and here it is judged like any other proposal. Cooldown,
 * switch budget and a least stay hold it back; constraints make variants ineligible; a broken constraint, or a variant that
 * is no longer approved, is left at once by its rollback plan. Needed wherever variants are chosen online.
 *
 * Pure functions over plain data. Time is an input; a clock that jumps back is held. Data that is missing never speaks for a
 * variant: without the channel that a constraint names it is not chosen, and a live one is left when the channel stays away.
 */
import type { SelectableVariant, VariantConstraint } from "../domain/Variant.ts"
import { type ArmDraw, choose, learn, retain } from "./bandit.ts"
import { isReading } from "./readings.ts"
import { DEFAULT_SELECTION } from "./relocationDefaults.ts"
import type { SelectionSettings, SelectionState } from "./relocationTypes.ts"

export { DEFAULT_SELECTION, EMPTY_SELECTION } from "./relocationDefaults.ts"

/** Channels of the digests by name, as a window has them. */
export type Channels = Readonly<Record<string, number | null | undefined>>

/** What one window measured of one variant. */
export interface VariantReading {
  /** The variant under which the measured work started. */
  readonly variant: string
  /** Lower is better. */
  readonly loss: number
  readonly channels: Channels
  readonly nowUs: number
}

/** Why a decision came out as it did. */
export type SelectionReason =
  | "first"
  | "drawn"
  | "stayShort"
  | "cooldownActive"
  | "budgetExhausted"
  | "noneEligible"
  | "constraintBroken"
  | "contextLeft"
  | "notSelectable"
  | "regressed"
  | "tripped"

/** Why a variant could not be chosen; null for one that could. */
export type Ineligible = "quarantined" | "context" | null

/** A decision with the numbers it used: what goes into the audit. */
export interface SelectionDecision {
  /** Counts from 1. */
  readonly id: number
  readonly atUs: number
  readonly action: "stay" | "switch" | "rollback"
  readonly from: string | null
  /** Null: no variant is eligible, and the plant goes back to what it is without any. */
  readonly to: string | null
  readonly reason: SelectionReason
  readonly candidates: ReadonlyArray<{ readonly name: string; readonly ineligible: Ineligible }>
  /** What the bandit drew, where it was asked. */
  readonly draws: ReadonlyArray<ArmDraw>
}

const HOUR_US = 3_600_000_000
/** Windows in a row without a channel that a constraint names which are as bad as one that breaks it. */
const SILENT_BREACH = 5

/** Three values: no data is neither. */
export type Verdict = "pass" | "fail" | "hold"

/** Holds the constraints of one kind against the channels. One that fails outweighs one that cannot be told. */
export function judgeConstraints(
  constraints: ReadonlyArray<VariantConstraint>,
  of: VariantConstraint["of"],
  channels: Channels,
): Verdict {
  let verdict: Verdict = "pass"
  for (const one of constraints) {
    if (one.of !== of) continue
    const value = Object.hasOwn(channels, one.channel) ? channels[one.channel] : null
    if (typeof value !== "number" || !Number.isFinite(value)) verdict = "hold"
    else if (value < (one.atLeast ?? value) || value > (one.atMost ?? value)) return "fail"
  }
  return verdict
}

/** Folds one window in: what the bandit learns, and whether the live variant keeps its constraints. */
export function observeVariant(
  state: SelectionState,
  reading: VariantReading,
  offered: ReadonlyArray<SelectableVariant>,
  settings: SelectionSettings = DEFAULT_SELECTION,
): SelectionState {
  const nowUs = later(state.nowUs, reading.nowUs)
  const variant = offered.find(({ name }) => name === reading.variant)
  // What is not offered any more is nothing to learn about.
  if (variant === undefined) return { ...state, nowUs }
  const next = { ...state, nowUs, bandit: learn(state.bandit, reading.variant, reading.loss, settings) }
  if (reading.variant !== state.live) return next
  const verdict = judgeConstraints(variant.constraints, "outcome", reading.channels)
  const silent = verdict === "hold" ? state.silent + 1 : 0
  const outstayed = silent === SILENT_BREACH
  return {
    ...next,
    readings: state.readings + (isReading(reading.loss) ? 1 : 0),
    breaches: verdict === "pass" ? 0 : state.breaches + (verdict === "fail" || outstayed ? 1 : 0),
    silent: outstayed ? 0 : silent,
  }
}

/** Decides what is to be live now. `offered` are the selectable variants of the catalogue, and nothing else can come out. */
export function selectVariant(
  state: SelectionState,
  offered: ReadonlyArray<SelectableVariant>,
  channels: Channels,
  atUs: number,
  settings: SelectionSettings = DEFAULT_SELECTION,
): { readonly state: SelectionState; readonly decision: SelectionDecision } {
  const nowUs = later(state.nowUs, atUs)
  const held: SelectionState = {
    ...state,
    nowUs,
    switchesUs: state.switchesUs.filter((t) => t > nowUs - HOUR_US),
    quarantine: state.quarantine.filter(({ untilUs }) => untilUs > nowUs),
    bandit: retain(
      state.bandit,
      offered.map(({ name }) => name),
    ),
  }
  const live = offered.find(({ name }) => name === held.live)
  const wrong =
    state.live === null ? null : live === undefined ? "notSelectable" : whatIsWrong(held, live, channels)
  if (wrong !== null) return escape(held, live, offered, channels, wrong, settings)

  const candidates = judged(held, offered, channels)
  const eligible = candidates.flatMap(({ name, ineligible }) => (ineligible === null ? [name] : []))
  const stay = (reason: SelectionReason, next = held, draws: ReadonlyArray<ArmDraw> = []) =>
    decide(next, held.live, "stay", reason, candidates, draws, settings)
  if (eligible.length === 0) return stay("noneEligible")
  if (held.switchesUs.length === 0 && held.live === null && held.previous === null) {
    // What has been promoted is known to be good: the first choice needs no draw.
    const first = offered.find(({ name, state: at }) => at === "promoted" && eligible.includes(name))
    if (first !== undefined) return decide(held, first.name, "switch", "first", candidates, [], settings)
  } else if (nowUs < held.sinceUs + settings.cooldownUs) return stay("cooldownActive")
  else if (held.switchesUs.length >= settings.switchesPerHour) return stay("budgetExhausted")
  else if (held.live !== null && held.readings < settings.stay) return stay("stayShort")
  const { state: bandit, name, draws } = choose(held.bandit, eligible, settings)
  const drawn = { ...held, bandit }
  if (name === null || name === held.live) return stay("drawn", { ...drawn, readings: 0 }, draws)
  return decide(drawn, name, "switch", "drawn", candidates, draws, settings)
}

/**
 * Leaves the live variant by its rollback plan, never held back: because its canary lost (`regressed`), because the plant had to
 * be put back under it (`tripped`), or, with `why` null, where a constraint of its own is broken. Null where it may stay.
 */
export function leaveVariant(
  state: SelectionState,
  offered: ReadonlyArray<SelectableVariant>,
  channels: Channels,
  why: "regressed" | "tripped" | null,
  atUs: number,
  settings: SelectionSettings = DEFAULT_SELECTION,
): { readonly state: SelectionState; readonly decision: SelectionDecision } | null {
  const held = { ...state, nowUs: later(state.nowUs, atUs) }
  if (held.live === null) return null
  const live = offered.find(({ name }) => name === held.live)
  const reason = why ?? (live === undefined ? "notSelectable" : whatIsWrong(held, live, channels))
  return reason === null ? null : escape(held, live, offered, channels, reason, settings)
}

const later = (a: number, b: number): number => (b > a ? b : a)

/** Why the live variant must be left now, or null. */
function whatIsWrong(
  state: SelectionState,
  live: SelectableVariant,
  channels: Channels,
): "constraintBroken" | "contextLeft" | null {
  if (state.breaches >= live.rollback.afterBreaches) return "constraintBroken"
  return judgeConstraints(live.constraints, "context", channels) === "fail" ? "contextLeft" : null
}

function judged(
  state: SelectionState,
  offered: ReadonlyArray<SelectableVariant>,
  channels: Channels,
): SelectionDecision["candidates"] {
  return offered.map(({ name, constraints }) => {
    // A live one whose context cannot be told is not left for that; it is not entered without being told.
    const enough = judgeConstraints(constraints, "context", channels)
    const fits = enough === "pass" || (enough === "hold" && name === state.live)
    const shut = state.quarantine.some((one) => one.name === name)
    return { name, ineligible: shut ? "quarantined" : fits ? null : "context" }
  })
}

/** Leaves the live variant: never held back, by its own plan first, then for what is best among the promoted, then any. */
function escape(
  state: SelectionState,
  live: SelectableVariant | undefined,
  offered: ReadonlyArray<SelectableVariant>,
  channels: Channels,
  reason: "notSelectable" | "constraintBroken" | "contextLeft" | "regressed" | "tripped",
  settings: SelectionSettings,
) {
  // For the cooldown at least: two that are both broken would otherwise take turns, and no budget holds a rollback back.
  const untilUs = state.nowUs + Math.max(live?.rollback.quarantineUs ?? 0, settings.cooldownUs)
  const broken = reason !== "notSelectable" && reason !== "contextLeft"
  const shut = broken && live !== undefined ? [{ name: live.name, untilUs }] : []
  const next = { ...state, quarantine: [...state.quarantine, ...shut] }
  const candidates = judged(next, offered, channels)
  const fit = offered.filter(({ name }, i) => name !== state.live && candidates[i].ineligible === null)
  const plan = live?.rollback.to === "previous" || live === undefined ? state.previous : live.rollback.to
  const lossOf = ({ name }: SelectableVariant): number =>
    state.bandit.arms.find((arm) => arm.name === name)?.mean ?? Number.POSITIVE_INFINITY
  const rank = (one: SelectableVariant): number => (one.name === plan ? 0 : one.state === "promoted" ? 1 : 2)
  const [to] = [...fit].sort(
    (a, b) => rank(a) - rank(b) || lossOf(a) - lossOf(b) || (a.name < b.name ? -1 : 1),
  )
  return decide(next, to?.name ?? null, "rollback", reason, candidates, [], settings)
}

/** The state after a decision, and its record. */
function decide(
  state: SelectionState,
  to: string | null,
  action: SelectionDecision["action"],
  reason: SelectionReason,
  candidates: SelectionDecision["candidates"],
  draws: ReadonlyArray<ArmDraw>,
  settings: SelectionSettings,
) {
  const { live: from, nowUs } = state
  const id = state.decisions + 1
  const decision: SelectionDecision = { id, atUs: nowUs, action, from, to, reason, candidates, draws }
  if (action === "stay") return { state: { ...state, decisions: id }, decision }
  const moved: SelectionState = {
    ...state,
    decisions: id,
    live: to,
    previous: from ?? state.previous,
    sinceUs: nowUs,
    readings: 0,
    breaches: 0,
    silent: 0,
    // More than the budget decides nothing new.
    switchesUs: [...state.switchesUs, nowUs].slice(-Math.max(1, settings.switchesPerHour)),
  }
  return { state: moved, decision }
}
