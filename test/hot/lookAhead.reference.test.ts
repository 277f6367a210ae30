/** Look-ahead and late effects against their rules written for reading. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { chance } from "../../src/hot/chance.ts"
import { E_EARNED, E_SEEN } from "../../src/hot/earningLayout.ts"
import { X_CYCLES, X_HAS_LAST, X_PAIR_NOISE, X_PAIRS, X_STRETCH } from "../../src/hot/excursionLayout.ts"
import { LATE_SIGMAS, noticeLateness } from "../../src/hot/lateness.ts"
import {
  blameMemory,
  keepLevels,
  LONG,
  lookAhead,
  settleLookAhead,
  TREND_SIGMAS,
} from "../../src/hot/lookAhead.ts"
import * as L from "../../src/hot/lookAheadLayout.ts"
import { LOSS_MINUS, LOSS_PLUS, READINGS, TREND_MINUS, TREND_PLUS } from "../../src/hot/readings.ts"
import * as S from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import * as W from "../../src/hot/spsaWork.ts"
import { TREND_CENTRE, TREND_COUNT, TREND_XX, TREND_XY, TREND_YY } from "../../src/hot/trend.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { LatenessReference, type Line, LookAheadReference, type TrendPair } from "./lookAheadReference.ts"

const MODES = { off: L.LOOK_OFF, trial: L.LOOK_TRIAL, on: L.LOOK_ON } as const
type Vector = ReadonlyArray<number>
/** What a pair of a trial teaches nothing of, and what is void where levels mean something else. */
const TAUGHT = [S.S_NOISE, S.S_LEVEL, S.S_SPREAD, S.S_SURPRISES]
const FORGOTTEN = [S.S_HAS_LAST_MEAN, S.S_HAS_LEVEL, S.S_HAS_SPREAD, E_SEEN, E_EARNED]

const near = (when: string, what: string, got: number, expected: number): void => {
  if (!(Math.abs(got - expected) <= 1e-9 * Math.max(1e-3, Math.abs(expected))))
    expect.fail(`${when}: ${what} is ${got}, by the rule ${expected}`)
}

/** The same plant looked at twice: in the state block of the tuner, and in the reference. */
class Both {
  readonly block: Float64Array
  readonly reference: LookAheadReference
  readonly n: number
  private readonly work = new Float64Array(W.WORK_CELLS)
  private readonly readings = new Float64Array(READINGS).fill(Number.NaN)

  constructor(n: number) {
    this.n = n
    this.block = new Float64Array(S.spsaStateLength(n))
    this.reference = new LookAheadReference(n)
    this.work[W.W_TREND_CHANCE] = chance(n, TREND_SIGMAS)
  }

  take(pair: TrendPair): void {
    const { block, work, readings, reference, n } = this
    const when = `cycle ${pair.cycle}`
    block[S.S_CYCLE] = pair.cycle
    block[L.L_BACK] = 0
    block[S.S_HAS_MEAN] = pair.before === null ? 0 : 1
    block[S.S_MEAN] = pair.before?.mean ?? 0
    block[S.S_PREDICTED] = pair.before?.predicted ?? 0
    this.know()
    keepLevels(block, work)
    this.put(TREND_PLUS, pair.plus)
    this.put(TREND_MINUS, pair.minus)
    work[W.W_DIFFERENCE] = pair.difference
    work[W.W_MEAN] = pair.mean
    work[W.W_SQUARE] = pair.u.reduce((sum, x) => sum + x * x, 0)
    work[W.W_SLOPE] = (n * pair.difference) / work[W.W_SQUARE]
    work[W.W_WINDOWS] = pair.windows
    lookAhead(block, readings, Float64Array.from(pair.u), work, n)
    const { difference, mean } = reference.take(pair)
    near(when, "the difference", work[W.W_DIFFERENCE], difference)
    near(when, "the mean", work[W.W_MEAN], mean)
    near(when, "the slope of levels", work[W.W_SLOPE], (n * difference) / work[W.W_SQUARE])
    this.compare(when)
    if (!reference.forgot && pair.before !== null)
      near(when, "the promise", block[S.S_PREDICTED], pair.before.predicted)
    // The pair teaches something.
    for (const at of TAUGHT) block[at] = 2
    const probe = [0.005, 0.02, 0.045][pair.cycle % 3]
    const maxStep = [0.1, 0.04, 0.02][pair.cycle % 5] ?? 0.1
    block[S.S_PROBE] = probe
    settleLookAhead(block, work, { ...DEFAULT_SPSA, maxStep }, n)
    const { least, untaught } = reference.settle()
    // No wider than two of them fit into one step, a hair less.
    near(when, "the probe", block[S.S_PROBE], Math.max(probe, Math.min(least, (maxStep / 2) * (1 - 1e-9))))
    if (probe < least) expect(2 * block[S.S_PROBE] < maxStep || block[S.S_PROBE] === probe).toBe(true)
    for (const at of TAUGHT) near(when, `what is known at ${at}`, block[at], untaught ? 1 : 2)
    this.compare(`after ${when}`)
  }

