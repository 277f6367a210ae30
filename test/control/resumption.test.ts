/**
 * Where an engine begins again: after a stop where it stood, after anything else on its baseline, with SafeMode as it was and
 * frozen where the record cannot be trusted; and a person is told, in whole sentences, what could not be kept.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type LeftBehind, resumptionOf } from "../../src/control/resumption.ts"
import { DEFAULT_SAFE_MODE } from "../../src/control/tripRules.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { makeParamSpace, type ParamsConfig } from "../../src/domain/ParamSpace.ts"
import type { TripReason } from "../../src/domain/words.ts"

const SECOND = 1e6
const HOUR = 3600 * SECOND
const params: ParamsConfig = {
  batch: { min: 0, max: 100, step: 5, initial: 20 },
  rate: { min: 0, max: 10, initial: 1 },
}
const space = makeParamSpace(params)

const stopped: LeftBehind = {
  run: "r1",
  ended: true,
  atUs: 100 * SECOND,
  base: { batch: 40, rate: 3 },
  baseline: { batch: 30, rate: 2 },
  trips: [],
  rollbacksUs: [],
  damage: null,
}
const killed: LeftBehind = { ...stopped, ended: false }
const policy = {
  resume: "last",
  safeMode: { ...DEFAULT_SAFE_MODE, timerUs: 30 * SECOND, rollbacksPerHour: 2 },
  nowUs: 200 * SECOND,
} as const
type Policy = Parameters<typeof resumptionOf>[2]

const begun = (left: Partial<LeftBehind> = {}, more: Partial<Policy> = {}, knobs = params) =>
  resumptionOf({ ...stopped, ...left }, makeParamSpace(knobs), { ...policy, ...more })

describe("where a resumed engine begins", () => {
  it("is its last place after a stop, and its baseline after anything else", () => {
    expect(begun().start).toEqual(stopped.base)
    expect(begun().baseline).toEqual(stopped.baseline)
    const elsewhere: ReadonlyArray<readonly [Partial<LeftBehind>, Partial<Policy>]> = [
      [{ ended: false }, {}],
      [{}, { resume: "baseline" }],
      [{ trips: [{ reason: "telemetryLost", atUs: SECOND }] }, {}],
      [{ damage: "a record is gone" }, {}],
      [{ base: null }, {}],
    ]
    for (const [left, more] of elsewhere) {
      const { start, baseline } = begun(left, more)
      expect(start).toEqual(stopped.baseline)
      expect(baseline).toEqual(stopped.baseline)
      expect(begun(left, more).from.why).toContain("the plant begins on its baseline")
    }
  })

  it("is its last base without a baseline, and its initial values if nothing is known", () => {
    expect(begun({ ended: false, baseline: null })).toMatchObject({ start: stopped.base, baseline: null })
    expect(begun({ base: null, baseline: null })).toMatchObject({ start: {}, baseline: null, warnings: [] })
  })

  it("is inside the current bounds and grid, whatever was saved", () => {
    const value = fc.oneof(fc.double(), fc.integer({ min: -5, max: 105 }), fc.double({ min: 0, max: 10 }))
    const values = fc.option(fc.record({ batch: value, rate: value, gone: value }, { requiredKeys: [] }))
    fc.assert(
      fc.property(values, values, fc.boolean(), (base, baseline, ended) => {
        const { start, baseline: kept, warnings } = begun({ base, baseline, ended })
        const from = (ended && base !== null ? base : (baseline ?? base)) ?? {}
        for (const [name, at] of Object.entries(start)) {
          const i = space.names.indexOf(name)
          const was = from[name as "batch"] ?? Number.NaN
          expect(at >= space.knobs[i].min && at <= space.knobs[i].max).toBe(true)
          if (name === "batch") expect(at % 5).toBe(0)
          expect(Math.abs(at - was)).toBeLessThanOrEqual(name === "batch" ? 2.5 : 0)
          expect(warnings.some((one) => one.startsWith(`${name} was`))).toBe(at !== was)
        }
        // What was known and is not there any more is said, knob by knob.
        for (const name of Object.keys(from))
          if (!(name in start)) expect(warnings.filter((one) => one.startsWith(`${name} `))).toHaveLength(1)
        // A baseline is kept whole or not at all.
        expect(kept === null || space.names.every((name) => name in kept)).toBe(true)
        const dropped = warnings.filter((one) => one.startsWith("The baseline is dropped")).length
        expect(dropped).toBe(baseline !== null && kept === null ? 1 : 0)
      }),
    )
  })

  it("lists the old and new value of each changed knob", () => {
    const { start, warnings } = begun(
      { base: { batch: 43, rate: 11, depth: 2 } },
      {},
      {
        ...params,
        width: { min: 0, max: 4, initial: 3 },
      },
    )
    expect(start).toEqual({ batch: 45 })
    expect(warnings).toEqual([
      "batch was 43, which is between its steps now: it begins at 45.",
      "rate was 11, which is out of its bounds now: it begins at its initial 1.",
      "width is a new knob and begins at its initial 3.",
      "depth is no longer a knob.",
      "The baseline is dropped: it does not fit the current knobs.",
    ])
  })

  it("names twenty knobs that have changed and counts the others", () => {
    const lost = (count: number) =>
      begun({
        base: {
          ...stopped.base,
          ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1])),
        },
      }).warnings
    expect(lost(20)).toHaveLength(20)
    expect(lost(20).at(-1)).toBe("k19 is no longer a knob.")
    expect(lost(23)).toHaveLength(21)
    expect(lost(23).at(-1)).toBe("And 3 knobs more.")
  })

  it("accepts names that every object has", () => {
    const odd = makeParamSpace({ constructor: { min: 0, max: 1, initial: 0.5 } })
    const { start, warnings } = resumptionOf({ ...stopped, base: { other: 1 }, baseline: null }, odd, policy)
    expect(start).toEqual({})
    expect(warnings).toEqual([
      "constructor is a new knob and begins at its initial 0.5.",
      "other is no longer a knob.",
    ])
  })
})

describe("SafeMode that was open", () => {
  const trip = (reason: TripReason, seconds: number) => ({ reason, atUs: seconds * SECOND })

  it("opens again with the same reason, start and deadline", () => {
    expect(begun().safeMode).toBeNull()
    expect(begun({ trips: [trip("telemetryLost", 90)] }).safeMode).toEqual({
      reason: "telemetryLost",
      sinceUs: 90 * SECOND,
      exit: "timer",
      deadlineUs: 120 * SECOND,
      detail: null,
    })
  })

  it("waits for the objective as long as for a timer, and without limit for a person or a drain", () => {
    const recovering = { ...policy.safeMode, exit: "objectiveRecovery" } as const
    expect(begun({ trips: [trip("telemetryLost", 90)] }, { safeMode: recovering }).safeMode).toMatchObject({
      exit: "objectiveRecovery",
      deadlineUs: 120 * SECOND,
    })
    for (const [reason, exit] of [
      ["manualTrigger", "manualReset"],
      ["auditQueueFull", "auditDrained"],
    ] as const)
      expect(begun({ trips: [trip(reason, 90)] }).safeMode).toMatchObject({ exit, deadlineUs: null })
  })

  it("is as hard to leave as its hardest trip, and ends as late as the last", () => {
    expect(begun({ trips: [trip("telemetryLost", 80), trip("thrashing", 90)] }).safeMode).toMatchObject({
      reason: "telemetryLost",
      sinceUs: 80 * SECOND,
      exit: "timer",
      deadlineUs: 120 * SECOND,
    })
    const later = [trip("telemetryLost", 80), trip("manualTrigger", 90), trip("thrashing", 95)]
    expect(begun({ trips: later }).safeMode).toMatchObject({
      reason: "manualTrigger",
      sinceUs: 80 * SECOND,
      exit: "manualReset",
      deadlineUs: null,
    })
  })

  it("waits for a person after more rollbacks in the last hour than allowed", () => {
    const at = HOUR + 90 * SECOND
    const opened = (rollbacksUs: ReadonlyArray<number>) =>
      begun({ trips: [{ reason: "objectiveRegression", atUs: at }], rollbacksUs, atUs: at }, { nowUs: at })
        .safeMode
    expect(opened([at - 30, at - 20, at - 10])?.exit).toBe("manualReset")
    expect(opened([at - 20, at - 10])?.exit).toBe("timer")
    expect(opened([SECOND, at - 20, at - 10])?.exit).toBe("timer")
  })

  it("waits for a person, on the baseline, if the record is damaged, and says why", () => {
    const damage = "record 7 was changed"
    for (const trips of [[], [trip("telemetryLost", 90)]]) {
      const { safeMode, start, from } = begun({ damage, trips, directory: "./state" })
      expect(safeMode).toEqual({
        reason: "engineFault",
        sinceUs: 200 * SECOND,
        exit: "manualReset",
        deadlineUs: null,
        detail:
          `The journal is damaged: ${damage}. Inspect it (arqon audit verify ./state); ` +
          "restore it from a copy and restart the engine, or continue from here with reset().",
      })
      expect(start).toEqual(stopped.baseline)
      expect(from.why).toContain("The record of run r1 is damaged")
    }
    expect(begun({ damage }, { nowUs: null }).safeMode?.sinceUs).toBe(stopped.atUs)
  })
})

describe("a clock behind the end of the last run", () => {
  const left = {
    trips: [{ reason: "telemetryLost" as const, atUs: 90 * SECOND }],
    rollbacksUs: [10 * SECOND, 80 * SECOND],
  }

  it("shifts every time of that run, so that no wait becomes longer", () => {
    const { safeMode, rollbacksUs, warnings } = begun(left, { nowUs: 40 * SECOND })
    expect(safeMode).toMatchObject({ sinceUs: 30 * SECOND, deadlineUs: 60 * SECOND })
    expect(rollbacksUs).toEqual([-50 * SECOND, 20 * SECOND])
    expect(warnings).toEqual(["The clock is behind the end of that run, so its times were moved back."])
  })

  it("counts the rollbacks of the hour by their relative times", () => {
    const late = HOUR - 5 * SECOND
    const trips = [{ reason: "objectiveRegression" as const, atUs: late }]
    const rollbacksUs = [late - 3, late - 2, late - 1]
    expect(begun({ trips, rollbacksUs, atUs: late }, { nowUs: 0 }).safeMode?.exit).toBe("manualReset")
    const old = [late - HOUR - 3, late - HOUR - 2, late - HOUR - 1]
    expect(begun({ trips, rollbacksUs: old, atUs: late }, { nowUs: 0 }).safeMode?.exit).toBe("timer")
  })

  it("is not detected if time continues, stands still, or is unknown", () => {
    for (const nowUs of [stopped.atUs, stopped.atUs + 1, null]) {
      const { safeMode, rollbacksUs, warnings } = begun(left, { nowUs })
      expect(safeMode?.sinceUs).toBe(90 * SECOND)
      expect(rollbacksUs).toEqual(left.rollbacksUs)
      expect(warnings).toEqual([])
    }
  })
})

describe("the message to a person", () => {
  it("says which run is resumed, how it ended and where the plant begins", () => {
    expect(begun().from).toEqual({
      run: "r1",
      ended: true,
      atUs: stopped.atUs,
      why: "Run r1 was stopped: the plant begins where it was left. Gains start over.",
    })
    const told = (left: Partial<LeftBehind>, more: Partial<Policy> = {}) => begun(left, more).from.why
    expect(told({}, { resume: "baseline" })).toBe(
      "Run r1 was stopped: the plant begins on its baseline. Gains start over.",
    )
    expect(told(killed)).toBe("Run r1 was cut short: the plant begins on its baseline. Gains start over.")
    expect(told({ ended: false, baseline: null })).toContain(
      "the plant begins on its last base, because there was no baseline.",
    )
    expect(told({ base: null, baseline: null })).toContain("the plant begins on its initial values.")
    expect(told({ run: null, damage: "unreadable" })).toContain("Nothing of the last run can be read:")
    expect(told({ trips: [{ reason: "thrashing", atUs: 1 }] })).toContain(
      "on its baseline, and SafeMode is open (thrashing). Gains start over.",
    )
  })

  it("names changed guardrails and their current values, unless they are the same", () => {
    const told = (guardrails?: LeftBehind["guardrails"], now?: Policy["guardrails"]) =>
      begun(guardrails === undefined ? {} : { guardrails }, now === undefined ? {} : { guardrails: now })
        .warnings
    const { balanced, conservative } = GUARDRAILS
    expect(told(conservative, balanced)).toEqual([
      "The guardrails had been changed while it ran (conservative): it begins with those of its configuration (balanced).",
    ])
    expect(told({ ...balanced, maxStep: 0.07 }, balanced)[0]).toContain("ran (custom numbers): it")
    for (const [before, now] of [
      [balanced, { ...balanced }],
      [null, balanced],
      [undefined, balanced],
      [balanced, undefined],
    ] as const)
      expect(told(before, now)).toEqual([])
  })

  it("does not mention generations", () => {
    expect(begun().generation).toBeNull()
  })
})
