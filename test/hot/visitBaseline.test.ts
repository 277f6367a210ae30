/** A visit of the baseline: what it may skip (the step limit), what it may not (everything else), and what it leaves alone. */
import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_APPLY,
  AUDIT_QUEUE_FULL,
  CONSTRAINT_VIOLATION,
  COOLDOWN_ACTIVE,
  DELTA_TOO_LARGE,
  MINUS,
  NO_BASELINE,
  PLUS,
  RATE_LIMIT_EXCEEDED,
  SAFE_MODE_OPEN,
  STALE_GENERATION,
  TRIP_MANUAL,
  UNKNOWN_PARAMETER,
  UPDATE,
  VISIT_BASELINE,
} from "../../src/hot/codes.ts"
import { balanced, bits, concurrency, drained, linear, makeRig, type Rig, unlimited } from "./rig.ts"

const nowhere = [Number.NaN, Number.NaN]

/** The baseline at (.5, value 16), the base five steps away from it. */
function apart(policy = unlimited): Rig {
  const rig = makeRig([linear(), concurrency], policy, [0.5, 0.5])
  rig.at(0).setBaseline()
  for (let i = 1; i <= 5; i++) rig.ask(UPDATE, i * 1_000_000, [0.5 + 0.09 * i, rig.executor.base[1]])
  // A probe close by, as a tuner leaves it: that the next target is close to the base says nothing after a visit.
  rig.ask(PLUS, 5_200_000, [0.96, rig.executor.base[1]])
  rig.at(5_400_000).returnToBase()
  drained(rig.audit)
  return rig
}

describe("a visit to the baseline", () => {
  it("makes the baseline live bit for bit, however far away, and keeps the base", () => {
    const rig = apart()
    const { config, executor } = rig
    const base = bits(executor.base)
    const baseline = new Float64Array(2)
    config.baselineUnits(baseline)
    const generation = config.generation
    expect(rig.ask(VISIT_BASELINE, 10_000_000, nowhere, { id: 7 })).toBe(ACCEPTED)
    expect(bits(rig.live())).toEqual(bits(baseline))
    expect(config.value(1)).toBe(16)
    expect(bits(executor.base)).toEqual(base)
    expect(config.generation).toBe(generation + 1)
    expect(executor.rollbacks).toBe(0)
    const [record] = drained(rig.audit)
    expect([RECORD_KIND, RECORD_CODE, RECORD_DETAIL, RECORD_PROPOSAL_ID].map((at) => record[at])).toEqual([
      AUDIT_APPLY,
      ACCEPTED,
      VISIT_BASELINE,
      7,
    ])
    expect(bits(record.subarray(RECORD_POINT, RECORD_POINT + 2))).toEqual(bits(baseline))
  })

  it("ends with a return to the base, not with a step from the baseline", () => {
    const rig = apart()
    rig.ask(VISIT_BASELINE, 10_000_000, nowhere)
    for (const kind of [PLUS, MINUS, UPDATE]) {
      const [unit, coarse] = rig.executor.base
      expect(rig.ask(kind, 11_000_000, [unit - 0.01, coarse])).toBe(DELTA_TOO_LARGE)
    }
    rig.at(11_000_000).returnToBase()
    expect(bits(rig.live())).toEqual(bits(rig.executor.base))
    expect(rig.ask(PLUS, 12_000_000, [rig.executor.base[0] - 0.01, rig.executor.base[1]])).toBe(ACCEPTED)
  })

  it("is refused for every reason that refuses another proposal, and then changes nothing", () => {
    const refusals: ReadonlyArray<readonly [number, (rig: Rig) => number]> = [
      [
        SAFE_MODE_OPEN,
        (rig) => {
          rig.at(9_000_000).openLatch(TRIP_MANUAL)
          return rig.ask(VISIT_BASELINE, 10_000_000, nowhere)
        },
      ],
      [STALE_GENERATION, (rig) => rig.ask(VISIT_BASELINE, 10_000_000, nowhere, { generation: 1 })],
      [RATE_LIMIT_EXCEEDED, (rig) => rig.ask(VISIT_BASELINE, 5_400_001, nowhere)],
      [UNKNOWN_PARAMETER, (rig) => rig.ask(VISIT_BASELINE, 10_000_000, nowhere, { length: 1 })],
      [
        CONSTRAINT_VIOLATION,
        (rig) => {
          rig.executor.noteMargin(Float64Array.of(-0.9), 0)
          return rig.ask(VISIT_BASELINE, 10_000_000, nowhere)
        },
      ],
    ]
    for (const [status, ask] of refusals) {
      const rig = apart({ ...unlimited, minIntervalUs: 100_000 })
      const before = [bits(rig.live()), rig.config.generation, bits(rig.executor.base)]
      expect(ask(rig)).toBe(status)
      expect([bits(rig.live()), rig.config.generation, bits(rig.executor.base)]).toEqual(before)
    }
  })

  it("is refused while there is no baseline, while a rollback cools down, and by a full audit", () => {
    const without = makeRig([linear(), linear()])
    expect(without.ask(VISIT_BASELINE, 0, nowhere)).toBe(NO_BASELINE)
    expect(without.executor.knob).toBe(-1)
    const cooling = makeRig([linear(), linear()], balanced)
    cooling.at(0).setBaseline()
    cooling.at(1).rollback()
    expect(cooling.ask(VISIT_BASELINE, 1_000_000, nowhere)).toBe(COOLDOWN_ACTIVE)
    const full = makeRig([linear(), linear()], unlimited, [0.5, 0.5], 64)
    full.at(0).setBaseline()
    for (let i = 1; full.audit.reserve() >= 0; i++) full.ask(PLUS, i, [0.5, 0.5])
    expect(full.ask(VISIT_BASELINE, 1_000_000, nowhere)).toBe(AUDIT_QUEUE_FULL)
  })
})
