/**
 * Tunes a tuner, within bounds: watches the scores of the level below in blocks, changes one of its scalars (a gain, a window's length),
 * and judges the change on the block after it, never on the block that led to it. A better block keeps the change, a slightly worse one
 * takes it back, a much worse one restores scalars and the state below to the last bit. One needs it where gains were guessed.
 *
 * Every scalar has a clamp and moves by at most the preset's factor at a time. Changes happen in two phases: `observe` asks, `commit`
 * writes, `refuse` does not. Once changes no longer shrink and the score is flat it freezes, until the score rises. `kill` is final.
 * Lower scores are better; scale and offset drop out. No clock, nothing allocated after construction.
 */
import { FIGURES, MEAN, RISE, scoreBlock, VARIANCE } from "./blockScore.ts"
import { failsToContract, forgetChanges, noteChange } from "./contraction.ts"
import type { Level } from "./levels.ts"
import {
  C_ALARM,
  C_ANCHOR,
  C_ASKED,
  C_BLOCKS,
  C_COUNT,
  C_FROZEN,
  C_GOOD,
  C_HAS_REFERENCE,
  C_KILLED,
  C_PRESET,
  C_REFERENCE,
  C_REFERENCE_VARIANCE,
  C_TREND,
  C_TRIED,
  C_TURN,
  C_WRITTEN,
  CELLS,
  V_ASKED,
  V_DIRECTION,
  V_SNAPSHOT,
  V_STEP,
  V_VALUE,
  VECTORS,
} from "./metaLayout.ts"
import { type MetaPlan, type MetaTunerOptions, MOST_SCALARS, readMetaOptions } from "./metaOptions.ts"
import { META, type MetaMove, MoveLog } from "./MoveLog.ts"
import { forgetStay, PRESET_TRIED, PRESET_UNCHANGED, weighPreset } from "./presetChoice.ts"

/** A block is better or worse beyond so many deviations; much worse beyond so many times that. */
const SIGMAS = 2
const MUCH = 6
/** Share of the expected change that a bold change has to beat, and that a calm one may miss. */
const BOLD_SHARE = 0.5
const CALM_SHARE = 0.75
/** How changes grow when they help, and shrink when they do not; a calm one that does no harm shrinks less. */
const GROWTH = 1.4
const SHRINKS = 0.7
const CALM_SHRINKS = 0.85
/** Changes below this factor are too small to matter. */
const LEAST = Math.log(1.1)
/** Evidence at which a frozen level begins again. */
const THAW = 5
const CAP = 5

/** A bounded meta level; see the head of this file. Throws a `ConfigError` for options that cannot be used. */
export class MetaTuner {
  /** Everything it knows: copy it to keep it, write it back to go on from there. */
  readonly cells: Float64Array
  /** Who sets what, lowest first. */
  readonly levels: ReadonlyArray<Level>
  private readonly depth: number
  private readonly n: number
  private readonly log = new MoveLog()
  private readonly figures = new Float64Array(FIGURES)
  private readonly scalars: MetaPlan["scalars"]
  private readonly presets: ReadonlyArray<{ readonly block: number; readonly largest: number }>
  private readonly values: Float64Array
  private readonly snapshot: Float64Array
  private readonly steps: Float64Array
  private readonly directions: Float64Array
  private readonly askedValues: Float64Array
  private readonly below: Float64Array | null
  private readonly belowCopy: Float64Array
  private readonly scoresAt: number

