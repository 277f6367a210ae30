/**
 * What homeostasis and the selection of variants are set to, and begin with, where nobody says otherwise. Apart from what they
 * do, so that code that only fills in a configuration does not carry that along.
 */
import type { BanditSettings, BanditState } from "./relocationTypes.ts"
import type { HomeostasisPolicy, HomeostasisState } from "./relocationTypes.ts"
import type { ReentryPolicy, ReentryState } from "./relocationTypes.ts"
import type { SelectionSettings, SelectionState } from "./relocationTypes.ts"

export const DEFAULT_HOMEOSTASIS: HomeostasisPolicy = /* @__PURE__ */ Object.freeze({
  capacity: 16,
  radius: 1.5,
  windows: 6,
  stableUs: 10_000_000,
  cycles: 8,
  still: 0.06,
  maxAgeUs: 30 * 24 * 3_600_000_000,
})

export const EMPTY_HOMEOSTASIS: HomeostasisState = /* @__PURE__ */ Object.freeze({
  nextId: 1,
  regimes: [],
  recent: [],
  stay: null,
  evicted: Object.freeze({ capacity: 0, expired: 0, canaryLost: 0, contradicted: 0, byHand: 0 }),
})

export const DEFAULT_REENTRY: ReentryPolicy = /* @__PURE__ */ Object.freeze({
  ...DEFAULT_HOMEOSTASIS,
  canary: 6,
  canaryDeadline: 12,
  rampUs: 120_000_000,
  retryUs: 60_000_000,
})

export const EMPTY_REENTRY: ReentryState = /* @__PURE__ */ Object.freeze({
  memory: EMPTY_HOMEOSTASIS,
  trip: null,
})

export const DEFAULT_BANDIT: BanditSettings = /* @__PURE__ */ Object.freeze({
  seed: 0,
  discount: 1,
  trials: 4,
})

export const EMPTY_BANDIT: BanditState = /* @__PURE__ */ Object.freeze({ decisions: 0, refused: 0, arms: [] })

/** The cooldown of the balanced guardrails. */
export const DEFAULT_SELECTION: SelectionSettings = /* @__PURE__ */ Object.freeze({
  ...DEFAULT_BANDIT,
  cooldownUs: 30_000_000,
  switchesPerHour: 30,
  stay: 5,
})

export const EMPTY_SELECTION: SelectionState = /* @__PURE__ */ Object.freeze({
  nowUs: 0,
  live: null,
  previous: null,
  sinceUs: 0,
  readings: 0,
  breaches: 0,
  silent: 0,
  switchesUs: [],
  quarantine: [],
  bandit: EMPTY_BANDIT,
  decisions: 0,
})
