import { describe, expect, it } from "vitest"
import type { PolicyCommand } from "../../../src/morph/policy/PolicyCommand.ts"
import { outcomeOf, ReportWindows } from "../../../src/morph/policy/reports.ts"
import { GERMINATE } from "./packets.ts"

const SLOWER: PolicyCommand = { type: "optimiser", factor: 0.5, why: "noise" }

const begun = (): ReportWindows => {
  const windows = new ReportWindows()
  windows.begin("10.1", GERMINATE, 10, 1, "heuristic")
  return windows
}

describe("a report", () => {
  it("comes once the three boundaries after its command are measured, and once only", () => {
    const windows = begun()
    windows.begin("11.1", SLOWER, 11, 0.9, "heuristic")
    expect([11, 12].map((boundary) => windows.measure(boundary, 0.9))).toEqual([[], []])
    expect(windows.measure(13, 0.6)).toEqual([
      {
        command: "10.1",
        type: "graft",
        socket: "hidden1",
        blueprint: "linear",
        outcome: "success",
        from: 10,
        to: 13,
        before: 1,
        after: expect.closeTo(0.8),
        policy: "heuristic",
        why: "plateau",
      },
    ])
    expect(windows.measure(14, 0.6).map(({ command }) => command)).toEqual(["11.1"])
    expect(windows.measure(15, 0.6)).toEqual([])
  })

  it.each([
    [1, 0.99, "success"],
    [1, 0.991, "neutral"],
    [1, 1.0199, "neutral"],
    [1, 1.02, "regression"],
    [0, 0, "neutral"],
    [0, 0.1, "regression"],
    [1, Number.NaN, "regression"],
    [Number.NaN, 1, "regression"],
  ])("of a loss that went from %d to %d says %s", (before, after, outcome) => {
    expect(outcomeOf(before, after)).toBe(outcome)
  })

  it("comes once, and the same, after a restart at any boundary of its window", () => {
    const whole = begun()
    const losses = [0.9, 0.8, 0.7]
    const expected = losses.flatMap((loss, i) => whole.measure(11 + i, loss))
    for (let stop = 0; stop <= 2; stop++) {
      const first = begun()
      for (let i = 0; i < stop; i++) expect(first.measure(11 + i, losses[i])).toEqual([])
      const second = new ReportWindows(JSON.parse(JSON.stringify(first.snapshot())))
      // The command is given again, and the boundary before is run again.
      second.begin("10.1", GERMINATE, 10, 1, "heuristic")
      const got = losses.flatMap((loss, i) => (i < stop - 1 ? [] : second.measure(11 + i, loss)))
      expect(got).toEqual(expected)
    }
  })

  it("of a window that is cut off says so, with what was measured", () => {
    const windows = begun()
    windows.measure(11, 0.5)
    expect(windows.abort("rolled back")).toMatchObject([
      { command: "10.1", outcome: "aborted", to: 11, after: 0.5, why: "rolled back" },
    ])
    expect(windows.abort("rolled back")).toEqual([])
    windows.begin("20.1", SLOWER, 20, 1, "heuristic")
    expect(windows.abort("stopped")).toMatchObject([{ to: 20, after: Number.NaN }])
  })
})