  /** @param below the state of the level below: restored in place when a block goes badly wrong */
  constructor(options: MetaTunerOptions, below: Float64Array | null = null) {
    const { depth, levels, presets, scalars, seed } = readMetaOptions(options)
    const n = scalars.length
    this.depth = depth
    this.levels = levels
    this.n = n
    this.scalars = scalars
    this.presets = presets.map(({ block, step }) => ({ block, largest: Math.log(step) }))
    this.below = below
    const belowAt = CELLS + VECTORS * n
    this.scoresAt = belowAt + (below?.length ?? 0)
    const b = new Float64Array(this.scoresAt + Math.max(...presets.map(({ block }) => block)))
    this.cells = b
    const vector = (which: number): Float64Array => b.subarray(CELLS + which * n, CELLS + (which + 1) * n)
    this.values = vector(V_VALUE)
    this.snapshot = vector(V_SNAPSHOT)
    this.steps = vector(V_STEP)
    this.directions = vector(V_DIRECTION)
    this.askedValues = vector(V_ASKED)
    this.belowCopy = b.subarray(belowAt, this.scoresAt)
    for (let i = 0; i < n; i++) this.values[i] = scalars[i].start
    this.snapshot.set(this.values)
    this.askedValues.set(this.values)
    if (below !== null) this.belowCopy.set(below)
    b[C_TURN] = seed % n
    this.openSteps()
  }

  /** The scalar at this place, as it is in force. */
  value(scalar: number): number {
    return this.values[scalar]
  }

  /** The scalar that is to be changed, where a change is asked for; -1 otherwise. */
  get asked(): number {
    return this.cells[C_ASKED] - 1
  }

  /** What it is to become; NaN where nothing is asked for. */
  get askedValue(): number {
    const { asked } = this
    return asked < 0 ? Number.NaN : this.askedValues[asked]
  }

  /** Whether a change is on trial. */
  get trying(): boolean {
    return this.cells[C_TRIED] > 0
  }

  /** Moves so far. */
  get moved(): number {
    return this.log.count
  }

  /** Whether changes have come to rest. */
  get frozen(): boolean {
    return this.cells[C_FROZEN] === 1
  }

  /** Whether the kill switch was used. */
  get killed(): boolean {
    return this.cells[C_KILLED] === 1
  }

  /** Place of the preset in force. */
  get preset(): number {
    return this.cells[C_PRESET]
  }

  /** The last moves, oldest first. */
  moves(): ReadonlyArray<MetaMove> {
    return this.log.list()
  }

  /**
   * Takes the score of a cycle, lower is better, and says what the end of a block has led to: one of `META`. A change may wait for
   * `commit` or `refuse` besides: see `asked`. A score that is no number ends the block at once, as the worst one.
   */
  observe(score: number): number {
    const b = this.cells
    if (this.depth === 0 || b[C_KILLED] === 1) return META.none
    // Nobody has answered: what is not committed does not happen.
    if (b[C_ASKED] > 0) this.refuse()
    if (!Number.isFinite(score)) return this.fail()
    b[this.scoresAt + b[C_COUNT]] = score
    b[C_COUNT]++
    if (b[C_COUNT] < this.presets[b[C_PRESET]].block) return META.none
    const { figures } = this
    scoreBlock(b, this.scoresAt, b[C_COUNT], figures)
    b[C_COUNT] = 0
    b[C_WRITTEN] = 0
    b[C_BLOCKS]++
    if (!Number.isFinite(figures[MEAN] + figures[VARIANCE] + figures[RISE])) return this.fail()
    const code = this.judge(figures[MEAN], figures[VARIANCE])
    return this.depth === 2 && b[C_FROZEN] === 0 ? this.choosePreset(code) : code
  }

  /** Writes what is asked for; false where nothing is, or where this block has seen as many writes as there may be. */
  commit(): boolean {
    const b = this.cells
    const { asked, values } = this
    if (asked < 0 || b[C_WRITTEN] >= MOST_SCALARS) return false
    this.snapshot.set(values)
    if (this.below !== null && b[C_GOOD] === 1) this.belowCopy.set(this.below)
    const from = values[asked]
    values[asked] = this.askedValues[asked]
    b[C_WRITTEN]++
    b[C_ASKED] = 0
    b[C_TRIED] = asked + 1
    noteChange(b, Math.abs(Math.log(values[asked] / from)))
    this.tell(META.asked, asked, from, values[asked])
    return true
  }

