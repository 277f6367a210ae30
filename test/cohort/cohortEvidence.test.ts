/**
 * What the tests of a tuner have shown goes from owner to owner. Before it did, each owner began them again: with owners that moved often
 * neither interference was found nor a baseline earned, and the stated chance of an error held for each owner.
 */
import { describe, expect, it } from "vitest"
import { readEvidence } from "../../src/cohort/cohortEvidence.ts"
import { type CohortStanding, successorOf } from "../../src/cohort/CohortStanding.ts"
import { Interference, NEEDED_EVIDENCE } from "../../src/cohort/Interference.ts"
import { standingOf } from "../../src/cohort/standingOf.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { Town } from "../replica/Town.ts"

const POLICY = { nowUs: 0, safeModeUs: 1e6, rollbacksPerHour: 10 }
const guardrails = {
  preset: "aggressive",
  maxStep: 0.1,
  rangePerMinute: 1,
  pathPerMinute: 1000,
  turnsPerMinute: 1000,
} as const

type Learned = NonNullable<CohortStanding["learned"]>

/** The owner ends, and another one takes its place with what was saved; `keeps` says what of it. */
function moved(
  at: Town,
  epoch: number,
  keeps: (learned: Learned) => Learned = (all) => all,
  ended = true,
): void {
  const { space } = at.settings
  const saved = JSON.parse(JSON.stringify(standingOf(at.loop, space, "run", ended))) as CohortStanding
  const left = { ...saved, learned: saved.learned && keeps(saved.learned) }
  at.own(epoch, successorOf(left, space, { ...POLICY, nowUs: at.nowUs }))
}

const withoutEvidence = (learned: Learned): Learned => ({ ...learned, evidence: undefined })

describe("a test of interference", () => {
  it("that is saved and resumed after every check is the same test, bit for bit", () => {
    const whole = new Interference(2)
    let handed = new Interference(2)
    for (let check = 0; whole.found === null && check < 400; check++) {
      const direction = [0, 1].map((i) => (uniformAt(i, check) < 0.5 ? -1 : 1))
      const difference = 0.4 * direction[1] + gaussianAt(3, check)
      expect(handed.checksNext()).toBe(whole.checksNext())
      whole.take(difference, 0, direction)
      handed.take(difference, 0, direction)
      const saved = JSON.parse(JSON.stringify({ version: 1, interference: handed.save(), comparison: null }))
      const { evidence, dropped } = readEvidence(saved, 2)
      expect(dropped).toEqual([])
      handed = new Interference(2)
      if (evidence.interference !== null) handed.resume(evidence.interference)
      expect([handed.evidence, handed.found]).toEqual([whole.evidence, whole.found])
    }
    expect(whole.found?.knob).toBe(1)
  })
})

