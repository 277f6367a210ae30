/**
 * An excursion once more, as docs/explanation/tuning-rule.md tells it ("Prove or go home"), written for reading: lists of readings instead
 * of running sums, names instead of slots. Used by `excursion.reference.test.ts`.
 */
import type { KnobTable } from "../../src/hot/KnobTable.ts"

type Place = ReadonlyArray<number>

/** What the tuner has learnt of the plant by a cycle, and what it has read in it. */
export interface Cycle {
  readonly mean: number
  readonly difference: number
  /** Plus less minus, by knob. */
  readonly displacement: Place
  readonly base: Place
  /** Variance of one reading, probe, squared slope per knob. */
  readonly noise: number
  readonly probe: number
  readonly slope: number
}
export type Verdict = "tunes" | "goesHome" | "arrives"

const zeros = (n: number): Place => Array.from({ length: n }, () => 0)
const dot = (a: Place, b: Place): number => a.reduce((sum, x, i) => sum + x * b[i], 0)
const total = (values: Place): number => values.reduce((sum, x) => sum + x, 0)

export class ExcursionReference {
  home: Place
  /** Null: it is learnt in the first cycle. */
  homeLevel: number | null
  homeReadings: number
  recent: number | null = null
  cycles = 0
  proven = false
  fails = 0
  /** Squared slope per knob, which a stretch without agreement bounds. */
  slope = 0
  stretchFrom: Place
  stretch: Array<Cycle> = []
  /** Mean base of the stretch before. */
  lastMean: Place | null = null
  private readonly table: KnobTable
  private readonly n: number

  constructor(table: KnobTable, base: Place, homeLevel: number, homeReadings: number) {
    this.table = table
    this.n = table.size
    this.home = base
    this.homeLevel = homeReadings > 0 ? homeLevel : null
    this.homeReadings = homeReadings
    this.stretchFrom = base
  }

  take(cycle: Cycle): Verdict {
    this.slope = cycle.slope
    if (this.hasFailed(cycle)) {
      this.fails = Math.min(3, this.fails + 1)
      return "goesHome"
    }
    return this.hasArrived(cycle) ? "arrives" : "tunes"
  }

  /** The plant changed, or what was read meant something else. */
  restartStretch(base: Place): void {
    this.beginStretch(base)
    this.lastMean = null
  }

  judgeAnew(base: Place): void {
    this.cycles = 0
    this.proven = false
    this.recent = null
    this.restartStretch(base)
  }

  private hasFailed({ mean, noise, probe, slope }: Cycle): boolean {
    this.recent = this.recent === null ? mean : this.recent + (mean - this.recent) / 5
    if (this.homeLevel === null) {
      this.homeLevel = mean
      this.homeReadings = 1
    }
    this.cycles++
    const deviation = Math.sqrt(noise / 18 + noise / (2 * this.homeReadings)) + 0.1 * probe * Math.sqrt(slope)
    // What rounding leaves is no gain.
    const scale = deviation + 1e-12 * Math.abs(this.homeLevel)
    const away = this.recent - this.homeLevel
    const z = away === 0 ? 0 : away / scale
    if (this.cycles >= 6 && z < -3) this.proven = true
    const look = this.cycles / (20 + this.n)
    if (this.proven || ![1, 2, 4].includes(look)) return false
    if (z < -2) {
      this.proven = true
      return false
    }
    return look === 4 || z > -0.5
  }

  /** d u / U, summed over the stretch: along what the pairs agree on it is long. */
  get sum(): Place {
    return this.stretch.reduce<Place>((sum, { difference, displacement }) => {
      const share = difference / dot(displacement, displacement)
      return sum.map((x, i) => x + share * displacement[i])
    }, zeros(this.n))
  }

  /** d²/U, summed over the stretch. */
  get squares(): number {
    return total(
      this.stretch.map(({ difference, displacement }) => difference ** 2 / dot(displacement, displacement)),
    )
  }

  /** The sum of the ways from where the stretch began. */
  get way(): Place {
    return this.stretchFrom.map((from, i) =>
      total(this.stretch.map(({ base }) => this.table.difference(i, from, base[i]))),
    )
  }

  /** Means of each half of the stretch above the level of home, summed. */
  get halves(): readonly [number, number] {
    const above = this.stretch.map(({ mean }) => mean - (this.homeLevel ?? Number.NaN))
    return [total(above.slice(0, 20)), total(above.slice(20))]
  }

  private hasArrived(cycle: Cycle): boolean {
    this.stretch.push(cycle)
    if (this.stretch.length < 40) return false
    const { sum, squares, way, n, table } = this
    // Beyond what chance makes of pairs that agree on nothing: one deviation of a chi-square.
    const agrees = squares > 0 && n * dot(sum, sum) >= (n + Math.sqrt(2 * n)) * squares
    if (!agrees) this.slope = Math.min(this.slope, (3 * squares) / 40)
    const [first, second] = this.halves
    const isLevel = Math.abs(first - second) / 20 < 2 * Math.sqrt(cycle.noise / 20)
    const mean = this.stretchFrom.map((from, i) => table.contain(i, from + way[i] / 40))
    const { lastMean } = this
    const isStill =
      lastMean !== null &&
      this.stretchFrom.every(
        (from, i) => Math.abs(table.difference(i, lastMean[i], from) + way[i] / 40) <= 0.02,
      )
    // Where not one pair shows a difference there is nothing to find.
    const isFlat = squares === 0
    const arrived = this.proven && !agrees && (isFlat || (isLevel && isStill))
    this.lastMean = mean.map((x, i) => table.snap(i, x))
    if (arrived) {
      this.fails = 0
      return true
    }
    const { lastMean: kept } = this
    this.beginStretch(cycle.base)
    this.lastMean = kept
    return false
  }

  private beginStretch(base: Place): void {
    this.stretchFrom = base
    this.stretch = []
  }
}
