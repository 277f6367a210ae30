/**
 * What happens when a part of an engine dies: faults injected into the real machines, in virtual time. The plant is safe
 * first; then what died is started anew with what it knew, so many times; then a person is asked.
 */
import { describe, expect, it } from "vitest"
import { ConfigError } from "../../src/domain/errors.ts"
import { checkSpecs, type Death, Supervision } from "../../src/engine/supervision/Supervision.ts"
import { type Pulse, Watchdog } from "../../src/engine/supervision/Watchdog.ts"
import { breakRoot, brokenRig, type BrokenRig, type Fault, proposals } from "./brokenActors.ts"

const SECOND_US = 1_000_000
const death: Death = { child: "cycle", reason: "threw", detail: "it broke" }

describe("restart intensity", () => {
  it("is counted in a sliding window, separately for each child", () => {
    const supervision = new Supervision()
    supervision.expect([{ name: "cycle", intensity: { restarts: 2, withinUs: 10 } }])
    const verdicts = [0, 1, 11, 12, 20, 31, 32, 33].map((at) => supervision.died(death, at))
    expect(verdicts.map((verdict) => verdict[0]).join("")).toBe("rrrrerre")
    expect(supervision.died({ ...death, child: "latch" }, 33)).toBe("restart")
    expect(supervision.died(death, 34)).toBe("escalate")
    supervision.forgive()
    expect(supervision.died(death, 34)).toBe("restart")
  })

  it("counts restarts, not children that were given up", () => {
    const supervision = new Supervision()
    for (let i = 0; i < 9; i++) supervision.died(death, i)
    supervision.died({ ...death, reason: "hung" }, 60_000_010)
    expect(supervision.restarts()).toEqual([
      { child: "cycle", reason: "threw", count: 3 },
      { child: "cycle", reason: "hung", count: 1 },
    ])
  })

  it("is validated before anything starts, with every problem at once", () => {
    expect(checkSpecs([{ name: "a" }, { name: "b", intensity: { restarts: 0, withinUs: 1 } }])).toBeNull()
    const error = checkSpecs([
      { name: "" },
      { name: "a" },
      { name: "a", intensity: { restarts: 0.5, withinUs: 1 } },
      { name: "b", intensity: { restarts: 1, withinUs: 0 } },
    ])
    expect(error).toBeInstanceOf(ConfigError)
    expect(error?.problems.map(({ path }) => path)).toEqual([
      "children[0]",
      "children.a",
      "children.a.intensity",
      "children.b.intensity",
    ])
  })
})

/** Runs until something was started anew; the plant must be unperturbed at that moment. */
function runToRestart(rig: BrokenRig, fault: Fault, silent = false): void {
  const before = rig.snapshot().counters.restarts.length
  rig.broken.now = fault
  for (let i = 0; i < 3_000 && rig.snapshot().counters.restarts.length === before; i++) rig.run(1, silent)
  expect(rig.snapshot().counters.restarts.length).toBe(before + 1)
  expect(rig.snapshot().values).toEqual(rig.snapshot().base)
}

const cases = [
  ["cycle throws", "cycle", "threw"],
  ["cycle hangs", "cycle", "hung"],
  ["cycle has NaN", "cycle", "badState"],
  ["hotPath throws", "hotPath", "threw"],
  ["hotPath hangs", "hotPath", "hung"],
] as const

