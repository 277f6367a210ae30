/**
 * Records that wait in the ring are what they were when they were written, whatever is written after them: each kind of record
 * keeps to its own place, next to any other, also where the ring begins again.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_POINT, RECORD_SEQUENCE } from "../../src/hot/AuditRing.ts"
import { COMMAND_STOP, MEAN, PLUS, TRIP_MANUAL, UPDATE, VISIT_BASELINE } from "../../src/hot/codes.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { P_EXPECTED_GENERATION, P_LENGTH, P_NOW_US, P_TARGET } from "../../src/hot/SafetyExecutor.ts"
import { bits, drained, linear, unlimited } from "./rig.ts"

const MS = 1000

const hotPath = (knobs: number): HotPath =>
  new HotPath({
    table: new KnobTable(Array.from({ length: knobs }, () => linear())),
    policy: unlimited,
    initialUnit: Float64Array.from({ length: knobs }, (_, i) => (i + 1) / (knobs + 1)),
    window: { windowDigests: 3, windowUs: 50 * MS, settleUs: 0, maxAgeUs: 1e9, aggregate: MEAN, trim: 0 },
    auditCapacity: 32,
    journalDigests: true,
  })

const ask = (hot: HotPath, kind: number, offset: number): void => {
  const { proposal, base } = hot.executor
  proposal[P_EXPECTED_GENERATION] = hot.config.generation
  proposal[P_LENGTH] = base.length
  base.forEach((at, i) => {
    proposal[P_TARGET + i] = at + offset
  })
  hot.apply(kind)
}

/** Everything that leaves a record. */
const ACTS: ReadonlyArray<(hot: HotPath) => unknown> = [
  (hot) => ask(hot, PLUS, 0.01),
  (hot) => ask(hot, PLUS, 0.09),
  (hot) => ask(hot, UPDATE, -0.01),
  (hot) => ask(hot, PLUS, 5),
  (hot) => ask(hot, PLUS, 0.3),
  (hot) => ask(hot, VISIT_BASELINE, 0),
  (hot) => hot.executor.setBaseline(),
  (hot) => hot.rollback(),
  (hot) => hot.returnToBase(),
  (hot) => hot.executor.openLatch(TRIP_MANUAL),
  (hot) => hot.executor.closeLatch(2),
  (hot) => hot.setGuardrails({ ...unlimited, minStableUs: 3 }),
  (hot) => hot.executor.moveBaseline(hot.executor.base.map((at) => 1 - at)),
  (hot) => hot.journalCommand(COMMAND_STOP),
  (hot) => hot.observeObject({ objective: 1, errorRate: 0.2, constraintMargin: 0.3, extras: [4, 5, 6, 7] }),
  (hot) => hot.observeObject({ objective: 1, constraintMargin: -0.9 }),
  (hot) => {
    hot.nowCell[0] += 60 * MS
    return hot.tick()
  },
]

/** Does what the script says, and takes the records when `every` acts were done. */
const lived = (hot: HotPath, script: ReadonlyArray<number>, every: number): ReadonlyArray<Float64Array> => {
  const kept: Array<Float64Array> = []
  script.forEach((act, k) => {
    hot.nowCell[0] += MS
    hot.executor.proposal[P_NOW_US] = hot.nowCell[0]
    ACTS[act](hot)
    if ((k + 1) % every === 0) kept.push(...drained(hot.audit))
  })
  return [...kept, ...drained(hot.audit)]
}

describe("a record that waits", () => {
  it("stays as it was written: nothing that follows changes a bit", () => {
    const script = fc.array(fc.nat(ACTS.length - 1), { minLength: 60, maxLength: 120 })
    fc.assert(
      fc.property(script, fc.integer({ min: 1, max: 6 }), (acts, knobs) => {
        const hot = hotPath(knobs)
        const atOnce = lived(hotPath(knobs), acts, 1)
        // Few enough acts that the ring never fills, which would change what happens.
        const later = lived(hot, acts, 5)
        expect(hot.audit.dropped).toBe(0)
        expect(later.map(bits)).toEqual(atOnce.map(bits))
        expect(later.map((record) => record[RECORD_SEQUENCE])).toEqual(later.map((_, k) => k + 1))
        expect(hot.audit.written).toBe(later.length)
      }),
      { numRuns: 60 },
    )
  })

  it("has nothing in the places that its knobs leave unused, whatever was there before", () => {
    for (const act of ACTS.keys()) {
      const hot = hotPath(1)
      for (let k = 0; k < 40; k++) {
        hot.executor.proposal[P_NOW_US] = hot.nowCell[0] += MS
        hot.setGuardrails(unlimited)
        drained(hot.audit)
      }
      const fresh = hotPath(1)
      fresh.nowCell[0] = hot.nowCell[0]
      const [after, before] = [hot, fresh].map((one) => lived(one, [act], 1))
      const room = (records: ReadonlyArray<Float64Array>) =>
        records.map((one) => [...one.subarray(RECORD_POINT + 1)])
      expect(room(after)).toEqual(room(before))
    }
  })
})
