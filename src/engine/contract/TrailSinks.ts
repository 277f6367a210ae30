/**
 * The sinks of an audit trail, as the rest of the engine sees them. Most engines have none, so a browser loads them on
 * demand.
 */
import type * as Effect from "effect/Effect"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { AuditError, ConfigError } from "../../domain/errors.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import type { Resumption } from "../../domain/Resumption.ts"

/** How one sink stands. */
export interface SinkState {
  readonly name: string
  readonly location: string | null
  readonly waiting: number
  readonly written: number
  readonly failures: number
  readonly lastError: string | null
}

/** The trail, as far as its sinks see it. */
export interface TrailSource {
  /** Records still on the ring. */
  readonly left: number
  /** Passes on what is on the ring, and notifies the listeners. True when nothing is left. */
  readonly flush: () => boolean
}

/** The sinks of one trail. */
export interface TrailSinks {
  /** Some sink wants the doubles of every record. */
  readonly exact: boolean
  /** Why nothing can be written at the moment; null while writing works. */
  readonly blocked: string | null
  /** Records that every sink still has room for. */
  readonly room: number
  /** Hands a batch to every sink; written at once where `now` and the sink can. */
  readonly add: (
    records: ReadonlyArray<AuditRecord>,
    exact: ReadonlyArray<Float64Array>,
    now: boolean,
  ) => void
  readonly state: () => ReadonlyArray<SinkState>
  /** The fibers that write: one for each sink, for ever. `onRoom` is called when a sink has accepted something. */
  readonly writers: (
    onRoom: () => void,
  ) => ReadonlyArray<{ readonly name: string; readonly run: Effect.Effect<never> }>
  /**
   * Waits until every sink has accepted everything, up to a limit, and closes them. A failing sink does not affect the
   * others. An AuditError names what was left.
   */
  readonly finish: (source: TrailSource) => Effect.Effect<void, AuditError>
}

/** An engine, as far as its sinks see it. */
export interface SinkHost {
  readonly settings: EngineSettings
  readonly runId: string
  readonly nowUs: number
  resumption: Resumption | null
  readonly trail: { readonly attach: (sinks: TrailSinks) => void }
}

/**
 * Opens the sinks given, and the journal if the settings ask for one, and attaches them to the trail. A ConfigError names what
 * is no sink; an AuditError what could not be opened.
 */
export type OpenSinks = (host: SinkHost, given: unknown) => Effect.Effect<void, AuditError | ConfigError>
