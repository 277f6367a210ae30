/** Resting against the rule written for reading: what it measures, when it goes on, and with what. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as X from "../../src/hot/excursionLayout.ts"
import { beginResting, resumeExcursion, takeRest, testSlope } from "../../src/hot/resting.ts"
import * as S from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import * as W from "../../src/hot/spsaWork.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { type Arrival, RestReference } from "./restReference.ts"

const MODES = { resting: X.IDLE, walksBack: X.WALKING, tunes: X.EXCURSION } as const

/** What resting has no business with. */
const OF_OTHERS = [S.V_BASE, S.V_INNER, S.V_PREVIOUS, S.V_MARGIN_SLOPE, S.V_AVERAGE_SLOPE, S.V_END, S.V_TREND]

/** The same rests twice: in the state block of the tuner, and in the reference. */
class Both {
  readonly block: Float64Array
  readonly reference: RestReference
  private readonly work = new Float64Array(W.WORK_CELLS)
  private readonly from: Arrival

  constructor(from: Arrival) {
    this.from = from
    const n = from.knobs
    const block = new Float64Array(S.spsaStateLength(n))
    this.block = block
    // Nothing that was there before may be left in what resting keeps for itself, and the rest is not its own.
    block.fill(0.37)
    block[S.S_PROBE] = from.probe
    block[S.S_ETA] = from.eta
    block[S.S_STEP] = from.step
    block[S.S_SLOPE] = from.slope
    block[S.S_REHEATS] = from.reheats
    block[S.S_HAS_MEAN] = block[S.S_HAS_LEVEL] = 1
    block[S.S_PREDICTED] = -0.4
    block[S.S_AGE] = 33
    block[S.S_ALARM] = 2
    block[X.X_MODE] = X.WALKING
    block[X.X_STRETCH] = from.stretch
    block[X.X_SQUARES] = from.stretch * from.stretchSlope
    block[X.X_FAILS] = from.fails
    block[X.X_ALARMED] = from.alarmed ? 1 : 0
    block[X.X_BLAMED] = from.blamed ? 1 : 0
    block[X.X_SECOND_LOOK] = from.end === null ? 0 : 1
    block[X.X_END_LEVEL] = from.end?.level ?? 0
    block[X.X_END_VARIANCE] = from.end?.variance ?? 0
    this.work[W.W_PAIR_NOISE] = from.pairNoise
    beginResting(block, this.work, n, from.arrived)
    this.reference = new RestReference(from)
    this.compare("as it begins")
    expect([block[S.S_HAS_MEAN], block[S.S_PREDICTED], block[X.X_ALARMED]]).toEqual([0, 0, 0])
  }

  get rests(): boolean {
    return this.reference.mode === "resting"
  }

  rest(y: number): void {
    const { block, from, reference, work } = this
    work[W.W_MEAN] = y
    takeRest(block, work, { ...DEFAULT_SPSA, patience: from.patience }, from.knobs)
    reference.rest(y)
    this.compare(`after rest ${reference.rests.length}`)
  }

  pair(d: number, u: ReadonlyArray<number>): void {
    const { block, from, reference, work } = this
    work[W.W_DIFFERENCE] = d
    work[W.W_SQUARE] = u.reduce((sum, x) => sum + x * x, 0)
    work[W.W_LARGEST] = Math.max(...u.map(Math.abs))
    const goesOn = testSlope(block, Float64Array.from(u), work, from.knobs)
    expect(goesOn).toBe(reference.pair(d, u))
    this.compare(`after a pair and ${reference.rests.length} rests`)
  }

  private compare(when: string): void {
    const { block, reference, from } = this
    const n = from.knobs
    const near = (what: string, got: number, expected: number): void => {
      if (!(Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected))))
        expect.fail(`${when}: ${what} is ${got}, by the rule ${expected}`)
    }
    for (const vector of OF_OTHERS)
      for (let i = 0; i < n; i++) near(`vector ${vector}`, block[S.SCALARS + vector * n + i], 0.37)
    near("the mode", block[X.X_MODE], MODES[reference.mode])
    near("the probe", block[S.S_PROBE], reference.probe)
    near("excursions that failed", block[X.X_FAILS], reference.fails)
    if (reference.mode === "walksBack") return near("the walk", block[X.X_WALK], X.WALK_BACK)
    if (reference.mode === "tunes") {
      near("the gain", block[S.S_ETA], reference.eta)
      near("the running step", block[S.S_STEP], reference.step)
      near("the slope", block[S.S_SLOPE], reference.slope)
      near("re-heats", block[S.S_REHEATS], reference.reheats)
      near("the noise", block[S.S_NOISE], reference.noise ?? Number.NaN)
      near("the promise", block[S.S_PREDICTED], reference.predicted)
      near("a known level", block[S.S_HAS_LEVEL], 0)
      near("the level of home", block[X.X_HOME_LEVEL], reference.homeLevel)
      near("readings behind it", block[X.X_HOME_READINGS], reference.homeReadings)
      reference.move.forEach((step, i) => near("the first step", block[S.SCALARS + S.V_MOVE * n + i], step))
      const byPairs = reference.move.length > 0
      near("the age", block[S.S_AGE], byPairs ? 1 : 0)
      near("an alarm", block[X.X_ALARMED], byPairs ? 0 : 1)
      if (!byPairs) near("the evidence of change", block[S.S_ALARM], 0)
      return near("a mean to compare with", block[S.S_HAS_MEAN], 0)
    }
    near("rests between two pairs", block[X.X_RESTS_BETWEEN], reference.between)
    near("rests left", block[X.X_RESTS_LEFT], reference.left)
    near("rests", block[X.X_RESTS], reference.rests.length)
    near("squares", block[X.X_REST_SQUARES], reference.squares)
    near("terms", block[X.X_REST_TERMS], reference.terms)
    near("the level", block[X.X_WATCH_LEVEL], reference.level)
    near("the variance", block[X.X_WATCH_VARIANCE], reference.variance)
    near("the evidence", block[X.X_WATCH_ALARM], reference.alarm)
    near("the sixteen", block[X.X_BLOCK_SUM], reference.blockRest)
    near("the level of blocks", block[X.X_BLOCK_LEVEL], reference.blockLevel)
    near("the squares of blocks", block[X.X_BLOCK_SQUARES], reference.blockSquares)
    near("the evidence of blocks", block[X.X_BLOCK_ALARM], reference.blockAlarm)
    near("pairs", block[X.X_TEST_PAIRS], reference.pairs)
    near("their squares", block[X.X_TEST_SQUARES], reference.pairSquares)
    near("a second look", block[X.X_SECOND_LOOK], reference.lookDue ? 1 : 0)
    near("locked rests", block[X.X_LOCKED_UNTIL], reference.lockedUntil)
    reference.sums.forEach((sum, i) =>
      near("what the pairs agree on", block[S.SCALARS + S.V_SUM * n + i], sum),
    )
  }
}

