/** Reports and answers: what is wrong with one is said field by field, and nothing of it is used. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { knobHash } from "../../src/cohort/knobHash.ts"
import { readAnswer, readReport, type Report } from "../../src/cohort/protocol.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"

const window = { at: [1, 7], n: 10, sum: 20, sum2: 41, errors: 1 } as const
const report: Report = {
  protocol: 1,
  tuner: "checkout",
  replica: "pod-1",
  boot: "b",
  seq: 3,
  table: "0011223344556677",
  at: [1, 7],
  windows: [window],
}

const paths = (input: unknown): ReadonlyArray<string> => {
  const read = readReport(input)
  return read.ok ? [] : read.problems.map(({ path }) => path)
}

describe("a report", () => {
  it("is read whole, without what is not known of", () => {
    expect(readReport({ ...report, since: "a later version" })).toEqual({ ok: true, value: report })
  })

  it.each([
    ["no object", 7, ""],
    ["another protocol", { ...report, protocol: 2 }, "protocol"],
    ["no name", { ...report, replica: "" }, "replica"],
    ["a pair of one", { ...report, at: [1] }, "at"],
    ["a generation that is none", { ...report, at: [1, -2] }, "at[1]"],
    ["NaN as a sum", { ...report, windows: [{ ...window, sum: Number.NaN }] }, "windows[0].sum"],
    ["a negative count", { ...report, windows: [{ ...window, n: -1 }] }, "windows[0].n"],
    [
      "more errors than measurements",
      { ...report, windows: [{ ...window, errors: 11 }] },
      "windows[0].errors",
    ],
    ["squares that cannot be", { ...report, windows: [{ ...window, sum2: 39 }] }, "windows[0].sum2"],
    ["sums of nothing", { ...report, windows: [{ ...window, n: 0, errors: 0 }] }, "windows[0].n"],
    [
      "a sum that overflows",
      { ...report, windows: [{ ...window, sum: 1e200, sum2: 1e308 }] },
      "windows[0].sum",
    ],
    ["a margin that overflows", { ...report, windows: [{ ...window, margin: 1e300 }] }, "windows[0].margin"],
    ["too many windows", { ...report, windows: Array.from({ length: 9 }, () => window) }, "windows"],
  ])("with %s is refused, with the field", (_, input, path) => {
    expect(paths(input)).toEqual([path])
  })

  it("that is anything at all is refused or read, and never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        expect(readReport(input).ok).toBe(false)
        expect(readAnswer(input).ok).toBe(false)
      }),
    )
    const hostile = new Proxy({}, { ownKeys: () => ["tuner"], get: () => expect.fail("read") })
    expect(readReport(hostile).ok).toBe(false)
  })
})

describe("an answer", () => {
  const values = { rate: 1 }
  const answer = {
    protocol: 1,
    at: [1, 1],
    role: "base",
    values,
    base: values,
    baseline: values,
    leaseMs: 600_000,
    baselineAfterMs: 86_400_000,
    reportMs: 60_000,
    settleMs: 60_000,
    emergencyMargin: -0.5,
  }

  it("binds a replica for ten minutes, and for a day to its base, at most", () => {
    expect(readAnswer(answer).ok).toBe(true)
    const most = { leaseMs: 600_001, baselineAfterMs: 86_400_001, reportMs: 60_001, settleMs: 60_001 }
    const read = readAnswer({ ...answer, ...most })
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual(Object.keys(most))
    expect(readAnswer({ ...answer, reportMs: 99 }).ok).toBe(false)
  })
})

describe("the hash of the knobs", () => {
  const hash = (params: Parameters<typeof requireEngineConfig>[0] extends never ? never : object): string =>
    knobHash(requireEngineConfig({ params }).space)
  const one = { rate: { min: 0, max: 10 }, depth: { min: 1, max: 64, step: 1, scale: "log" } }

  it("is the same in whatever order they are written, and whatever they start with", () => {
    const other = { depth: { ...one.depth, initial: 4 }, rate: one.rate }
    expect(hash(other)).toBe(hash(one))
  })

  it.each([
    ["name", { speed: one.rate, depth: one.depth }],
    ["min", { ...one, rate: { min: 1, max: 10 } }],
    ["max", { ...one, rate: { min: 0, max: 11 } }],
    ["step", { ...one, rate: { min: 0, max: 10, step: 1 } }],
    ["scale", { ...one, depth: { min: 1, max: 64, step: 1 } }],
  ])("changes with a knob's %s", (_, other) => {
    expect(hash(other)).not.toBe(hash(one))
  })

  it("is FNV-1a over names and numbers, as any language can compute it", () => {
    // printf 'rate\0' and three doubles 0, 10, 0 and a zero byte, through FNV-1a by hand.
    const bytes = [
      ...new TextEncoder().encode("rate\0"),
      ...new Uint8Array(new Float64Array([0, 10, 0]).buffer),
      0,
    ]
    let h = 14695981039346656037n
    for (const byte of bytes) h = ((h ^ BigInt(byte)) * 1099511628211n) % 2n ** 64n
    expect(hash({ rate: one.rate })).toBe(h.toString(16).padStart(16, "0"))
  })
})
