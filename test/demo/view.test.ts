/** The demo's view as data and as text: width, bars, sparkline, plain lines, colours. */
import { Writable } from "node:stream"
import { WriteStream } from "node:tty"
import { afterEach, describe, expect, it, vi } from "vitest"
import { knobNames, params, startingValues } from "../../examples/demo/knobs.ts"
import type { Progress } from "../../examples/demo/protocol.ts"
import { Terminal } from "../../examples/demo/terminal.ts"
import {
  condense,
  type DemoState,
  frame,
  number,
  plainLine,
  position,
  textOf,
  VIEW_WIDTH,
} from "../../examples/demo/view.ts"

const progress: Progress = {
  values: { maxInFlight: 64, batchWindowMs: 2.5, cacheTtlMs: 40 },
  costMs: 6,
  p99Ms: 14.2,
  perSecond: 12_000,
  mode: "adapting",
  safeModeReason: null,
  phase: "waitingPlus",
  proof: null,
  cycles: 12,
  probe: 0.021,
  generation: 31,
  applies: 30,
  refused: 0,
  rollbacks: 0,
  safeModeEntries: 0,
  outOfBounds: 0,
}

const state: DemoState = {
  stage: "tuning",
  elapsedMs: 31_000,
  totalMs: 75_000,
  seed: 1,
  connections: 64,
  start: startingValues,
  progress,
  costs: [10, 10, 8, 8, 6, 6],
  loadChangedAt: -1,
  startCostMs: 10,
  events: ["  2 s  engine started"],
}

const texts = (of: DemoState): ReadonlyArray<string> => frame(of).map(textOf)

describe("the view", () => {
  it("keeps its height and width whatever happens, so that it can be redrawn in place", () => {
    const states: ReadonlyArray<DemoState> = [
      state,
      { ...state, progress: null, costs: [], startCostMs: Number.NaN, events: [] },
      {
        ...state,
        loadChangedAt: 3,
        costs: Array.from({ length: 500 }, (_, i) => i),
        events: Array(9).fill("an event"),
      },
      {
        ...state,
        progress: {
          ...progress,
          mode: "safe",
          safeModeReason: "objectiveRegression",
          applies: 12_345,
          refused: 999,
        },
      },
    ]
    for (const each of states) {
      expect(texts(each)).toHaveLength(texts(state).length)
      for (const line of texts(each)) expect(line.length).toBeLessThanOrEqual(VIEW_WIDTH + 4)
    }
  })

  it("draws each knob as a bar inside its range with a tick at its start", () => {
    for (const name of knobNames) {
      const line = texts(state).find((text) => text.startsWith(name)) ?? ""
      const cells = line.match(/[━─┃]+/)?.[0] ?? ""
      expect(cells).toHaveLength(36)
      expect(cells.indexOf("┃")).toBe(Math.round(position(name, startingValues[name]) * 36))
      const filled = cells.replaceAll(/[^━]/g, "").length
      expect(Math.abs(filled - position(name, progress.values[name]) * 36)).toBeLessThanOrEqual(1.5)
    }
  })

  it("places values on the knob's logarithmic scale, clamped", () => {
    expect(position("cacheTtlMs", 100)).toBeCloseTo(0.5, 12)
    expect(position("cacheTtlMs", params.cacheTtlMs.min)).toBe(0)
    expect(position("cacheTtlMs", 1e9)).toBe(1)
  })

  it("shows how far the objective is from the start, until another load makes that unfair", () => {
    expect(texts(state).join("\n")).toContain("-20 %")
    expect(texts({ ...state, loadChangedAt: 2 }).join("\n")).not.toContain(" %")
  })

  it("shows in a log what an answer cost before, from the first reading on", () => {
    expect(plainLine(state)).toContain(
      "00:31 of 01:15 tuning: cost 8 ms, before 10 ms  -20 %; maxInFlight 64",
    )
    expect(plainLine({ ...state, progress: null, costs: [], startCostMs: Number.NaN })).toContain(
      "measuring the start",
    )
    expect(plainLine({ ...state, loadChangedAt: 2 })).toContain("under the second load")
    expect(plainLine({ ...state, stage: "comparing" })).toBe("00:31 of 01:15 comparing")
  })

  it("shows which stages are done, and how far a proof is", () => {
    const proving = {
      ...state,
      stage: "proving",
      progress: { ...progress, proof: { wanted: 12, read: 3 } },
    } as const
    const [heading, road] = texts(proving)
    expect(heading).toContain("proving, pair 3 of 12")
    expect(road).toBe("warming up ✓  >  tuning ✓  >  proving  >  comparing")
    expect(texts({ ...state, stage: "done" })[1]).toContain("comparing ✓")
  })

  it("shows SafeMode with its reason, and readings out of bounds as bad", () => {
    const open = { ...progress, mode: "safe", safeModeReason: "telemetryLost", outOfBounds: 3 } as const
    expect(texts({ ...state, progress: open }).join("\n")).toContain("OPEN: telemetryLost")
    const bad = frame({ ...state, progress: open })
      .flat()
      .filter(({ tone }) => tone === "bad")
    expect(bad.map(({ text }) => text)).toEqual(["OPEN: telemetryLost", "3"])
    expect(plainLine({ ...state, progress: open })).toContain("SafeMode open (telemetryLost)")
  })

  it("clips values far above the median, so that one bad second does not flatten the rest", () => {
    const chartOf = (costs: ReadonlyArray<number>): ReadonlyArray<string> =>
      texts({ ...state, costs }).slice(4, 7)
    expect(chartOf([10, 10, 10, 5, 1_000])).toEqual(chartOf([10, 10, 10, 5, 17]))
    expect(chartOf([10, 10, 5])[0]).toBe("██ ")
  })

  it("condenses a long history by means, keeping its ends", () => {
    expect(condense([1, 3, 5, 7], 2)).toEqual([2, 6])
    expect(condense([1, 2], 5)).toEqual([1, 2])
    expect(condense([1, Number.NaN, 5, 5], 2)).toEqual([1, 5])
  })

  it("writes numbers with three digits and no exponent", () => {
    expect([1234.5, 100, 16, 12.34, 2.345, 0.1, Number.NaN].map(number)).toEqual([
      "1235",
      "100",
      "16",
      "12.3",
      "2.35",
      "0.10",
      "-",
    ])
  })
})