  blamed(): void {
    this.know()
    blameMemory(this.block, this.n)
    this.reference.blamed()
    this.compare("after a blame")
  }

  /** What forgetting would take away, and what a trial must not change. */
  private know(): void {
    const { block } = this
    for (const at of [...TAUGHT, ...FORGOTTEN]) block[at] = 1
    block[L.L_HAS_BEFORE] = block[X_STRETCH] = block[X_HAS_LAST] = 1
  }

  private put(at: number, line: Line): void {
    const { readings } = this
    readings[at + TREND_COUNT] = line.digests
    readings[at + TREND_CENTRE] = line.centre
    readings[at + TREND_XX] = line.xx
    readings[at + TREND_XY] = line.xy
    readings[at + TREND_YY] = line.yy
  }

  private compare(when: string): void {
    const { block, reference, n } = this
    const is = (what: string, at: number, expected: number): void => near(when, what, block[at], expected)
    const maybe = (what: string, at: number, flag: number, expected: number | null): void => {
      is(`whether there is ${what}`, flag, expected === null ? 0 : 1)
      if (expected !== null) is(what, at, expected)
    }
    is("the mode", L.L_MODE, MODES[reference.mode])
    maybe("the noise of a digest", L.L_NOISE, L.L_HAS_NOISE, reference.digestNoise)
    maybe("the factor", L.L_FACTOR, L.L_HAS_FACTOR, reference.factor)
    maybe("the quick mean", L.L_QUICK, L.L_HAS_LEVEL, reference.quick)
    if (reference.quick !== null) is("the slow mean", L.L_SLOW, reference.slow)
    maybe("the spread", L.L_SPREAD, L.L_HAS_SPREAD, reference.spread)
    maybe("the slope", L.L_SLOPE, L.L_HAS_SLOPE, reference.slope)
    is("pairs ever", L.L_SEEN, reference.pairsEver)
    is("a rise lately", L.L_LATELY, reference.lately)
    is("the wait", L.L_WAIT, reference.wait)
    is("trials that failed", L.L_FAILS, reference.fails)
    is("pairs of the trial", L.L_PAIRS, reference.pairs)
    is("the surprise", L.L_SURPRISE, reference.surprise)
    is("the error", L.L_ERROR, reference.error)
    is("the evidence", L.L_EVIDENCE, reference.evidence)
    is("rising pairs", L.L_RISING, reference.rising)
    is("quiet pairs", L.L_QUIET, reference.quiet)
    is("the horizon", L.L_HORIZON, reference.horizon)
    is("the horizon in time", L.L_HORIZON_US, reference.horizonUs)
    is("a way back", L.L_BACK, reference.back ? 1 : 0)
    is("the common slope", L.L_COMMON, reference.common)
    is("the farthest horizon", L.L_FARTHEST, reference.farthest)
    is("that in time", L.L_FARTHEST_US, reference.farthestUs)
    reference.trend.forEach((b, i) => is(`the trend of knob ${i}`, S.SCALARS + S.V_TREND * n + i, b))
    for (const at of FORGOTTEN) is("what forgetting takes", at, reference.forgot ? 0 : 1)
    if (reference.forgot) is("the mean before", S.S_HAS_MEAN, 0)
    // A trial that ended leaves nothing to go on with.
    const ended = reference.forgot && reference.mode === "off"
    for (const at of [L.L_HAS_BEFORE, X_STRETCH, X_HAS_LAST]) is("what spans pairs", at, ended ? 0 : 1)
  }
}

