/** Selection under guardrails: nothing but what is offered is ever live, and every limit holds over any history. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type Channels,
  DEFAULT_SELECTION,
  EMPTY_SELECTION,
  judgeConstraints,
  observeVariant,
  type SelectionDecision,
  selectVariant,
} from "../../src/control/variantSelection.ts"
import type { SelectionSettings, SelectionState } from "../../src/control/relocationTypes.ts"
import { VariantSelector } from "../../src/control/VariantSelector.ts"
import type { SelectableVariant } from "../../src/domain/Variant.ts"

const SECOND_US = 1_000_000
const settings: SelectionSettings = {
  ...DEFAULT_SELECTION,
  cooldownUs: 10 * SECOND_US,
  switchesPerHour: 4,
  stay: 2,
}

const offer = (name: string, own: Partial<SelectableVariant> = {}): SelectableVariant => ({
  name,
  version: 3,
  state: "approved",
  values: {},
  constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.01 }],
  rollback: { to: "previous", afterBreaches: 2, quarantineUs: 60 * SECOND_US },
  ...own,
})

const good: Channels = { errorRate: 0 }
const bad: Channels = { errorRate: 0.5 }

/** A selection that is driven step by step. */
function selection(offered: ReadonlyArray<SelectableVariant>, own: Partial<SelectionSettings> = {}) {
  const all = { ...settings, ...own }
  let state: SelectionState = EMPTY_SELECTION
  let nowUs = 0
  return {
    get state() {
      return state
    },
    offered,
    wait: (seconds: number) => {
      nowUs += seconds * SECOND_US
    },
    read: (loss: number, channels = good, variant = state.live ?? "") => {
      state = observeVariant(state, { variant, loss, channels, nowUs }, offered, all)
    },
    decide: (channels = good, now = offered): SelectionDecision => {
      const next = selectVariant(state, now, channels, nowUs, all)
      // Plain data: what a restart would bring back is the same.
      state = JSON.parse(JSON.stringify(next.state)) as SelectionState
      return next.decision
    },
  }
}

describe("the first choice", () => {
  it("is a promoted one if there is one, otherwise drawn", () => {
    const { decide } = selection([offer("a"), offer("b", { state: "promoted" }), offer("c")])
    expect(decide()).toMatchObject({ action: "switch", from: null, to: "b", reason: "first" })
    expect(selection([offer("a"), offer("c")]).decide()).toMatchObject({ action: "switch", reason: "drawn" })
  })

  it("is none if nothing is offered or eligible", () => {
    expect(selection([]).decide()).toMatchObject({ action: "stay", to: null, reason: "noneEligible" })
    const only = offer("a", { constraints: [{ channel: "load", of: "context", atMost: 5 }] })
    const picky = selection([only])
    expect(picky.decide({ load: 6 }).candidates).toEqual([{ name: "a", ineligible: "context" }])
    expect(picky.decide({}).to).toBeNull()
    expect(picky.decide({ load: Number.NaN }).to).toBeNull()
    expect(picky.decide({ load: 5 }).to).toBe("a")
  })
})

describe("a switch is held back", () => {
  it("by the cooldown, then by the minimum stay", () => {
    const { decide, wait, read } = selection([offer("a", { state: "promoted" }), offer("b")])
    decide()
    read(1)
    wait(9.999)
    expect(decide()).toMatchObject({ action: "stay", reason: "cooldownActive", to: "a" })
    wait(0.001)
    expect(decide()).toMatchObject({ action: "stay", reason: "stayShort" })
    read(1)
    expect(decide()).toMatchObject({ action: "switch", reason: "drawn", to: "b" })
  })

  it("by the rolling hourly budget", () => {
    const { decide, wait, read } = selection([offer("a"), offer("b")], { switchesPerHour: 2, trials: 1e6 })
    const play = () => {
      wait(10)
      read(1)
      read(1)
      return decide()
    }
    expect(decide().action).toBe("switch")
    expect(play().action).toBe("switch")
    expect(play()).toMatchObject({ action: "stay", reason: "budgetExhausted" })
    wait(3_569.999)
    expect(play()).toMatchObject({ action: "stay", reason: "budgetExhausted" })
    wait(0.001)
    expect(decide().action).toBe("switch")
  })

  it("by a clock that jumps back, which is clamped", () => {
    const offered = [offer("a", { state: "promoted" }), offer("b")]
    let { state } = selectVariant(EMPTY_SELECTION, offered, good, 100 * SECOND_US, settings)
    state = selectVariant(state, offered, good, 5, settings).state
    expect([state.nowUs, state.sinceUs]).toEqual([100 * SECOND_US, 100 * SECOND_US])
    expect(selectVariant(state, offered, good, Number.NaN, settings).decision.atUs).toBe(100 * SECOND_US)
  })
})

