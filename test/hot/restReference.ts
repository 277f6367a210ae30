/**
 * Resting once more, as docs/explanation/tuning-rule.md tells it ("Prove or go home"), written for reading: lists of readings instead of
 * running sums, names instead of slots. Where the two differ, one of them does not follow the page. Used by `resting.reference.test.ts`.
 */

/** What a tuner knows when it comes to rest. */
export interface Arrival {
  readonly knobs: number
  /** It went home after a proven excursion. */
  readonly arrived: boolean
  /** Probe that it tuned with, gain, running step, squared slope per knob, re-heats so far. */
  readonly probe: number
  readonly eta: number
  readonly step: number
  readonly slope: number
  readonly reheats: number
  /** Variance of one reading, from pairs. */
  readonly pairNoise: number
  /** Cycles of the stretch it was in, and their mean d²/U; 0 cycles: none. */
  readonly stretch: number
  readonly stretchSlope: number
  /** Excursions in a row that went home; the last one was begun by an alarm. */
  readonly fails: number
  readonly alarmed: boolean
  /** Where the last excursion ended, if a second look at it is due. */
  readonly end: { readonly level: number; readonly variance: number } | null
  readonly blamed: boolean
  /** `gains.patience`; 0: none. */
  readonly patience: number
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((all, one) => all + one, 0) / values.length
/** How far off something lies, in deviations; five at most, and five of anything where there is no deviation. */
const deviations = (away: number, s: number): number => (s > 0 ? clamp(away / s, -5, 5) : 5 * Math.sign(away))

export class RestReference {
  mode: "resting" | "walksBack" | "tunes" = "resting"
  probe: number
  between: number
  left: number
  rests: Array<number> = []
  /** The window before, where that was a rest. */
  before: number | null = null
  squares: number
  terms = 20
  level = 0
  variance: number
  alarm = 0
  blockMeans: Array<number> = []
  blockLevel = 0
  blockAlarm = 0
  sums: ReadonlyArray<number>
  pairs = 0
  pairSquares = 0
  fails: number
  lookDue: boolean
  readonly lockedUntil: number
  /** What it goes on with, once it tunes again. */
  eta: number
  step: number
  slope: number
  reheats: number
  noise: number | null = null
  predicted = 0
  move: ReadonlyArray<number> = []
  homeLevel = 0
  homeReadings = 0
  private readonly from: Arrival

  constructor(from: Arrival) {
    this.from = from
    const { knobs, arrived, pairNoise, fails, alarmed } = from
    this.between = arrived ? 1 : Math.min(48, 8 * 2 ** fails)
    this.left = Math.round(this.between)
    this.squares = 20 * pairNoise
    this.variance = pairNoise
    this.sums = Array.from({ length: knobs }, () => 0)
    this.fails = fails
    this.lookDue = from.end !== null
    this.lockedUntil = alarmed && fails > 0 ? 64 * 2 ** (fails - 1) : 0
    this.eta = from.eta
    this.step = from.step
    this.slope = from.slope
    this.reheats = from.reheats
    this.probe = this.widened()
  }

  /** Variance of one rest. */
  get restNoise(): number {
    return this.squares / this.terms
  }

  /** Half of the squared steps from one mean of sixteen to the next, summed. */
  get blockSquares(): number {
    return this.blockMeans.slice(1).reduce((sum, one, k) => sum + (one - this.blockMeans[k]) ** 2 / 2, 0)
  }

  /** Sum of the rests that are no whole block yet, above the first one. */
  get blockRest(): number {
    const whole = 16 * this.blockMeans.length
    return this.rests.slice(whole).reduce((sum, y) => sum + y - this.rests[0], 0)
  }

  /** Pairs are as wide as noise asks for, never wider than .02 unless tuning's were. */
  private widened(): number {
    const { stretch, stretchSlope, slope, probe } = this.from
    const steepness = stretch > 0 ? Math.min(stretchSlope, slope) : slope
    const byNoise = steepness > 0 ? Math.sqrt(this.restNoise / steepness) : 0.02
    return Math.max(probe, Math.min(0.02, byNoise))
  }

