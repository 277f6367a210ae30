/**
 * Is the control loop itself stable? Fed with every closed window it watches what the tuner did not expect, the objective, and the
 * tuner's own moves, and says when they swing, grow or wander as they did not while the loop was healthy. It decides nothing about
 * the plant: what follows from a finding is for SafeMode.
 *
 * Thresholds and windows are those of the ROC in docs/explanation/loop-stability.md; they were fitted on other seeds than the published.
 */
import { autocorrelation, oscillationOf } from "../temporal/attractor/autocorrelation.ts"
import { STABILITY, type StabilityLook, StabilityWatch } from "../temporal/attractor/StabilityWatch.ts"
import { LoopResidual } from "./LoopResidual.ts"

/** Windows before anything is learnt: the tuner has just set out. Then windows that say what healthy is. */
const WARM_UP = 64
const LEARN_WINDOWS = 128
/** Windows after SafeMode of which nothing is said: what knobs do was learned while the loop swung, and is learned anew first. */
const SETTLING = 32
/** Of a window's range while learning, and of a knob's: deviations below them are rest. */
const FLOOR_SHARE = 0.01
const FLOOR_MOVE = 0.005
/** Less than this says nothing of a period. */
const SWINGS = 0.2
/** The tuner's moves swing along from here on, with a period that is off by at most this share. */
const ALONG = 0.4
const SAME_PERIOD = 0.25

/** Values that a series must have for an exponent. */
const RECENT = 128

/** Never by itself. */
const { POSITIVE_INFINITY: NEVER } = Number

/** For swings that are very large at once, after a turn more than a step or a ramp has, and for slightly smaller ones. */
const SUDDEN: StabilityLook = {
  window: 16,
  every: 1,
  confirmations: 1,
  loud: 3,
  parts: 2,
  turns: 3,
  louder: NEVER,
  periodic: 1,
  shortest: 4,
}
const BRIEF: StabilityLook = { ...SUDDEN, window: 20, confirmations: 2, loud: 2.5 }
/** For swings that are large, and for those that are not. */
const QUICK: StabilityLook = {
  window: 24,
  every: 1,
  confirmations: 3,
  loud: 2.5,
  parts: 3,
  turns: 3,
  louder: 2.2,
  periodic: 0.4,
  shortest: 4,
}
export const SLOW: StabilityLook = {
  window: 64,
  every: 1,
  confirmations: 3,
  loud: 2.5,
  parts: 2,
  turns: 5,
  louder: 1.5,
  periodic: 0.5,
  shortest: 4,
}
/** What the knobs explain is no surprise: a loop that swings by its moves shows in the objective, and the moves swing along. */
const OBJECTIVE: StabilityLook = {
  ...SLOW,
  loud: NEVER,
  louder: 2.2,
  periodic: 0.6,
}
/** They are witnesses: a base that travels is no fault by itself. */
const MOVES: StabilityLook = { ...OBJECTIVE, louder: NEVER }

/** What is known of the loop. */
export type StabilityPhase = "learning" | "stable" | "unstable" | "unknown"

/** What was seen when the loop was found unstable; also what is seen now. */
export interface StabilityFinding {
  /** Deviation of the series over the healthy one, and what it must reach: without a swing, or with one. */
  readonly ratio: number
  readonly threshold: number
  /** How strongly it swings, 0 to 1; its period in windows, null where it does not swing. */
  readonly index: number
  readonly periodWindows: number | null
  /** Growth of the swing per period, as a share; null without a period. */
  readonly growth: number | null
  /** Which series gave it away. */
  readonly series: "residual" | "objective" | "moves"
  /** The tuner's moves swing along: then it is the tuner's loop, else something around it. */
  readonly withMoves: boolean
}

/** By series, the looks at it; those at the residual first, the longest of them last. */
const LOOKS: ReadonlyArray<readonly [StabilityFinding["series"], StabilityLook]> = [
  ["residual", SUDDEN],
  ["residual", BRIEF],
  ["residual", QUICK],
  ["residual", SLOW],
  ["objective", OBJECTIVE],
  ["moves", MOVES],
]

const PHASES: ReadonlyArray<StabilityPhase> = ["learning", "stable", "unstable", "unknown"]

export class LoopStability {
  private readonly slow: StabilityWatch
  private readonly objective: StabilityWatch
  private readonly moves: StabilityWatch
  /** The watches of the residual, the shortest look first. */
  private readonly residuals: ReadonlyArray<StabilityWatch>
  /** Closed windows seen. */
  windows = 0
  private settling = 0
  private readonly residual: LoopResidual
  private readonly watched: ReadonlyArray<
    readonly [StabilityFinding["series"], StabilityWatch, StabilityLook]
  >
  private readonly correlation = new Float64Array(32)
  private readonly swing = { index: 0, period: Number.NaN }
  private lowest = Number.POSITIVE_INFINITY
  private highest = Number.NEGATIVE_INFINITY
  private place = Number.NaN
  private readonly past = new Float64Array(RECENT).fill(Number.NaN)

