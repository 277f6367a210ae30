/** How carefully a host grows: where each alarm leads from each mode, how long caution lasts, and that only a person ends a halt. */
import * as fc from "fast-check"
import { createActor, type Snapshot } from "xstate"
import { describe, expect, it } from "vitest"
import { growthMachine, type GrowthReport } from "../../machines/growth.machine.ts"
import { persist, revive } from "../../machines/persist.ts"
import { EMERGENCIES } from "../../src/morph/contracts/enums.ts"
import {
  GROWTH_MODES,
  type GrowthEvent,
  type GrowthMode,
  grown,
  permits,
} from "../../src/morph/grafting/growthMode.ts"

function growth(policy = {}, snapshot?: Snapshot<unknown>) {
  const input = { policy }
  const actor = createActor(growthMachine, snapshot === undefined ? { input } : { input, snapshot })
  const reports: Array<GrowthReport> = []
  actor.on("modeChanged", (report) => reports.push(report))
  actor.start()
  const life = () => actor.getSnapshot().context
  const it = {
    actor,
    reports,
    life,
    send: (event: GrowthEvent) => {
      actor.send(event)
      return it
    },
    boundaries: (count: number, clean = true) => {
      for (let i = 0; i < count; i++) actor.send({ type: "boundary", boundary: life().boundary + 1, clean })
      return it
    },
    mode: () => actor.getSnapshot().value,
  }
  return it
}

const alarm = (level: "notice" | "elevated" | "conservative" | "halt"): GrowthEvent => ({
  type: "emergency",
  level,
  reason: `it was ${level}`,
})

const into: Readonly<Record<GrowthMode, ReadonlyArray<GrowthEvent>>> = {
  operational: [],
  degraded: [alarm("elevated")],
  conservative: [alarm("conservative")],
  halted: [alarm("halt")],
}

const at = (mode: GrowthMode) => {
  const one = growth().boundaries(3)
  for (const event of into[mode]) one.send(event)
  expect(one.mode()).toBe(mode)
  return one
}

describe("an emergency", () => {
  it.each([
    ["operational", "notice", "operational"],
    ["operational", "elevated", "degraded"],
    ["operational", "conservative", "conservative"],
    ["operational", "halt", "halted"],
    ["degraded", "notice", "degraded"],
    ["degraded", "elevated", "conservative"],
    ["degraded", "conservative", "conservative"],
    ["degraded", "halt", "halted"],
    ["conservative", "notice", "conservative"],
    ["conservative", "elevated", "conservative"],
    ["conservative", "conservative", "conservative"],
    ["conservative", "halt", "halted"],
    ["halted", "notice", "halted"],
    ["halted", "elevated", "halted"],
    ["halted", "conservative", "halted"],
    ["halted", "halt", "halted"],
  ] as const)("in %s mode at level %s leads to %s", (from, level, to) => {
    const one = at(from)
    const { length } = one.reports
    one.send(alarm(level))
    expect([one.mode(), one.life().mode]).toEqual([to, to])
    if (from !== to) expect(one.life().reason).toBe(`it was ${level}`)
    expect(one.reports.slice(length).map((report) => [report.from, report.to])).toEqual(
      from === to ? [] : [[from, to]],
    )
  })

  it("has a level for every name of the contracts", () => {
    expect(EMERGENCIES).toEqual(["unknown", "notice", "elevated", "conservative", "halt"])
  })
})