  /** What is asked for may not be: it counts as a change that did not help. */
  refuse(): void {
    const b = this.cells
    if (b[C_ASKED] === 0) return
    const asked = b[C_ASKED] - 1
    b[C_ASKED] = 0
    this.turnRound(asked, SHRINKS)
  }

  /** Somebody else took the level below back: a change on trial goes too, to the last bit, and blocks begin anew. */
  rollback(): void {
    const b = this.cells
    if (this.depth === 0 || b[C_KILLED] === 1) return
    const tried = b[C_TRIED] - 1
    if (tried >= 0) this.takeBack(META.rolledBack, tried)
    this.startOver()
  }

  /** The block and what it would be judged against are void: after an interruption. */
  startOver(): void {
    const b = this.cells
    b[C_COUNT] = 0
    b[C_ASKED] = 0
    b[C_TRIED] = 0
    b[C_HAS_REFERENCE] = 0
    b[C_TREND] = 0
    b[C_ALARM] = 0
    forgetChanges(b)
    forgetStay(b)
  }

  /** Everything as at the start, to the last bit, for good. */
  kill(): void {
    const b = this.cells
    if (this.depth === 0 || b[C_KILLED] === 1) return
    for (let i = 0; i < this.n; i++) this.values[i] = this.scalars[i].start
    this.startOver()
    b[C_KILLED] = 1
    this.tell(META.killed, -1, 0, 0)
  }

  /** A block is over. What was changed before it is judged on it; what it suggests is judged on the next one. */
  private judge(mean: number, variance: number): number {
    const b = this.cells
    if (b[C_HAS_REFERENCE] === 0) {
      b[C_TRIED] = 0
      b[C_ANCHOR] = mean
      this.refer(mean, variance, 0)
      return META.none
    }
    const deviation = Math.sqrt(variance + b[C_REFERENCE_VARIANCE])
    const change = mean - b[C_REFERENCE]
    const tried = b[C_TRIED] - 1
    b[C_GOOD] = mean - b[C_ANCHOR] <= MUCH * SIGMAS * deviation ? 1 : 0
    if (tried < 0) return this.withoutTrial(mean, variance, change, deviation)
    const bold = this.directions[tried] > 0
    const expected = b[C_TREND] < 0 ? b[C_TREND] : 0
    const improved = change < (bold ? BOLD_SHARE : 1) * expected - SIGMAS * deviation
    const worse = change > (bold ? BOLD_SHARE : CALM_SHARE) * expected + SIGMAS * deviation
    const stuck = failsToContract(b, mean, variance)
    b[C_TRIED] = 0
    if (change > MUCH * SIGMAS * deviation) {
      this.below?.set(this.belowCopy)
      return this.takeBack(META.restored, tried)
    }
    const harmless = !bold && !worse && mean - b[C_ANCHOR] <= SIGMAS * deviation
    if (!improved && !harmless) {
      const code = this.takeBack(META.takenBack, tried)
      return stuck ? this.freeze(mean) : code
    }
    if (improved) {
      this.steps[tried] = Math.min(this.presets[b[C_PRESET]].largest, this.steps[tried] * GROWTH)
      b[C_ANCHOR] = mean
    } else {
      this.steps[tried] *= CALM_SHRINKS
      this.passTurn()
    }
    this.tell(META.kept, tried, this.snapshot[tried], this.values[tried], mean)
    this.refer(mean, variance, change)
    if (stuck) return this.freeze(mean)
    return this.ask(META.kept, mean)
  }

  /** A block in which nothing was on trial: what the next one is judged against. */
  private withoutTrial(mean: number, variance: number, change: number, deviation: number): number {
    const b = this.cells
    this.refer(mean, variance, change)
    if (b[C_FROZEN] === 1) {
      const away = mean - b[C_ANCHOR]
      const z = deviation > 0 ? away / deviation : away > 0 ? CAP : 0
      const sum = b[C_ALARM] + (z < CAP ? z : CAP) - 1
      b[C_ALARM] = sum > 0 ? sum : 0
      b[C_ANCHOR] += 0.1 * away
      if (b[C_ALARM] <= THAW) return META.none
      b[C_FROZEN] = 0
      b[C_ALARM] = 0
      b[C_ANCHOR] = mean
      b[C_TREND] = 0
      forgetChanges(b)
      this.openSteps()
      this.tell(META.thawed, -1, 0, 0, mean)
      return this.ask(META.thawed, mean)
    }
    return this.ask(META.none, mean)
  }

