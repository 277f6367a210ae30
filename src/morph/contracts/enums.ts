/**
 * The numbers of the growing host: what a state, a gate or a command is called, and the number that stands for it in shared memory,
 * in journals and on the wire. A name's place in its list is its number, and 0 is always unknown. Lists are append only: a number
 * that was once written down keeps its meaning for ever.
 */

/** States of a graft, in the order of its life; see `transitions.ts` for what may follow what. */
export const GRAFT_STATES = [
  "unknown",
  "dormant",
  "germinated",
  "training",
  "blending",
  "shadowing",
  "probationary",
  "fossilized",
  "culled",
  "embargoed",
  "resetting",
  "terminated",
] as const
export type GraftStateName = (typeof GRAFT_STATES)[number]

/** G0 sanity, G1 gradient health, G2 stability, G3 interface, G4 system impact, G5 reset. */
export const GATES = ["unknown", "G0", "G1", "G2", "G3", "G4", "G5"] as const
export type GateName = (typeof GATES)[number]

export const COMMANDS = [
  "unknown",
  "graft",
  "rollback",
  "optimiser",
  "breaker",
  "pause",
  "emergency",
  "pruning",
] as const
export type CommandName = (typeof COMMANDS)[number]

export const OPERATIONS = [
  "unknown",
  "germinate",
  "startTraining",
  "startGrafting",
  "stabilize",
  "evaluate",
  "fineTune",
  "fossilize",
  "cull",
  "cancel",
] as const
export type OperationName = (typeof OPERATIONS)[number]

export const BREAKERS = ["unknown", "closed", "open", "halfOpen"] as const
export type BreakerName = (typeof BREAKERS)[number]

export const HEALTHS = ["unknown", "healthy", "degraded", "unhealthy", "critical"] as const
export type HealthName = (typeof HEALTHS)[number]

export const PRIORITIES = ["unknown", "low", "normal", "high", "critical"] as const
export type PriorityName = (typeof PRIORITIES)[number]

/** What a command did, measured over the window after it. */
export const OUTCOMES = ["unknown", "success", "neutral", "regression", "aborted"] as const
export type OutcomeName = (typeof OUTCOMES)[number]

/** How much a blueprint is trusted. */
export const TIERS = ["unknown", "safe", "experimental", "highRisk"] as const
export type TierName = (typeof TIERS)[number]

export const EMERGENCIES = ["unknown", "notice", "elevated", "conservative", "halt"] as const
export type EmergencyName = (typeof EMERGENCIES)[number]

export const DELIVERIES = ["unknown", "atLeastOnce", "atMostOnce", "exactlyOnce"] as const
export type DeliveryName = (typeof DELIVERIES)[number]
