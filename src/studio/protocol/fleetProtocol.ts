/**
 * What the studio's server and its page say to each other about the engines of a fleet. Asked for by the page, never sent by itself: a fleet
 * that nobody looks at costs nothing.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { FleetEvent } from "../../fleet/fleetEvents.ts"
import type { FleetEngineSnapshot, FleetSnapshot } from "../../fleet/fleetSnapshot.ts"
import type { Budgets, FleetAction } from "./protocol.ts"

/**
 * `GET /api/fleet?fleet=&search=&status=&mode=&group=&sort=&offset=&limit=&events=&map=`: a page of a fleet's engines. `sort` is one of `SORTS`,
 * "safe" unless told; with `map=1` there is the map as well.
 * `limit` is 50 unless told; `events` is the `event` of the last answer. Nothing is kept for who asks but the latest events, and these
 * only while somebody asks again within ten seconds.
 */
export const SORTS = ["safe", "spawned", "key", "gain", "cycles", "heard"] as const
/** SafeMode first, as spawned, by key, the least gain first, the most cycles first, the latest heard first. */
export type FleetSort = (typeof SORTS)[number]

/** Every engine as one mark, in the order they were spawned; of a larger fleet the first `MOST_MAPPED`. */
export interface FleetMap {
  /** Change of the loss since the first cycle in whole per cent, below 0 where it fell; null before there is one. */
  readonly gains: ReadonlyArray<number | null>
  /** Places of those with SafeMode open. */
  readonly safe: ReadonlyArray<number>
}
export const MOST_MAPPED = 10_000

export interface FleetList {
  readonly fleet: FleetSnapshot
  /** Engines the query means, in all. */
  readonly total: number
  readonly offset: number
  readonly engines: ReadonlyArray<FleetEngineSnapshot>
  /** What happened since, oldest first. */
  readonly events: ReadonlyArray<FleetEvent>
  /** Number of the last event there is. */
  readonly event: number
  /** Events between the two that made room. */
  readonly skipped: number
  /** Null where it was not asked for. */
  readonly map: FleetMap | null
}

/** `GET /api/fleet/engine?fleet=&key=&after=`: one engine, and its records numbered above `after` that memory still has. */
export interface FleetEngineView {
  readonly nowUs: number
  readonly engine: FleetEngineSnapshot
  /** Ids of the active states in the chart of the cycle, outermost first. */
  readonly active: ReadonlyArray<string>
  /** Null while it is put away: whatever it used is forgotten by then. */
  readonly budgets: Budgets | null
  /** Oldest first, the latest `MOST_LISTED` at most. */
  readonly records: ReadonlyArray<AuditRecord>
}

/** Body of `POST /api/fleet/actions`, `content-type: application/json`. */
export interface FleetActionRequest {
  readonly fleet: string
  readonly key: string
  readonly action: FleetAction
  /** Why; goes into the audit. Not empty. */
  readonly reason: string
  readonly by?: string
  readonly confirm: boolean
}

export interface FleetActionResult {
  readonly ok: true
  readonly action: FleetAction
  /** As it stands in the audit. */
  readonly note: string
  readonly engine: FleetEngineSnapshot
}