const arrivals = fc.record<Arrival>({
  knobs: fc.constantFrom(1, 2, 5),
  arrived: fc.boolean(),
  probe: fc.constantFrom(0.0025, 0.01, 0.03),
  eta: fc.constantFrom(0, 0.01, 1),
  step: fc.constantFrom(0.01, 0.08),
  slope: fc.constantFrom(0, 0.2, 40),
  reheats: fc.constantFrom(0, 3),
  pairNoise: fc.constantFrom(0, 0.0004, 0.01, 1),
  stretch: fc.constantFrom(0, 12),
  stretchSlope: fc.constantFrom(0, 0.05, 100),
  fails: fc.constantFrom(0, 0, 1, 2, 4),
  alarmed: fc.boolean(),
  end: fc.option(
    fc.record({ level: fc.constantFrom(8, 9.7, 9.95, 10, 11), variance: fc.constantFrom(0, 0.001, 0.02) }),
    { freq: 2 },
  ),
  blamed: fc.boolean(),
  patience: fc.constantFrom(0, 0, 20, 90),
})
const plants = fc.record({
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  noise: fc.constantFrom(0, 0.01, 0.1, 1),
  kind: fc.constantFrom("calm", "calm", "rising", "falling", "jumping", "swinging", "wild", "spell"),
  slope: fc.constantFrom(0, 0, 0.3, 5, 5),
})

/** The level of the plant in its window `at`, without noise. */
const levelAt = (kind: string, at: number, seed: number): number => {
  if (kind === "rising") return 10 + 0.004 * at
  if (kind === "falling") return 10 - 0.01 * at
  if (kind === "jumping") return at > 40 + (seed % 90) ? 11 : 10
  if (kind === "spell") return at < 60 || at > 130 ? 10 : 10.5
  if (kind === "swinging") return 10 + 0.5 * Math.sin(at / 9)
  if (kind === "wild") return uniformAt(seed, at) < 0.02 ? 60 * uniformAt(seed, -at) - 20 : 10
  return 10
}

describe("a tuner that rests", () => {
  it("measures, waits and continues as the rule states, wherever it rests", () => {
    const ends = { resting: 0, walksBack: 0, tunes: 0 }
    let steps = 0
    fc.assert(
      fc.property(arrivals, plants, (from, { seed, noise, kind, slope }) => {
        const both = new Both(from)
        let drawn = 0
        const gauss = (): number => noise * gaussianAt(seed, drawn++)
        for (let window = 0; window < 420 && both.rests; window++) {
          if (both.reference.left > 0) {
            both.rest(levelAt(kind, window, seed) + gauss())
            continue
          }
          const wide = both.reference.probe
          const u = Array.from({ length: from.knobs }, () =>
            uniformAt(seed, 1_000_000 + drawn++) < 0.5 ? 2 * wide : -2 * wide,
          )
          const steepness = (i: number): number => slope * (1 - 2 * uniformAt(seed, 2_000_000 + i))
          const d = u.reduce((sum, x, i) => sum + steepness(i) * x, 0) + gauss() - gauss()
          both.pair(d, u)
        }
        ends[both.reference.mode]++
        if (both.reference.move.length > 0) steps++
      }),
      { numRuns: 800 },
    )
    // Every way out was taken, and by pairs, too.
    for (const times of [...Object.values(ends), steps]) expect(times).toBeGreaterThan(20)
  })

  it("is proven once it has returned to where its excursion ended, against the level read there", () => {
    const block = new Float64Array(S.spsaStateLength(2))
    block[X.X_MODE] = X.WALKING
    block[X.X_END_LEVEL] = 7
    block[X.X_CYCLES] = 9
    resumeExcursion(block, 2)
    expect([block[X.X_MODE], block[X.X_PROVEN], block[X.X_CYCLES]]).toEqual([X.EXCURSION, 1, 0])
    expect([block[X.X_HOME_LEVEL], block[X.X_HOME_READINGS]]).toEqual([7, 1])
  })
})
