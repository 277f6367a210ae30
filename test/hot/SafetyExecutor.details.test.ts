/** What Tier 1 says beside its status: which knob, what value, which limit; where each guard turns over; when to come again. */
import { describe, expect, it } from "vitest"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../src/hot/AuditRing.ts"
import {
  ACCEPTED,
  AUDIT_VIOLATION,
  CONSTRAINT_VIOLATION,
  COOLDOWN_ACTIVE,
  DELTA_TOO_LARGE,
  MINUS,
  NO_BASELINE,
  OBJECTIVE_REGRESSION,
  OUT_OF_BOUNDS,
  PLUS,
  RATE_LIMIT_EXCEEDED,
  RETURN_TO_BASE,
  ROLLBACK,
  SAFE_MODE_OPEN,
  STALE_GENERATION,
  UNKNOWN_PARAMETER,
  UPDATE,
  VISIT_BASELINE,
} from "../../src/hot/codes.ts"
import { MAX_TIME_US } from "../../src/hot/RateWindow.ts"
import { balanced, drained, linear, makeRig, periodic, type Rig } from "./rig.ts"

const SECOND = 1e6
const two = [linear(), linear()]
const home = [0.5, 0.5]

const told = ({ executor }: Rig) => ({ knob: executor.knob, value: executor.value, limit: executor.limit })
const nothing = { knob: -1, value: Number.NaN, limit: Number.NaN }

/** Each guard: how it comes to refuse, what it says, and how little would have passed. */
interface Guard {
  readonly name: string
  readonly status: number
  readonly refused: (rig: Rig) => number
  readonly says: { readonly knob: number; readonly value: number; readonly limit: number }
  readonly passes: ReadonlyArray<(rig: Rig) => number>
}

const margined = (rig: Rig, margin: number): Rig => {
  rig.executor.noteMargin(Float64Array.of(0, margin), 1)
  return rig
}
const regressed = (rig: Rig, count: number): Rig => {
  rig.executor.noteRegressions(count)
  return rig
}
const rolledBack = (rig: Rig): Rig => {
  rig.at(SECOND).setBaseline()
  rig.executor.rollback()
  return rig
}

const guards: ReadonlyArray<Guard> = [
  {
    name: "the latch",
    status: SAFE_MODE_OPEN,
    refused: (rig) => {
      rig.at(SECOND).openLatch(3)
      return rig.ask(PLUS, SECOND, home)
    },
    says: { knob: -1, value: 3, limit: Number.NaN },
    passes: [
      (rig) => {
        rig.at(SECOND).openLatch(3)
        rig.executor.closeLatch()
        return rig.ask(PLUS, SECOND, home)
      },
    ],
  },
  {
    name: "the generation",
    status: STALE_GENERATION,
    refused: (rig) => rig.ask(PLUS, SECOND, home, { generation: 12 }),
    says: { knob: -1, value: 12, limit: 1 },
    passes: [(rig) => rig.ask(PLUS, SECOND, home, { generation: rig.config.generation })],
  },
  {
    name: "the cooldown",
    status: COOLDOWN_ACTIVE,
    refused: (rig) => rolledBack(rig).ask(PLUS, SECOND + balanced.cooldownUs - 1, home),
    says: { knob: -1, value: SECOND + balanced.cooldownUs - 1, limit: SECOND + balanced.cooldownUs },
    passes: [(rig) => rolledBack(rig).ask(PLUS, SECOND + balanced.cooldownUs, home)],
  },
  {
    name: "the rate",
    status: RATE_LIMIT_EXCEEDED,
    refused: (rig) => {
      rig.ask(PLUS, SECOND, home)
      return rig.ask(MINUS, SECOND + 99_999, home)
    },
    says: { knob: -1, value: SECOND + 99_999, limit: SECOND + 100_000 },
    passes: [
      (rig) => {
        rig.ask(PLUS, SECOND, home)
        return rig.ask(MINUS, SECOND + 100_000, home)
      },
    ],
  },
  {
    name: "the emergency margin",
    status: CONSTRAINT_VIOLATION,
    refused: (rig) => margined(rig, -0.51).ask(PLUS, SECOND, home),
    says: { knob: -1, value: -0.51, limit: -0.5 },
    passes: [-0.5, 0.3, Number.NaN].map(
      (margin) => (rig: Rig) => margined(rig, margin).ask(PLUS, SECOND, home),
    ),
  },
  {
    name: "the number of targets",
    status: UNKNOWN_PARAMETER,
    refused: (rig) => rig.ask(PLUS, SECOND, home, { length: 3 }),
    says: { knob: -1, value: 3, limit: 2 },
    passes: [PLUS, MINUS, UPDATE].map((kind) => (rig: Rig) => rig.ask(kind, SECOND, home, { length: 2 })),
  },
  {
    name: "the regressions",
    status: OBJECTIVE_REGRESSION,
    refused: (rig) => regressed(rig, 5).ask(UPDATE, SECOND, home),
    says: { knob: -1, value: 5, limit: 5 },
    passes: [
      (rig) => regressed(rig, 4).ask(UPDATE, SECOND, home),
      (rig) => regressed(rig, 5).ask(MINUS, SECOND, home),
    ],
  },
  {
    name: "the lower bound",
    status: OUT_OF_BOUNDS,
    refused: (rig) => rig.ask(PLUS, SECOND, [0.5, -0.25]),
    says: { knob: 1, value: -0.25, limit: 0 },
    passes: [(rig) => rig.ask(PLUS, SECOND, [0.5, 0.5])],
  },
  {
    name: "the upper bound",
    status: OUT_OF_BOUNDS,
    refused: (rig) => rig.ask(PLUS, SECOND, [1.25, 0.5]),
    says: { knob: 0, value: 1.25, limit: 1 },
    passes: [(rig) => rig.ask(PLUS, SECOND, [0.5, 0.5])],
  },
]

