/** The replicas an owner knows: each report counts once, and who is silent is not waited for. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Report } from "../../src/cohort/protocol.ts"
import { MOST_REPLICAS, Roster } from "../../src/cohort/Roster.ts"

const LIVE = [1, 5] as const
const REPORT_US = 500_000

const reportOf = (seq: number, n: number, over: Partial<Report> = {}): Report => ({
  protocol: 1,
  tuner: "t",
  replica: "r",
  boot: "b",
  seq,
  table: "x",
  at: LIVE,
  windows: [{ at: LIVE, n, sum: 2 * n, sum2: 4 * n, errors: 0 }],
  ...over,
})

describe("a roster", () => {
  it("counts each report once, however often and in whatever order copies of it arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 6 }), { maxLength: 40 }), (arrivals) => {
        const roster = new Roster(REPORT_US)
        const taken = arrivals.filter((seq) => roster.take(reportOf(seq, seq + 1), 0, LIVE) === "counted")
        expect(new Set(taken).size).toBe(taken.length)
        const n = roster.find("r", "b")?.measured.n ?? 0
        expect(n).toBe(taken.reduce((sum, seq) => sum + seq + 1, 0))
      }),
    )
  })

  it("counts nothing that was measured under another pair", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(0, 3, { windows: [{ at: [1, 4], n: 3, sum: 1, sum2: 1, errors: 0 }] }), 0, LIVE)
    expect(roster.find("r", "b")?.measured.n).toBe(0)
    expect(roster.late).toBe(1)
  })

  it("knows a replica that restarted by its boot, and waits for its earlier start no more", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(40, 1), 0, LIVE)
    expect(roster.take(reportOf(0, 2, { boot: "later" }), 1, LIVE)).toBe("counted")
    expect(roster.present(2).map(({ boot }) => boot)).toEqual(["later"])
  })

  it("keeps two replicas of one name apart by their boots: the later one takes part, and the other once that one is gone", () => {
    const roster = new Roster(REPORT_US)
    const names = (us: number) => roster.present(us).map(({ boot }) => boot)
    const first = (seq: number, us: number) => roster.take(reportOf(seq, 1), us, LIVE)
    const second = (seq: number, us: number, over = {}) =>
      roster.take(reportOf(seq, 1, { boot: "second", ...over }), us, LIVE)
    first(0, 0)
    second(0, 1)
    expect([first(1, 2), second(1, 3)]).toEqual(["counted", "counted"])
    expect(names(4)).toEqual(["second"])
    expect(roster.all.map(({ boot, replaced }) => [boot, replaced])).toEqual([
      ["b", true],
      ["second", false],
    ])
    second(2, 5, { leaving: true })
    first(2, 6)
    expect(names(7)).toEqual(["b"])
  })

  it("lists as present whoever was heard within three reports", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(0, 1), 0, LIVE)
    expect(roster.present(3 * REPORT_US)).toHaveLength(1)
    expect(roster.present(3 * REPORT_US + 1)).toHaveLength(0)
  })

  it("forgets whoever says goodbye at once, and the silent after a minute", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(0, 1), 0, LIVE)
    roster.take(reportOf(0, 1, { replica: "other" }), 0, LIVE)
    expect(roster.take(reportOf(1, 1, { leaving: true }), 1, LIVE)).toBe("left")
    expect(roster.size).toBe(1)
    roster.forgetGone(60_000_000)
    expect(roster.size).toBe(1)
    roster.forgetGone(60_000_001)
    expect(roster.size).toBe(0)
  })

  it("waits for who confirms late, and no more for who was late six times in a row or has refused", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(0, 1, { at: [1, 4] }), 0, LIVE)
    const entry = roster.find("r", "b")
    if (entry === undefined) return expect.fail("the replica is not known")
    // A stage that was over before it could confirm counts for nothing.
    for (let k = 0; k < 9; k++) roster.noteLate(LIVE, 0, 2 * REPORT_US)
    for (let k = 0; k < 5; k++) roster.noteLate(LIVE, 0, 2 * REPORT_US + 1)
    expect(roster.isWaitedFor(entry, 1)).toBe(true)
    roster.noteLate(LIVE, 0, 2 * REPORT_US + 1)
    expect(roster.isWaitedFor(entry, 1)).toBe(false)
    roster.take(reportOf(1, 1), 0, LIVE)
    expect(roster.isWaitedFor(entry, 1)).toBe(true)
    roster.take(reportOf(2, 1, { refused: "older" }), 0, LIVE)
    expect(roster.isWaitedFor(entry, 1)).toBe(true)
    roster.take(reportOf(3, 1, { refused: "outOfBounds" }), 0, LIVE)
    expect(roster.isWaitedFor(entry, 1)).toBe(false)
  })

  it("lets in ten reports a second of each replica, whatever the others send", () => {
    const roster = new Roster(REPORT_US)
    const admitted = { often: 0, seldom: 0 }
    for (let ms = 0; ms < 10_000; ms++) {
      for (const replica of ["often", "seldom"] as const) {
        if (replica === "seldom" && ms % 500 > 0) continue
        const report = reportOf(ms, 1, { replica })
        if (roster.admit(report, ms * 1000) > 0) continue
        roster.take(report, ms * 1000, LIVE)
        admitted[replica]++
      }
    }
    expect(admitted.seldom).toBe(20)
    // What came at once at first, and ten a second.
    expect(admitted.often).toBeGreaterThanOrEqual(100)
    expect(admitted.often).toBeLessThanOrEqual(112)
  })

  it("says how long to wait, after which a report is let in, and lets every goodbye in", () => {
    const roster = new Roster(REPORT_US)
    const waits = Array.from({ length: 30 }, (_, seq) => {
      const wait = roster.admit(reportOf(seq, 1), 0)
      if (wait === 0) roster.take(reportOf(seq, 1), 0, LIVE)
      return wait
    })
    const wait = waits.find((us) => us > 0) as number
    expect(roster.admit(reportOf(31, 1, { leaving: true }), 0)).toBe(0)
    expect(roster.admit(reportOf(31, 1), wait - 1)).toBeGreaterThan(0)
    expect(roster.admit(reportOf(31, 1), wait)).toBe(0)
    expect(roster.refused).toBe(waits.filter((us) => us > 0).length + 1)
  })

  it("is bounded: when it is full, newcomers wait until others are silent, and those that it knows go on", () => {
    const roster = new Roster(REPORT_US)
    const join = (i: number, us: number): number => {
      const report = reportOf(0, 1, { replica: `r${i}` })
      const wait = roster.admit(report, us)
      if (wait === 0) roster.take(report, us, LIVE)
      return wait
    }
    // Fewer at once than all together may report.
    for (let i = 0; i < MOST_REPLICAS; i++) expect(join(i, i * 120)).toBe(0)
    const full = MOST_REPLICAS * 120
    expect(join(MOST_REPLICAS, full)).toBeGreaterThan(0)
    expect(roster.size).toBe(MOST_REPLICAS)
    expect(roster.admit(reportOf(1, 1, { replica: "r9999" }), full)).toBe(0)
    expect(join(MOST_REPLICAS, full + 4 * REPORT_US)).toBe(0)
  })
})
