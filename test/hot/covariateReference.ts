/** The covariate once more, as docs/explanation/tuning-rule.md tells it ("Load as covariate"), written for reading. */

type Vector = ReadonlyArray<number>

export interface CovariatePair {
  /** The channel on each side; no number: it was not reported. */
  readonly plus: number
  readonly minus: number
  readonly difference: number
  readonly mean: number
  readonly u: Vector
  /** What the knobs are known to do to the loss, and what the last move promised of its mean. */
  readonly slope: Vector
  readonly predicted: number
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + x * b[i], 0)
const shareOf = (products: number, all: number): number => (all > 0 ? products ** 2 / all : 0)

/** Running means of squares and products, of two series. */
class Joint {
  squares = 0
  products = 0
  losses = 0

  take(weight: number, squares: number, products: number, losses: number): void {
    this.squares += weight * (squares - this.squares)
    this.products += weight * (products - this.products)
    this.losses += weight * (losses - this.losses)
  }

  get explained(): number {
    return shareOf(this.products, this.squares * this.losses)
  }
}

export class CovariateReference {
  verdict: "sound" | "moved" | "isLoss" = "sound"
  beta = 0
  /** How far the mean before has to be moved, as it was referred by another effect. */
  shift = 0
  seen = 0
  first: number | null = null
  last: { readonly level: number; readonly mean: number } | null = null
  slope: Vector
  noise = 0
  foretold = 0
  foretoldSquares = 0
  changed = false
  readonly effect = new Joint()
  readonly read = new Joint()
  private betaBefore = 0
  private readonly n: number

  constructor(n: number) {
    this.n = n
    this.slope = Array.from({ length: n }, () => 0)
  }

  /** What a level above the first one does to the loss. */
  private referred(level: number | undefined): number {
    return this.first === null || level === undefined ? 0 : this.beta * (level - this.first)
  }

  take({ plus, minus, difference, mean, u, slope, predicted }: CovariatePair): Vector {
    this.changed = false
    const away = (this.last?.level ?? 0) - (this.first ?? 0)
    this.shift = (this.beta - this.betaBefore) * away
    this.betaBefore = this.beta
    const level = (plus + minus) / 2
    if (!Number.isFinite(level)) return [difference, mean - this.referred(this.last?.level)]
    this.first ??= level
    this.seen++
    const own = this.ownPart(plus - minus, u)
    const tenth = Math.max(0.05, 1 / this.seen)
    this.read.take(tenth, (plus - minus) ** 2, (plus - minus) * difference, difference ** 2)
    const surprise = difference - dot(slope, u)
    const between = this.last === null ? 0 : level - this.last.level
    const moved = this.last === null ? 0 : mean - this.last.mean - predicted / 2
    this.effect.take(
      tenth,
      own ** 2 / 2 + between ** 2,
      (surprise * own) / 2 + moved * between,
      surprise ** 2 / 2 + moved ** 2,
    )
    const referred = [difference - this.beta * own, mean - this.referred(level)]
    this.last = { level, mean }
    this.judge()
    return referred
  }

  /** A plain window's loss. */
  rest(loss: number, level: number): number {
    return loss - this.referred(Number.isFinite(level) ? level : this.last?.level)
  }

  /** The difference of the covariate without what the knobs made of it, as far as that is more than chance. */
  private ownPart(apart: number, u: Vector): number {
    const square = dot(u, u)
    const expected = dot(this.slope, u)
    const surprise = apart - expected
    this.foretold = 0.995 * this.foretold + apart * expected
    this.foretoldSquares = 0.995 ** 2 * this.foretoldSquares + (apart * expected) ** 2
    this.slope = this.slope.map((b, i) => b + (0.1 * surprise * u[i]) / square)
    this.noise += Math.max(0.1, 1 / this.seen) * (surprise ** 2 / 2 - this.noise)
    // A mean that forgets a tenth a pair keeps 1/19 of the variance.
    const beyond = (dot(this.slope, this.slope) * square) / this.n / ((2 * this.noise) / 19)
    return beyond > 3 ? apart - (1 - 3 / beyond) * dot(this.slope, u) : apart
  }

  private judge(): void {
    const same = this.read.explained
    const before = this.verdict
    const deviations = before === "moved" ? 2 : 4.5
    const moves = this.foretold > 0 && this.foretold > deviations * Math.sqrt(this.foretoldSquares)
    const isLoss = same > (before === "isLoss" ? 0.99 : 0.999)
    this.verdict = this.seen < 10 ? "sound" : isLoss ? "isLoss" : moves ? "moved" : "sound"
    this.changed = this.verdict !== before
    const sure = 1 - 9 / 40 / this.effect.explained
    const counts = this.verdict === "sound" && same <= 0.999 && sure > 0
    this.beta = counts ? (this.effect.products / this.effect.squares) * sure : 0
  }
}
