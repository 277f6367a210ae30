/** What the page says tuning has brought: worked out from the time line alone, with its uncertainty, and nothing said that was not measured. */
import { describe, expect, it } from "vitest"
import { gainOf, type Readings } from "../../../src/studio/protocol/gain.ts"
import { shareText } from "../../../src/studio/page/parts/heroWords.ts"

interface Row {
  readonly tuned?: number
  readonly baseline?: number
  readonly load?: number
}

function lineOf(rows: ReadonlyArray<Row>, more: Partial<Readings> = {}): Readings {
  return {
    times: rows.map((_, i) => (i + 1) * 1e6),
    objective: rows.map(({ tuned }) => tuned ?? null),
    baseline: rows.map(({ baseline }) => baseline ?? null),
    throughput: rows.map(({ load }) => load ?? null),
    marks: [{ kind: "baseline", atUs: 0 }],
    start: null,
    ...more,
  }
}

const repeated = (times: number, rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  Array.from({ length: times }, () => rows).flat()

const start = (objective: number, throughputRps: number | null = null) => ({
  windows: 4,
  objective,
  throughputRps,
})

describe("the gain from tuning", () => {
  it("is empty before the first reading", () => {
    expect(gainOf(lineOf([]), null)).toBeNull()
    expect(gainOf(lineOf([{ baseline: 3 }]), null)).toBeNull()
  })

  it("is measured against the visited baseline, by the readings next to each visit", () => {
    const rows = repeated(4, [{ tuned: 17 }, { tuned: 19 }, { baseline: 30 }, { tuned: 18 }])
    const gain = gainOf(lineOf(rows), null)
    expect(gain).toMatchObject({ against: "baseline", before: 30, load: null })
    expect(gain?.now).toBeCloseTo(18, 0)
    expect(gain?.share).toBeCloseTo(-0.4, 1)
    expect(gain?.margin).toBeLessThan(0.1)
  })

  it("is measured against the start once tuning has found the baseline", () => {
    const rows = repeated(4, [{ tuned: 18 }, { baseline: 18.2 }, { tuned: 18.1 }])
    const marks = [0, 5e5].map((atUs) => ({ kind: "baseline", atUs }))
    expect(gainOf(lineOf(rows, { marks, start: start(30) }), null)).toMatchObject({
      against: "start",
      before: 30,
    })
    // The mark of the first baseline may be missing: one that is set later than the first reading is not the first.
    const later = [{ kind: "baseline", atUs: 1.5e6 }]
    expect(gainOf(lineOf(rows, { marks: later, start: start(30) }), null)).toMatchObject({ before: 30 })
    // Without a start that somebody saw there is only the baseline.
    expect(gainOf(lineOf(rows, { marks }), null)).toMatchObject({ against: "baseline" })
  })

  it("states how much the load at the start differed, and prefers a baseline visited now", () => {
    const rows = repeated(10, [{ tuned: 29, load: 240 }])
    expect(gainOf(lineOf(rows, { start: start(30, 60) }), null)?.load).toBeCloseTo(4)
    expect(gainOf(lineOf(rows, { start: start(30, 220) }), null)?.load).toBeNull()
    const marks = [0, 5e5].map((atUs) => ({ kind: "baseline", atUs }))
    const visited = repeated(5, [{ tuned: 29, load: 240 }, { baseline: 31 }])
    const line = (load: number): Readings => lineOf(visited, { marks, start: start(30, load) })
    expect([gainOf(line(60), null)?.against, gainOf(line(240), null)?.against]).toEqual(["baseline", "start"])
  })

  it("follows the moment of a replay", () => {
    const rows = [...repeated(10, [{ tuned: 30 }]), ...repeated(30, [{ tuned: 15 }])]
    const line = lineOf(rows, { start: start(30) })
    expect(gainOf(line, 10e6)?.now).toBe(30)
    expect(gainOf(line, null)?.now).toBe(15)
  })

  it("has a wider margin for noisier and fewer readings", () => {
    const noisy = (by: number): number =>
      gainOf(lineOf(repeated(10, [{ tuned: 20 - by }, { tuned: 20 + by }]), { start: start(30) }), null)
        ?.margin ?? 0
    expect(noisy(4)).toBeGreaterThan(noisy(1))
    expect(noisy(1)).toBeGreaterThan(0)
  })

  it("reads as a change with its margin, or as no measurable change", () => {
    const told = (share: number | null, margin: number): string =>
      shareText({ now: 1, before: 1, against: "start", share, margin, load: null })
    expect(told(-0.401, 0.031)).toBe("−40 % (±3)")
    expect(told(0.12, 0.02)).toBe("+12 % (±2)")
    expect(told(-0.02, 0.05)).toBe("no clear difference (±5 %)")
    expect(told(null, 0)).toBe("")
  })
})
