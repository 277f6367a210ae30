/**
 * What the runaway guard's numbers mean: how it stands as a plain value, and in a sentence for a person. The decisions
 * themselves are in `src/hot/RunawayGuard.ts`, because loops without actors take them too.
 */
import { GUARD_ON_BASELINE } from "../hot/codes.ts"
import type { GuardNumber } from "../hot/guardRecord.ts"
import {
  G_BLAMED,
  G_DRAINED,
  G_DRAINING,
  G_HOLD,
  G_NOW,
  G_PHASE,
  G_REFERENCE,
  G_RETREAT_LEVEL,
  G_RETREATS,
  G_SEEN,
  G_SINCE_US,
  G_STAY,
  G_THRESHOLD,
  G_WATCHED,
  G_WINDOW_US,
  G_WORLD,
  G_WORLDS,
  LEVEL_WINDOWS,
} from "../hot/guardLayout.ts"
import { GUARD_PHASES, type GuardAct, type GuardPhase, type SafeModeExit } from "../domain/words.ts"

/** How the runaway guard stands. Levels in units of the objective, as it was reported. */
export interface GuardState {
  /** False where it only watches, because `guard` is off. */
  readonly on: boolean
  /** `standingBy`: SafeMode is open for a reason that says nothing of how the plant does, and the guard sees no windows. */
  readonly phase: GuardPhase | "standingBy"
  /** Level of the latest windows; null before there are enough of them. */
  readonly level: number | null
  /** What the baseline is known to deliver in the world as it is now; null while that is being learned. */
  readonly expected: number | null
  /** Beyond this level it becomes suspicious; null while that is being learned. */
  readonly threshold: number | null
  /** The level on the tuned configuration when the plant retreated; null while it does not stand still. */
  readonly levelAtRetreat: number | null
  /** When the plant retreated, and windows at the place where it stands; null while it does not stand still. */
  readonly sinceUs: number | null
  readonly windows: number | null
  /** It holds until the plant has drained, and to what level; null otherwise. */
  readonly drainsTo: number | null
  /** When a hold is expected to end; null where nothing can be said. */
  readonly untilUs: number | null
  /** How often it retreated, blamed the tuned configuration, and found that the world had changed. */
  readonly retreats: number
  readonly blames: number
  readonly worlds: number
  /** A sentence for somebody who has not read the manual. */
  readonly text: string
}

/**
 * The guard's state behind `block` (see `src/hot/guardLayout.ts`), at `nowUs`; `sign` is -1 when the objective is maximised, `exit` is
 * what ends SafeMode, null while it is not open.
 */
export function guardState(
  block: Float64Array,
  on: boolean,
  sign: 1 | -1,
  nowUs: number,
  exit: SafeModeExit | null = null,
): GuardState {
  const own = block.length === 0 ? "learning" : GUARD_PHASES[block[G_PHASE]]
  const known = own !== "learning"
  const still = block.length > 0 && block[G_PHASE] >= GUARD_ON_BASELINE
  const phase: GuardState["phase"] = exit !== null && !still ? "standingBy" : own
  // While the plant is tuned the level is worked out from five windows; what stands there before is that of an earlier stay.
  const read = known && phase !== "standingBy" && block[G_SEEN] >= (still ? 1 : LEVEL_WINDOWS)
  const draining = phase === "holding" && block[G_DRAINING] === 1
  const left = block[G_HOLD] - block[G_STAY]
  const state = {
    on,
    phase,
    level: read ? sign * block[G_NOW] : null,
    expected: known ? sign * (block[G_REFERENCE] + block[G_WORLD]) : null,
    threshold: known && on ? sign * block[G_THRESHOLD] : null,
    levelAtRetreat: still ? sign * block[G_RETREAT_LEVEL] : null,
    sinceUs: still ? block[G_SINCE_US] : null,
    windows: still ? block[G_STAY] : null,
    drainsTo: draining ? sign * block[G_DRAINED] : null,
    untilUs: phase === "holding" && left > 0 ? nowUs + left * block[G_WINDOW_US] : null,
    retreats: known ? block[G_RETREATS] : 0,
    blames: known ? block[G_BLAMED] : 0,
    worlds: known ? block[G_WORLDS] : 0,
  }
  const watched = still && block[G_WATCHED] === 1
  return { ...state, text: guardText(state, exit === "manualReset", watched) }
}

