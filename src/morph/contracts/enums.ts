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
/** A state of a graft, by name. */
export type GraftStateName = (typeof GRAFT_STATES)[number]

/** G0 sanity, G1 gradient health, G2 stability, G3 interface, G4 system impact, G5 reset. */
export const GATES = ["unknown", "G0", "G1", "G2", "G3", "G4", "G5"] as const
/** A gate, by name. */
export type GateName = (typeof GATES)[number]

/** What a command concerns; a pruning is refused as not offered. */
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
/** What a command concerns, by name. */
export type CommandName = (typeof COMMANDS)[number]

/** What a command asks of a graft. */
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
/** What a command asks of a graft, by name. */
export type OperationName = (typeof OPERATIONS)[number]

/** States of a circuit breaker: closed lets calls through. */
export const BREAKERS = ["unknown", "closed", "open", "halfOpen"] as const
/** A state of a circuit breaker, by name. */
export type BreakerName = (typeof BREAKERS)[number]

/** How well a part of the system is. */
export const HEALTHS = ["unknown", "healthy", "degraded", "unhealthy", "critical"] as const
/** How well a part is, by name. */
export type HealthName = (typeof HEALTHS)[number]

/** How urgent a message is. */
export const PRIORITIES = ["unknown", "low", "normal", "high", "critical"] as const
/** How urgent a message is, by name. */
export type PriorityName = (typeof PRIORITIES)[number]

/** What a command did, measured over the window after it. */
export const OUTCOMES = ["unknown", "success", "neutral", "regression", "aborted"] as const
/** What a command did, by name. */
export type OutcomeName = (typeof OUTCOMES)[number]

/** How much a blueprint is trusted. */
export const TIERS = ["unknown", "safe", "experimental", "highRisk"] as const
/** How much a blueprint is trusted, by name. */
export type TierName = (typeof TIERS)[number]

/** How grave an emergency is: from conservative on, nothing is planted. */
export const EMERGENCIES = ["unknown", "notice", "elevated", "conservative", "halt"] as const
/** How grave an emergency is, by name. */
export type EmergencyName = (typeof EMERGENCIES)[number]

/** How often a message may arrive. */
export const DELIVERIES = ["unknown", "atLeastOnce", "atMostOnce", "exactlyOnce"] as const
/** How often a message may arrive, by name. */
export type DeliveryName = (typeof DELIVERIES)[number]

/** What an envelope may carry. */
export const MESSAGES = [
  "unknown",
  "statePacket",
  "command",
  "report",
  "policyUpdate",
  "prefetchRequest",
  "prefetchReady",
  "prefetchError",
  "catalogUpdate",
  "telemetryPacket",
  "emergencySignal",
] as const
/** What an envelope may carry, by name. */
export type MessageName = Exclude<(typeof MESSAGES)[number], "unknown">
