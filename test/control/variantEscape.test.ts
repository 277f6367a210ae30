/** Leaving a variant: when, for which one, and who is not chosen meanwhile. */
import { describe, expect, it } from "vitest"
import {
  type Channels,
  DEFAULT_SELECTION,
  EMPTY_SELECTION,
  leaveVariant,
  observeVariant,
  selectVariant,
} from "../../src/control/variantSelection.ts"
import type { SelectionState } from "../../src/control/relocationTypes.ts"
import type { SelectableVariant } from "../../src/domain/Variant.ts"

const SECOND = 1e6
const settings = { ...DEFAULT_SELECTION, cooldownUs: 10 * SECOND, switchesPerHour: 3, stay: 1, trials: 1 }
const variant = (name: string, own: Partial<SelectableVariant> = {}): SelectableVariant => ({
  name,
  version: 1,
  state: "approved",
  values: {},
  constraints: [],
  rollback: { to: "previous", afterBreaches: 2, quarantineUs: 60 * SECOND },
  ...own,
})
const arm = (name: string, mean: number) => ({
  name,
  readings: 5,
  weight: 5,
  squares: 5,
  mean,
  deviations: 1,
})
const living = (live: string, own: Partial<SelectionState> = {}): SelectionState => ({
  ...EMPTY_SELECTION,
  nowUs: 100 * SECOND,
  live,
  switchesUs: [100 * SECOND],
  sinceUs: 100 * SECOND,
  ...own,
})
const leave = (
  state: SelectionState,
  offered: ReadonlyArray<SelectableVariant>,
  why: "regressed" | "tripped" | null = "regressed",
  channels: Channels = {},
) => leaveVariant(state, offered, channels, why, 200 * SECOND, settings)

describe("a variant that is left", () => {
  it("is replaced by the previous one, or the one its plan names", () => {
    const offered = [variant("a"), variant("b"), variant("c")]
    expect(leave(living("a", { previous: "c" }), offered)?.decision.to).toBe("c")
    const planned = [
      variant("a", { rollback: { to: "b", afterBreaches: 1, quarantineUs: 0 } }),
      ...offered.slice(1),
    ]
    expect(leave(living("a", { previous: "c" }), planned)?.decision.to).toBe("b")
  })

  it("otherwise by a promoted one, the best by readings first, then by name", () => {
    const offered = [
      variant("a"),
      variant("d"),
      variant("c", { state: "promoted" }),
      variant("b", { state: "promoted" }),
    ]
    expect(leave(living("a"), offered)?.decision.to).toBe("b")
    const bandit = { ...EMPTY_SELECTION.bandit, arms: [arm("b", 3), arm("c", 2), arm("d", 1)] }
    expect(leave(living("a", { bandit }), offered)?.decision.to).toBe("c")
    // One that was never read comes after those that were.
    const only = { ...EMPTY_SELECTION.bandit, arms: [arm("c", 99)] }
    expect(leave(living("a", { bandit: only }), offered)?.decision.to).toBe("c")
    expect(leave(living("a", { bandit }), [variant("a"), variant("c"), variant("d")])?.decision.to).toBe("d")
  })

  it("by none if none is eligible: not itself, none in quarantine, none with an unknown context", () => {
    const quarantine = [{ name: "b", untilUs: 300 * SECOND }]
    const night = variant("c", { constraints: [{ channel: "load", of: "context", atMost: 10 }] })
    const state = living("a", { quarantine, previous: "b" })
    const offered = [variant("a"), variant("b"), night]
    const left = leave(state, offered)
    expect([left?.decision.to, left?.decision.action, left?.decision.from]).toEqual([null, "rollback", "a"])
    expect(left?.decision.candidates).toEqual([
      { name: "a", ineligible: "quarantined" },
      { name: "b", ineligible: "quarantined" },
      { name: "c", ineligible: "context" },
    ])
    expect(left?.decision.draws).toEqual([])
    expect(leave(state, offered, "regressed", { load: 10 })?.decision.to).toBe("c")
    expect(leave(state, offered, "regressed", { load: 10.1 })?.decision.to).toBeNull()
  })

  it("is quarantined as its plan says if it failed, but not if only its context left", () => {
    const offered = [variant("a"), variant("b")]
    for (const why of ["regressed", "tripped"] as const) {
      const left = leave(living("a"), offered, why)
      expect(left?.decision.reason).toBe(why)
      expect(left?.state.quarantine).toEqual([{ name: "a", untilUs: 260 * SECOND }])
    }
    const night = variant("a", { constraints: [{ channel: "load", of: "context", atMost: 10 }] })
    const moved = leave(living("a"), [night, variant("b")], null, { load: 11 })
    expect(moved?.decision.reason).toBe("contextLeft")
    expect(moved?.state.quarantine).toEqual([])
    const gone = leave(living("z"), offered, null)
    expect(gone?.decision.reason).toBe("notSelectable")
    expect(gone?.state.quarantine).toEqual([])
    expect(leave(living("z"), offered, "regressed")?.state.quarantine).toEqual([])
  })

  it("stays if nothing is wrong; without a live variant nothing happens", () => {
    const offered = [variant("a"), variant("b")]
    expect(leave(living("a"), offered, null)).toBeNull()
    expect(leave({ ...living("a"), live: null }, offered)).toBeNull()
    // A live one whose context cannot be told stays too.
    const night = variant("a", { constraints: [{ channel: "load", of: "context", atMost: 10 }] })
    expect(leave(living("a"), [night, variant("b")], null)).toBeNull()
    expect(leave(living("a", { breaches: 1 }), offered, null)).toBeNull()
    expect(leave(living("a", { breaches: 2 }), offered, null)?.decision.reason).toBe("constraintBroken")
  })

  it("is left at the later of the two times, and counted", () => {
    const offered = [variant("a"), variant("b")]
    const left = leaveVariant(living("a", { decisions: 4 }), offered, {}, "tripped", 50 * SECOND, settings)
    expect(left?.decision).toMatchObject({ id: 5, atUs: 100 * SECOND, to: "b" })
    expect(left?.state).toMatchObject({
      live: "b",
      previous: "a",
      readings: 0,
      breaches: 0,
      silent: 0,
      decisions: 5,
    })
    expect(left?.state.switchesUs).toEqual([100 * SECOND, 100 * SECOND])
    const full = living("a", { switchesUs: [1, 2, 3] })
    expect(leave(full, offered)?.state.switchesUs).toEqual([2, 3, 200 * SECOND])
  })
})

