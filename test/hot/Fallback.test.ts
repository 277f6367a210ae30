/**
 * An emergency on the baseline itself. Root cause of the file: a baseline earned in a quiet night saturated in the morning, the plant was rolled
 * back to that same baseline, and the emergency went on there for as long as the load did.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  EMERGENCY,
  LINEAR,
  NOT_TRIPPED,
  NOTHING_DUE,
  TRIMMED_MEAN,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_OBJECTIVE_REGRESSION,
  UPDATE,
  WINDOW_CLOSED,
} from "../../src/hot/codes.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"

const START = 0.5
const SECOND = 1_000_000

/** A hot path that began on 0.5 and has earned a baseline elsewhere. */
class Plant {
  readonly hot: HotPath
  now = SECOND
  proposals = 0

  constructor(step = 0, begunOnBaseline = true) {
    this.hot = new HotPath({
      table: new KnobTable([{ min: 0, max: 1, scale: LINEAR, step, maxStep: 0 }]),
      policy: GUARDRAILS.balanced,
      initialUnit: Float64Array.of(START),
      window: {
        windowDigests: 5,
        windowUs: SECOND,
        settleUs: 0,
        maxAgeUs: SECOND,
        aggregate: TRIMMED_MEAN,
        trim: 0.1,
      },
      auditCapacity: 256,
      manualTime: true,
    })
    this.hot.nowCell[0] = this.now
    if (begunOnBaseline) this.hot.executor.setBaseline()
  }

  get live(): number {
    return this.hot.config.unit(0)
  }

  get open(): boolean {
    return this.hot.config.latch !== NOT_TRIPPED
  }

  earn(unit: number): void {
    this.move(unit)
    this.hot.executor.setBaseline()
  }

  move(unit: number): void {
    const { executor, config } = this.hot
    const inbox = executor.proposal
    inbox[P_NOW_US] = this.now += SECOND
    inbox[P_EXPECTED_GENERATION] = config.generation
    inbox[P_ID] = ++this.proposals
    inbox[P_LENGTH] = 1
    inbox[P_TARGET] = unit
    this.hot.apply(UPDATE)
  }

  report(margin: number): number {
    const { digest, config, nowCell } = this.hot
    nowCell[0] = this.now += SECOND / 10
    digest.fill(Number.NaN)
    digest[DIGEST_TIMESTAMP_US] = this.now
    digest[DIGEST_GENERATION] = config.generation
    digest[DIGEST_OBJECTIVE] = 1
    digest[DIGEST_CONSTRAINT_MARGIN] = margin
    const code = this.hot.observe()
    this.hot.audit.drain(() => {})
    return code
  }

  close(): void {
    this.hot.executor.proposal[P_NOW_US] = this.now
    this.hot.executor.closeLatch()
  }
}

