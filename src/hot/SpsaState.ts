/**
 * What the tuning rule stands on and what can be read of its state block: the parts a kernel is made of, the first block, the
 * targets of a cycle and everything learned. Apart from the rule itself, so that each can be read as one; nobody makes one but as a
 * `SpsaKernel`.
 */
import { chance } from "./chance.ts"
import { SignDraw } from "./ChaCha8.ts"
import { UPDATE } from "./codes.ts"
import { explainedBy } from "./covariate.ts"
import { C_BETA, C_BLINDED } from "./covariateLayout.ts"
import { E_EARNED } from "./earningLayout.ts"
import { beginExcursion } from "./excursion.ts"
import { IDLE, X_MODE, X_RESTS_EVER, X_RESTS_LEFT } from "./excursionLayout.ts"
import type { KnobTable } from "./KnobTable.ts"
import { LATE_SIGMAS } from "./lateness.ts"
import { LONG, TREND_SIGMAS } from "./lookAhead.ts"
import {
  L_BACK,
  L_FARTHEST,
  L_FARTHEST_US,
  L_HORIZON_US,
  L_LATE,
  L_MODE,
  LOOK_OFF,
} from "./lookAheadLayout.ts"
import { outOfRange } from "./outOfRange.ts"
import { ProbeTable } from "./probes.ts"
import {
  S_AGE,
  S_BLOCKS,
  S_CYCLE,
  S_ETA,
  S_FIRST,
  S_GRADIENT,
  S_HAS_MEAN,
  S_LAST_MEAN,
  S_LEVEL,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_REGRESSIONS,
  S_REHEATS,
  S_STEP,
  SCALARS,
  spsaStateLength,
  V_BASE,
  V_INNER,
  V_MINUS,
  V_MOVE,
  V_PLUS,
  V_PREVIOUS,
  V_PREVIOUS_INNER,
} from "./spsaLayout.ts"
import type { SpsaSettings } from "./spsaSettings.ts"
import { W_LATE_CHANCE, W_TREND_CHANCE, WORK_CELLS } from "./spsaWork.ts"

/** Nearer than this two positions are one: a circle wraps to within rounding. */
const SAME = 1e-9

export class SpsaState {
  readonly table: KnobTable
  readonly settings: SpsaSettings
  /** Length of a state block. */
  readonly stateLength: number
  protected readonly n: number
  protected readonly signs: SignDraw
  protected readonly probes: ProbeTable
  protected readonly work: Float64Array
  /** Plus minus minus, by knob, as applied. */
  protected readonly displacement: Float64Array

  /**
   * `alike`, a kernel over the same table and step limit, lends what does not depend on the seed, scratch included: calls on
   * one thread do not overlap. A RangeError where the two are not alike. `seed` is the draws' own where `settings` are shared.
   */
  constructor(table: KnobTable, settings: SpsaSettings, alike?: SpsaState, seed = settings.seed) {
    if (alike !== undefined && (alike.table !== table || alike.settings.maxStep !== settings.maxStep)) {
      throw outOfRange("alike", "a kernel over the same knob table and step limit", "another one")
    }
    this.table = table
    this.settings = settings
    this.n = table.size
    this.stateLength = spsaStateLength(table.size)
    this.signs = new SignDraw(seed)
    this.probes = alike?.probes ?? new ProbeTable(table, settings.maxStep)
    this.work = alike?.work ?? new Float64Array(WORK_CELLS)
    this.displacement = alike?.displacement ?? new Float64Array(table.size)
    this.work[W_LATE_CHANCE] = chance(table.size, LATE_SIGMAS)
    this.work[W_TREND_CHANCE] = chance(table.size, TREND_SIGMAS)
  }

  /** A fresh state with its base at the given unit positions. */
  initial(out: Float64Array, baseUnit: Float64Array): void {
    out.fill(0)
    const { probe, c0, mode, maxStep, firstStep } = this.settings
    const half = (maxStep * (1 - 1e-9)) / 2
    const wanted = mode === "spall" ? c0 : probe
    out[S_PROBE] = wanted < half ? wanted : half
    out[S_STEP] = firstStep
    this.placeBase(out, baseUnit)
    beginExcursion(out, this.n)
  }

  plusTarget(state: Float64Array, out: Float64Array, outOffset: number): void {
    this.copy(state, V_PLUS, out, outOffset)
  }

  minusTarget(state: Float64Array, out: Float64Array, outOffset: number): void {
    this.copy(state, V_MINUS, out, outOffset)
  }

  /** Where the completed cycle moves the base. */
  updateTarget(state: Float64Array, out: Float64Array, outOffset: number): void {
    this.copy(state, V_BASE, out, outOffset)
  }

  firstIsPlus(state: Float64Array): boolean {
    return state[S_FIRST] > 0
  }

  /** Plain windows that are to be read at the base before the next pair; 0 while it tunes. */
  restsLeft(state: Float64Array): number {
    return state[X_MODE] === IDLE ? state[X_RESTS_LEFT] : 0
  }

  /** Cycles drawn since the start, and for each two rests another one: what the pace of a comparison is counted in. */
  pace(state: Float64Array): number {
    return state[S_CYCLE] + Math.floor(state[X_RESTS_EVER] / 2)
  }

  /** Windows of one place that make one reading of the pair in flight. */
  windowsPerReading(state: Float64Array): number {
    return state[L_MODE] === LOOK_OFF ? 1 + state[L_LATE] : LONG
  }

  /** How many of them, the first ones, are left out because the last apply does not show in them yet. */
  windowsLeftOut(state: Float64Array): number {
    return state[L_MODE] === LOOK_OFF ? state[L_LATE] : 0
  }