describe("the terminal", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const out = (isTTY: boolean) => {
    const written: Array<string> = []
    const stream = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        written.push(text)
        done()
      },
    })
    return {
      written,
      stream: Object.assign(stream, {
        isTTY,
        getColorDepth: () => WriteStream.prototype.getColorDepth.call(process.stdout),
      }),
    }
  }

  const isColoured = (written: ReadonlyArray<string>): boolean => written.join("").includes("\u001b[36m")

  it("writes no escapes and few lines without a terminal", () => {
    const { written, stream } = out(false)
    const terminal = new Terminal(stream, false)
    for (let ms = 0; ms < 10_000; ms += 200) terminal.show({ ...state, elapsedMs: ms })
    expect(written).toHaveLength(4)
    expect(written.join("")).not.toContain("\u001b")
    terminal.tell("something happened")
    expect(written.at(-1)).toContain("something happened")
  })

  it("redraws in place on a terminal and gives the cursor back", () => {
    const { written, stream } = out(true)
    const terminal = new Terminal(stream, false)
    terminal.show(state)
    terminal.show(state)
    const height = frame(state).length
    expect(written[0]).toContain("\u001b[?25l")
    expect(written[1].startsWith(`\u001b[${height}A`)).toBe(true)
    terminal.print([])
    expect(written.join("").endsWith("\n\n")).toBe(true)
    expect(written.join("")).toContain("\u001b[?25h")
  })

  it("colours a terminal and respects NO_COLOR", () => {
    vi.stubEnv("NO_COLOR", undefined)
    vi.stubEnv("FORCE_COLOR", undefined)
    // CI and a dumb terminal switch colours off before anything else is asked.
    vi.stubEnv("CI", undefined)
    vi.stubEnv("TERM", "xterm-256color")
    const coloured = out(true)
    new Terminal(coloured.stream, false).show(state)
    expect(isColoured(coloured.written)).toBe(true)
    vi.stubEnv("NO_COLOR", "1")
    const bare = out(true)
    new Terminal(bare.stream, false).show(state)
    expect(isColoured(bare.written)).toBe(false)
    expect(bare.written.join("")).toContain("maxInFlight")
  })

  it("is silent when asked for JSON", () => {
    const { written, stream } = out(true)
    const terminal = new Terminal(stream, true)
    terminal.show(state)
    terminal.tell("x")
    terminal.print([[{ text: "x", tone: "plain" }]])
    expect(written).toEqual([])
  })
})