describe("a window of a variant", () => {
  const guarded = variant("a", { constraints: [{ channel: "errors", of: "outcome", atMost: 0.1 }] })
  const offered = [guarded, variant("b")]
  const window_ = (state: SelectionState, name: string, errors: unknown, loss = 1): SelectionState =>
    observeVariant(
      state,
      { variant: name, loss, channels: { errors } as Channels, nowUs: 0 },
      offered,
      settings,
    )

  it("is learned from, but counts for the stay and constraints only if its variant is live", () => {
    const other = window_(living("a", { breaches: 1, silent: 2 }), "b", 0.5)
    expect(other.bandit.arms.map(({ name }) => name)).toEqual(["b"])
    expect([other.readings, other.breaches, other.silent]).toEqual([0, 1, 2])
    const stranger = window_(living("a"), "z", 0)
    expect(stranger.bandit).toEqual(EMPTY_SELECTION.bandit)
  })

  it("clears breaches when it passes, keeps them when undecided, and counts five undecided as one", () => {
    const breached = window_(window_(living("a"), "a", 0.2), "a", 0.3)
    expect([breached.readings, breached.breaches, breached.silent]).toEqual([2, 2, 0])
    expect(window_(breached, "a", 0.1).breaches).toBe(0)
    let state = breached
    for (const [i, nothing] of [undefined, null, Number.NaN, "0"].entries()) {
      state = window_(state, "a", nothing)
      expect([state.breaches, state.silent]).toEqual([2, i + 1])
    }
    state = window_(state, "a", undefined)
    expect([state.breaches, state.silent]).toEqual([3, 0])
    expect(window_(breached, "a", 0.2, Number.NaN).readings).toBe(2)
  })
})

describe("a choice", () => {
  it("begins with the first promoted one, but only if none was ever live", () => {
    const offered = [variant("a"), variant("b", { state: "promoted" })]
    const first = selectVariant(EMPTY_SELECTION, offered, {}, SECOND, settings)
    expect(first.decision).toMatchObject({
      action: "switch",
      to: "b",
      reason: "first",
      draws: [],
      from: null,
    })
    for (const later of [{ previous: "a" }, { switchesUs: [SECOND / 2] }]) {
      const state = { ...EMPTY_SELECTION, ...later }
      expect(selectVariant(state, offered, {}, SECOND, settings).decision.reason).toBe("cooldownActive")
      expect(selectVariant(state, offered, {}, 10 * SECOND, settings).decision.reason).toBe("drawn")
    }
    expect(selectVariant(EMPTY_SELECTION, [variant("a")], {}, SECOND, settings).decision.reason).toBe("drawn")
  })

  it("keeps the previously live one if nothing was live in between", () => {
    const state = { ...EMPTY_SELECTION, previous: "z" }
    const next = selectVariant(state, [variant("a")], {}, 60 * SECOND, settings)
    expect(next.state).toMatchObject({ live: "a", previous: "z" })
  })

  it("stays without a draw if none is eligible", () => {
    const shut = { ...EMPTY_SELECTION, quarantine: [{ name: "a", untilUs: 90 * SECOND }] }
    const { decision } = selectVariant(shut, [variant("a")], {}, 60 * SECOND, settings)
    expect(decision).toMatchObject({ action: "stay", to: null, reason: "noneEligible", draws: [] })
  })
})
