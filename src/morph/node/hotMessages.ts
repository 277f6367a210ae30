/** What a hot thread, its background thread, and the thread that asks it say to one another. */
import type { MessagePort } from "node:worker_threads"
import type { Problem } from "../../domain/Problem.ts"
import type { Blueprint } from "../blueprints/Blueprint.ts"
import type { GerminateRequest, GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { PartView } from "../growth/partViews.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { DriverView } from "../service/Driver.ts"
import type { GrowthOptions } from "../service/Growth.ts"
import type { KernelLink } from "./kernels/desks.ts"
import type { RunBoundary } from "./RunLog.ts"
import type { Heard } from "./Tape.ts"

/** Options as a thread gets them: code is named by where it is. */
export type SentOptions = Omit<
  GrowthOptions,
  "policy" | "blueprints" | "training" | "hangMs" | "state" | "compile"
> & {
  readonly policy: "heuristic" | "manual" | { readonly module: string } | null
  readonly blueprints: string | null
}

export interface HotBoot {
  readonly options: SentOptions
  readonly memory: WebAssembly.Memory
  /** A `CoreStanding`; null at the beginning. */
  readonly standing: Uint8Array | null
  /** What is planted is removed first: the threads before this one hung twice in one place. */
  readonly cull: boolean
  /** Answers so far. */
  readonly answered: Int32Array
  /** The thread is replaced where it takes longer to answer. */
  readonly hangMs: number
  /** The run is recorded: answers bring what a record needs. */
  readonly isKept: boolean
  /** Who has kernels for its grafts; null where these are not compiled. */
  readonly kernels: KernelLink | null
}

export interface BackgroundBoot {
  readonly options: SentOptions
  /** By which it is asked. */
  readonly port: MessagePort
  /** 1 where it has answered. */
  readonly answered: Int32Array
}

export interface BackgroundQuestion {
  /** A `CoreStanding`. */
  readonly standing: Uint8Array
  readonly socket: string
  readonly request: GerminateRequest
}

export interface HotQuestion {
  readonly id: number
  /** Null: take the next boundary. */
  readonly command: PersonCommand | null
}

/** Where a host stands between two boundaries. */
export interface HotState {
  readonly view: DriverView
  readonly parts: ReadonlyArray<PartView>
  /** New ones. */
  readonly reports: ReadonlyArray<GrowthReport>
  readonly standing: Uint8Array
}

/** What a record of the run needs. */
export interface HotRecord {
  /** What the thread was told since its last answer. */
  readonly heard: Heard
  /** The boundary that was taken, if it was one. */
  readonly boundary: RunBoundary | null
}

export type HotAnswer =
  | ({ readonly id: number } & HotRecord & {
        readonly result: GrowthBoundary | number | null
        readonly state: HotState
      })
  | ({ readonly id: number } & HotRecord & {
        readonly problems: ReadonlyArray<Problem>
        readonly state: HotState | null
      })
  /** What no caller has asked for: the core is of no use any more. */
  | { readonly id: number; readonly failed: string }

/** An answer of a thread that goes on. */
export type HotAnswered = Exclude<HotAnswer, { readonly failed: string }>

/** Blueprints of a caller's own, by the URL of their module. */
export async function loadBlueprints(module: string | null): Promise<ReadonlyArray<Blueprint>> {
  if (module === null) return []
  const { blueprints } = (await import(module)) as { readonly blueprints?: unknown }
  // Whatever it is, the reader of options says what is wrong with it.
  return (blueprints ?? null) as ReadonlyArray<Blueprint>
}
