/** What the demo says before and after its view. */
import { describe, expect, it } from "vitest"
import { compare, type Outcome } from "../../examples/demo/comparison.ts"
import { startingValues } from "../../examples/demo/knobs.ts"
import type { DemoOptions } from "../../examples/demo/options.ts"
import type { Measurement } from "../../examples/demo/protocol.ts"
import {
  countsText,
  disturbance,
  type Machine,
  ownWord,
  plan,
  proofText,
  stopText,
  summary,
  verdict,
} from "../../examples/demo/report.ts"
import { type Line, textOf } from "../../examples/demo/view.ts"

const machine: Machine = { loadAverage: 1, cores: 2, node: "24.1.0", platform: "linux x64" }
const options: DemoOptions = { seconds: 75, seed: 7, json: false, loadChange: true, studio: false }
const block = (costMs: number): Measurement => ({
  answers: 100,
  refused: 0,
  errors: 0,
  perSecond: 1_000,
  costMs,
  latencyMs: costMs / 2,
  ageMs: 10,
  p50Ms: 1,
  p99Ms: 9,
})
const textsOf = (lines: ReadonlyArray<Line>): string => lines.map(textOf).join("\n")
const comparison = compare([10, 6, 10, 6, 10, 6].map(block))
const OUTCOMES: ReadonlyArray<Outcome> = ["better", "unchanged", "undecided", "worse"]

describe("the plan", () => {
  it("warns only on a machine with more work than cores", () => {
    expect(textsOf(plan(options, machine))).not.toContain("Other work")
    expect(textsOf(plan(options, { ...machine, loadAverage: 2 }))).not.toContain("Other work")
    expect(textsOf(plan(options, { ...machine, loadAverage: 2.1 }))).toContain("load average 2.10 on 2 cores")
  })
})

describe("the verdict", () => {
  it("states for every outcome where the service stays", () => {
    const stays = (outcome: Outcome): string => textsOf(verdict(comparison, outcome, "no worse"))
    expect(stays("better")).toContain("keeps the tuned configuration")
    expect(stays("unchanged")).toContain("left the service as it was")
    for (const outcome of ["undecided", "worse"] as const)
      expect(stays(outcome)).toContain("back at its start")
    expect(new Set(OUTCOMES.map(stays)).size).toBe(OUTCOMES.length)
  })

  it("gives the ratio with that of every pair of blocks", () => {
    expect(textsOf(verdict(comparison, "better", "no worse"))).toContain(
      "0.600  (40 % less cost per answer; block by block 0.60, 0.60, 0.60)",
    )
  })
})

describe("the engine's own verdict", () => {
  const none = { pass: 0, fail: 0, hold: 0 }
  const proof = { verdict: "pass", pairs: 12, differenceMs: -3.21 }

  it("states what it found while it tuned", () => {
    const said = (counts: Partial<typeof none>): string =>
      ownWord({ comparison: { ...none, ...counts }, proof: null })
    expect(said({})).toBe("undecided in 0 comparisons with its baseline; nothing to prove at its stop")
    expect(said({ hold: 1 })).toMatch(/^undecided in 1 comparison with its baseline;/)
    expect(said({ hold: 7, pass: 3 })).toMatch(/^no worse in 10 comparisons/)
    // What was rolled back is not covered up by what passed later.
    expect(said({ hold: 7, pass: 3, fail: 1 })).toMatch(/^rolled back once in 11 comparisons/)
    expect(said({ fail: 2 })).toMatch(/^rolled back 2 times in 2 comparisons/)
  })

  it("claims a difference at its stop only if the proof passed", () => {
    const said = (changed: Partial<typeof proof>): string =>
      ownWord({ comparison: none, proof: { ...proof, ...changed } })
    expect(said({})).toContain("; better by 3.21 ms in 12 more before its stop")
    expect(said({ verdict: "fail" })).toContain("; not better in 12 more before its stop")
    expect(said({ verdict: "hold", pairs: 2 })).toContain("; undecided in 2 more before its stop")
  })

  it("is part of the demo's summary", () => {
    expect(textsOf(verdict(comparison, "better", "no worse in 14 comparisons"))).toContain(
      "engine          no worse in 14 comparisons",
    )
  })
})

describe("what happened, in numbers", () => {
  it("says one pair, one apply and one time where there was one", () => {
    expect(stopText(1)).toBe("engine asked to stop; 1 pair of windows says where the service stays")
    expect(stopText(12)).toBe("engine asked to stop; 12 pairs of windows say where the service stays")
    const stopped = (pairs: number) => proofText({ verdict: "pass", pairs, differenceMs: -1 })
    expect(stopped(1)).toContain("on its base (1 pair, -1.00 ms against the baseline)")
    expect(stopped(2)).toContain("(2 pairs, ")
    const counts = (all: number) => countsText({ applies: all, refused: all, safeModeEntries: all }, all)
    expect(counts(1)).toBe("1 apply, 1 refused, 1 time in SafeMode, 1 reading out of bounds")
    expect(counts(0)).toBe("0 applies, 0 refused, 0 times in SafeMode, 0 readings out of bounds")
  })

  it("says that an engine without a proof stopped where it began, and that a failed one is on its baseline", () => {
    expect(proofText(null)).toContain("stopped where it began")
    expect(proofText({ verdict: "fail", pairs: 3, differenceMs: null })).toContain(
      "on its baseline (3 pairs, - ms",
    )
  })
})

describe("a shared machine", () => {
  it("is mentioned below the verdict, by its load average or by its own readings; a quiet one is not", () => {
    expect(textsOf(disturbance({ ...machine, loadAverage: 13.2 }, 1))).toContain("load average 13 on 2 cores")
    expect(textsOf(disturbance({ ...machine, loadAverage: 6 }, 1))).toContain("load average 6")
    expect(disturbance({ ...machine, loadAverage: 5.9 }, 1.29)).toEqual([])
    // Windows has no load average and says 0.
    expect(textsOf(disturbance({ ...machine, loadAverage: 0 }, 1.5))).toContain("differ by 50 %")
  })
})

describe("the summary", () => {
  const said = (outcome: Outcome, changed: Partial<DemoOptions> = {}): string =>
    textsOf(
      summary(
        comparison,
        outcome,
        { ...options, ...changed },
        machine,
        { start: startingValues, tuned: { maxInFlight: 90, batchWindowMs: 4, cacheTtlMs: 30 } },
        { counts: "254 applies", word: "no worse in 14 comparisons" },
      ),
    )

  it("names the outcome, the knobs, the machine and how to repeat it", () => {
    expect(said("better").split("\n")).toEqual([
      "To paste",
      "  arqon demo: 10 -> 6 ms per answer, 40 % less (blocks 0.60, 0.60, 0.60)",
      "  knobs: maxInFlight 16 -> 90, batchWindowMs 5 -> 4, cacheTtlMs 250 -> 30",
      "  engine: 254 applies",
      "  engine's own verdict: no worse in 14 comparisons",
      "  machine: 2 cores, load average 1, Node 24.1.0, linux x64",
      "  again: npx arqon demo --seed 7 --seconds 75",
    ])
    expect(said("better", { loadChange: false })).toContain("--seconds 75 --no-load-change")
  })

  it("claims a gain for no other outcome", () => {
    expect(said("unchanged")).toContain("10 ms per answer, left as it was")
    expect(said("undecided")).toContain("too noisy to tell, left as it was")
    expect(said("worse")).toContain("taken back")
  })
})
