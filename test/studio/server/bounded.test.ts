/** What the studio keeps and shows is bounded: history in rows, contexts in small plain data. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { HistoryRecorder, type HistoryWindow } from "../../../src/studio/server/HistoryRecorder.ts"
import { EVENT_LIMITS, plain } from "../../../src/studio/server/plain.ts"

const window = (
  index: number,
  objective: number | null,
  status: HistoryWindow["status"] = "closed",
): HistoryWindow => ({
  index,
  generation: index,
  closedUs: index * 1000,
  objective,
  latencyP99Us: index,
  throughputRps: null,
  errorRate: null,
  status,
})

describe("the history of an engine", () => {
  it("keeps every window, extreme and end, however long the run", () => {
    const recorder = new HistoryRecorder(["a", "b"])
    const total = 9973
    for (let i = 1; i <= total; i++) {
      recorder.add(
        window(i, i === 4321 ? 1e6 : i === 1234 ? -1e6 : i % 7, i % 10 === 0 ? "expired" : "closed"),
        [i, -i],
        [i / 2, 0],
      )
    }
    const history = recorder.read("e", 5000)
    expect(history.atUs.length).toBeLessThanOrEqual(2048)
    expect(history.atUs.length).toBeGreaterThan(1000)
    const sum = (counts: ReadonlyArray<number>): number => counts.reduce((all, count) => all + count, 0)
    expect(sum(history.windows) + sum(history.expired)).toBe(total)
    // Every row but the last, which is being filled, is as coarse as the others.
    const each = history.windows.map((count, row) => count + history.expired[row])
    expect(new Set(each.slice(0, -1)).size).toBe(1)
    expect(sum(history.expired)).toBe(Math.floor(total / 10))
    expect(Math.max(...history.objectiveHigh.map(Number))).toBe(1e6)
    expect(Math.min(...history.objectiveLow.map(Number))).toBe(-1e6)
    expect([history.fromUs, history.toUs, history.atUs.at(-1)]).toEqual([1000, total * 1000, total * 1000])
    expect([history.knobs["a"].live.at(-1), history.knobs["b"].live.at(-1)]).toEqual([total, -total])
    expect(history.atUs).toEqual(history.atUs.toSorted((x, y) => x - y))
  })

  it("keeps the least margin of every rule, however many windows became one row", () => {
    const leastOf = (margins: ReadonlyArray<number | null>): number | null => {
      const known = margins.filter((one) => one !== null)
      return known.length === 0 ? null : Math.min(...known)
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.option(fc.integer()), fc.option(fc.integer())), { minLength: 1 }),
        fc.integer({ min: 2_500, max: 9_000 }),
        (given, windows) => {
          const recorder = new HistoryRecorder(["a"], 2)
          const least: Array<number | null> = []
          for (let i = 1; i <= windows; i++) {
            const [recorded, margin] = given[i % given.length]
            // A violation may be over before the window closes.
            if (recorded !== null)
              recorder.note({
                run: "r",
                seq: i,
                kind: "rule",
                atUs: i,
                generation: 1,
                rule: 1,
                margin: recorded,
              })
            least.push(leastOf([recorded, margin]))
            const told = recorder.add(window(i, 1), [0], [0], [{ margin: null }, { margin }])
            if (i < 100) expect(told).toEqual([null, least[i - 1]])
          }
          const { atUs, margins } = recorder.read("e", 5_000)
          expect(margins).toEqual([
            atUs.map(() => null),
            atUs.map((us, row) => leastOf(least.slice((atUs[row - 1] ?? 0) / 1_000, us / 1_000))),
          ])
        },
      ),
      { numRuns: 20 },
    )
    expect(new HistoryRecorder(["a"]).read("e", 1).margins).toBeUndefined()
  })

  it("shows the mean of each row, and nothing without readings", () => {
    const recorder = new HistoryRecorder(["a"])
    recorder.add(window(1, 4), [0], [0])
    recorder.add(window(2, null, "expired"), [0], [0])
    const { objective, latencyP99Us, throughputRps } = recorder.read("e", 10)
    expect([objective, latencyP99Us, throughputRps]).toEqual([
      [4, null],
      [1, null],
      [null, null],
    ])
  })

  it("keeps the latest marks and counts those that were dropped", () => {
    const recorder = new HistoryRecorder(["a"])
    for (let seq = 0; seq < 700; seq++) {
      recorder.note({ run: "r", seq, kind: "safeModeEntered", atUs: seq, generation: 1 })
    }
    const { marks, marksForgotten } = recorder.read("e", 10)
    expect([marks.length, marks[0].seq, marksForgotten]).toEqual([500, 200, 200])
  })

  it("separates readings of a visited baseline, and of the start, from those of the tuned configuration", () => {
    const recorder = new HistoryRecorder(["a"])
    const apply = (action: string, generation: number): void =>
      recorder.note({ run: "r", seq: generation, kind: "apply", atUs: 0, generation, action })
    const read = (generation: number, objective: number): void => {
      recorder.add({ ...window(generation, objective), index: generation - 1 }, [0], [0])
    }
    read(1, 10)
    apply("applyPlus", 2)
    read(2, 12)
    apply("update", 3)
    read(3, 7)
    // A proposal has the generation that it would replace: it is no visit.
    recorder.note({ run: "r", seq: 9, kind: "proposal", atUs: 0, generation: 3, action: "visitBaseline" })
    recorder.note({ run: "r", seq: 10, kind: "violation", atUs: 0, generation: 3 })
    apply("visitBaseline", 4)
    read(4, 11)
    const { objective, baseline, start, refused } = recorder.read("e", 10)
    expect(objective).toEqual([10, 12, 7, null])
    expect(baseline).toEqual([null, null, null, 11])
    expect(start).toEqual({ windows: 2, objective: 11, throughputRps: null })
    expect(refused).toEqual([0, 0, 0, 1])
    expect([recorder.placeOf(3), recorder.placeOf(4)]).toEqual(["tuned", "baseline"])
  })

  it("shows no start if it was not recorded from the first window", () => {
    const recorder = new HistoryRecorder(["a"])
    recorder.add(window(5, 4), [0], [0])
    expect(recorder.read("e", 10).start).toBeNull()
  })

  it("stays within its memory with the largest number of knobs", () => {
    const names = Array.from({ length: 65_535 }, (_, i) => `k${i}`)
    const recorder = new HistoryRecorder(names)
    const values = new Float64Array(names.length)
    for (let i = 1; i <= 100; i++) recorder.add(window(i, i), values, values)
    expect(recorder.read("e", 1000, ["k3"]).atUs.length).toBeLessThanOrEqual(16)
  })
})

describe("what is shown of a context", () => {
  it("is small and plain, whatever it was", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, withNullPrototype: true }),
        (value) => {
          const text = JSON.stringify(plain(value, EVENT_LIMITS)) ?? "undefined"
          expect(text.length).toBeLessThan(2_000_000)
          expect(text).not.toContain("=>")
        },
      ),
    )
  })

  it("hides fields named like secrets, at any depth", () => {
    const shown = JSON.stringify(
      plain(
        { apiKey: "s1", nested: { password: "s2", Authorization: "s3" }, list: [{ token: "s4" }] },
        EVENT_LIMITS,
      ),
    )
    for (const secret of ["s1", "s2", "s3", "s4"]) expect(shown).not.toContain(secret)
  })

  it("cuts long texts, long arrays, deep nesting and cycles, and names what it cannot show", () => {
    const circle: Record<string, unknown> = { name: "x".repeat(1000) }
    circle["self"] = circle
    circle["list"] = Array.from({ length: 100 }, (_, i) => i)
    circle["act"] = () => 1
    circle["map"] = new Map()
    circle["numbers"] = new Float64Array(100)
    circle["deep"] = { a: { b: { c: { d: 1 } } } }
    const shown = plain(circle, EVENT_LIMITS) as Record<string, unknown>
    expect(shown["name"]).toHaveLength(201)
    expect(shown["self"]).toBe("(circular)")
    expect(shown["list"]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, "… 92 more"])
    expect([shown["act"], shown["map"]]).toEqual(["(function)", "(Map)"])
    expect(shown["numbers"]).toHaveLength(9)
    expect(JSON.stringify(shown["deep"])).toContain("(…)")
  })

  it("never fails on what it reads, and sets no prototype", () => {
    const thrower = Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      },
    })
    expect(plain(thrower, EVENT_LIMITS)).toBe("(unreadable)")
    const made = plain(JSON.parse('{"__proto__": {"polluted": 1}}'), EVENT_LIMITS) as object
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype)
    expect(Reflect.get({}, "polluted")).toBeUndefined()
  })
})
