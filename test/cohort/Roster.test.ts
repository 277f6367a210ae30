/** The replicas an owner knows: each report counts once, and who is silent is not waited for. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Report } from "../../src/cohort/protocol.ts"
import { Roster } from "../../src/cohort/Roster.ts"

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

  it("leaves out who has not confirmed within two reports, or has refused", () => {
    const roster = new Roster(REPORT_US)
    roster.take(reportOf(0, 1, { at: [1, 4] }), 0, LIVE)
    const entry = roster.find("r", "b")
    if (entry === undefined) return expect.fail("the replica is not known")
    expect(roster.isWaitedFor(entry, LIVE, 0, 2 * REPORT_US)).toBe(true)
    expect(roster.isWaitedFor(entry, LIVE, 0, 2 * REPORT_US + 1)).toBe(false)
    roster.take(reportOf(1, 1, { refused: "outOfBounds" }), 0, LIVE)
    expect(roster.isWaitedFor(entry, LIVE, 0, 1)).toBe(false)
  })
})