describe("a guardrail of Tier 1", () => {
  it.each(guards.map((guard) => [guard.name, guard] as const))(
    "%s: says what it was given and what it allows, changes nothing, and lets through what is just inside",
    (_, { status, refused, says, passes }) => {
      const rig = makeRig(two)
      const before = rig.live()
      expect(refused(rig)).toBe(status)
      expect(told(rig)).toEqual(says)
      expect(rig.executor.refused[status]).toBe(1)
      expect(rig.live()).toEqual(before)
      const records = drained(rig.audit)
      const last = records[records.length - 1]
      expect([last[RECORD_KIND], last[RECORD_CODE], last[RECORD_KNOB]]).toEqual([
        AUDIT_VIOLATION,
        status,
        says.knob,
      ])
      expect([last[RECORD_VALUE], last[RECORD_LIMIT]]).toEqual([says.value, says.limit])
      for (const pass of passes) {
        const other = makeRig(two)
        expect(pass(other)).toBe(ACCEPTED)
        // Nothing is left over of a refusal before.
        expect(told(other)).toEqual(nothing)
      }
    },
  )

  it("the step: names the knob, the requested distance and the limit, from the live configuration and from the base", () => {
    const rig = makeRig(two)
    expect(rig.ask(PLUS, SECOND, [0.45, 0.75])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.knob).toBe(1)
    expect(rig.executor.value).toBe(0.25)
    expect(rig.executor.limit).toBeCloseTo(0.1, 11)
    expect(rig.ask(PLUS, SECOND, [0.5, 0.59])).toBe(ACCEPTED)
    // A step from the perturbation, but too far from the base.
    expect(rig.ask(PLUS, 2 * SECOND, [0.5, 0.625])).toBe(DELTA_TOO_LARGE)
    expect(told(rig)).toEqual({ knob: 1, value: 0.125, limit: rig.executor.limit })
    // And the other way round: within a step of the base, too far from what is live.
    expect(rig.ask(MINUS, 3 * SECOND, [0.5, 0.42])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.value).toBeCloseTo(-0.17, 12)
  })

  it("the kinds: three move, one visits the baseline, and no others exist", () => {
    for (const kind of [-1, 0.5 + UPDATE, ROLLBACK, RETURN_TO_BASE, 7, Number.NaN]) {
      const rig = makeRig(two)
      expect(rig.ask(kind, SECOND, home)).toBe(UNKNOWN_PARAMETER)
    }
    const rig = makeRig(two)
    expect(rig.ask(VISIT_BASELINE, SECOND, home)).toBe(NO_BASELINE)
    expect(told(rig)).toEqual(nothing)
    rig.executor.setBaseline()
    expect(rig.ask(VISIT_BASELINE, SECOND, home)).toBe(ACCEPTED)
  })

  it("the step on a circle: the short way, and its sign", () => {
    const rig = makeRig([periodic()], balanced, [0.95])
    expect(rig.ask(PLUS, SECOND, [0.15])).toBe(DELTA_TOO_LARGE)
    expect(rig.executor.value).toBeCloseTo(0.2, 12)
    expect(rig.ask(PLUS, SECOND, [0.04])).toBe(ACCEPTED)
  })
})