describe("when the engine adapts", () => {
  for (const [fault, child, reason] of cases) {
    it(`and its ${fault}, it returns to its baseline and continues with what it had learned`, () => {
      const rig = brokenRig()
      rig.run(2_000)
      const before = rig.snapshot()
      expect(before.values).not.toEqual(before.baseline)
      runToRestart(rig, fault)
      const after = rig.snapshot()
      expect(after.counters.restarts).toEqual([{ child, reason, count: 1 }])
      expect(after.values).toEqual(after.baseline)
      expect(after.mode).toBe("adapting")
      expect(after.fault).toBeNull()
      expect(after.counters.trips.engineFault).toBe(1)
      expect(after.cycle?.cycles).toBeGreaterThanOrEqual(before.cycle?.cycles ?? Number.NaN)
      expect(after.cycle?.noise).toBeGreaterThan(0)
      // The cooldown that follows a rollback, then cycles as before.
      rig.run(3_000)
      const later = rig.snapshot()
      expect(later.counters.cycles).toBeGreaterThan(after.counters.cycles + 30)
      expect(later.counters.restarts).toHaveLength(1)
      const ids = proposals(rig.core)
      expect(new Set(ids).size).toBe(ids.length)
      const told = rig.core.trail
        .records()
        .filter(({ kind, action }) => kind === "command" && action === "restart")
      expect(told.map(({ note }) => note?.split(":")[0])).toEqual([child])
    })
  }

  it("and rolls back more often in an hour than the policy allows, it waits for a person, whichever part died", () => {
    // A root that dies leaves the rollback to Tier 1: the latch hears of it when it is there again.
    const rig = brokenRig({ rollbacksPerHour: 2 })
    rig.run(50)
    for (let deaths = 1; deaths <= 3; deaths++) {
      breakRoot(rig.core.actor)
      rig.run(1)
      expect(rig.snapshot().counters.rollbacks).toBe(deaths)
      expect(rig.snapshot().mode).toBe(deaths <= 2 ? "adapting" : "safe")
      // Beyond the seconds within which restarts are counted.
      rig.run(deaths <= 2 ? 3_100 : 1)
    }
    expect(rig.snapshot().safeMode).toMatchObject({ reason: "objectiveRegression", exit: "manualReset" })
    rig.core.send({ type: "reset", note: "looked at it" })
    expect(rig.snapshot().mode).toBe("adapting")
  })

  // Root cause: the supervisor's acknowledgement of a fault let go what the number of rollbacks had closed.
  it.each(["cycle throws", "hotPath throws"] as const)(
    "and dies (%s) more often in an hour than rollbacks are allowed, a person is asked",
    (fault) => {
      const rig = brokenRig({ rollbacksPerHour: 2 })
      rig.run(50)
      for (let deaths = 1; deaths <= 3; deaths++) {
        rig.broken.now = fault
        for (let i = 0; i < 500 && rig.broken.now !== null; i++) rig.run(1)
        expect(rig.broken.now).toBeNull()
        expect([deaths, rig.snapshot().mode]).toEqual([deaths, deaths <= 2 ? "adapting" : "safe"])
        rig.run(deaths <= 2 ? 3_100 : 1)
      }
      expect(rig.snapshot().safeMode).toMatchObject({ exit: "manualReset" })
      rig.core.send({ type: "reset", note: "looked at it" })
      expect(rig.snapshot()).toMatchObject({ mode: "adapting", fault: null })
      const { cycles } = rig.snapshot().counters
      rig.run(3_100)
      expect(rig.snapshot().counters.cycles).toBeGreaterThan(cycles)
    },
  )

  it("and a part dies too often, it waits for a person, whose reset restores its restarts", () => {
    const rig = brokenRig()
    const faultsHeard: Array<unknown> = []
    rig.core.endings.add((fault) => faultsHeard.push(fault?.detail))
    let [heard, over] = [0, 0]
    rig.core.windows$.subscribe({ next: () => heard++, complete: () => over++ })
    rig.run(500)
    for (let deaths = 1; deaths <= 4; deaths++) {
      rig.core.recovery.childDied({ ...death, child: "clock" })
      const { mode, values, baseline } = rig.snapshot()
      expect(mode).toBe(deaths <= 3 ? "adapting" : "safe")
      expect(values).toEqual(baseline)
      rig.run(10)
    }
    expect(faultsHeard).toEqual(["it broke"])
    expect(rig.snapshot().safeMode).toMatchObject({ reason: "engineFault", exit: "manualReset" })
    const { generation } = rig.snapshot()
    rig.run(5_000)
    expect(rig.snapshot().generation).toBe(generation)
    let windows = 0
    heard = 0
    rig.core.send({ type: "reset", note: "looked at it" })
    expect(rig.snapshot()).toMatchObject({ mode: "adapting", fault: null })
    expect(over).toBe(0)
    rig.core.windows$.subscribe(() => windows++)
    rig.run(100)
    expect(windows).toBeGreaterThan(0)
    expect(heard).toBe(windows)
    expect(rig.core.recovery.childDied({ ...death, child: "clock" })).toBe("restart")
  })
})

