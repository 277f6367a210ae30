/**
 * What the runtime needs of the place it runs in and cannot make itself: names for runs, and a disk where there is one.
 * The default knows neither Node nor a disk and works in a browser; `arqon/node` provides the other.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { EngineSettings } from "../domain/Config.ts"
import type { AuditError } from "../domain/errors.ts"
import type { AuditSink } from "./AuditSink.ts"

export interface PlatformService {
  /** A name for a run that no other run has. Not asked in manual time, where the seed names the run. */
  readonly newRunId: () => string
  /** Opens the audit of a run under a directory; null where there is no disk. */
  readonly openAudit:
    | ((
        directory: string,
        runId: string,
        options: EngineSettings["journal"],
      ) => Effect.Effect<AuditSink, AuditError>)
    | null
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Sixteen hexadecimal digits from the platform's own source of randomness, in Node and in browsers. */
export const randomRunId = (): string => hex(globalThis.crypto.getRandomValues(new Uint8Array(8)))

/** No disk. */
export const memoryPlatform: PlatformService = { newRunId: randomRunId, openAudit: null }

/** The platform an engine is made on. */
export const Platform: Context.Reference<PlatformService> = Context.Reference("arqon/Platform", {
  defaultValue: () => memoryPlatform,
})
