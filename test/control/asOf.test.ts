/** What was learnt under another clock: nothing of it waits for a time that is far away. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { regimesAsOf, selectionAsOf } from "../../src/control/asOf.ts"
import { HomeostasisCache } from "../../src/control/HomeostasisCache.ts"
import { fingerprintOf } from "../../src/control/fingerprint.ts"
import { EMPTY_HOMEOSTASIS } from "../../src/control/homeostasis.ts"
import type { HomeostasisState, Regime } from "../../src/control/relocationTypes.ts"
import { DEFAULT_REENTRY, longestRetryUs } from "../../src/control/reentry.ts"
import {
  DEFAULT_SELECTION,
  EMPTY_SELECTION,
  observeVariant,
  selectVariant,
} from "../../src/control/variantSelection.ts"
import { VariantSelector } from "../../src/control/VariantSelector.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import type { SelectableVariant } from "../../src/domain/Variant.ts"
import { freshRegime } from "./freshRegime.ts"

const SECOND = 1e6
const HOUR = 3600 * SECOND

const regime = (id: number, own: Partial<Regime> = {}): Regime =>
  freshRegime({
    id,
    unit: [0.5],
    fingerprint: fingerprintOf([{ throughputRps: 100 }]),
    ...own,
  })
const memory = (...regimes: ReadonlyArray<Regime>): HomeostasisState => ({ ...EMPTY_HOMEOSTASIS, regimes })

const variant = (name: string): SelectableVariant => ({
  name,
  version: 1,
  state: "approved",
  values: {},
  constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.1 }],
  rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
})

describe("a selection saved under another clock", () => {
  it("keeps its intervals, with no time behind or ahead of the new clock", () => {
    const state = {
      ...EMPTY_SELECTION,
      nowUs: 9 * HOUR,
      sinceUs: 9 * HOUR - 20 * SECOND,
      switchesUs: [9 * HOUR - 50 * SECOND, 9 * HOUR - 20 * SECOND],
      quarantine: [{ name: "a", untilUs: 9 * HOUR + 60 * SECOND }],
    }
    expect(selectionAsOf(state, HOUR)).toEqual({
      ...state,
      nowUs: HOUR,
      sinceUs: HOUR - 20 * SECOND,
      switchesUs: [HOUR - 50 * SECOND, HOUR - 20 * SECOND],
      quarantine: [{ name: "a", untilUs: HOUR + 60 * SECOND }],
    })
    expect(selectionAsOf(state, 9 * HOUR)).toBe(state)
    expect(selectionAsOf(state, 10 * HOUR)).toBe(state)
  })
})

describe("an object that was saved under another clock", () => {
  const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])

  it("continues on the new clock", () => {
    const before = new VariantSelector({ seed: 1, stay: 0, trials: 1 })
    const offered = [variant("a"), variant("b")]
    before.select(offered, {}, 9 * HOUR)
    const saved = JSON.parse(JSON.stringify(before))
    const selector = new VariantSelector({ seed: 1, stay: 0, trials: 1 }, saved)
    expect(selector.select(offered, {}, 0).reason).toBe("cooldownActive")
    expect(selector.select(offered, {}, 30 * SECOND).reason).toBe("drawn")
    // Told once: a clock that goes back afterwards takes nothing with it.
    selector.select(offered, {}, 10 * SECOND)
    expect(selector.toJSON().sinceUs).toBe(30 * SECOND)
    const cache = new HomeostasisCache(
      table,
      { maxStep: 0.1 },
      { memory: memory(regime(1, { metUs: 9 * HOUR })), trip: null },
    )
    cache.observe({ nowUs: HOUR, loss: 1, features: { throughputRps: 100 } })
    expect(cache.regimes[0].metUs).toBe(HOUR)
  })
})

describe("regimes saved under another clock", () => {
  it("were last met no later than now, and are left alone for at most the usual time", () => {
    const longest = longestRetryUs(DEFAULT_REENTRY)
    expect(longest).toBe(DEFAULT_REENTRY.retryUs * 4096)
    const ahead = regimesAsOf(
      memory(
        regime(1, { storedUs: 5 * HOUR, metUs: 9 * HOUR, retryUs: 9 * HOUR + SECOND }),
        regime(2, { metUs: 2 * HOUR }),
      ),
      HOUR,
      longest,
    )
    expect(ahead.regimes.map(({ storedUs, metUs, retryUs }) => [storedUs, metUs, retryUs])).toEqual([
      [-3 * HOUR, HOUR, HOUR + SECOND],
      [-8 * HOUR, -6 * HOUR, -8 * HOUR],
    ])
    const shut = regimesAsOf(memory(regime(1, { retryUs: 1e300 })), HOUR, longest)
    expect(shut.regimes[0].retryUs).toBe(HOUR + longest)
    const fine = memory(regime(1, { metUs: HOUR, retryUs: 2 * HOUR }))
    expect(regimesAsOf(fine, HOUR, longest)).toBe(fine)
  })
})

describe("variants that are all broken", () => {
  it("do not alternate: each is tried once per cooldown regardless of its quarantine, and the budget holds", () => {
    const offered = [variant("a"), variant("b"), variant("c")]
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), (seed, cooldownS) => {
        const settings = { ...DEFAULT_SELECTION, seed, cooldownUs: cooldownS * SECOND }
        const entered = new Map<string, number>()
        let state = EMPTY_SELECTION
        for (let nowUs = 0; nowUs < 600 * SECOND; nowUs += SECOND / 2) {
          const { live } = state
          if (live !== null)
            state = observeVariant(
              state,
              { variant: live, loss: 1, channels: { errorRate: 1 }, nowUs },
              offered,
              settings,
            )
          const next = selectVariant(state, offered, {}, nowUs, settings)
          state = next.state
          const { to, from } = next.decision
          if (to === null || to === from) continue
          expect(nowUs - (entered.get(to) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
            settings.cooldownUs,
          )
          entered.set(to, nowUs)
        }
        expect(entered.size).toBeGreaterThan(0)
      }),
      { numRuns: 20 },
    )
  })
})
