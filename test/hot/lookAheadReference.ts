/**
 * Look-ahead once more, as docs/explanation/tuning-rule.md tells it, and late effects, written for reading: names instead of slots, lists
 * instead of running sums where that is possible. Used by `lookAhead.reference.test.ts`.
 */

type Vector = ReadonlyArray<number>

/** The line through the digests of one side. */
export interface Line {
  readonly digests: number
  readonly centre: number
  /** Sums of squares and products about the means: of times, of times and readings, of readings. */
  readonly xx: number
  readonly xy: number
  readonly yy: number
}

export interface TrendPair {
  readonly plus: Line
  readonly minus: Line
  /** Plus less minus: of places, by knob, and of levels. */
  readonly u: Vector
  readonly difference: number
  readonly mean: number
  /** Windows of configured length in each reading. */
  readonly windows: number
  readonly cycle: number
  /** Mean of the cycle before and the change it promised; null: nothing to compare with. */
  readonly before: { readonly mean: number; readonly predicted: number } | null
}

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * b[i], 0)
const square = (a: Vector): number => dot(a, a)
const zeros = (n: number): Vector => Array.from({ length: n }, () => 0)
/** A chi-square of n degrees that lies so many deviations above what chance makes of it. */
const beyondChance = (n: number, sigmas: number): number => n + sigmas * Math.sqrt(2 * n) + 0.67 * sigmas ** 2
/** Towards what is seen by a share, once anything was; one wild value counts for nine times what is known. */
const towards = (known: number | null, seen: number, share: number): number =>
  known === null || known === 0 ? seen : known + share * (Math.min(seen, 9 * known) - known)

const LEAST_HORIZON = 16

export class LookAheadReference {
  mode: "off" | "trial" | "on" = "off"
  digestNoise: number | null = null
  factor: number | null = null
  pairsEver = 0
  lastCycle = 0
  level = 0
  quick: number | null = null
  slow = 0
  spread: number | null = null
  slope: number | null = null
  lately = 0
  wait = 0
  fails = 0
  pairs = 0
  surprise = 0
  error = 0
  evidence = 0
  trend: Vector
  rising = 0
  quiet = 0
  horizon = 0
  horizonUs = 0
  back = false
  common = 0
  farthest = 0
  farthestUs = 0
  /** Levels were forgotten by the last pair or blame. */
  forgot = false
  /** Of the last pair: its mean slope, and the variance of a difference of two. */
  seen = { common: 0, variance: 0 }
  private readonly n: number

  constructor(n: number) {
    this.n = n
    this.trend = zeros(n)
  }

  /** Level difference and mean that the tuner goes by. */
  take(pair: TrendPair): { readonly difference: number; readonly mean: number } {
    this.forgot = false
    this.back = false
    const plain = { difference: pair.difference, mean: pair.mean }
    const { plus, minus } = pair
    if (![plus, minus].every(({ digests, xx }) => digests >= 3 && xx > 0)) return plain
    const slopes = [plus, minus].map(({ xx, xy }) => xy / xx)
    for (const { digests, xx, xy, yy } of [plus, minus]) {
      const about = Math.max(0, (yy - (xy / xx) * xy) / (digests - 2))
      this.digestNoise = towards(this.digestNoise, about, 0.05 * Math.min(1, pair.windows / 2))
    }
    const apart = slopes[0] - slopes[1]
    const common = (slopes[0] + slopes[1]) / 2
    const white = (this.digestNoise ?? 0) / plus.xx + (this.digestNoise ?? 0) / minus.xx
    if (this.mode === "off" && white > 0) this.factor = towards(this.factor, apart ** 2 / white, 0.03)
    const variance = white * Math.max(1, this.factor ?? 0)
    this.seen = { common, variance }
    const deviation = Math.sqrt(variance) / 2
    const rose = this.rising
    this.rising = common > 3 * deviation ? rose + 1 : 0
    if (this.mode === "off") {
      this.watch(pair, common, deviation)
      return plain
    }
    this.judge(pair.u, apart, variance)
    const proven = this.evidence > beyondChance(this.n, 2.5)
    if (this.mode === "trial") {
      const explodes = this.rising > (this.pairs === 1 ? 0 : 1) && common > 3 * this.common
      const inVain = this.pairs >= 10 || (this.pairs >= 5 && this.evidence <= 0.4 * beyondChance(this.n, 2.5))
      if (proven && this.pairs >= 4) {
        this.prove()
        this.back = rose > 0 && common > 0
      } else if (explodes || inVain) {
        this.giveUp()
        this.back = explodes
        return plain
      }
      this.common = common
    } else {
      this.quiet = proven ? 0 : this.quiet + 1
      if (this.quiet > 400) {
        this.giveUp()
        return plain
      }
      if (this.rising >= 2) this.horizon = Math.min(600, 1.5 * this.horizon)
      else this.horizon = Math.max(LEAST_HORIZON, 0.9 * this.horizon)
    }
    return this.project(pair, apart, common, variance)
  }

  private project(pair: TrendPair, apart: number, common: number, variance: number) {
    const { plus, minus, difference, mean, windows, before } = pair
    // Digests evenly spaced have xx = spacing² n (n² - 1) / 12.
    const n = plus.digests
    const window = (n / windows) * Math.sqrt((12 * plus.xx) / (n * (n ** 2 - 1)))
    this.horizonUs = this.horizon * window
    if (this.mode === "on") {
      if (this.horizon > this.farthest) {
        this.farthest = this.horizon
        this.farthestUs = this.horizonUs
      }
      // What falls beyond doubt is not promised whole.
      const far = common < -1.5 * Math.sqrt(variance) ? 0.75 * this.horizonUs : this.horizonUs
      return { difference: difference + far * apart, mean: mean + far * common }
    }
    const sure = Math.max(0, 1 - variance / common ** 2)
    const shown = Math.max(0, 1 - (4 * variance) / apart ** 2)
    const byLoad = common === 0 ? 0 : sure * common * (plus.centre - minus.centre)
    const byProbe = apart === 0 ? 0 : shown * apart * this.horizonUs
    return {
      difference: difference + byProbe - byLoad,
      mean: before === null ? mean : before.mean + before.predicted / 2,
    }
  }