const round = (value: number | null): string => (value === null ? "?" : String(Number(value.toPrecision(3))))

const WAITS = "SafeMode waits for a person."

function guardText(state: Omit<GuardState, "text">, waits: boolean, watched: boolean): string {
  const { phase, levelAtRetreat, expected, level, threshold, drainsTo } = state
  const now = level === null ? "no window has been read here yet" : `now it is at ${round(level)}`
  const waited = waits ? ` ${WAITS}` : ""
  const why = watched
    ? `the objective was at ${round(levelAtRetreat)} where SafeMode or a rollback had put the plant`
    : `the objective went from ${round(expected)} to ${round(levelAtRetreat)} on the tuned configuration`
  switch (phase) {
    case "learning":
      return "Learning what this configuration delivers."
    case "standingBy":
      if (!state.on) return "The runaway guard is off."
      return waits
        ? "SafeMode waits for a person; the guard stands by."
        : "SafeMode is open; the guard stands by."
    case "calm":
      if (!state.on) return "The runaway guard is off."
      return level === null
        ? "Waiting for the first windows here."
        : `All is well: the objective is at ${round(level)}, and the guard becomes suspicious beyond ${round(threshold)}.`
    case "suspicious":
      return `The objective is at ${round(level)}, where the baseline delivers ${round(expected)}. It may still recover.`
    case "onBaseline":
      return `On the baseline: ${why}. Checking whether it is better here; ${now}.${waited}`
    case "onStart":
      return `On the initial configuration: ${why}${watched ? "" : ", and the baseline did not help"}; ${now}.${waited}`
    case "watching":
      return `Where SafeMode or a rollback put the plant, which is known for ${round(expected)}; ${now}. If it stays worse, the initial configuration is tried.${waited}`
    case "holding":
      return drainsTo === null
        ? `Resting on the baseline: ${why}. ${waits ? WAITS : "Tuning continues after the rest."}`
        : `On the baseline: ${why}. Waiting for the backlog to drain to ${round(drainsTo)}; ${now}.${waited}`
  }
}

const ACTS: Readonly<Record<GuardAct, string>> = {
  nothing: "nothing was done",
  retreat:
    "the level stayed worse than the baseline's: moved to the baseline, to see whether it is better there",
  tryStart: "it got no better there: moved to the initial configuration",
  blame: "on the baseline the level came back, or stopped rising: the tuned configuration was to blame",
  blameStart: "only the initial configuration helped: it is now the baseline",
  world:
    "neither baseline nor start is better, or a burst ended by itself: nothing is blamed, and tuning continues",
  release: "the hold is over: tuning may continue from here",
  promote: "forty calm windows were better than the baseline: their mean configuration is now the baseline",
}

/** An act of the guard with the numbers it decided by, for logs and `audit why`. */
export function guardActText(act: GuardAct, numbers: Readonly<Record<GuardNumber, number | null>>): string {
  const { level, reference, threshold, levelAtRetreat, noise, windows } = numbers
  const figures = [
    `level ${round(level)}`,
    `baseline ${round(reference)}`,
    `threshold ${round(threshold)}`,
    ...(act === "retreat" || act === "promote"
      ? []
      : [`at the retreat ${round(levelAtRetreat)}`, `${windows ?? 0} windows there`]),
    `noise ${round(noise)}`,
  ]
  return `${ACTS[act]} (${figures.join(", ")})`
}
