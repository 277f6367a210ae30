import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  CHANNELS,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_RECEIVED_US,
  DIGEST_TIMESTAMP_US,
  DIGEST_WIDTH,
  FIRST_CHANNEL,
  INVALID,
  MEAN,
  MEDIAN,
  SETTLING,
  TOO_OLD,
  TRIMMED_MEAN,
  VALID,
  WRONG_GENERATION,
} from "../../src/hot/codes.ts"
import {
  WINDOW_CLOSED_US,
  WINDOW_GENERATION,
  WINDOW_NOW_US,
  WINDOW_OPENED_US,
  WindowAccumulator,
  type WindowNumbers,
} from "../../src/hot/WindowAccumulator.ts"

const numbers: WindowNumbers = {
  windowDigests: 5,
  windowUs: 500_000,
  settleUs: 10_000,
  maxAgeUs: 100_000,
  aggregate: TRIMMED_MEAN,
  trim: 0.1,
}

function open(window: WindowAccumulator, nowUs: number, generation: number): void {
  window.cells[WINDOW_NOW_US] = nowUs
  window.cells[WINDOW_GENERATION] = generation
  window.open()
}

const opened = (
  nowUs: number,
  generation: number,
  overrides: Partial<WindowNumbers> = {},
): WindowAccumulator => {
  const window = new WindowAccumulator({ ...numbers, ...overrides })
  open(window, nowUs, generation)
  return window
}

/** Adds a digest at an offset, so that an accumulator that ignores offsets is found out. */
function add(
  window: WindowAccumulator,
  stampUs: number,
  generation: number,
  objective: number,
  rest: ReadonlyArray<number> = [],
  receivedUs = stampUs,
): number {
  const block = new Float64Array(2 * DIGEST_WIDTH).fill(Number.NaN)
  const at = DIGEST_WIDTH
  block[at + DIGEST_TIMESTAMP_US] = stampUs
  block[at + DIGEST_GENERATION] = generation
  block[at + DIGEST_OBJECTIVE] = objective
  rest.forEach((reading, i) => {
    block[at + DIGEST_OBJECTIVE + 1 + i] = reading
  })
  block[at + DIGEST_RECEIVED_US] = receivedUs
  return window.add(block, at)
}

