/** The figures of `npm run drills` and their bounds: a drill that shows too much must end with 1. */
import { describe, expect, it } from "vitest"
import type { DrillCounts } from "../../bench/drills/Drill.ts"
import { type DrillFindings, drillRows, outside, quantile } from "../../bench/drills/drillRows.ts"

const GOOD: DrillCounts = {
  answersOfTwoOwners: 0,
  commands: 12,
  commandsLost: 0,
  commandsTwice: 0,
  recordsBroken: 0,
  keyRecords: 90,
  keysWithoutRecords: 0,
  fencedWrites: 0,
  longestOffMs: 1015,
  olderTaken: 0,
}

const found = (over: Partial<DrillFindings> = {}, counted: Partial<DrillCounts> = {}): DrillFindings => ({
  rounds: 2,
  expirationMs: 15_000,
  selfFence: true,
  failures: [],
  rehomedMs: {
    SIGKILL: [15_200, 16_000],
    SIGSTOP: [14_000, 20_000],
    SIGTERM: [900, 2000],
    cutOff: [14_900, 16_000],
  },
  frozen: [{ backMs: 5000, answered: 0 }],
  gatewayGapMs: 1800,
  counts: [{ ...GOOD, ...counted }],
  ...over,
})

const wrongWith = (over: Partial<DrillFindings>, counted: Partial<DrillCounts> = {}) =>
  outside(drillRows(found(over, counted)))

describe("the figures of drills", () => {
  it("are within their bounds where everything went as it should", () => {
    expect(wrongWith({})).toEqual([])
  })

  it.each<[string, Partial<DrillFindings>, Partial<DrillCounts>]>([
    ["another owner after a kill, p99: 16001 ms", { rehomedMs: times({ SIGKILL: [900, 16_000.2] }) }, {}],
    ["another owner after a stop, p99: 2001 ms", { rehomedMs: times({ SIGTERM: [900, 2000.4] }) }, {}],
    [
      "another owner after a runner was cut off from the database, p99: 16001 ms",
      { rehomedMs: times({ cutOff: [900, 16_000.2] }) },
      {},
    ],
    ["another owner after a kill, p99: NaN ms", { rehomedMs: times({ SIGKILL: [] }) }, {}],
    ["on a perturbation without contact, worst: 1021 ms", {}, { longestOffMs: 1020.5 }],
    ["answers while nobody could be confirmed: 1", { frozen: [{ backMs: 1, answered: 1 }] }, {}],
    ["answers of two owners: 1", {}, { answersOfTwoOwners: 1 }],
    ["values of an older owner that a replica took: 1", {}, { olderTaken: 1 }],
    ["commands acknowledged: 0", {}, { commands: 0 }],
    ["of these lost: 1", {}, { commandsLost: 1 }],
    ["of these done twice: 1", {}, { commandsTwice: 1 }],
    ["tuners and keys whose records are not one whole chain: 1", {}, { recordsBroken: 1 }],
    ["keys without records: 1", {}, { keysWithoutRecords: 1 }],
    ["failures: 1", { failures: ["round 1 of 2: it has not ended"] }, {}],
    ["stale writes, all refused: 0", { selfFence: false }, { fencedWrites: 0 }],
  ])("say %s", (what, over, counted) => {
    expect(wrongWith(over, counted).filter((one) => !/worst: NaN|p50: NaN/.test(one))).toEqual([what])
  })

  it("ask of owners without the self-fence that SQL and replicas refuse them, not that they are silent", () => {
    const answering = { frozen: [{ backMs: 1, answered: 9 }], selfFence: false }
    expect(wrongWith(answering, { answersOfTwoOwners: 2, fencedWrites: 3 })).toEqual([])
    expect(wrongWith(answering, { olderTaken: 1, fencedWrites: 3 })).toHaveLength(1)
  })

  it("allow a kill a second beyond the life of the locks that the drill had", () => {
    const rehomedMs = times({ SIGKILL: [4000] })
    const afterKills = (expirationMs: number) =>
      wrongWith({ expirationMs, rehomedMs }).filter((one) => one.startsWith("another owner after a kill"))
    expect(afterKills(3000)).toEqual([])
    expect(afterKills(2900)).toHaveLength(1)
  })

  it("are quantiles by nearest rank: of few values the 99th is the worst", () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i)
    expect([0.5, 0.99, 1].map((q) => quantile(values, q))).toEqual([100, 198, 200])
    expect(quantile([3, 1, 2], 0.99)).toBe(3)
    expect(quantile([], 0.5)).toBeNaN()
  })
})

function times(over: Partial<DrillFindings["rehomedMs"]>): DrillFindings["rehomedMs"] {
  return { ...found().rehomedMs, ...over }
}
