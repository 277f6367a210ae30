/**
 * An engine in a worker thread, as its caller sees it: the engine that `createEngine` gives with `placement: "worker"`. One thing of
 * an engine in this thread is not there, its actors; and some are there besides.
 */
import type { TripReason } from "../../domain/words.ts"
import type { ArqonEngine, EngineOptions } from "./ArqonEngine.ts"
import type { KnobValues } from "./KnobValues.ts"

/** What an inspector of an engine in a worker sees of XState's inspection: plain data, for actors do not cross threads. */
export interface RelayedInspection {
  /** `@xstate.actor`, `@xstate.event`, `@xstate.snapshot` and so on. */
  readonly type: string
  /** Id of the actor it is about. */
  readonly actor: string
  /** The event, as far as it is JSON; null where there is none. */
  readonly event: unknown
  /** State of the actor afterwards: a statechart's value, else its status. */
  readonly state: unknown
}

/** How the worker fares. */
export interface WorkerState {
  /** Beyond "running": between two workers, or without one until somebody calls `reset`. */
  readonly status: "idle" | "starting" | "running" | "restarting" | "frozen" | "stopped"
  /** Workers that died since the engine was made. */
  readonly deaths: number
  /** Why the last one died. */
  readonly lastDeath: string | null
  /** Digests that died with a worker that was about to judge them. */
  readonly digestsLost: number
  /** Windows, records and inspections that were not relayed because this thread was too slow to hear them. */
  readonly skipped: number
}

/** What every thread is sent to attach itself; `SharedEngine` of `arqon/node` is its full type. */
export interface SharedHandle<K extends string = string> {
  readonly kind: "arqon/shared-engine"
  readonly names: ReadonlyArray<K>
}

/** What works on the actors themselves, and is not to be had across threads. */
export const OTHER_THREAD = ["actor", "studio", "readMetrics", "relocation", "useVariants"] as const

/** As `ArqonEngine`, with the actors in another thread: `inspect` and `windows$` show them. */
export interface WorkerEngine<K extends string = string, Shared = SharedHandle<K>>
  extends Omit<ArqonEngine<K>, (typeof OTHER_THREAD)[number]> {
  /** Plain data: send it to another thread and hand it to `attachEngine` of `arqon/node` there. */
  readonly shared: Shared
  /** All live values of one generation, as an object of its own. */
  readonly current: () => { readonly generation: number; readonly values: KnobValues<K> }
  /** Why SafeMode is open, from shared memory; null while it is not. */
  readonly safeMode: TripReason | null
  readonly worker: () => WorkerState
}

/** The options of an engine in a worker: what is a function of yours stays in your thread. */
export type WorkerOptions<K extends string = string> = Omit<
  EngineOptions<K>,
  "inspect" | "sinks" | "placement"
> & {
  readonly placement: "worker"
  /** Sees what the actors do, as data. */
  readonly inspect?: ((event: RelayedInspection) => void) | undefined
}
