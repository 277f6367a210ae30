/** What the page works out by itself, without a browser: figures, statecharts as graphs, and the time line. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { EngineEntry, History, WindowMessage } from "../../../src/studio/protocol/protocol.ts"
import { machineDefinitions } from "../../../src/studio/server/machineDefinitions.ts"
import { ticksAt } from "../../../src/domain/axisTicks.ts"
import { axisFigures, axisSteps } from "../../../src/studio/page/chart/axis.ts"
import {
  clock,
  counted,
  figure,
  grouped,
  isolated,
  span,
  words,
} from "../../../src/studio/page/core/format.ts"
import { Track } from "../../../src/studio/page/core/Track.ts"
import { graphOf, movesTaken, standing, trigger } from "../../../src/studio/page/statechart/Graph.ts"

describe("figures", () => {
  it("have at most four digits, a true minus, and a dash for nothing", () => {
    expect(figure(0)).toBe("0")
    expect(figure(18.6349)).toBe("18.6")
    expect(figure(-2)).toBe("−2")
    expect(figure(123.456)).toBe("123.5")
    expect(figure(0.000_012)).toBe("1.2e−5")
    expect(figure(2_000_000)).toBe("2e6")
    for (const nothing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      expect(figure(nothing)).toBe("–")
  })

  it("group thousands, count things, and write durations", () => {
    expect(grouped(1_234_567)).toBe("1\u202f234\u202f567")
    expect([counted(1, "trip"), counted(3, "trip")]).toEqual(["1 trip", "3 trips"])
    expect([500_000, 7_500_000, 75_000_000, 3_661_000_000].map(span)).toEqual([
      "500 ms",
      "7.5 s",
      "1 min 15 s",
      "1 h 1 min",
    ])
    expect(words("safeModeEntered")).toBe("safe mode entered")
  })

  it("distinguish a manual clock from the wall clock", () => {
    expect(clock(83_400_000, 1)).toBe("01:23.4")
    expect(clock(1_795_255_200_000_000)).toMatch(/^\d\d:\d\d:\d\d$/)
  })

  it("show no moment in the future, and mark one before the beginning", () => {
    expect([clock(11_960_000, 1), clock(11_999_999, 2), clock(-10_000_000)]).toEqual([
      "00:11.9",
      "00:11.99",
      "−00:10",
    ])
  })

  it("keep the direction of a line even if a name in it reverses", () => {
    expect(isolated("batchMs – “ä”")).toBe("batchMs – “ä”")
    expect(isolated("a\u202eb")).toBe("\u2068ab\u2069")
    expect(isolated("\u2069مهلة")).toBe("\u2068مهلة\u2069")
  })
})

describe("an axis", () => {
  const labels = (low: number, high: number): ReadonlyArray<string> => {
    const step = axisSteps(low, high).find((one) => (high - low) / one <= 6) ?? 0
    return axisFigures(ticksAt(low, high, step), step)
  }

  it("has lines at round figures for values of any size", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -300, max: 300, noNaN: true }),
        fc.double({ min: -9, max: 1, noNaN: true }),
        fc.boolean(),
        (power, spread, below) => {
          const low = (below ? -1 : 1) * 10 ** power
          const high = low + Math.abs(low) * 10 ** spread
          const told = labels(low, high)
          expect(told.length).toBeGreaterThanOrEqual(2)
          expect(new Set(told).size).toBe(told.length)
        },
      ),
    )
    expect(labels(0, 1)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"])
  })

  it("is empty if neighbours cannot be distinguished, or without room", () => {
    expect(ticksAt(1e20, 1e20 + 1e5, 1e-3).length).toBeLessThan(50)
    expect(axisSteps(3, 3)).toEqual([1])
    expect(axisSteps(-1.7e308, 1.7e308)).toEqual([1])
  })
})

describe("a statechart as a graph", () => {
  const graphs = machineDefinitions().map(graphOf)

  it("knows every state that an arrow touches, in every machine", () => {
    expect(graphs.length).toBeGreaterThanOrEqual(5)
    for (const { states, moves } of graphs) {
      expect(moves.length).toBeGreaterThan(0)
      for (const { from, to, labels } of moves) {
        expect([...states.keys()]).toEqual(expect.arrayContaining([from, to]))
        expect(labels.length).toBeGreaterThan(0)
      }
    }
  })

  it("finds the path that was taken: directly, over intermediate states, or from the enclosing state", () => {
    const cycle = graphs.find(({ machine }) => machine.name === "spsaCycle")!
    const at = (state: string): ReadonlyArray<string> => ["spsaCycle.tuning", `spsaCycle.tuning.${state}`]
    const ways = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): ReadonlyArray<string> =>
      movesTaken(cycle, before, after).map(
        ({ from, to }) => `${from.split(".").at(-1)} ${to.split(".").at(-1)}`,
      )
    expect(ways(at("applyingPlus"), at("waitingPlus"))).toEqual(["applyingPlus waitingPlus"])
    expect(ways(at("waitingMinus"), at("ready"))).toEqual(["waitingMinus computing", "computing ready"])
    expect(ways(at("applyingPlus"), ["spsaCycle.frozen"])).toEqual(["tuning frozen"])
    expect(ways(at("ready"), at("ready"))).toEqual([])
    expect(standing(cycle, at("waitingPlus"))).toBe("waiting plus")
    expect([trigger("", "dueWithPlusFirst"), trigger("window", null)]).toEqual([
      "[due with plus first]",
      "window",
    ])
  })
})

describe("the time line", () => {
  const engine = { knobs: [{ name: "a" }] } as unknown as EngineEntry
  const window = (closedUs: number, objective: number | null): WindowMessage =>
    ({
      closedUs,
      objective,
      status: objective === null ? "expired" : "closed",
      place: "tuned",
      start: null,
      generation: 1,
    }) as WindowMessage

  it("takes each window once, in order, and marks expired ones", () => {
    const track = new Track(engine)
    track.add(window(1, 5), null)
    track.add(window(2, null), null)
    track.add(window(2, 7), null)
    track.add(window(1, 7), null)
    expect(track.times).toEqual([1, 2])
    expect(track.objective).toEqual([5, null])
    expect(track.expired).toEqual([0, 1])
  })

  it("stays within its bounds however long it runs, in every column", () => {
    const track = new Track(engine)
    track.margins.push([])
    for (let i = 1; i <= 20_000; i++) {
      track.add(window(i, i), null)
      track.note({ run: "r", seq: i, kind: "baselineSet", atUs: i, generation: 1 })
    }
    expect(track.times.length).toBeLessThanOrEqual(4000)
    expect(track.marks.length).toBeLessThanOrEqual(500)
    expect(track.times.at(-1)).toBe(20_000)
    for (const column of [
      track.objective,
      track.low,
      track.margins[0],
      track.live.get("a"),
      track.base.get("a"),
    ]) {
      expect(column).toHaveLength(track.times.length)
    }
  })

  it("restarts from the server's history", () => {
    const track = new Track(engine)
    track.add(window(9, 9), null)
    const history: Partial<History> = {
      atUs: [1, 2],
      generation: [1, 1],
      objective: [3, 4],
      objectiveLow: [3, 4],
      objectiveHigh: [3, 4],
      baseline: [null, null],
      refused: [0, 0],
      start: null,
      expired: [0, 0],
      latencyP99Us: [null, null],
      throughputRps: [null, null],
      errorRate: [null, null],
      knobs: { a: { live: [1, 2], base: [1, 1] } },
      marks: [],
    }
    track.load(history as History)
    expect([track.times, track.live.get("a"), track.base.get("a")]).toEqual([
      [1, 2],
      [1, 2],
      [1, 1],
    ])
  })
})