  rest(y: number): void {
    this.rests.push(y)
    this.left--
    this.learnNoise(y)
    const away = this.watch(y)
    if (this.rests.length % 16 === 0) this.watchBlocks()
    const count = this.rests.length
    const { end, patience, probe } = this.from
    if (this.lookDue && count === 8 && end !== null) {
      this.lookDue = false
      const home = mean(this.rests)
      const scale = Math.sqrt(end.variance + this.restNoise / 8) + 0.1 * probe * Math.sqrt(this.slope)
      if (end.level - home < -1.5 * scale) {
        this.mode = "walksBack"
        this.fails = Math.max(0, this.fails - 1)
        this.probe = probe
        return
      }
    }
    if (count <= this.lockedUntil) return
    const rings = this.alarm > 8 || this.blockAlarm > 5
    const waited = patience > 0 && this.fails > 0 && count >= patience * 4 ** (this.fails - 1)
    if (!rings && !waited) return
    this.leave(rings ? 0 : Math.min(20, count / 2), this.level + (rings ? away : 0))
    this.noise = this.restNoise
    // The gains re-open, as after any change of the plant.
    if (this.slope > 0) this.eta = Math.max(this.eta, 0.05 / Math.sqrt(this.slope))
    this.step = Math.max(this.step, 0.05)
    this.reheats++
  }

  private learnNoise(y: number): void {
    if (this.before !== null) {
      const half = (y - this.before) ** 2 / 2
      const seen = this.restNoise > 0 ? Math.min(half, 9 * this.restNoise) : half
      if (this.terms < 160) this.terms++
      else this.squares *= 159 / 160
      this.squares += seen
    }
    this.before = y
  }

  private watch(y: number): number {
    const count = this.rests.length
    if (count === 1) this.level = y
    const away = y - this.level
    const noise = this.restNoise
    const s = Math.sqrt(Math.max(noise, this.variance))
    this.level += away < -3 * s ? away / 4 : Math.max(1 / count, 0.01) * Math.min(away, 3 * s)
    this.variance += 0.01 * (Math.min(away ** 2, 4 * this.variance + noise) - this.variance)
    if (count > 5) this.alarm = Math.max(0, this.alarm + deviations(away, s) - 1)
    return away
  }

  private watchBlocks(): void {
    const block = mean(this.rests.slice(-16).map((y) => y - this.rests[0]))
    this.blockMeans.push(block)
    const count = this.blockMeans.length
    if (count === 1) {
      this.blockLevel = block
      return
    }
    // Four blocks' worth of white noise, and what the blocks themselves show.
    const white = this.restNoise / 16
    const seen = (4 * white + this.blockSquares) / (3 + count)
    const s = Math.sqrt(Math.max(seen, white) * (1 + 1 / (count - 1)))
    const away = block - this.blockLevel
    this.blockLevel += Math.max(1 / count, 0.05) * Math.min(away, 3 * s)
    this.blockAlarm = Math.max(0, this.blockAlarm + deviations(away, s) - 0.5)
  }

  private leave(readings: number, level: number): void {
    this.mode = "tunes"
    this.probe = this.from.probe
    this.homeLevel = level
    this.homeReadings = readings
  }

  /** A pair of this difference, over this displacement: true when tuning goes on by what the pairs agree on. */
  pair(d: number, u: ReadonlyArray<number>): boolean {
    const { knobs, blamed } = this.from
    const width = u.reduce((sum, x) => sum + x * x, 0)
    const kept = this.pairs >= 80 ? 79 / 80 : 1
    this.sums = this.sums.map((sum, i) => kept * sum + (d * u[i]) / width)
    this.pairSquares = kept * this.pairSquares + d * d
    this.pairs = kept * this.pairs + 1
    this.before = null
    const noise = this.restNoise
    const square = this.pairSquares / this.pairs
    const own = Math.max(noise, square / 2)
    const z = 3 + 1.5 * this.fails
    const chance = knobs + z * Math.sqrt(2 * knobs) + 0.67 * z * z
    const evidence =
      own > 0 ? (width * knobs * this.sums.reduce((sum, x) => sum + x * x, 0)) / (2 * own * this.pairs) : 0
    const enough = evidence > chance * (1 + 30 / this.terms ** 1.5) && this.rests.length > this.lockedUntil
    if (!enough) {
      const hints = evidence > knobs + 2 * Math.sqrt(2 * knobs) && !blamed
      this.between = hints ? Math.max(1, this.between / 2) : Math.min(48, 1.5 * this.between)
      this.left = Math.round(this.between)
      this.probe = this.widened()
      return false
    }
    // The first step: .08 of the range in the knob that the pairs agree on most.
    const longest = Math.max(...this.sums.map(Math.abs))
    this.move = this.sums.map((sum) => (-0.08 * sum) / longest)
    this.predicted = this.move.reduce((sum, step, i) => sum + (step * this.sums[i] * knobs) / this.pairs, 0)
    const sure = Math.max(0.2, 1 - (2 * noise) / square)
    const widest = Math.max(...u.map(Math.abs))
    this.eta = Math.max(this.eta, (0.08 * sure * width) / (knobs * Math.sqrt(square) * widest))
    this.slope = Math.max(this.slope, (square - 6 * noise) / width)
    this.noise = noise
    this.leave(Math.max(1, Math.min(20, this.rests.length / 2)), this.level)
    return true
  }
}
