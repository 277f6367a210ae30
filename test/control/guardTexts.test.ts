/** What the runaway guard's numbers are to a person: which are there, in which units, and what each phase and act says in words. */
import { describe, expect, it } from "vitest"
import { guardActText, guardState } from "../../src/control/runaway.ts"
import { GUARD_ACTS, GUARD_PHASES, type GuardPhase, type SafeModeExit } from "../../src/domain/words.ts"
import * as G from "../../src/hot/guardLayout.ts"

const NOW_US = 90_000_000
const NUMBERS: ReadonlyArray<readonly [number, number]> = [
  [G.G_REFERENCE, 10],
  [G.G_WORLD, 5],
  [G.G_THRESHOLD, 20],
  [G.G_NOW, 30],
  [G.G_RETREAT_LEVEL, 41],
  [G.G_SEEN, 7],
  [G.G_STAY, 3],
  [G.G_HOLD, 10],
  [G.G_WINDOW_US, 500_000],
  [G.G_DRAINED, 13],
  [G.G_SINCE_US, 88_000_000],
  [G.G_RETREATS, 6],
  [G.G_BLAMED, 4],
  [G.G_WORLDS, 2],
]
type More = ReadonlyArray<readonly [number, number]>

const blockOf = (phase: GuardPhase, more: More = []): Float64Array => {
  const block = new Float64Array(G.guardStateLength(1))
  block[G.G_PHASE] = GUARD_PHASES.indexOf(phase)
  for (const [at, value] of [...NUMBERS, ...more]) block[at] = value
  return block
}
interface Seen {
  readonly on?: boolean
  readonly sign?: 1 | -1
  readonly exit?: SafeModeExit | null
  readonly more?: More
}
const shown = (phase: GuardPhase, { on = true, sign = 1, exit = null, more = [] }: Seen = {}) =>
  guardState(blockOf(phase, more), on, sign, NOW_US, exit)

const STILL = ["onBaseline", "onStart", "holding", "watching"] as const
const TUNING = ["calm", "suspicious"] as const

describe("the numbers of the guard", () => {
  it("are those of the stay while the plant stands still", () => {
    for (const phase of STILL)
      expect(shown(phase)).toMatchObject({
        on: true,
        phase,
        level: 30,
        expected: 15,
        threshold: 20,
        levelAtRetreat: 41,
        sinceUs: 88_000_000,
        windows: 3,
        retreats: 6,
        blames: 4,
        worlds: 2,
      })
  })

  it("have no stay while the plant is tuned", () => {
    for (const phase of TUNING)
      expect(shown(phase)).toMatchObject({
        phase,
        level: 30,
        expected: 15,
        levelAtRetreat: null,
        sinceUs: null,
        windows: null,
        drainsTo: null,
        untilUs: null,
      })
  })

  it("are in units of the objective, upside down where it is maximised", () => {
    expect(shown("holding", { sign: -1, more: [[G.G_DRAINING, 1]] })).toMatchObject({
      level: -30,
      expected: -15,
      threshold: -20,
      levelAtRetreat: -41,
      drainsTo: -13,
    })
  })

  it("are absent while it learns, and without a guard", () => {
    const nothing = {
      phase: "learning",
      level: null,
      expected: null,
      threshold: null,
      levelAtRetreat: null,
      windows: null,
      retreats: 0,
      blames: 0,
      worlds: 0,
    }
    expect(shown("learning")).toMatchObject(nothing)
    expect(guardState(new Float64Array(0), true, 1, NOW_US)).toMatchObject(nothing)
  })

  it("have a level from the fifth window of tuning, and from the first window of a stay", () => {
    const after = (phase: GuardPhase, seen: number) => shown(phase, { more: [[G.G_SEEN, seen]] }).level
    expect([after("calm", 4), after("calm", 5)]).toEqual([null, 30])
    expect([after("onStart", 0), after("onStart", 1)]).toEqual([null, 30])
  })

  it("include when a hold ends, while that is in the future", () => {
    // Seven windows of half a second are left.
    expect(shown("holding").untilUs).toBe(NOW_US + 3_500_000)
    expect(shown("holding", { more: [[G.G_STAY, 10]] }).untilUs).toBeNull()
    for (const phase of ["onBaseline", "onStart", "watching"] as const)
      expect(shown(phase).untilUs).toBeNull()
  })

  it("include the level that a hold waits for, if it waits for one", () => {
    expect(shown("holding", { more: [[G.G_DRAINING, 1]] }).drainsTo).toBe(13)
    expect(shown("holding", { more: [[G.G_DRAINING, -1]] }).drainsTo).toBeNull()
    expect(shown("onBaseline", { more: [[G.G_DRAINING, 1]] }).drainsTo).toBeNull()
  })

  it("have no threshold if the guard is off, because it will not act on one", () => {
    expect(shown("calm", { on: false })).toMatchObject({
      on: false,
      threshold: null,
      level: 30,
      expected: 15,
    })
  })

  it("have no level while SafeMode is open for another reason, because the guard sees no windows", () => {
    for (const phase of TUNING)
      expect(shown(phase, { exit: "timer" })).toMatchObject({
        phase: "standingBy",
        level: null,
        expected: 15,
        windows: null,
      })
    for (const phase of STILL)
      expect(shown(phase, { exit: "timer" })).toMatchObject({ phase, level: 30, windows: 3 })
  })
})