describe("caution", () => {
  it("degraded ends after five clean boundaries in a row", () => {
    const one = at("degraded").boundaries(4).boundaries(1, false).boundaries(4)
    expect(one.mode()).toBe("degraded")
    expect(one.boundaries(1).mode()).toBe("operational")
    expect(one.life().reason).toBeNull()
  })

  it("conservative stays ten boundaries however clean they are, and then until five in a row were", () => {
    const clean = at("conservative").boundaries(9)
    expect(clean.mode()).toBe("conservative")
    expect(clean.boundaries(1).mode()).toBe("operational")
    const unclean = at("conservative").boundaries(30, false).boundaries(4)
    expect(unclean.mode()).toBe("conservative")
    expect(unclean.boundaries(1).mode()).toBe("operational")
  })

  it("conservative begins anew with each alarm", () => {
    const one = at("conservative").boundaries(9).send(alarm("elevated")).boundaries(9)
    expect([one.mode(), one.life().reason]).toEqual(["conservative", "it was elevated"])
    expect(one.boundaries(1).mode()).toBe("operational")
  })

  it("is not shortened by a boundary that is told twice", () => {
    const one = at("degraded")
    for (let i = 0; i < 20; i++) one.send({ type: "boundary", boundary: 3, clean: true })
    expect(one.mode()).toBe("degraded")
  })

  it("plants in no mode but operational and degraded, and trains in all but halted", () => {
    expect(GROWTH_MODES.map((mode) => [mode, permits(mode).plants, permits(mode).trains])).toEqual([
      ["operational", true, true],
      ["degraded", true, true],
      ["conservative", false, true],
      ["halted", false, false],
    ])
  })
})

describe("a halt", () => {
  it("is left by a person's reset and by nothing else, whatever comes", () => {
    const other: fc.Arbitrary<GrowthEvent> = fc.oneof(
      fc.record({ type: fc.constant("boundary" as const), boundary: fc.integer(), clean: fc.boolean() }),
      fc.constantFrom("notice", "elevated", "conservative", "halt").map((level) => alarm(level as "halt")),
      fc.constant<GrowthEvent>({ type: "reset", by: " " }),
    )
    fc.assert(
      fc.property(fc.array(other, { maxLength: 60 }), (events) => {
        const one = at("halted")
        for (const event of events) one.send(event)
        expect(one.mode()).toBe("halted")
        one.send({ type: "reset", by: "ada", note: "disk changed" })
        expect(one.mode()).toBe("operational")
        expect(one.life().acknowledgement).toEqual({ by: "ada", note: "disk changed" })
      }),
    )
  })

  it("is the only mode that a reset changes", () => {
    for (const mode of GROWTH_MODES.filter((one) => one !== "halted")) {
      const one = at(mode)
      const before = one.life()
      one.send({ type: "reset", by: "ada" })
      expect(one.life()).toEqual(before)
    }
  })
})

describe("the growth machine", () => {
  it("is always in the mode that its context says, which is what `grown` leads to", () => {
    const event: fc.Arbitrary<GrowthEvent> = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          type: fc.constant("boundary" as const),
          boundary: fc.nat(200),
          clean: fc.boolean(),
        }),
      },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom("notice", "elevated", "conservative")
          .map((level) => alarm(level as "halt")),
      },
      { weight: 1, arbitrary: fc.constantFrom<GrowthEvent>(alarm("halt"), { type: "reset", by: "ada" }) },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150 }), (events) => {
        const one = growth({ stay: 3, clean: 2 })
        for (const next of events) {
          const expected = grown(one.life(), next)
          one.send(next)
          expect(one.life()).toEqual(expected)
          expect(one.mode()).toBe(expected.mode)
        }
      }),
    )
  })

  it.each(GROWTH_MODES)("goes on from its JSON when it was %s", (mode) => {
    const one = at(mode).boundaries(2)
    const again = growth({}, revive(JSON.parse(JSON.stringify(persist(one.actor)))))
    expect(again.life()).toEqual(one.life())
    for (const both of [one, again]) both.boundaries(6).send(alarm("elevated")).boundaries(12)
    expect([again.mode(), again.life()]).toEqual([one.mode(), one.life()])
  })

  it("refuses a policy that cannot be one", () => {
    const actor = createActor(growthMachine, { input: { policy: { stay: 0, clean: 2.5 } } })
    const errors: Array<unknown> = []
    actor.subscribe({ error: (error) => errors.push(error) })
    actor.start()
    expect(String(errors[0])).toContain("policy.stay")
    expect(String(errors[0])).toContain("policy.clean")
  })
})