  /** @param strictness multiplies every threshold of a deviation: below 1 less is enough. Default 1. */
  constructor(knobs: number, strictness = 1) {
    this.residual = new LoopResidual(knobs)
    const watched = LOOKS.map(([series, plain]) => {
      const look = { ...plain, loud: strictness * plain.loud, louder: strictness * plain.louder }
      return [series, new StabilityWatch(LEARN_WINDOWS, look), look] as const
    })
    const watches = watched.map(([, watch]) => watch)
    this.watched = watched
    this.residuals = watches.slice(0, -2)
    this.slow = watches[LOOKS.length - 3]
    this.objective = watches[LOOKS.length - 2]
    this.moves = watches[LOOKS.length - 1]
    this.moves.floor = FLOOR_MOVE
  }

  /** What is known of the loop, over all its series. */
  get phase(): StabilityPhase {
    return this.isUnstable() ? "unstable" : PHASES[this.slow.state]
  }

  /** Takes a closed window with the configuration that it was measured under and the base; true where the loop is unstable. */
  observe(loss: number, trend: ArrayLike<number>, units: Float64Array, base: Float64Array): boolean {
    this.windows++
    const learning = this.windows <= WARM_UP + LEARN_WINDOWS
    this.residual.observe(loss, trend, units, learning)
    if (learning) {
      if (loss < this.lowest) this.lowest = loss
      if (loss > this.highest) this.highest = loss
    }
    const moved = this.moveOf(base)
    if (this.windows <= WARM_UP) return false
    if (this.settling > 0) {
      this.settling--
      this.unseen()
      return false
    }
    const { value, objective } = this.residual
    const floor = FLOOR_SHARE * (this.highest - this.lowest)
    this.past[this.windows % RECENT] = value
    for (const watch of this.residuals) {
      watch.floor = floor
      watch.observe(value)
    }
    this.objective.floor = floor
    this.objective.observe(objective)
    this.moves.observe(moved)
    return this.isUnstable()
  }

  /** A window that expired: of it nothing is known. */
  miss(): void {
    if (this.windows <= WARM_UP) return
    this.windows++
    this.unseen()
  }

  /** The residuals of the last 128 windows, oldest first; NaN where one is unknown. */
  recent(): Float64Array {
    return Float64Array.from(this.past, (_, i) => this.past[(this.windows + 1 + i) % RECENT])
  }

  private unseen(): void {
    this.past[this.windows % RECENT] = Number.NaN
    for (const [, watch] of this.watched) watch.observe(Number.NaN)
  }

  /** After SafeMode, or while a relocation is under way: so many windows are not seen, and all confirmations start over. */
  rearm(windows = SETTLING): void {
    this.settling = Math.max(this.settling, windows)
    for (const [, watch] of this.watched) watch.rearm()
  }

  /** What is seen of the loop now, by the series that gives it away; by the residual where none does. */
  finding(): StabilityFinding {
    const { slow } = this
    const [series, watch, look] = this.watched.find(([, one]) => one.state === STABILITY.unstable) ?? [
      "residual",
      slow,
      SLOW,
    ]
    // The longer look knows a period best, where it sees one already.
    const clear = series === "residual" && slow.oscillation.index >= SWINGS ? slow : watch
    const { index, period } = clear.oscillation
    const swings = index >= SWINGS
    const periodic = watch.oscillation.index >= look.periodic
    return {
      series,
      ratio: Number.isFinite(watch.ratio) ? watch.ratio : 0,
      threshold: periodic ? look.louder : look.loud,
      index,
      periodWindows: swings ? period : null,
      growth: swings && Number.isFinite(clear.growth) ? clear.growth : null,
      withMoves: swings && this.movesAlong(period),
    }
  }

  private isUnstable(): boolean {
    const { residuals, objective } = this
    if (residuals.some(({ state }) => state === STABILITY.unstable)) return true
    return objective.state === STABILITY.unstable && this.movesAlong(objective.oscillation.period)
  }

  /** How far the base moved since the window before, as one number: knobs in turn count with either sign. */
  private moveOf(base: Float64Array): number {
    let place = 0
    for (let i = 0; i < base.length; i++) place += i % 2 === 0 ? base[i] : -base[i]
    const moved = Number.isNaN(this.place) ? 0 : place - this.place
    this.place = place
    return moved
  }

  private movesAlong(period: number): boolean {
    autocorrelation(this.moves.series, this.correlation)
    oscillationOf(this.correlation, this.swing)
    const { index, period: own } = this.swing
    return index >= ALONG && Math.abs(own - period) <= SAME_PERIOD * period
  }
}

const times = (ratio: number): string => String(Number(ratio.toPrecision(2)))

/** A finding as a sentence for people. */
export function findingText({ ratio, periodWindows, growth, series, withMoves }: StabilityFinding): string {
  const what = { residual: "What the tuner did not expect", objective: "The objective", moves: "The base" }[
    series
  ]
  const size = `${what} varies ${times(ratio)} times as much as when the loop was healthy`
  if (periodWindows === null) return `${size}, without a period.`
  const share = Math.round(100 * (growth ?? 0))
  const grows =
    share > 100
      ? ", growing fast"
      : share > 0
        ? `, growing ${share} % a period`
        : share < 0
          ? `, falling ${-share} % a period`
          : ""
  const moves = withMoves ? " The tuner's moves swing along." : ""
  return `${size}: period of ${periodWindows} windows${grows}.${moves}`
}