describe("the retry time", () => {
  it("is now if nothing holds, then the interval, then the cooldown if that is longer", () => {
    const rig = makeRig(two)
    expect(rig.at(5 * SECOND).nextApplyUs).toBe(0)
    rig.ask(PLUS, 5 * SECOND, [2, 2])
    expect(rig.executor.nextApplyUs).toBe(5 * SECOND)
    rig.ask(PLUS, 5 * SECOND, home)
    expect(rig.executor.nextApplyUs).toBe(5 * SECOND + 100_000)
    // Ten in the second that begins with the first.
    for (let k = 1; k < 10; k++) expect(rig.ask(PLUS, 5 * SECOND + k * 100_000, home)).toBe(ACCEPTED)
    expect(rig.executor.nextApplyUs).toBe(6 * SECOND)
    rig.at(6 * SECOND).setBaseline()
    rig.executor.rollback()
    expect(rig.executor.nextApplyUs).toBe(6 * SECOND + balanced.cooldownUs)
    expect(rig.executor.rollbacksThisHour).toBe(1)
  })

  it("restarts the interval with every safety action, so that the plant is not moved twice at once", () => {
    const rig = makeRig(two)
    rig.at(SECOND).returnToBase()
    expect(rig.executor.nextApplyUs).toBe(SECOND + balanced.minIntervalUs)
  })
})

describe("the time of Tier 1", () => {
  it("is the latest that it was given, up to the last representable one", () => {
    const rig = makeRig(two)
    rig.ask(PLUS, SECOND, home)
    expect(rig.executor.nowUs).toBe(SECOND)
    for (const no of [SECOND - 1, Number.NaN, Number.POSITIVE_INFINITY, MAX_TIME_US + 2]) {
      rig.ask(PLUS, no, home)
      expect(rig.executor.nowUs).toBe(SECOND)
    }
    expect(rig.executor.clockHeld).toBeGreaterThanOrEqual(3)
    const held = rig.executor.clockHeld
    rig.ask(PLUS, SECOND, home)
    expect(rig.executor.clockHeld).toBe(held)
    rig.ask(PLUS, MAX_TIME_US, home)
    expect(rig.executor.nowUs).toBe(MAX_TIME_US)
  })
})

describe("a record", () => {
  it("of a refusal holds its source, time and generation, and no reading of the plant", () => {
    const rig = makeRig(two)
    rig.ask(PLUS, 3 * SECOND, [0.5, 9], { id: 77 })
    const [record] = drained(rig.audit)
    expect([record[RECORD_TIMESTAMP_US], record[RECORD_GENERATION], record[RECORD_PROPOSAL_ID]]).toEqual([
      3 * SECOND,
      rig.config.generation,
      77,
    ])
    expect([record[RECORD_DETAIL], record[RECORD_POINT], record[RECORD_POINT + 1]]).toEqual([PLUS, 0.5, 9])
    expect([record[RECORD_OBJECTIVE], record[RECORD_MARGIN]]).toEqual([Number.NaN, Number.NaN])
  })
})