describe("while SafeMode is open", () => {
  /** An engine in SafeMode until a time, because it heard nothing. */
  const silenced = () => {
    const rig = brokenRig()
    rig.run(500)
    rig.run(200, true)
    const { safeMode } = rig.snapshot()
    expect(safeMode).toMatchObject({ reason: "telemetryLost", exit: "timer" })
    return { rig, deadlineUs: safeMode?.deadlineUs ?? Number.NaN }
  }

  it("a latch that throws is restored as it was, and is left on time", () => {
    const { rig, deadlineUs } = silenced()
    runToRestart(rig, "latch throws", true)
    const open = rig.snapshot()
    expect(open.safeMode).toMatchObject({ reason: "telemetryLost", exit: "timer", deadlineUs })
    expect(open.fault).toBeNull()
    while (rig.snapshot().mode === "safe" && rig.snapshot().nowUs < deadlineUs + SECOND_US) rig.run(1)
    expect(rig.snapshot().mode).toBe("adapting")
    expect(rig.snapshot().nowUs - deadlineUs).toBeGreaterThanOrEqual(0)
    expect(rig.snapshot().nowUs - deadlineUs).toBeLessThan(SECOND_US)
    rig.run(2_500)
    expect(rig.snapshot().counters.cycles).toBeGreaterThan(open.counters.cycles + 5)
  })

  it("a latch that misses its deadline is detected, and then left at once", () => {
    const { rig, deadlineUs } = silenced()
    const { cycles } = rig.snapshot().counters
    rig.run(1_600, true)
    rig.broken.now = "latch hangs"
    rig.run(200, true)
    // In silence it owes nothing.
    expect(rig.snapshot().counters.restarts).toEqual([])
    const heardUs = rig.snapshot().nowUs
    expect(heardUs).toBeGreaterThan(deadlineUs)
    runToRestart(rig, "latch hangs")
    expect(rig.snapshot().counters.restarts).toEqual([{ child: "latch", reason: "hung", count: 1 }])
    while (rig.snapshot().mode === "safe" && rig.snapshot().nowUs < heardUs + 5 * SECOND_US) rig.run(1)
    expect(rig.snapshot().mode).toBe("adapting")
    rig.run(2_500)
    expect(rig.snapshot().counters.cycles).toBeGreaterThan(cycles + 5)
  })

  it("a death does not end it: a person's trip needs a person's reset", () => {
    for (const [fault] of cases.filter(([, child]) => child === "cycle")) {
      const rig = brokenRig()
      rig.run(500)
      rig.core.send({ type: "trip", note: "by hand" })
      rig.broken.now = fault
      rig.run(20)
      rig.core.recovery.childDied({ ...death, child: "clock" })
      breakRoot(rig.core.actor)
      rig.run(500)
      expect(rig.snapshot().mode).toBe("safe")
      expect(rig.snapshot().safeMode?.exit).toBe("manualReset")
      rig.core.send({ type: "reset" })
      rig.run(2_500)
      expect(rig.snapshot().mode).toBe("adapting")
      expect(rig.snapshot().counters.cycles).toBeGreaterThan(60)
    }
  })
})

describe("the watchdog", () => {
  const calm: Pulse = {
    nowUs: 0,
    nextApplyUs: 0,
    generation: 7,
    windowDone: true,
    due: 3,
    answered: 3,
    latchOpen: false,
    windows: 8,
    cycle: { lastId: 5, asked: false },
    latchDeadlineUs: null,
  }
  const watch = (pulse: Partial<Pulse>, everyUs: number, ticks: number) => {
    const watchdog = new Watchdog(500_000)
    return Array.from({ length: ticks }, (_, i) =>
      watchdog.check({ ...calm, windows: i, ...pulse, nowUs: i * everyUs }),
    )
  }

  it("names the part that owes an answer, once per term", () => {
    const found = (pulse: Partial<Pulse>) => watch(pulse, 500_000, 6).filter((hung) => hung !== null)
    expect(found({})).toEqual(["cycle"])
    expect(found({ answered: 2 })).toEqual(["telemetry"])
    expect(found({ cycle: { lastId: 5, asked: true } })).toEqual(["hotPath"])
    expect(found({ latchOpen: true, latchDeadlineUs: 0 })).toEqual(["latch"])
    expect(found({ latchOpen: true, latchDeadlineUs: 0, windows: 8 })).toEqual([])
    expect(found({ windowDone: false })).toEqual([])
    expect(found({ nextApplyUs: 1e9 })).toEqual([])
    expect(found({ latchOpen: true })).toEqual([])
  })

  it("does not wait a day for an answer if windows wait a day for digests", () => {
    const watchdog = new Watchdog(24 * 3600 * SECOND_US)
    const found = [0, 60, 119, 120].map((s) => watchdog.check({ ...calm, nowUs: s * SECOND_US }))
    expect(found).toEqual([null, null, null, "cycle"])
  })

  it("does not mistake a clock jump for silence", () => {
    expect(watch({}, 3_600 * SECOND_US, 3)).toEqual([null, null, null])
    const watchdog = new Watchdog(500_000)
    const times = [10, 9, 8, 7, 6, 5].map((s) => s * SECOND_US)
    expect(times.map((nowUs) => watchdog.check({ ...calm, nowUs }))).toEqual(times.map(() => null))
  })
})
