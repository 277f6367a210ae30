/** The demo's command line: what it takes, what it refuses and how the seconds are spent. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  COMPARISON_BLOCKS,
  DEFAULT_SECONDS,
  MAX_SECONDS,
  MIN_SECONDS,
  parseOptions,
  scheduleOf,
} from "../../examples/demo/options.ts"

describe("the demo's options", () => {
  it("have defaults", () => {
    expect(parseOptions([])).toEqual({
      ok: true,
      options: { seconds: DEFAULT_SECONDS, seed: 1, json: false, loadChange: true, help: false },
    })
  })

  it("are read in both spellings", () => {
    const expected = {
      ok: true,
      options: { seconds: 20, seed: 7, json: true, loadChange: false, help: false },
    }
    expect(parseOptions(["--seconds", "20", "--seed", "7", "--json", "--no-load-change"])).toEqual(expected)
    expect(parseOptions(["--no-load-change", "--json", "--seed=7", "--seconds=20"])).toEqual(expected)
  })

  it("name every problem at once", () => {
    expect(parseOptions(["--second", "20", "--seed", "x", "--json=yes", "-v"])).toEqual({
      ok: false,
      problems: [
        "unknown option --second",
        'unexpected argument "20"',
        '--seed wants a whole number from 0 to 9007199254740991, not "x"',
        "--json takes no value",
        "unknown option -v",
      ],
    })
  })

  it.each(["4", "3601", "-5", "1.5", "1e2", "", "abc"])("refuse --seconds=%s", (seconds) => {
    const parsed = parseOptions([`--seconds=${seconds}`])
    expect(parsed).toEqual({
      ok: false,
      problems: [expect.stringContaining("--seconds wants a whole number from 5 to 3600")],
    })
  })

  it("refuse a value that is missing", () => {
    expect(parseOptions(["--seconds"]).ok).toBe(false)
    expect(parseOptions(["--seed", "--json"]).ok).toBe(false)
  })
})

describe("the demo's schedule", () => {
  it("spends exactly the seconds that were asked for, most of them on tuning", () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_SECONDS, max: MAX_SECONDS }), (seconds) => {
        const { warmUpMs, tuneMs, proofMs, blockSettleMs, blockMeasureMs } = scheduleOf(seconds)
        const spent = warmUpMs + tuneMs + proofMs + COMPARISON_BLOCKS * (blockSettleMs + blockMeasureMs)
        expect(spent).toBeCloseTo(seconds * 1_000, 6)
        expect(tuneMs).toBeGreaterThanOrEqual(seconds * 500)
        expect(blockMeasureMs).toBeGreaterThan(blockSettleMs)
      }),
    )
  })
})