describe("an emergency on the baseline", () => {
  it("that continues there moves the plant to the user's start, and makes that the baseline", () => {
    const plant = new Plant()
    plant.earn(0.42)
    expect(plant.report(-0.9)).toBe(EMERGENCY)
    expect([plant.live, plant.open]).toEqual([0.42, true])
    expect(plant.report(-0.9)).toBe(EMERGENCY)
    expect([plant.live, plant.open]).toEqual([START, true])
    const baseline = new Float64Array(1)
    plant.hot.config.baselineUnits(baseline)
    expect(baseline[0]).toBe(START)
    expect(plant.hot.executor.base[0]).toBe(START)
  })

  it("returns to the baseline if the start is even worse, and stays there", () => {
    const plant = new Plant()
    plant.earn(0.42)
    for (const margin of [-0.9, -0.9, -1.2]) plant.report(margin)
    expect(plant.live).toBe(0.42)
    const { generation } = plant.hot.config
    for (let i = 0; i < 50; i++) plant.report(-5)
    expect([plant.live, plant.hot.config.generation]).toEqual([0.42, generation])
    expect(plant.hot.emergenciesWaitedOut).toBe(50)
  })

  it("stays at the start if that is no worse", () => {
    const plant = new Plant()
    plant.earn(0.42)
    for (const margin of [-0.9, -0.9, -0.9, -3]) plant.report(margin)
    expect(plant.live).toBe(START)
  })

  it("changes nothing if the baseline is the start, as in a new engine", () => {
    const plant = new Plant(0.05)
    plant.report(-0.9)
    const { generation } = plant.hot.config
    for (let i = 0; i < 20; i++) plant.report(-0.9)
    expect([plant.live, plant.hot.config.generation]).toEqual([START, generation])
  })

  it("that is over but breaks the constraint for a whole window also moves the plant there", () => {
    const plant = new Plant()
    plant.earn(0.42)
    plant.report(-0.9)
    for (let i = 0; i < 4; i++) expect(plant.report(-0.3)).toBe(NOTHING_DUE)
    expect(plant.live).toBe(0.42)
    expect(plant.report(-0.3)).toBe(EMERGENCY)
    expect([plant.live, plant.open]).toEqual([START, true])
    const baseline = new Float64Array(1)
    plant.hot.config.baselineUnits(baseline)
    expect(baseline[0]).toBe(START)
  })

  it("returns to the baseline if a window at the start is worse, and stays there", () => {
    const plant = new Plant()
    plant.earn(0.42)
    plant.report(-0.9)
    for (const margin of [-0.3, -0.4]) for (let i = 0; i < 5; i++) plant.report(margin)
    expect(plant.live).toBe(0.42)
    plant.hot.reopenWindow()
    for (let i = 0; i < 5; i++) plant.report(-0.3)
    expect(plant.live).toBe(0.42)
  })

  it("is settled by the first window at the start that is no worse", () => {
    const plant = new Plant()
    plant.earn(0.42)
    plant.report(-0.9)
    for (const margin of [-0.3, -0.2, -0.4]) {
      for (let i = 0; i < 5; i++) plant.report(margin)
      plant.hot.reopenWindow()
    }
    expect(plant.live).toBe(START)
  })

  it("has no effect without a baseline: the plant waits on its base, however its windows read", () => {
    const plant = new Plant(0, false)
    plant.move(0.42)
    expect(plant.report(-0.9)).toBe(EMERGENCY)
    for (let i = 0; i < 5; i++) plant.report(-0.3)
    expect([plant.live, plant.hot.config.hasBaseline]).toEqual([0.42, false])
  })

  it("stays on the baseline if its windows keep the constraint, even barely", () => {
    const plant = new Plant()
    plant.earn(0.42)
    plant.report(-0.9)
    for (let i = 0; i < 4; i++) plant.report(0)
    expect([plant.report(0), plant.live]).toEqual([WINDOW_CLOSED, 0.42])
  })

  it("leads to the start only after an emergency: not in SafeMode for another reason, and not while tuning", () => {
    const plant = new Plant()
    plant.earn(0.42)
    for (let i = 0; i < 4; i++) plant.report(-0.3)
    expect([plant.report(-0.3), plant.live]).toEqual([WINDOW_CLOSED, 0.42])
    plant.hot.executor.openLatch(TRIP_OBJECTIVE_REGRESSION)
    plant.hot.rollback()
    for (let i = 0; i < 4; i++) plant.report(-0.3)
    expect([plant.report(-0.3), plant.live]).toEqual([WINDOW_CLOSED, 0.42])
  })

  it("may use the start again after a window outside SafeMode, whoever reopened the latch", () => {
    const plant = new Plant()
    plant.earn(0.42)
    for (const margin of [-0.9, -0.9, -1.2]) plant.report(margin)
    plant.close()
    plant.hot.reopenWindow()
    for (let i = 0; i < 5; i++) plant.report(0.5)
    plant.hot.executor.openLatch(TRIP_CONSTRAINT_EMERGENCY)
    plant.hot.rollback()
    for (let i = 0; i < 5; i++) plant.report(-0.3)
    expect(plant.live).toBe(START)
  })

  it("starts with the baseline again once SafeMode has been left", () => {
    const plant = new Plant()
    plant.earn(0.42)
    for (const margin of [-0.9, -0.9, -1.2]) plant.report(margin)
    plant.close()
    plant.earn(0.42)
    for (const margin of [-0.9, -0.9]) plant.report(margin)
    expect(plant.live).toBe(START)
  })

  it("moves the plant only to its base, the baseline or the start, and at most three times", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.42, max: 0.58, noNaN: true }),
        fc.array(
          fc.oneof(
            fc.double({ min: -3, max: -0.51, noNaN: true }),
            fc.double({ min: -0.4, max: 1, noNaN: true }),
          ),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        (unit, margins) => {
          const plant = new Plant()
          plant.earn(unit)
          const allowed = [START, plant.live]
          const { generation } = plant.hot.config
          for (const margin of margins) {
            plant.report(margin)
            expect(allowed).toContain(plant.live)
          }
          expect(plant.hot.config.generation - generation).toBeLessThanOrEqual(3)
        },
      ),
    )
  })
})
