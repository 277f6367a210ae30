/** What the studio's server needs of an engine, whether it runs in this process or was read from a journal. */
import type { ServerResponse } from "node:http"
import type { EngineCore } from "../../engine/EngineCore.ts"
import type { EngineSnapshot } from "../../engine/contract/EngineSnapshot.ts"
import type { AuditQuery } from "./auditSearch.ts"
import type { ActionRequest, AuditPage, EngineEntry, Frames, History } from "../protocol/protocol.ts"

/** Which frames of a recording are wanted; `at` asks for the one at or before it. */
export interface FrameQuery {
  readonly fromUs: number
  readonly toUs: number
  readonly atUs: number | null
  readonly limit: number
}

export interface StudioEngine {
  readonly id: string
  readonly entry: () => EngineEntry
  readonly audit: (query: AuditQuery) => Promise<AuditPage>
  /** `knobs`: names, or null for the first ones. */
  readonly history: (points: number, knobs: ReadonlyArray<string> | null) => History
  /** Null where nothing is live. */
  readonly live: LiveSide | null
  /** Null where nothing was recorded. */
  readonly frames: ((query: FrameQuery) => Frames) | null
  readonly close: () => void
}

export interface LiveSide {
  /** Streams to a client until it goes. */
  readonly join: (response: ServerResponse, lastEventId: string | null) => void
  /** Does what a person asks; the note as it stands in the audit. Throws a Refusal where it cannot be done. */
  readonly act: (
    request: ActionRequest,
    who: string,
  ) => { readonly note: string; readonly snapshot: EngineSnapshot }
  /** Prometheus text. */
  readonly metrics: (labels: Readonly<Record<string, string>>) => string
  /** Whose statecharts are inspected. */
  readonly core: EngineCore
  /** Clients that were let go because they did not keep up. */
  readonly dropped: () => number
}