describe("owners that move often", () => {
  /** Loses by its own value, and by the mean of all. */
  const sharing = (): Town => {
    const at: Town = new Town({
      replicas: 10,
      engine: { params: { pool: { min: 0, max: 100, initial: 25 } }, guardrails },
      cohort: { design: "auto" },
      loss: (values) => {
        const mean = at.cores.reduce((sum, core) => sum + core.value(0), 0) / at.cores.length
        return ((values[0] - 80) / 100) ** 2 + 0.3 * (mean / 100) ** 2
      },
      noise: { common: 0.02, own: 0.005 },
    })
    return at
  }

  it("find that replicas share what they are tuned on as one owner would, and not without what was shown before", () => {
    const findsAfter = (keeps: (learned: Learned) => Learned): number => {
      const at = sharing()
      for (let epoch = 2; epoch <= 80; epoch++) {
        at.run(10)
        if (at.loop.interferes) return epoch
        moved(at, epoch, keeps)
      }
      return Number.POSITIVE_INFINITY
    }
    const epochs = findsAfter((all) => all)
    expect(epochs).toBeGreaterThan(4)
    expect(epochs).toBeLessThan(60)
    expect(findsAfter(withoutEvidence)).toBe(Number.POSITIVE_INFINITY)
  })

  it("know what was found, and stay in turns even where only the evidence says so", () => {
    const at = sharing()
    while (!at.loop.interferes && at.nowUs < 900e6) at.run(5)
    const { interference } = at.loop
    expect(interference?.evidence).toBeGreaterThanOrEqual(NEEDED_EVIDENCE)
    moved(at, 2, (learned) => ({ ...learned, interferes: false }))
    expect(at.loop.interference).toEqual(interference)
    at.run(10)
    expect([at.loop.interferes, at.loop.design]).toEqual([true, "together"])
  })

  const engine: EngineConfig = {
    params: { a: { min: 0, max: 100, initial: 20 } },
    guardrails,
    guard: false,
    comparison: { everyCycles: 2 },
  }
  const compared = (): Town =>
    new Town({
      replicas: 10,
      engine,
      cohort: { design: "split", control: 0.2 },
      loss: ([a]) => ((a - 60) / 100) ** 2,
      noise: { common: 0.032, own: 0.008 },
    })
  const baselineOf = ({ loop }: Town): number => {
    const baseline = new Float64Array(1)
    loop.hot.config.baselineUnits(baseline)
    return baseline[0]
  }

  it("earn a baseline from what all of them have shown, and not without it", () => {
    const earnsAfter = (keeps: (learned: Learned) => Learned): number => {
      const at = compared()
      for (let epoch = 2; epoch <= 60; epoch++) {
        at.run(20)
        if (baselineOf(at) > 0.4) return epoch
        moved(at, epoch, keeps)
      }
      return Number.POSITIVE_INFINITY
    }
    const epochs = earnsAfter((all) => all)
    expect(epochs).toBeGreaterThan(3)
    expect(epochs).toBeLessThan(40)
    expect(earnsAfter(withoutEvidence)).toBe(Number.POSITIVE_INFINITY)
  })

  it("begin the comparison again after a kill, because the plant stands elsewhere, and keep how it scatters", () => {
    const at = compared().run(30)
    const before = at.loop.comparison
    expect(before?.watch.pairs).toBeGreaterThan(2)
    expect(before?.advantage.pairs).toBeGreaterThan(0)
    moved(at, 2, undefined, false)
    const { watch, advantage, anchor, counts } = at.loop.comparison ?? {}
    expect([watch?.pairs, advantage?.pairs, anchor]).toEqual([0, 0, null])
    expect([watch?.noise, counts, watch?.usableUs]).toEqual([before?.watch.noise, before?.counts, at.nowUs])
  })

  it("go on with the test of interference after a kill, from what was saved", () => {
    const at = sharing()
    while ((at.loop.evidence.interference?.checks ?? 0) < 3) at.run(1)
    const { interference } = at.loop.evidence
    moved(at, 2, undefined, false)
    expect(at.loop.evidence.interference).toEqual(interference)
  })
})