  private watch({ mean, cycle }: TrendPair, common: number, deviation: number): void {
    this.pairsEver++
    if (this.wait > 0) this.wait -= 2
    if (this.lately > 0) this.lately--
    if (this.quick === null) this.quick = this.slow = mean
    else {
      if (this.lastCycle === cycle - 1) this.spread = towards(this.spread, (mean - this.level) ** 2 / 2, 0.05)
      this.quick += (mean - this.quick) / 5
      this.slow += (mean - this.slow) / 20
    }
    this.level = mean
    this.lastCycle = cycle
    const clipped = clamp(common, -3 * deviation, 3 * deviation)
    this.slope = this.slope === null ? clipped : this.slope + (clipped - this.slope) / 5
    if (this.slope > 0 && this.slope > 3.5 * Math.sqrt(0.111) * deviation) this.lately = 20
  }

  private judge(u: Vector, apart: number, variance: number): void {
    const k = this.pairs
    const U = square(u)
    const limit = k >= 5 ? 3 * Math.sqrt(this.surprise) : Number.POSITIVE_INFINITY
    const e = clamp(apart - dot(this.trend, u), -limit, limit)
    const share = Math.max(0.1, 1 / (k / this.n + 1))
    this.surprise += Math.max(0.05, 1 / (k + 1)) * (e ** 2 - this.surprise)
    const noise = k >= 3 ? Math.max(variance, this.surprise / 2) : variance
    this.error =
      k === 0
        ? noise / U
        : this.error * (1 - (2 * share - share ** 2) / this.n) + (share ** 2 * noise) / (this.n * U)
    this.trend = this.trend.map((b, i) => b + (share * e * u[i]) / U)
    const length = square(this.trend)
    this.evidence = this.error > 0 ? length / this.error : length > 0 ? Number.MAX_VALUE : 0
    this.pairs++
  }

  private prove(): void {
    this.mode = "on"
    this.fails = 0
    this.quiet = 0
    this.forgot = true
  }

  private giveUp(): void {
    this.mode = "off"
    this.fails++
    this.wait = 60 * 2 ** this.fails
    this.lately = 0
    this.quick = null
    this.spread = null
    this.horizon = LEAST_HORIZON
    this.horizonUs = this.farthest = this.farthestUs = 0
    this.forgot = true
  }

  private begin(common: number): void {
    this.mode = "trial"
    this.pairs = 0
    this.common = common
    this.surprise = this.error = this.evidence = 0
    this.horizon = Math.max(LEAST_HORIZON, this.horizon)
    this.trend = zeros(this.n)
  }

  /** After the cycle; the least probe that is asked for, and whether what the pair taught is to be forgotten. */
  settle(): { readonly least: number; readonly untaught: boolean } {
    if (this.mode === "off") {
      const rises =
        this.quick !== null &&
        this.quick - this.slow > 6 * Math.sqrt(0.085 * (this.spread ?? 0)) &&
        this.lately > 0
      if (!rises || this.pairsEver <= 10 || this.wait > 0) return { least: 0, untaught: false }
      this.begin(Math.max(0, this.seen.common) + 1.5 * Math.sqrt(this.seen.variance))
    }
    const onTrial = this.mode === "trial"
    return { least: onTrial ? 0.03 : 0.015, untaught: onTrial && this.pairs > 0 }
  }

  blamed(): void {
    this.forgot = false
    if (this.mode === "on" || this.digestNoise === null) return
    const rose = this.mode === "trial" || this.lately > 0
    // No slope is an explosion then.
    if (this.mode === "off") this.begin(Number.MAX_VALUE)
    if (rose) this.prove()
  }
}

/** An effect that shows a window late, by the second reading of a pair less the first one of the next. */
export class LatenessReference {
  late = 0
  pairs = 0
  squares = 0
  left = 0
  sums: Vector
  /** The pair before: its width from the last place to the first, and its last reading. */
  before: { readonly x: Vector; readonly read: number } | null = null
  private readonly n: number

  constructor(n: number) {
    this.n = n
    this.sums = zeros(n)
  }

  /** `u`: first place less last; `slope`: what pairs as they are say. True when a window is left out from here on. */
  take(u: Vector, first: number, last: number, slope: Vector): boolean {
    if (this.late >= 3) return false
    const { before, n } = this
    this.before = { x: u, read: last }
    if (before === null) return false
    const { x } = before
    // Nothing of an effect at once is along the difference of the two widths.
    const z = x.map((one, i) => one + -u[i])
    const seen = before.read - first
    const kept = 1 - 0.1 / n
    const surprise = this.squares > 0 ? seen - dot(this.sums, x) / this.squares : seen
    this.left = kept ** 2 * this.left + (this.pairs < 3 ? 0 : (surprise ** 2 * square(z)) / n)
    this.sums = this.sums.map((sum, i) => kept * sum + seen * z[i])
    this.squares = kept * this.squares + dot(x, z) / n
    this.pairs++
    const isLate =
      this.pairs >= 12 && dot(this.sums, slope) < 0 && square(this.sums) > beyondChance(n, 6) * this.left
    if (!isLate) return false
    this.late++
    this.pairs = this.squares = this.left = 0
    this.sums = zeros(n)
    this.before = null
    return true
  }
}
