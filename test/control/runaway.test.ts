/** What people read of the runaway guard: numbers only where there are any, and sentences that can be read aloud. */
import { describe, expect, it } from "vitest"
import { guardState } from "../../src/control/runaway.ts"
import {
  GUARD_BLAME,
  GUARD_CALM,
  GUARD_RELEASE,
  GUARD_RETREAT,
  GUARD_TRY_START,
} from "../../src/hot/codes.ts"
import { G_STOOD } from "../../src/hot/guardLayout.ts"
import { GuardBench } from "../hot/guardBench.ts"

const level = (place: number): number => (place === 0.5 ? 10 : 40)

const shown = ({ state, window }: GuardBench) => guardState(state, true, 1, window)

/** A guard whose tuner has gone where it is worse. */
function misled(): GuardBench {
  const bench = new GuardBench()
  bench.run(20, level)
  bench.base = 0.9
  return bench
}

describe("the state of the guard", () => {
  it("has a threshold but no level after four windows, and a level from the fifth", () => {
    const bench = new GuardBench()
    const rising = (_: number, window: number): number => 10 + window
    bench.run(3, rising)
    expect(shown(bench)).toMatchObject({ phase: "learning", level: null, expected: null, threshold: null })
    bench.run(1, rising)
    expect(shown(bench)).toMatchObject({
      phase: "calm",
      level: null,
      text: "Waiting for the first windows here.",
    })
    expect(shown(bench).threshold).toBeGreaterThan(shown(bench).expected ?? Number.NaN)
    bench.run(1, level)
    expect(shown(bench).level).toBe(12) // of 11, 12, 13, 14 and 10
  })

  it("has no level from an earlier stay after a hold", () => {
    const bench = misled()
    while (bench.until(200, level) !== GUARD_RELEASE);
    expect(bench.phase).toBe(GUARD_CALM)
    bench.run(4, level)
    expect(shown(bench).level).toBeNull()
    bench.run(1, level)
    expect(shown(bench).level).toBe(10)
  })

  it("describes every window of a retreat in a complete sentence", () => {
    const bench = misled()
    const texts = new Set<string>()
    while (bench.acts.at(-1)?.act !== GUARD_RELEASE) {
      bench.step(level)
      texts.add(shown(bench).text)
    }
    for (const text of texts) expect(text).toMatch(/^[A-Z][^?]*\.$/)
    expect([...texts].some((text) => text.includes("no window has been read here yet"))).toBe(true)
    expect([...texts].some((text) => text.includes("now it is at 10."))).toBe(true)
  })

  // Root cause: the sentence took every trial of the start for one that began on the tuned configuration.
  it("does not mention the tuned configuration if SafeMode or a rollback had moved the plant to where it got worse", () => {
    const storm = (place: number): number => (place === 0.5 ? 10 : 40)
    const bench = new GuardBench()
    bench.run(20, () => 10)
    bench.base = bench.baseline = 0.3
    bench.guard.pause(bench.state)
    bench.guard.watchOver(bench.state)
    while (bench.until(30, storm) !== GUARD_TRY_START);
    expect(shown(bench).text).toBe(
      "On the initial configuration: the objective was at 40 where SafeMode or a rollback had put the plant; no window has been read here yet.",
    )
    bench.until(30, storm)
    expect(shown(bench)).toMatchObject({ phase: "holding" })
    expect(shown(bench).text).toContain(
      "the objective was at 40 where SafeMode or a rollback had put the plant",
    )
    // The next retreat is from the tuned configuration again.
    while (bench.until(30, storm) !== GUARD_RELEASE);
    bench.run(20, storm)
    bench.base = 0.9
    while (bench.until(60, storm) !== GUARD_RETREAT);
    expect(shown(bench).text).toContain("the objective went from 10 to 40 on the tuned configuration")
  })
})

describe("an act of the guard", () => {
  it("records how many windows the plant stood still before it", () => {
    const bench = misled()
    const last = (): number => bench.acts.at(-1)?.window ?? 0
    expect(bench.until(200, level)).toBe(GUARD_RETREAT)
    expect(bench.state[G_STOOD]).toBe(0)
    const retreated = last()
    expect(bench.until(200, level)).toBe(GUARD_BLAME)
    expect(bench.state[G_STOOD]).toBe(last() - retreated)
    const blamed = last()
    expect(bench.until(200, level)).toBe(GUARD_RELEASE)
    expect(bench.state[G_STOOD]).toBe(last() - blamed)
  })
})
