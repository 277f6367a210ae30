/**
 * What the runtime needs of the place it runs in and cannot make itself: names for runs, and a disk where there is one.
 * The default knows neither Node nor a disk and works in a browser; `arqon/node` provides the other.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EngineSettings } from "../../domain/Config.ts"
import type { AuditError } from "../../domain/errors.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import type { AuditSink } from "../audit/AuditSink.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { RelocationParts } from "./RelocationParts.ts"
import type { RuntimeOptions } from "./RuntimeOptions.ts"
import type { WorkerEngine } from "./WorkerEngine.ts"
import type { StudioOptions, Studio } from "./Studio.ts"

/** Where what an engine has learnt is kept. What goes wrong is said in words; a write that fails costs what was learnt since. */
export interface LearnedFile {
  /** Null where there is none. */
  readonly read: Effect.Effect<string | null, string>
  readonly write: (text: string) => Effect.Effect<void>
  /** Keeps what could not be read, under another name. */
  readonly putAside: Effect.Effect<void, string>
}

/** What a place to run in offers an engine: names, a disk, threads, a studio, each if it has them. */
export interface PlatformService {
  /** A name for a run that no other run has. Not asked in manual time, where the seed names the run. */
  readonly newRunId: () => string
  /**
   * Where an engine with these settings begins, from what the last run left behind: null where it begins anew. Synchronous,
   * and never throws. `nowUs` is null in manual time; `before` is what an earlier call gave, to be given again while it holds.
   */
  readonly recover?:
    | ((settings: EngineSettings, nowUs: number | null, before?: Resumption | null) => Resumption | null)
    | undefined
  /** Opens the audit of a run under a directory; null where there is no disk. */
  readonly openAudit:
    | ((
        directory: string,
        runId: string,
        options: EngineSettings["journal"],
        /** Asked before anything is written: whether what `recover` read is still so. */
        unchanged: () => boolean,
      ) => Effect.Effect<AuditSink, AuditError>)
    | null
  /** Serves a page that shows and steers an engine; null where nothing can be served. */
  readonly openStudio: ((core: EngineCore, options?: StudioOptions) => Promise<Studio>) | null
  /** The file in a state directory with what engines have learnt; none where there is no disk. */
  readonly learnedFile?: (directory: string) => LearnedFile
  /** For `homeostasis` and `variants`; where left out it is fetched when an engine that needs it starts. */
  readonly relocation?: RelocationParts
  /** Monotonic time, milliseconds with their fractions, for engines that live by no clock of an Effect program. */
  readonly steadyMs?: (() => number) | undefined
  /** Makes an engine that runs in a thread of its own; absent where there are none. */
  readonly placeInWorker?: ((settings: EngineSettings, options: RuntimeOptions) => WorkerEngine) | undefined
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Sixteen hexadecimal digits from the platform's own source of randomness, in Node and in browsers. */
export const randomRunId = (): string => hex(globalThis.crypto.getRandomValues(new Uint8Array(8)))

/** No disk. */
export const memoryPlatform: PlatformService = {
  newRunId: randomRunId,
  openAudit: null,
  openStudio: null,
  steadyMs: () => globalThis.performance.now(),
}

/** The platform an engine is made on. */
export const Platform: Context.Reference<PlatformService> = Context.Reference("arqon/Platform", {
  defaultValue: () => memoryPlatform,
})