describe("validity", () => {
  it("checks in the order invalid, wrong generation, settling, too old, valid", () => {
    const window = opened(0, 1)
    open(window, 1_000_000, 2)
    const late = 2_000_000
    expect(add(window, 1_000_000, 1, Number.NaN, [], late)).toBe(INVALID)
    expect(add(window, 1_000_000, 1, 5, [], late)).toBe(WRONG_GENERATION)
    expect(add(window, 1_000_000, 2, 5, [], late)).toBe(SETTLING)
    expect(add(window, 1_010_000, 2, 5, [], late)).toBe(TOO_OLD)
    expect(add(window, 1_010_000, 2, 5, [], 1_110_000)).toBe(VALID)
    expect([...window.counters]).toEqual([1, 1, 1, 1, 1])
    expect([...window.windowCounters]).toEqual([1, 1, 1, 1, 1])
  })

  it("ignores other channels: infinite ones count as absent", () => {
    const window = opened(0, 1, { windowDigests: 2, aggregate: MEAN })
    expect(add(window, 1, 1, 5, [Number.POSITIVE_INFINITY, 7])).toBe(VALID)
    expect(add(window, 2, 1, 7, [3, Number.NEGATIVE_INFINITY])).toBe(VALID)
    expect([...window.means].slice(0, 4)).toEqual([6, 3, 7, Number.NaN])
    expect([...window.present].slice(0, 4)).toEqual([2, 1, 1, 0])
    expect(window.infiniteReadings).toBe(2)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "is invalid for %s as objective or stamp",
    (odd) => {
      const window = opened(0, 1)
      expect(add(window, 1, 1, odd)).toBe(INVALID)
      expect(add(window, odd, 1, 1, [], 1)).toBe(INVALID)
      expect(add(window, 1, odd, 1)).toBe(WRONG_GENERATION)
      expect(window.count).toBe(0)
    },
  )

  it("refuses a stamp too far ahead of its receipt only if that is bounded", () => {
    expect(add(opened(0, 1, { maxAheadUs: 1_000 }), 5_001, 1, 1, [], 4_000)).toBe(INVALID)
    expect(add(opened(0, 1, { maxAheadUs: 1_000 }), 5_000, 1, 1, [], 4_000)).toBe(VALID)
    expect(add(opened(0, 1), 5_000_000, 1, 1, [], 4_000)).toBe(VALID)
  })

  it("checks neither age nor lead when the receipt is unknown", () => {
    const window = opened(0, 1, { maxAheadUs: 0, maxAgeUs: 0, windowDigests: 1 })
    expect(add(window, 77, 1, 1, [], Number.NaN)).toBe(VALID)
    expect(window.cells[WINDOW_CLOSED_US]).toBe(77)
  })

  it("counts nothing as valid before the first window opens", () => {
    expect(add(new WindowAccumulator(numbers), 1, 1, 1)).toBe(WRONG_GENERATION)
  })
})

describe("settling", () => {
  it("starts at an apply, not at the start or when the same generation opens again", () => {
    const window = opened(100, 1)
    expect(add(window, 100, 1, 1)).toBe(VALID)
    open(window, 1_000, 2)
    expect(add(window, 10_999, 2, 1)).toBe(SETTLING)
    open(window, 11_000, 2)
    expect(add(window, 11_000, 2, 1)).toBe(VALID)
  })
})

describe("a window", () => {
  it("closes at its count, holds its aggregates, and counts what comes later as surplus", () => {
    const window = opened(0, 1)
    for (let i = 1; i <= 4; i++) add(window, i, 1, i * 10)
    expect([window.closed, window.means[0]]).toEqual([false, Number.NaN])
    add(window, 5, 1, 1e12)
    expect([window.closed, window.count, window.means[0], window.cells[WINDOW_CLOSED_US]]).toEqual([
      true,
      5,
      30,
      5,
    ])
    expect(add(window, 6, 1, 99)).toBe(VALID)
    expect([window.count, window.surplus, window.means[0]]).toEqual([5, 1, 30])
  })

  it("expires with its content and stays expired until it opens again", () => {
    const window = opened(1_000, 1)
    expect(window.expiresAtUs).toBe(501_000)
    add(window, 2_000, 1, 4, [9])
    window.cells[WINDOW_NOW_US] = 501_000
    window.expire()
    expect([window.expired, window.closed, window.count]).toEqual([true, false, 1])
    expect([...window.means].slice(0, 3)).toEqual([4, 9, Number.NaN])
    expect(window.cells[WINDOW_CLOSED_US]).toBe(501_000)
    add(window, 502_000, 1, 5)
    expect([window.count, window.surplus]).toEqual([1, 1])
    open(window, 503_000, 1)
    expect([window.expired, window.count, window.means[0], window.cells[WINDOW_OPENED_US]]).toEqual([
      false,
      0,
      Number.NaN,
      503_000,
    ])
  })

  it("does not expire once closed", () => {
    const window = opened(0, 1, { windowDigests: 1 })
    add(window, 5, 1, 4)
    window.cells[WINDOW_NOW_US] = 9e9
    window.expire()
    expect([window.expired, window.cells[WINDOW_CLOSED_US]]).toEqual([false, 5])
  })

  it("does not count for a generation that is only a placeholder", () => {
    const window = opened(0, 1)
    window.cells[WINDOW_GENERATION] = 2
    expect(add(window, 1, 2, 1)).toBe(WRONG_GENERATION)
    expect(add(window, 1, 1, 1)).toBe(VALID)
  })

  it.each([
    ["windowDigests", 0],
    ["windowDigests", 1.5],
    ["windowDigests", 2 ** 20 + 1],
    ["windowUs", 0],
    ["windowUs", Number.NaN],
    ["settleUs", -1],
    ["settleUs", Number.POSITIVE_INFINITY],
    ["maxAgeUs", Number.NaN],
    ["maxAheadUs", -1],
    ["trim", 0.6],
    ["trim", -0.1],
    ["aggregate", 3],
  ])("refuses %s = %s, by name", (key, value) => {
    const make = () => new WindowAccumulator({ ...numbers, [key]: value })
    expect(make).toThrow(RangeError)
    expect(make).toThrow(new RegExp(`^${key}: must be .*, got ${value}\\.$`))
  })

  it.each([
    ["windowDigests", 1],
    ["windowDigests", 2 ** 20],
    ["windowUs", 1],
    ["settleUs", 0],
    ["maxAgeUs", 0],
    ["maxAheadUs", 0],
    ["trim", 0],
    ["trim", 0.5],
  ])("takes %s = %s", (key, value) => {
    expect(new WindowAccumulator({ ...numbers, [key]: value }).count).toBe(0)
  })

  it("is neither closed nor expired before it was opened", () => {
    const window = new WindowAccumulator(numbers)
    expect([window.closed, window.expired]).toEqual([false, false])
  })

  it("counts digests by verdict, since it was opened and in total", () => {
    const window = opened(0, 1)
    add(window, 20_000, 1, 1)
    add(window, 20_000, 2, 1)
    add(window, 20_000, 1, Number.NaN)
    const once = [1, 1, 1, 0, 0]
    expect([...window.windowCounters]).toEqual(once)
    open(window, 30_000, 1)
    expect([...window.windowCounters]).toEqual([0, 0, 0, 0, 0])
    expect([...window.counters]).toEqual(once)
    add(window, 40_000, 1, 1)
    expect([...window.windowCounters]).toEqual([1, 0, 0, 0, 0])
    expect([...window.counters]).toEqual([2, 1, 1, 0, 0])
  })

  it("closes at its last digest's receipt, or at its stamp if the receipt is unknown", () => {
    for (const receivedUs of [25_000, Number.NaN]) {
      const window = opened(0, 1, { windowDigests: 1 })
      const block = new Float64Array(3 * DIGEST_WIDTH).fill(Number.NaN)
      const at = 2 * DIGEST_WIDTH
      block[at + DIGEST_TIMESTAMP_US] = 20_000
      block[at + DIGEST_GENERATION] = 1
      block[at + DIGEST_OBJECTIVE] = 1
      block[at + DIGEST_RECEIVED_US] = receivedUs
      expect(window.add(block, at)).toBe(VALID)
      expect(window.cells[WINDOW_CLOSED_US]).toBe(Number.isNaN(receivedUs) ? 20_000 : 25_000)
    }
  })
})

describe("against a naive oracle", () => {
  const weird = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e308, Number.MIN_VALUE, 0),
  )
  const digest = fc.record({
    lag: fc.integer({ min: 0, max: 60_000 }),
    age: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 150_000 })),
    off: fc.constantFrom(0, 0, 0, 0, 1, -1),
    readings: fc.array(weird, { minLength: CHANNELS, maxLength: CHANNELS }),
    apply: fc.boolean(),
  })

  it.each([
    ["trimmed mean", TRIMMED_MEAN],
    ["median", MEDIAN],
    ["mean", MEAN],
  ])("the %s of every channel covers exactly the valid digests of one generation", (_, aggregate) => {
    fc.assert(
      fc.property(fc.array(digest, { minLength: 1, maxLength: 60 }), (digests) => {
        const window = opened(0, 1, { windowDigests: 3, aggregate })
        let now = 0
        let generation = 1
        let appliedUs = Number.NEGATIVE_INFINITY
        let taken: Array<ReadonlyArray<number>> = []
        for (const d of digests) {
          now += d.lag
          if (d.apply && window.closed) {
            open(window, now, ++generation)
            appliedUs = now
            taken = []
          }
          const stamp = now - d.age
          const valid =
            Number.isFinite(d.readings[0]) &&
            d.off === 0 &&
            stamp >= appliedUs + numbers.settleUs &&
            d.age <= numbers.maxAgeUs
          expect(
            add(window, stamp, generation + d.off, d.readings[0], d.readings.slice(1), now) === VALID,
          ).toBe(valid)
          if (valid && taken.length < 3) taken.push(d.readings)
          expect([window.count, window.closed]).toEqual([taken.length, taken.length === 3])
          if (!window.closed) continue
          for (let c = 0; c < CHANNELS; c++) {
            const present = taken
              .map((readings) => readings[c])
              .filter(Number.isFinite)
              .sort((a, b) => a - b)
            const kept = aggregate === MEAN || present.length < 3 ? present : present.slice(1, -1)
            const expected =
              kept.length === 0 ? Number.NaN : kept.reduce((sum, value) => sum + value / kept.length, 0)
            if (Number.isNaN(expected)) expect(window.means[c]).toBeNaN()
            else
              expect(Math.abs(window.means[c] - expected)).toBeLessThanOrEqual(
                1e-9 * Math.max(1, Math.abs(expected)),
              )
          }
        }
      }),
    )
  })
})

it("has nine channels, starting with the objective", () => {
  expect(FIRST_CHANNEL).toBe(DIGEST_OBJECTIVE)
})