  /** LOOK_OFF, LOOK_TRIAL or LOOK_ON. */
  lookAhead(state: Float64Array): number {
    return state[L_MODE]
  }

  /** The cycle that led to this state found that the level rises because of what the tuner did: back to the baseline. */
  goesBack(state: Float64Array): boolean {
    return state[L_BACK] === 1
  }

  /** Windows after each apply that are left out, because what is applied here shows only behind them. */
  late(state: Float64Array): number {
    return state[L_LATE]
  }

  /** How far ahead readings are projected, microseconds; 0 while they are taken as they are. */
  horizonUs(state: Float64Array): number {
    return state[L_HORIZON_US]
  }

  /** The farthest that readings had to be projected since the plant was found to remember, windows and microseconds; 0 while it was not. */
  farthestWindows(state: Float64Array): number {
    return state[L_FARTHEST]
  }

  farthestUs(state: Float64Array): number {
    return state[L_FARTHEST_US]
  }

  /** Whether the cycle that this block is the outcome of has shown that the level falls: its update earns range. */
  earns(state: Float64Array): boolean {
    return state[E_EARNED] === 1
  }

  /** A state that was learned under a larger step limit: its probe is brought within this one's. */
  fitProbe(state: Float64Array): void {
    const half = (this.settings.maxStep * (1 - 1e-9)) / 2
    if (state[S_PROBE] > half) state[S_PROBE] = half
  }

  /** Completed cycles since the start or the last re-heat. */
  k(state: Float64Array): number {
    return state[S_AGE]
  }

  /** Cycles drawn since the start. */
  cycles(state: Float64Array): number {
    return state[S_CYCLE]
  }

  eta(state: Float64Array): number {
    return state[S_ETA]
  }

  probe(state: Float64Array): number {
    return state[S_PROBE]
  }

  /** Standard deviation of one reading. */
  noise(state: Float64Array): number {
    return Math.sqrt(state[S_NOISE])
  }

  /** What the cycle mean is expected to be. */
  level(state: Float64Array): number {
    return state[S_LEVEL]
  }

  /** What a unit of the covariate does to the loss, as the tuner goes by it. */
  covariateEffect(state: Float64Array): number {
    return state[C_BETA]
  }

  /** The share of the loss's variance that the covariate explains. */
  covariateShare(state: Float64Array): number {
    return explainedBy(state)
  }

  /** COVARIATE_SOUND, COVARIATE_MOVED or COVARIATE_IS_LOSS. */
  covariateBlinded(state: Float64Array): number {
    return state[C_BLINDED]
  }

  /** Mean of the last completed cycle. */
  loss(state: Float64Array): number {
    return state[S_LAST_MEAN]
  }

  reheats(state: Float64Array): number {
    return state[S_REHEATS]
  }

  /** Moves taken back. */
  blocks(state: Float64Array): number {
    return state[S_BLOCKS]
  }

  /** Cycles in a row worse than the one before beyond doubt. */
  regressions(state: Float64Array): number {
    return state[S_REGRESSIONS]
  }

  /**
   * The gradient estimate of the completed cycle, until the next one begins: n d u / U, which is Spall's d / (2 c D_i)
   * where nothing was clipped, and 0 for a knob that did not move.
   */
  gradient(state: Float64Array, out: Float64Array): void {
    const n = this.n
    for (let i = 0; i < n; i++) {
      const plus = state[SCALARS + V_PLUS * n + i]
      const minus = state[SCALARS + V_MINUS * n + i]
      out[i] = state[S_GRADIENT] * this.table.difference(i, minus, plus)
    }
  }

  base(state: Float64Array, out: Float64Array): void {
    this.copy(state, V_BASE, out, 0)
  }

  /**
   * The state once a PLUS, MINUS or UPDATE of its cycle was applied at `units`: the very same, unless a shield let it go only there.
   */
  landed(state: Float64Array, kind: number, units: Float64Array): Float64Array {
    const { n } = this
    if (kind > UPDATE) return state
    const vector = kind === UPDATE ? V_BASE : V_PLUS + kind
    const at = SCALARS + vector * n
    let away = 0
    for (let i = 0; i < n; i++) {
      let way = units[i] - state[at + i]
      if (this.probes.wraps[i] === 1) way -= Math.round(way)
      away += way * way
    }
    if (away < SAME * SAME) return state
    const b = state.slice()
    b.set(units, at)
    if (kind === UPDATE) {
      b.set(units, SCALARS + V_INNER * n)
      // What was foretold is told of another step.
      b[S_HAS_MEAN] = 0
      b[S_PREDICTED] = 0
    }
    return b
  }

  protected placeBase(b: Float64Array, baseUnit: Float64Array): void {
    const n = this.n
    for (let i = 0; i < n; i++) {
      const applied = this.table.snap(i, baseUnit[i])
      b[SCALARS + V_BASE * n + i] = applied
      b[SCALARS + V_INNER * n + i] = applied
      b[SCALARS + V_PLUS * n + i] = applied
      b[SCALARS + V_MINUS * n + i] = applied
      b[SCALARS + V_PREVIOUS * n + i] = applied
      b[SCALARS + V_PREVIOUS_INNER * n + i] = applied
      b[SCALARS + V_MOVE * n + i] = 0
    }
  }

  private copy(state: Float64Array, vector: number, out: Float64Array, outOffset: number): void {
    const n = this.n
    const at = SCALARS + vector * n
    for (let i = 0; i < n; i++) out[outOffset + i] = state[at + i]
  }
}
