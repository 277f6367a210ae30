/**
 * What the runtime needs from its surroundings: names for runs, and a disk if there is one. The default uses
 * neither Node nor a disk and works in a browser; `arqon/node` provides the other.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EngineSettings } from "../../domain/Config.ts"
import type { AuditError } from "../../domain/errors.ts"
import type { Resumption } from "../../domain/Resumption.ts"
import type { AuditSink } from "../audit/AuditSink.ts"
import type { EngineCore } from "../EngineCore.ts"
import type { RelocationParts } from "./RelocationParts.ts"
import type { RuleParts } from "./RuleParts.ts"
import type { RuntimeOptions } from "./RuntimeOptions.ts"
import type { OpenSinks } from "./TrailSinks.ts"
import type { WorkerEngine } from "./WorkerEngine.ts"
import type { StudioOptions, Studio } from "./Studio.ts"

/**
 * Storage for what an engine has learned. Errors are texts. A failed write loses only what was learned since the
 * last one.
 */
export interface LearnedFile {
  /** Null if there is none. */
  readonly read: Effect.Effect<string | null, string>
  readonly write: (text: string) => Effect.Effect<void>
  /** Keeps an unreadable file under another name. */
  readonly putAside: Effect.Effect<void, string>
}

/** What a platform offers an engine: names, a disk, threads, a studio, each if available. */
export interface PlatformService {
  /** A unique name for a run. Not called in manual time, where the seed names the run. */
  readonly newRunId: () => string
  /**
   * Where an engine with these settings resumes, from what the last run left; null for a fresh start. Synchronous,
   * never throws. `nowUs` is null in manual time. `before` is the result of an earlier call, returned again while
   * it is still valid.
   */
  readonly recover?:
    | ((settings: EngineSettings, nowUs: number | null, before?: Resumption | null) => Resumption | null)
    | undefined
  /** Opens the audit of a run in a directory; null if there is no disk. */
  readonly openAudit:
    | ((
        directory: string,
        runId: string,
        options: EngineSettings["journal"],
        /** Called before anything is written: whether what `recover` read is unchanged. */
        unchanged: () => boolean,
      ) => Effect.Effect<AuditSink, AuditError>)
    | null
  /** Serves a page that shows and steers an engine; null if nothing can be served. */
  readonly openStudio: ((core: EngineCore, options?: StudioOptions) => Promise<Studio>) | null
  /** The file in a state directory with what engines have learned; absent if there is no disk. */
  readonly learnedFile?: (directory: string) => LearnedFile
  /** For `homeostasis` and `variants`. If omitted, it is loaded when an engine that needs it starts. */
  readonly relocation?: RelocationParts
  /** For `rules`, likewise; then they are checked where an engine is created. */
  readonly rules?: RuleParts
  /** For audit sinks. If omitted, it is loaded when an engine that has sinks starts. */
  readonly openSinks?: OpenSinks
  /** Monotonic time in fractional milliseconds, for engines without an Effect clock. */
  readonly steadyMs?: (() => number) | undefined
  /** Creates an engine in its own thread; absent if there are no threads. */
  readonly placeInWorker?: ((settings: EngineSettings, options: RuntimeOptions) => WorkerEngine) | undefined
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Sixteen hexadecimal digits from the platform's random source, in Node and in browsers. */
export const randomRunId = (): string => hex(globalThis.crypto.getRandomValues(new Uint8Array(8)))

/** A platform without a disk. */
export const memoryPlatform: PlatformService = {
  newRunId: randomRunId,
  openAudit: null,
  openStudio: null,
  steadyMs: () => globalThis.performance.now(),
}

/** The platform on which engines are created. */
export const Platform: Context.Reference<PlatformService> = Context.Reference("arqon/Platform", {
  defaultValue: () => memoryPlatform,
})