const plants = fc.record({
  n: fc.constantFrom(1, 2, 5),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  noise: fc.constantFrom(0, 0.02, 0.3),
  kind: fc.constantFrom("calm", "rising", "rising", "rising", "loaded", "exploding", "spent", "wild"),
  /** What a unit of the first knob does to the slope. */
  memory: fc.constantFrom(0, 0, 0.5, 2, 20),
  /** Some windows hold too few digests. */
  thin: fc.constantFrom(0, 0, 0.1),
  blames: fc.constantFrom(0, 0, 0.01),
})

/** Time between two digests. */
const SPACING = 1.5

/** How fast the level rises on its own. */
const risesBy = (kind: string, at: number, seed: number): number => {
  if (kind === "calm") return 0
  if (kind === "exploding") return at < 25 ? 0.05 : 0.05 * 1.6 ** (at - 25)
  if (kind === "loaded") return at % 80 < 40 ? 0.05 : -0.05
  if (kind === "spent") return at > 30 && at < 70 ? 0.05 : at >= 70 && at < 76 ? -0.3 : 0
  if (kind === "wild") return uniformAt(seed, at) < 0.06 ? 5 * uniformAt(seed, -at) - 2 : 0.03
  return at > 20 ? 0.05 : 0
}

describe("look-ahead", () => {
  it("suspects, tries, proves, projects and gives up as the rule states, whatever the plant does", () => {
    const met = { trials: 0, proofs: 0, failures: 0, backs: 0, far: 0 }
    fc.assert(
      fc.property(plants, ({ n, seed, noise, kind, memory, thin, blames }) => {
        const both = new Both(n)
        const { reference } = both
        let level = 10
        let cycle = 0
        let time = 0
        for (let k = 0; k < (seed % 9 === 0 ? 520 : 150) && level < 1e9; k++) {
          const gauss = (i: number): number => noise * gaussianAt(seed, 40 * k + i)
          const windows = reference.mode === "off" ? 1 : LONG
          const u = Array.from({ length: n }, (_, i) =>
            uniformAt(seed, 7_000_000 + 9 * k + i) < 0.5 ? 0.06 : -0.06,
          )
          const drift = risesBy(kind, k, seed)
          const line = (at: number, side: number): Line => {
            const chance = uniformAt(seed, 3_000_000 + 2 * k + at) / thin
            const few = chance < 1
            // Too few, just enough, or all of them stamped at once.
            const digests = chance < 0.3 ? 2 : chance < 0.7 ? 3 : (4 + at) * windows
            const xx = few && chance >= 0.7 ? 0 : (SPACING ** 2 * digests * (digests ** 2 - 1)) / 12
            const slope = drift + side * memory * u[0] + gauss(at) / Math.sqrt(xx === 0 ? 1 : xx)
            time += SPACING * (digests + 1)
            return {
              digests,
              centre: time - (SPACING * (digests + 1)) / 2,
              xx,
              xy: slope * xx,
              yy:
                slope ** 2 * xx +
                Math.max(0, digests - 2) * (noise * (1 + uniformAt(seed, 5_000_000 + k))) ** 2,
            }
          }
          const plus = line(0, 0.5)
          const minus = line(1, -0.5)
          level += drift * windows * 10 * SPACING
          // Now and then something else came between two pairs.
          cycle += uniformAt(seed, 9_000_000 + k) < 0.1 ? 2 : 1
          const was = reference.mode
          both.take({
            plus,
            minus,
            u,
            difference: 3 * u[0] + gauss(2),
            mean: level + gauss(3),
            windows,
            cycle,
            before: k % 7 === 0 ? null : { mean: level - 0.3, predicted: -0.2 },
          })
          if (was === "off" && reference.mode === "trial") met.trials++
          if (was === "trial" && reference.mode === "on") met.proofs++
          if (was !== "off" && reference.mode === "off") met.failures++
          if (reference.back) met.backs++
          if (reference.horizon > 100) met.far++
          if (uniformAt(seed, 6_000_000 + k) < blames) both.blamed()
        }
      }),
      { numRuns: 200 },
    )
    for (const times of Object.values(met)) expect(times).toBeGreaterThan(10)
  })
})

