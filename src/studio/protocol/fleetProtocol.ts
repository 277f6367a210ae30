/**
 * What the studio's server and its page say to each other about the engines of a fleet. Asked for by the page, never sent by itself: a fleet
 * that nobody looks at costs nothing.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { FleetEvent } from "../../fleet/fleetEvents.ts"
import type { FleetEngineSnapshot, FleetSnapshot } from "../../fleet/fleetSnapshot.ts"
import type { Budgets, FleetAction } from "./protocol.ts"

/**
 * `GET /api/fleet?fleet=&search=&status=&mode=&group=&offset=&limit=&events=`: a page of a fleet's engines, in the order they were spawned.
 * `limit` is 50 unless told; `events` is the `event` of the last answer. Nothing is kept for who asks but the latest events, and these
 * only while somebody asks again within ten seconds.
 */
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