describe("the text of the guard", () => {
  const WATCHED: More = [[G.G_WATCHED, 1]]
  const DRAINS: More = [[G.G_DRAINING, 1]]

  it("is a different complete sentence in every situation", () => {
    const situations: ReadonlyArray<string> = [
      ...(["learning", ...TUNING, ...STILL] as const).map((phase) => shown(phase).text),
      shown("calm", { exit: "timer" }).text,
      shown("calm", { exit: "manualReset" }).text,
      shown("calm", { on: false }).text,
      shown("calm", { more: [[G.G_SEEN, 0]] }).text,
      shown("holding", { more: DRAINS }).text,
      ...(["onBaseline", "onStart", "holding"] as const).map((phase) => shown(phase, { more: WATCHED }).text),
    ]
    for (const text of situations) expect(text).toMatch(/^[A-Z][^?]{15,}\.$/)
    expect(new Set(situations).size).toBe(situations.length)
  })

  it("says only that the guard is off, wherever it is off", () => {
    const texts = [shown("calm", { on: false }).text, shown("calm", { on: false, exit: "timer" }).text]
    expect(texts).toEqual(["The runaway guard is off.", "The runaway guard is off."])
  })

  it("names the levels by which the guard judges", () => {
    expect(shown("calm").text).toMatch(/at 30\b.*beyond 20\b/)
    expect(shown("suspicious").text).toMatch(/at 30\b.*delivers 15\b/)
    for (const phase of ["onBaseline", "onStart"] as const)
      expect(shown(phase).text).toMatch(/from 15 to 41 on the tuned configuration.*now it is at 30\b/)
    expect(shown("watching").text).toMatch(/known for 15\b.*now it is at 30\b/)
    expect(shown("holding", { more: DRAINS }).text).toMatch(/from 15 to 41 .*drain to 13; now it is at 30\b/)
    expect(shown("holding").text).toContain("from 15 to 41")
  })

  it("mentions the baseline only if the plant had been there before the start", () => {
    expect(shown("onStart").text).toContain("the baseline did not help")
    expect(shown("onStart", { more: WATCHED }).text).not.toContain("the baseline did not help")
    expect(shown("onStart", { more: WATCHED }).text).toContain(
      "at 41 where SafeMode or a rollback had put the plant",
    )
  })

  it("says that a person must reset it only when one must", () => {
    const waits = "SafeMode waits for a person"
    for (const more of [[], DRAINS])
      for (const phase of STILL) {
        expect(shown(phase, { exit: "manualReset", more }).text).toContain(waits)
        expect(shown(phase, { exit: "timer", more }).text).not.toContain(waits)
      }
    expect(shown("calm", { exit: "manualReset" }).text).toContain(waits)
    expect(shown("calm", { exit: "timer" }).text).not.toContain(waits)
    // It is told apart from the sentence before it.
    expect(shown("onBaseline", { exit: "manualReset" }).text).toMatch(/30\. SafeMode waits/)
  })

  it("claims no level that was never read", () => {
    const unread: More = [[G.G_SEEN, 0]]
    expect(shown("onBaseline", { more: unread }).text).toContain("no window has been read here yet")
    expect(shown("calm", { more: unread }).text).not.toMatch(/\d/)
  })
})

describe("an act of the guard in words", () => {
  const numbers = {
    reference: 10,
    blames: 1,
    windows: 12,
    level: 31.23456,
    threshold: 20,
    levelAtRetreat: 41,
    noise: 0.5,
    world: 0,
    startReference: 10,
    slopeAtRetreat: 0,
    blockLevel: 30,
  }

  it("differs for each act, and has the numbers behind the decision", () => {
    const deeds = GUARD_ACTS.map((act) => guardActText(act, numbers).split(" (")[0])
    for (const deed of deeds) expect(deed.length).toBeGreaterThan(10)
    expect(new Set(deeds).size).toBe(GUARD_ACTS.length)
    for (const act of GUARD_ACTS) {
      const leaves = act === "retreat" || act === "promote"
      expect(guardActText(act, numbers)).toMatch(
        leaves
          ? /\(level 31\.2, baseline 10, threshold 20, noise 0\.5\)$/
          : /\(level 31\.2, baseline 10, threshold 20, at the retreat 41, 12 windows there, noise 0\.5\)$/,
      )
    }
  })

  it("says so if a number is unknown", () => {
    expect(guardActText("blame", { ...numbers, level: null, windows: null })).toMatch(
      /\(level \?, .*, 0 windows there, /,
    )
  })
})