  /** Asks for the next change; freezes where every one would be too small. */
  private ask(code: number, mean: number): number {
    const b = this.cells
    const { n, scalars, steps, directions, values } = this
    for (let k = 0; k < 2 * n; k++) {
      const i = b[C_TURN]
      if (steps[i] >= LEAST) {
        const { min, max, whole } = scalars[i]
        const far = values[i] * Math.exp(directions[i] * steps[i])
        const to = whole ? Math.round(far) : far
        const clamped = to < min ? min : to > max ? max : to
        if (clamped !== values[i]) {
          this.askedValues[i] = clamped
          b[C_ASKED] = i + 1
          return code === META.none ? META.asked : code
        }
        this.turnRound(i, SHRINKS)
      } else this.passTurn()
    }
    return this.freeze(mean)
  }

  /** Changes have come to rest. */
  private freeze(mean: number): number {
    const b = this.cells
    b[C_FROZEN] = 1
    b[C_ALARM] = 0
    b[C_ANCHOR] = mean
    this.tell(META.frozen, -1, 0, 0, mean)
    return META.frozen
  }

  /** A score that is no number: what was changed goes, the state below too, and the next change is a calm one. */
  private fail(): number {
    const b = this.cells
    const tried = b[C_TRIED] - 1
    this.below?.set(this.belowCopy)
    if (tried >= 0) this.takeBack(META.restored, tried)
    else this.tell(META.restored, -1, 0, 0)
    this.startOver()
    b[C_FROZEN] = 0
    const i = b[C_TURN]
    this.directions[i] = -1
    this.steps[i] = this.presets[b[C_PRESET]].largest
    return this.ask(META.restored, 0)
  }

  private choosePreset(code: number): number {
    const b = this.cells
    const from = b[C_PRESET]
    const choice = weighPreset(b, this.figures[MEAN], this.presets.length)
    if (choice === PRESET_UNCHANGED) return code
    const { largest } = this.presets[b[C_PRESET]]
    for (let i = 0; i < this.n; i++) if (this.steps[i] > largest) this.steps[i] = largest
    const told = choice === PRESET_TRIED ? META.presetTried : META.presetLeft
    this.tell(told, -1, from, b[C_PRESET], this.figures[MEAN])
    return told
  }

  private refer(mean: number, variance: number, trend: number): void {
    const b = this.cells
    b[C_REFERENCE] = mean
    b[C_REFERENCE_VARIANCE] = variance
    b[C_TREND] = trend
    b[C_HAS_REFERENCE] = 1
  }

  /** The scalars are what they were before the trial, bit for bit. */
  private takeBack(code: number, tried: number): number {
    const from = this.values[tried]
    this.values.set(this.snapshot)
    this.turnRound(tried, SHRINKS)
    this.tell(code, tried, from, this.values[tried], this.figures[MEAN])
    return code
  }

  private turnRound(scalar: number, shrinks: number): void {
    this.steps[scalar] *= shrinks
    this.directions[scalar] = -this.directions[scalar]
    this.passTurn()
  }

  private passTurn(): void {
    this.cells[C_TURN] = (this.cells[C_TURN] + 1) % this.n
  }

  private openSteps(): void {
    this.steps.fill(this.presets[this.cells[C_PRESET]].largest)
    this.directions.fill(1)
  }

  private tell(code: number, scalar: number, from: number, to: number, score = 0): void {
    const b = this.cells
    const reference = b[C_HAS_REFERENCE] === 1 ? b[C_REFERENCE] : 0
    this.log.add(b[C_BLOCKS], code, scalar, from, to, score, reference)
  }
}
