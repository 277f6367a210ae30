/** Timing in turns, on a clock that only moves by what is run. */
import { expect, test } from "vitest"
import { inTurns, warm } from "../../../src/morph/compile/timing.ts"

/** Ways that take so long, and what was run in which order. */
function rig(costs: ReadonlyArray<(call: number) => number>) {
  let ms = 0
  const ran: Array<number> = []
  const ways = costs.map((cost, i) => () => {
    ms += cost(ran.length)
    ran.push(i)
  })
  return { ways, ran, now: () => ms }
}

test("each way is timed by itself, and whoever comes first changes from turn to turn", () => {
  const { ways, ran, now } = rig([() => 2, () => 1])
  const [slow, quick] = inTurns(ways, 3, now)
  expect(slow).toEqual({ least: 2, median: 2, most: 2 })
  expect(quick).toEqual({ least: 1, median: 1, most: 1 })
  // One call fills a turn.
  expect(ran.slice(-6)).toEqual([0, 1, 1, 0, 0, 1])
})

test("a short way is called often enough to be seen, and a clock that stands still ends the measurement", () => {
  const { ways, ran, now } = rig([() => 0.001])
  expect(inTurns(ways, 1, now)[0].median).toBeCloseTo(0.001, 9)
  expect(ran.length).toBeGreaterThanOrEqual(100)
  const still = rig([() => 0])
  expect(inTurns(still.ways, 1, still.now)).toEqual([{ least: 0, median: 0, most: 0 }])
  warm(still.ways[0], still.now)
})

test("a way is warmed up until it gets no faster", () => {
  const { ways, ran, now } = rig([(call) => (call < 20 ? 1 : 0.1)])
  warm(ways[0], now)
  expect(ran.length).toBeGreaterThan(20)
  expect(ran.length).toBeLessThan(1000)
})
