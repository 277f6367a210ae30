/** A kernel at a plant that is nothing but a level and a slope at each place: for the tests of look-ahead. Knobs in unit space. */
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LONG } from "../../src/hot/lookAhead.ts"
import { LOSS_MINUS, LOSS_PLUS, READINGS, TREND_MINUS, TREND_PLUS } from "../../src/hot/readings.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { TREND_CENTRE, TREND_COUNT, TREND_MEAN, TREND_XX, TREND_XY, TREND_YY } from "../../src/hot/trend.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

/** Microseconds between two digests. */
export const SPACING = 100_000
const DIGESTS = 5

/** What the plant shows at a place, in a cycle: its level, and its slope in levels a second. */
export type TrendAt = (
  place: Float64Array,
  cycle: number,
) => { readonly level: number; readonly slope: number }

export class TrendBench {
  readonly kernel: SpsaKernel
  state: Float64Array
  cycle = 0
  /** Digests of a window, and the deviation of one digest. */
  digests = DIGESTS
  noise = 0.01
  /** The side that is being read is the second of its pair. */
  readsLater = false
  private readonly knobs: number
  private drawn = 0
  private now = 0

  constructor(knobs = 1, settings: Partial<SpsaSettings> = {}) {
    const knob = { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 } as const
    const table = new KnobTable(Array.from({ length: knobs }, () => knob))
    this.knobs = knobs
    this.kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 5, prove: false, ...settings })
    this.state = new Float64Array(this.kernel.stateLength)
    this.kernel.initial(this.state, new Float64Array(knobs).fill(0.5))
  }

  get windows(): number {
    return this.kernel.windowsPerReading(this.state)
  }

  get isLong(): boolean {
    return this.windows === LONG
  }

  get base(): Float64Array {
    const out = new Float64Array(this.knobs)
    this.kernel.base(this.state, out)
    return out
  }

  /** One cycle; the base stays where it is unless `moves`, so that a test knows where it reads. */
  step(trendAt: TrendAt, moves = false): void {
    const { kernel, state } = this
    const readings = new Float64Array(READINGS).fill(Number.NaN)
    const place = new Float64Array(this.knobs)
    const base = this.base
    kernel.begin(state)
    const plusFirst = kernel.firstIsPlus(state)
    for (const isPlus of [plusFirst, !plusFirst]) {
      if (isPlus) kernel.plusTarget(state, place, 0)
      else kernel.minusTarget(state, place, 0)
      this.readsLater = isPlus !== plusFirst
      this.read(trendAt(place, this.cycle), readings, isPlus)
    }
    const next = new Float64Array(state.length)
    const band = Float64Array.from({ length: 2 * this.knobs }, (_, i) => (i % 2 === 0 ? -1 : 1))
    kernel.complete(state, next, readings, moves ? band : new Float64Array(2 * this.knobs))
    if (!moves) {
      const after = new Float64Array(this.knobs)
      kernel.base(next, after)
      if (after.some((x, i) => x !== base[i])) throw new Error("the base moved though it may not")
    }
    this.state = next
    this.cycle++
  }

  run(cycles: number, trendAt: TrendAt, moves = false): void {
    for (let i = 0; i < cycles; i++) this.step(trendAt, moves)
  }

  /** Cycles until it holds, at most so many; how many that were. */
  until(holds: () => boolean, most: number, trendAt: TrendAt): number {
    let cycles = 0
    while (cycles < most && !holds()) {
      this.step(trendAt)
      cycles++
    }
    return cycles
  }

  private read({ level, slope }: ReturnType<TrendAt>, readings: Float64Array, isPlus: boolean): void {
    const n = this.digests * this.windows
    const span = n * SPACING
    const sxx = (SPACING * SPACING * n * (n * n - 1)) / 12
    const { noise } = this
    const gauss = (): number => gaussianAt(77, this.drawn++)
    const shown = slope / 1e6 + (sxx > 0 ? (noise / Math.sqrt(sxx)) * gauss() : 0)
    const mean = level + (noise / Math.sqrt(n)) * gauss()
    const at = isPlus ? TREND_PLUS : TREND_MINUS
    readings[isPlus ? LOSS_PLUS : LOSS_MINUS] = mean
    readings[at + TREND_COUNT] = n
    readings[at + TREND_CENTRE] = this.now + span / 2
    readings[at + TREND_MEAN] = mean
    readings[at + TREND_XX] = sxx
    readings[at + TREND_XY] = shown * sxx
    readings[at + TREND_YY] = shown * shown * sxx + noise * noise * Math.max(0, n - 2)
    this.now += span + SPACING
  }
}
