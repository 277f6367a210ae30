/** What a hot path is remembered by: plain JSON, enough to make another one that stands on the baseline. */
import { describe, expect, it } from "vitest"
import { LINEAR, LOG, PERIODIC, TRIMMED_MEAN, TRIP_MANUAL } from "../../src/hot/codes.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import type { HotPathOptions } from "../../src/hot/HotPathOptions.ts"
import { type HotPathRecord, knobsDiffer, optionsFrom } from "../../src/hot/hotPathRecord.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { concurrency, linear, periodic, unlimited } from "./rig.ts"

const knobs = [linear(-3, 7), concurrency]

const make = (more: Partial<HotPathOptions> = {}): HotPath =>
  new HotPath({
    name: "pool",
    table: new KnobTable(knobs),
    policy: unlimited,
    initialUnit: Float64Array.of(0.25, 0.5),
    window: {
      windowDigests: 5,
      windowUs: 500_000,
      settleUs: 0,
      maxAgeUs: Number.POSITIVE_INFINITY,
      aggregate: TRIMMED_MEAN,
      trim: 0.1,
    },
    auditCapacity: 64,
    ...more,
  })

/** As a file would give it back. */
const remembered = (hot: HotPath): HotPathRecord => JSON.parse(JSON.stringify(hot)) as HotPathRecord
const liveOf = ({ config }: HotPath): ReadonlyArray<number> => [config.unit(0), config.unit(1)]

/** A hot path that has left its start. */
const moved = (hot: HotPath): HotPath => {
  hot.nowCell[0] = 5_000_000
  hot.tick()
  hot.stand(Float64Array.of(0.75, 1), 0)
  return hot
}

describe("the record of a hot path", () => {
  it("states where it is, also in words", () => {
    const hot = moved(make())
    const record = remembered(hot)
    expect(record).toMatchObject({
      $arqon: "hot",
      name: "pool",
      id: hot.id,
      generation: hot.config.generation,
      values: [4.5, 256],
      base: [0.75, 1],
      baseline: null,
      start: [0.25, 0.5],
      latch: 0,
      nowUs: 5_000_000,
      auditCapacity: 64,
      journalDigests: false,
      manualTime: false,
    })
    hot.executor.setBaseline()
    hot.executor.openLatch(TRIP_MANUAL)
    expect(remembered(hot)).toMatchObject({ baseline: [0.75, 1], latch: TRIP_MANUAL })
  })

  it("states the user's start if it began elsewhere", () => {
    expect(remembered(make({ fallbackUnit: Float64Array.of(0.5, 0) })).start).toEqual([0.5, 0])
  })

  it("makes another one that is on the baseline, or on the base without one", () => {
    const hot = moved(make({ journalDigests: true, manualTime: true }))
    expect(liveOf(new HotPath(optionsFrom(remembered(hot))))).toEqual([0.75, 1])
    hot.executor.setBaseline()
    hot.stand(Float64Array.of(0.5, 0), 0)
    const other = new HotPath(optionsFrom(remembered(hot)))
    expect(liveOf(other)).toEqual([0.75, 1])
    const { id: _, generation: __, nowUs: ___, baseline: ____, base: _____, ...made } = remembered(other)
    // Made of the same: every limit, every infinity, every flag.
    expect(made).toMatchObject({ name: "pool", journalDigests: true, manualTime: true, start: [0.25, 0.5] })
    expect(other.executor.policy).toEqual(hot.executor.policy)
    expect(remembered(other)).toMatchObject({
      policy: remembered(hot).policy,
      window: remembered(hot).window,
      knobs: remembered(hot).knobs,
    })
    expect(optionsFrom(remembered(hot)).window.maxAgeUs).toBe(Number.POSITIVE_INFINITY)
  })

  it("has only the numbers of policy and window", () => {
    const hot = make({ policy: { ...unlimited, note: "ours" } as typeof unlimited })
    expect(Object.keys(remembered(hot).policy)).not.toContain("note")
    expect(remembered(hot).policy["rangePerMinute"]).toBe("Infinity")
  })
})

describe("the knobs of a record", () => {
  const record = remembered(make())
  const against = (table: ReadonlyArray<typeof concurrency>) => knobsDiffer(new KnobTable(table), record)

  it("are the same if only what a person may change between runs differs", () => {
    expect(against(knobs)).toBeNull()
    expect(against([linear(-3, 7), { ...concurrency, maxStep: 0.05 }])).toBeNull()
  })

  it.each([
    ["it has 1 knobs, not 2", [linear(-3, 7)]],
    ["it has 3 knobs, not 2", [...knobs, periodic()]],
    ["min of knob 1 (in the order of the names) is -2, not -3", [linear(-2, 7), concurrency]],
    [
      "max of knob 2 (in the order of the names) is 128, not 256",
      [linear(-3, 7), { ...concurrency, max: 128 }],
    ],
    [
      "scale of knob 2 (in the order of the names) is linear, not log",
      [linear(-3, 7), { ...concurrency, scale: LINEAR }],
    ],
    [
      "scale of knob 1 (in the order of the names) is periodic, not linear",
      [{ ...linear(-3, 7), scale: PERIODIC }, concurrency],
    ],
    [
      "step of knob 2 (in the order of the names) is 0, not 1",
      [linear(-3, 7), { ...concurrency, scale: LOG, step: 0 }],
    ],
  ])("say in what they differ first: %s", (text, table) => {
    expect(against(table)).toBe(text)
  })
})