describe("evidence that is read back", () => {
  const { space } = requireEngineConfig({
    params: { a: { min: 0, max: 1 }, b: { min: 0, max: 1 } },
  })
  const FIVE = [1, 1, 1, 1, 1]
  const noise = { pairs: 4, spread: 0.1, square: 0.02 }
  const interference = {
    cycles: 30,
    checks: 4,
    noise,
    with: [[1, 1.2, 1.4, 2, 3], FIVE],
    against: [[0.9, 0.8, 0.6, 0.1, 0], FIVE],
    sums: [0.3, -0.1],
    found: null,
  }
  const comparison = {
    noise: { ...noise, pairs: 9 },
    pairs: 4,
    detector: [0, 1, 2, 3, 30],
    soundness: FIVE,
    soundPairs: 3,
    passed: false,
    critical: 0,
    advantage: { evidence: FIVE, pairs: 2, confirming: true },
    anchor: [0.2, 1],
    counts: { pass: 0, fail: 0, hold: 9 },
  }
  const good = { version: 1, interference, comparison }
  const without = { version: 1, interference: null, comparison: null }

  it("is what was saved", () => {
    expect(readEvidence(good, 2)).toEqual({ evidence: good, dropped: [] })
    expect(readEvidence(without, 2)).toEqual({ evidence: without, dropped: [] })
    expect(readEvidence(undefined, 2)).toEqual({ evidence: without, dropped: [] })
  })

  it.each<[string, unknown]>([
    ["another version", { ...good, version: 2 }],
    ["no object", 7],
    ["no version", { interference, comparison }],
    ["null", null],
  ])("counts for nothing where it is %s", (_, saved) => {
    const { evidence, dropped } = readEvidence(saved, 2)
    expect(evidence).toEqual(without)
    expect(dropped).toHaveLength(1)
  })

  it.each<[string, object]>([
    ["stakes of no number", { with: [[1, null, 1, 1, 1], FIVE] }],
    ["stakes below 0", { with: [[1, -1, 1, 1, 1], FIVE] }],
    ["more than so few checks can bring", { with: [[1, 1, 1, 1, 17], FIVE] }],
    ["too few bets", { against: [FIVE.slice(1), FIVE] }],
    ["other knobs", { with: [FIVE], against: [FIVE], sums: [0] }],
    ["more checks than cycles", { cycles: 3 }],
    ["checks that nobody has read", { noise: { ...noise, pairs: 3 } }],
    ["half a check", { checks: 3.5 }],
    ["a spread below 0", { noise: { ...noise, spread: -0.1 } }],
    ["sums of no number", { sums: ["1", 2] }],
    [
      "enough of it, and nothing found",
      { cycles: 99, checks: 20, noise: { ...noise, pairs: 20 }, with: [[9e5, 1, 1, 1, 1], FIVE] },
    ],
    ["a find with too little", { found: { knob: 0, evidence: 99, difference: 1, checks: 4 } }],
    ["a find of a knob that is not there", { found: { knob: 2, evidence: 100, difference: 1, checks: 4 } }],
  ])("drops that of interference, and no more, for %s", (_, over) => {
    const { evidence, dropped } = readEvidence({ ...good, interference: { ...interference, ...over } }, 2)
    expect(evidence).toEqual({ ...good, interference: null })
    expect(dropped).toEqual(["What was shown of interference is dropped: no test can have shown it."])
  })

  it.each<[string, object]>([
    ["a detector beyond its pairs", { detector: [0, 1, 2, 3, 33] }],
    ["soundness beyond its pairs", { soundness: [9, 1, 1, 1, 1] }],
    [
      "an advantage beyond its pairs",
      { advantage: { evidence: [5, 1, 1, 1, 1], pairs: 2, confirming: true } },
    ],
    ["more sound pairs than pairs", { soundPairs: 5 }],
    ["more pairs than it knows the noise of", { pairs: 10 }],
    ["more critical ones than pairs", { critical: 5 }],
    ["an anchor of other knobs", { anchor: [0.2] }],
    ["an anchor out of bounds", { anchor: [0.2, 1.5] }],
    ["pairs around nothing", { anchor: null }],
    ["a verdict in place of a truth", { passed: "yes" }],
    ["counts of no number", { counts: { pass: 0, fail: -1, hold: 9 } }],
  ])("drops that of the baseline, and no more, for %s", (_, over) => {
    const { evidence, dropped } = readEvidence({ ...good, comparison: { ...comparison, ...over } }, 2)
    expect(evidence).toEqual({ ...good, comparison: null })
    expect(dropped).toEqual(["What was shown of the baseline is dropped: no test can have shown it."])
  })

  it("is dropped with a warning for the record, and the rest of what was learned stays", () => {
    const at = new Town({
      replicas: 4,
      engine: { params: { a: { min: 0, max: 1 }, b: { min: 0, max: 1 } } },
      loss: ([a]) => (a - 0.7) ** 2,
    }).run(20)
    const left = standingOf(at.loop, at.settings.space, "run", true)
    const next = (evidence: unknown) =>
      successorOf({ ...left, learned: left.learned && { ...left.learned, evidence } }, space, POLICY)
    const broken = next({ ...good, interference: {} })
    expect(broken.resumption.warnings).toEqual([
      "What was shown of interference is dropped: no test can have shown it.",
    ])
    expect(broken.learned?.state).toEqual(left.learned?.state)
    // As older builds have saved it.
    const older = next(undefined)
    expect(older.resumption.warnings).toEqual([])
    expect(older.learned?.state).toEqual(left.learned?.state)
  })
})
