/**
 * The acceptance lines of the engine plan this project grew from, one test each, in the plan's own order. Each is held
 * in more depth elsewhere; here one sees that none was lost. Its two latency lines (decide within 1 ms, apply within
 * 100 us at p99) are figures and not tests: `npm run bench:hot` prints them.
 */
import { describe, expect, it } from "vitest"
import {
  ACCEPTED,
  AUDIT_APPLY,
  DELTA_TOO_LARGE,
  DIGEST_WIDTH,
  MINUS,
  OUT_OF_BOUNDS,
  PLUS,
  RATE_LIMIT_EXCEEDED,
  THRASHING,
  UNKNOWN_PARAMETER,
  UPDATE,
} from "../src/hot/codes.ts"
import { versionWidth } from "../src/hot/AtomicConfig.ts"
import {
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
} from "../src/hot/AuditRing.ts"
import { SpsaKernel } from "../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../src/hot/spsaSettings.ts"
import { simulate } from "../src/testing/simulate.ts"
import { scenarios } from "../src/testing/scenarios.ts"
import { balanced, drained, everyShape, linear, makeRig, unlimited } from "./hot/rig.ts"

const scenario = (name: RegExp) => {
  const found = scenarios.find((one) => name.test(one.name))
  if (found === undefined) throw new Error(`no scenario is named like ${name}`)
  return found
}

describe("after ParamVec", () => {
  it("a vector of 16 knobs takes at most 256 bytes, in user units and unit space together", () => {
    expect((versionWidth(16) - versionWidth(0)) * Float64Array.BYTES_PER_ELEMENT).toBeLessThanOrEqual(256)
  })
})

describe("after TelemetryDigest", () => {
  it("a digest takes at most 128 bytes", () => {
    expect(DIGEST_WIDTH * Float64Array.BYTES_PER_ELEMENT).toBeLessThanOrEqual(128)
  })
})

describe("after SPSA", () => {
  const table = makeRig(everyShape).table
  const start = new Float64Array(table.size).fill(0.5)
  const freely = new Float64Array(2 * table.size).map((_, i) => (i % 2 === 0 ? -1 : 1))

  it("the same seed and readings give the same bytes", () => {
    const run = () => {
      const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 7 })
      let state = new Float64Array(kernel.stateLength)
      let next = new Float64Array(kernel.stateLength)
      kernel.initial(state, start)
      for (let k = 0; k < 40; k++) {
        kernel.begin(state)
        kernel.complete(
          state,
          next,
          Float64Array.of(Math.sin(k), Math.cos(3 * k), Number.NaN, Number.NaN),
          freely,
        )
        const spare = state
        state = next
        next = spare
      }
      return new BigUint64Array(state.buffer)
    }
    expect(run()).toEqual(run())
  })

  it("a cycle has two steps, to either side of its base, with signs of one", () => {
    const rig = makeRig([linear(), linear(), linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, { ...DEFAULT_SPSA, seed: 7 })
    const state = new Float64Array(kernel.stateLength)
    const base = Float64Array.of(0.5, 0.5, 0.5)
    kernel.initial(state, base)
    kernel.begin(state)
    const plus = new Float64Array(3)
    const minus = new Float64Array(3)
    kernel.plusTarget(state, plus, 0)
    kernel.minusTarget(state, minus, 0)
    for (let i = 0; i < 3; i++) {
      expect(Math.abs(plus[i] - base[i])).toBeCloseTo(kernel.probe(state), 12)
      expect(plus[i] + minus[i]).toBeCloseTo(2 * base[i], 12)
    }
    expect(rig.ask(PLUS, 1, plus)).toBe(ACCEPTED)
    expect(rig.ask(MINUS, 2, minus)).toBe(ACCEPTED)
  })

  it("the plain schedule has the exponents 0.602 and 0.101", () => {
    expect(DEFAULT_SPSA.alpha).toBe(0.602)
    expect(DEFAULT_SPSA.gamma).toBe(0.101)
  })
})

describe("after SafetyExecutor", () => {
  const second = 1_000_000

  it.each([
    ["a step that is too large", DELTA_TOO_LARGE, [0.9, 0.5], {}],
    ["a position out of bounds", OUT_OF_BOUNDS, [1.01, 0.5], {}],
    ["knobs it does not know", UNKNOWN_PARAMETER, [0.5, 0.5], { length: 3 }],
  ] as const)("%s is refused and changes nothing", (_, status, targets, asked) => {
    const rig = makeRig([linear(), linear()])
    const before = { live: rig.live(), generation: rig.config.generation }
    expect(rig.ask(PLUS, second, targets, asked)).toBe(status)
    expect({ live: rig.live(), generation: rig.config.generation }).toEqual(before)
  })

  it("applies that come too fast are refused without a change", () => {
    const rig = makeRig([linear()])
    expect(rig.ask(PLUS, second, [0.52])).toBe(ACCEPTED)
    const live = rig.live()
    expect(rig.ask(MINUS, second + balanced.minIntervalUs / 2, [0.48])).toBe(RATE_LIMIT_EXCEEDED)
    expect(rig.live()).toEqual(live)
  })
})

describe("after control safety", () => {
  it("a base that is driven back and forth is held", () => {
    const rig = makeRig([linear()], { ...balanced, pathPerMinute: 100 })
    const answers = new Set<number>()
    let at = 0.5
    for (let k = 0; k < 40; k++) {
      const towards = Math.floor(k / 3) % 2 === 0 ? at + 0.08 : at - 0.08
      const status = rig.ask(UPDATE, (k + 1) * 200_000, [towards])
      answers.add(status)
      if (status === ACCEPTED) at = towards
    }
    expect(answers).toContain(THRASHING)
  })

  it("an exploding objective opens SafeMode", () => {
    const { plant } = scenario(/quadratic/i)
    const run = simulate(
      {
        plant: { ...plant, loss: (_, atUs) => Math.exp(atUs / 1e6) },
        noise: { kind: "none", level: 0 },
        readings: 200,
        policy: balanced,
      },
      1,
    )
    expect(run.trips).toBeGreaterThan(0)
    expect(run.applies).toBeLessThan(200)
  })
})

describe("after audit", () => {
  it("every event carries its time, generation and proposal", () => {
    const rig = makeRig([linear()])
    rig.ask(PLUS, 1_000_000, [0.52], { id: 77 })
    const [record] = drained(rig.audit)
    expect(record[RECORD_KIND]).toBe(AUDIT_APPLY)
    expect(record[RECORD_PROPOSAL_ID]).toBe(77)
    expect(record[RECORD_GENERATION]).toBe(rig.config.generation)
    expect(record[RECORD_TIMESTAMP_US]).toBe(1_000_000)
  })
})

describe("after integration", () => {
  it("the engine converges under drift without oscillating", () => {
    const run = simulate({ ...scenario(/ramp/i), policy: balanced }, 5)
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
    const quarter = Math.floor(run.losses.length / 4)
    expect(mean(run.losses.slice(-quarter))).toBeLessThan(mean(run.losses.slice(0, quarter)))
    // An oscillating base would run into the turns of a minute, or open SafeMode.
    expect({ refused: run.refused, trips: run.trips }).toEqual({ refused: 0, trips: 0 })
  })
})