describe("a variant is left at once", () => {
  const two = () => {
    const made = selection(
      [offer("a", { state: "promoted" }), offer("b"), offer("c", { state: "promoted" })],
      {
        switchesPerHour: 2,
      },
    )
    made.decide()
    made.read(1)
    made.read(1)
    made.wait(10)
    made.read(1, good, "c")
    made.read(1, good, "c")
    expect(made.decide().to).toBe("b")
    return made
  }

  it("when it broke a constraint as often as its plan allows, despite cooldown and budget", () => {
    const { decide, read, wait } = two()
    read(1, bad)
    expect(decide().action).toBe("stay")
    read(1, good)
    read(1, bad)
    expect(decide().action).toBe("stay")
    read(1, bad)
    expect(decide()).toMatchObject({ action: "rollback", from: "b", to: "a", reason: "constraintBroken" })
    wait(59.999)
    const shut = decide().candidates.find(({ name }) => name === "b")
    expect(shut?.ineligible).toBe("quarantined")
    wait(0.001)
    expect(decide().candidates.find(({ name }) => name === "b")?.ineligible).toBeNull()
  })

  it("when its constraint's channel is missing: no data is not a pass", () => {
    const { decide, read } = two()
    for (let i = 0; i < 9; i++) read(1, i % 2 === 0 ? {} : { errorRate: Number.NaN })
    expect(decide().action).toBe("stay")
    read(1, {})
    expect(decide()).toMatchObject({ action: "rollback", reason: "constraintBroken" })
  })

  it("when it is no longer offered, or the context left it", () => {
    const { decide, offered } = two()
    const rest = offered.filter(({ name }) => name !== "b")
    expect(decide(good, rest)).toMatchObject({ action: "rollback", to: "a", reason: "notSelectable" })
    const low = offer("low", {
      constraints: [{ channel: "load", of: "context", atMost: 5 }],
      state: "promoted",
    })
    const other = selection([low, offer("any")])
    expect(other.decide({ load: 1 }).to).toBe("low")
    expect(other.decide({}).action).toBe("stay")
    expect(other.decide({ load: 9 })).toMatchObject({ action: "rollback", to: "any", reason: "contextLeft" })
  })

  it("for the one its plan names, then the best promoted one, then any, then none", () => {
    const plan = { to: "c", afterBreaches: 1, quarantineUs: 0 }
    const leave = (others: ReadonlyArray<SelectableVariant>) => {
      const made = selection([offer("b", { rollback: plan, state: "promoted" }), ...others])
      made.decide()
      for (const [name, loss] of [
        ["d", 3],
        ["e", 2],
        ["f", 1],
      ] as const)
        made.read(loss, good, name)
      made.read(1, bad)
      return made.decide()
    }
    const promoted = (name: string) => offer(name, { state: "promoted" })
    expect(leave([offer("c"), promoted("d"), promoted("e")]).to).toBe("c")
    expect(leave([promoted("d"), promoted("e"), offer("f")]).to).toBe("e")
    expect(leave([offer("d"), offer("f")]).to).toBe("f")
    expect(leave([]).to).toBeNull()
  })
})

describe("constraints", () => {
  it("are judged with three values, and the worst decides", () => {
    const both = [
      { channel: "x", of: "outcome" as const, atLeast: 1, atMost: 2 },
      { channel: "y", of: "outcome" as const, atMost: 0 },
      { channel: "z", of: "context" as const, atMost: 0 },
    ]
    const judge = (channels: Channels) => judgeConstraints(both, "outcome", channels)
    expect(judge({ x: 1, y: 0, z: 9 })).toBe("pass")
    expect(judge({ x: 2, y: -1 })).toBe("pass")
    expect(judge({ x: 0.9 })).toBe("fail")
    expect(judge({ x: 2.1, y: null })).toBe("fail")
    expect(judge({ x: 1, y: null })).toBe("hold")
    expect(judgeConstraints([{ channel: "toString", of: "outcome", atMost: 1 }], "outcome", {})).toBe("hold")
  })
})