describe("an effect that shows late", () => {
  it("is detected as the rule states, window by window, and resets what was learned", () => {
    const left: Array<number> = [0, 0, 0, 0]
    const draws = fc.record({
      n: fc.constantFrom(1, 2, 5),
      seed: fc.integer({ min: 0, max: 1_000_000 }),
      noise: fc.constantFrom(0, 0.05, 1),
      late: fc.constantFrom(true, true, false),
      /** Pairs as they are say the opposite of the truth, or what is so. */
      misled: fc.boolean(),
    })
    fc.assert(
      fc.property(draws, ({ n, seed, noise, late, misled }) => {
        const block = new Float64Array(S.spsaStateLength(n))
        const work = new Float64Array(W.WORK_CELLS)
        work[W.W_LATE_CHANCE] = chance(n, LATE_SIGMAS)
        const reference = new LatenessReference(n)
        const truth = Array.from({ length: n }, (_, i) => 5 * (uniformAt(seed, i) + 0.2))
        const says = truth.map((b) => (misled ? -b : b))
        const effect = (place: Vector): number => place.reduce((sum, x, i) => sum + truth[i] * x, 0)
        let shown: Vector = truth.map(() => 0)
        for (let k = 0; k < 120; k++) {
          const plus = truth.map((_, i) => (uniformAt(seed, 1_000 + 9 * k + i) < 0.5 ? 0.05 : -0.05))
          const plusFirst = uniformAt(seed, 5_000 + k) < 0.5
          const first = plus.map((x) => (plusFirst ? x : -x))
          const read = (place: Vector, i: number): number => {
            const seen = late ? shown : place
            shown = place
            return 10 + effect(seen) + noise * gaussianAt(seed, 2 * k + i)
          }
          const one = read(first, 0)
          const two = read(
            first.map((x) => -x),
            1,
          )
          block[S.S_FIRST] = plusFirst ? 1 : -1
          says.forEach((b, i) => (block[S.SCALARS + S.V_AVERAGE_SLOPE * n + i] = b))
          for (const at of [L.L_LATELY, X_CYCLES, X_PAIRS, X_PAIR_NOISE, S.S_SURPRISES, S.S_HAS_MEAN])
            block[at] = 1
          const readings = new Float64Array(READINGS)
          readings[LOSS_PLUS] = plusFirst ? one : two
          readings[LOSS_MINUS] = plusFirst ? two : one
          const width = Float64Array.from(plus, (x) => 2 * x)
          noticeLateness(block, readings, width, work, n)
          const leaves = reference.take(
            first.map((x) => 2 * x),
            one,
            two,
            says,
          )
          const is = (what: string, at: number, expected: number): void =>
            near(`pair ${k}`, what, block[at], expected)
          is("windows left out", L.L_LATE, reference.late)
          is("pairs", L.L_LATE_PAIRS, reference.pairs)
          is("squares", L.L_LATE_SQUARE, reference.squares)
          is("what is left unexplained", L.L_LATE_LEFT, reference.left)
          is("a pair before", L.L_HAS_BEFORE, reference.before === null ? 0 : 1)
          if (reference.before !== null) is("its last reading", L.L_READ, reference.before.read)
          reference.before?.x.forEach((x, i) => is(`its width ${i}`, S.SCALARS + S.V_BEFORE * n + i, x))
          reference.sums.forEach((sum, i) => is(`the sum ${i}`, S.SCALARS + S.V_LATE * n + i, sum))
          for (const at of [L.L_LATELY, X_CYCLES, X_PAIRS, X_PAIR_NOISE, S.S_SURPRISES, S.S_HAS_MEAN])
            is(`what was learnt at ${at}`, at, leaves ? 0 : 1)
          for (let i = 0; i < n; i++)
            is("what pairs say", S.SCALARS + S.V_AVERAGE_SLOPE * n + i, leaves ? 0 : says[i])
          if (reference.late === 3) {
            // As many as ever: nothing more is learnt.
            const before = block.slice()
            noticeLateness(block, readings, width, work, n)
            expect(block).toEqual(before)
            break
          }
        }
        left[reference.late]++
      }),
      { numRuns: 200 },
    )
    for (const times of [left[0], left[1] + left[2] + left[3], left[3]]) expect(times).toBeGreaterThan(10)
  })

  it("is not checked while the tuner looks ahead", () => {
    const block = new Float64Array(S.spsaStateLength(1))
    block[L.L_MODE] = L.LOOK_TRIAL
    const before = block.slice()
    noticeLateness(
      block,
      new Float64Array(READINGS).fill(3),
      Float64Array.of(0.1),
      new Float64Array(W.WORK_CELLS),
      1,
    )
    expect(block).toEqual(before)
  })
})
