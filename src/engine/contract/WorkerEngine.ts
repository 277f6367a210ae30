/**
 * An engine in a worker thread, as its caller sees it: what `createEngine` returns with `placement: "worker"`. It
 * lacks the actors of an engine in this thread, and adds a few members.
 */
import type { TripReason } from "../../domain/words.ts"
import type { ArqonEngine, EngineOptions } from "./ArqonEngine.ts"
import type { KnobValues } from "./KnobValues.ts"

/** What an inspector of an engine in a worker receives: plain data, since actors cannot cross threads. */
export interface RelayedInspection {
  /** `@xstate.actor`, `@xstate.event`, `@xstate.snapshot` and so on. */
  readonly type: string
  /** Id of the actor. */
  readonly actor: string
  /** The event, as far as it is JSON; null if there is none. */
  readonly event: unknown
  /** The actor's state afterwards: a statechart's value, otherwise its status. */
  readonly state: unknown
}

/** The state of the worker. */
export interface WorkerState {
  /** Also "restarting": between two workers; and "frozen": without a worker until someone calls `reset`. */
  readonly status: "idle" | "starting" | "running" | "restarting" | "frozen" | "stopped"
  /** Workers that died since the engine was created. */
  readonly deaths: number
  /** Why the last one died. */
  readonly lastDeath: string | null
  /** Digests lost with a worker before it could judge them. */
  readonly digestsLost: number
  /** Windows, records and inspections not relayed because this thread was too slow. */
  readonly skipped: number
}

/** Send this to a thread to attach there; `SharedEngine` of `arqon/node` is its full type. */
export interface SharedHandle<K extends string = string> {
  readonly kind: "arqon/shared-engine"
  readonly names: ReadonlyArray<K>
}

/** Members that work on the actors themselves, which are not available across threads. */
export const OTHER_THREAD = [
  "actor",
  "studio",
  "readMetrics",
  "relocation",
  "useVariants",
  "schedule",
] as const

/** Like `ArqonEngine`, with the actors in another thread: `inspect` and `windows$` show them. */
export interface WorkerEngine<K extends string = string, Shared = SharedHandle<K>>
  extends Omit<ArqonEngine<K>, (typeof OTHER_THREAD)[number]> {
  /** Plain data: send it to another thread and pass it to `attachEngine` of `arqon/node` there. */
  readonly shared: Shared
  /** All live values of one generation, as a new object. */
  readonly current: () => { readonly generation: number; readonly values: KnobValues<K> }
  /** Why SafeMode is open, read from shared memory; null while it is closed. */
  readonly safeMode: TripReason | null
  readonly worker: () => WorkerState
}

/** Options of an engine in a worker. Your functions stay in your thread. */
export type WorkerOptions<K extends string = string> = Omit<
  EngineOptions<K>,
  "inspect" | "sinks" | "placement"
> & {
  readonly placement: "worker"
  /** Receives what the actors do, as data. */
  readonly inspect?: ((event: RelayedInspection) => void) | undefined
}