describe("a selector", () => {
  it("continues from a saved state without a difference", () => {
    const offered = [offer("a", { state: "promoted" }), offer("b"), offer("c")]
    const drive = (selector: VariantSelector, from: number, to: number) => {
      const decisions: Array<SelectionDecision> = []
      for (let window = from; window < to; window++) {
        const nowUs = window * SECOND_US
        const decision = selector.select(offered, good, nowUs)
        decisions.push(decision)
        const loss = decision.to === "b" ? 1 : 2
        selector.observe({ variant: decision.to ?? "", loss, channels: good, nowUs }, offered)
      }
      return decisions
    }
    const one = new VariantSelector({ ...settings, switchesPerHour: 100 })
    const first = drive(one, 0, 60)
    const saved = JSON.parse(JSON.stringify(one)) as SelectionState
    const again = new VariantSelector({ ...settings, switchesPerHour: 100 }, saved)
    expect(drive(again, 60, 400)).toEqual(drive(one, 60, 400))
    expect(first[0].reason).toBe("first")
    expect(again.live).toBe("b")
    again.observe({ variant: "b", loss: Number.NaN, channels: good, nowUs: 0 }, offered)
    expect([again.refused, one.refused]).toEqual([1, 0])
  })

  it("refuses settings that make no sense", () => {
    const wrong = [
      [{ discount: 0 }, "discount must be above 0 and at most 1, got 0"],
      [{ discount: 1.1 }, "discount must be above 0 and at most 1, got 1.1"],
      [{ seed: 0.5 }, "seed must be a whole number from 0, got 0.5"],
      [{ seed: -1 }, "seed must be a whole number from 0, got -1"],
      [{ cooldownUs: -1 }, "cooldownUs must be a number from 0, got -1"],
      [{ stay: Number.NaN }, "stay must be a number from 0, got NaN"],
      [{ trials: Number.POSITIVE_INFINITY }, "trials must be a number from 0, got Infinity"],
    ] as const
    for (const [own, why] of wrong) expect(() => new VariantSelector(own)).toThrow(new RangeError(why))
    for (const own of [{ discount: 1 }, { seed: 0 }, { cooldownUs: 0 }])
      expect(() => new VariantSelector(own)).not.toThrow()
  })
})

describe("over all histories", () => {
  const NAMES = ["a", "b", "c"]
  const step = fc.record({
    waitS: fc.integer({ min: -5, max: 40 }),
    offered: fc.subarray(NAMES),
    promoted: fc.subarray(NAMES),
    readings: fc.array(
      fc.record({
        loss: fc.oneof(fc.double({ min: 0, max: 9, noNaN: true }), fc.constant(Number.NaN)),
        error: fc.constantFrom(0, 0.5, null),
      }),
      { maxLength: 4 },
    ),
  })

  it("only offered variants are live, switches keep cooldown and budget, and all is recorded", () => {
    let switches = 0
    let rollbacks = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
        const own = { ...settings, seed }
        let state = EMPTY_SELECTION
        let nowUs = 0
        let live: string | null = null
        let lastUs = Number.NEGATIVE_INFINITY
        const timesUs: Array<number> = []
        for (const { waitS, offered: names, promoted, readings } of steps) {
          nowUs += waitS * SECOND_US
          const offered = names.map((name) =>
            offer(name, promoted.includes(name) ? { state: "promoted" } : {}),
          )
          for (const { loss, error } of readings)
            state = observeVariant(
              state,
              { variant: live ?? "a", loss, channels: { errorRate: error }, nowUs },
              offered,
              own,
            )
          const next = selectVariant(state, offered, good, nowUs, own)
          const { action, from, to, id, atUs } = next.decision
          expect([id, from, to]).toEqual([state.decisions + 1, live, next.state.live])
          expect(to === null || names.includes(to)).toBe(true)
          expect(action === "stay").toBe(from === to && action !== "rollback")
          if (action !== "stay") {
            if (action === "switch") {
              expect(atUs - lastUs).toBeGreaterThanOrEqual(own.cooldownUs)
              expect(timesUs.filter((t) => t > atUs - 3600 * SECOND_US).length).toBeLessThan(
                own.switchesPerHour,
              )
              switches++
            } else rollbacks++
            lastUs = atUs
            timesUs.push(atUs)
          }
          expect(next.state.switchesUs.length).toBeLessThanOrEqual(own.switchesPerHour)
          expect(next.state.bandit.arms.length).toBeLessThanOrEqual(names.length)
          state = next.state
          live = to
        }
      }),
      { numRuns: 300 },
    )
    expect(switches).toBeGreaterThan(100)
    expect(rollbacks).toBeGreaterThan(100)
  })
})
