/**
 * Where the code of a candidate that was given as a module runs before it runs in the service: a thread of its own, with a deadline and a
 * limit of memory. What does not come back, or takes too much, ends that thread and nothing else.
 */
import type { AnyFunction } from "./pieces.ts"

/** A candidate as a module and the name of its export. */
export interface CandidateModule {
  /** An absolute URL, such as `new URL("./search.js", import.meta.url)`. */
  readonly module: URL | string
  /** The name that the function is exported by. */
  readonly export: string
}

export interface Quarantine {
  /** Calls the candidate there. Resolves with nothing: what is tried is only that it comes back. */
  readonly call: (...args: ReadonlyArray<unknown>) => Promise<unknown>
  /** The function itself, in this thread from now on. */
  readonly load: () => Promise<AnyFunction>
  readonly close: () => void
}

/** Begins a quarantine. Rejects with a `GrowthError` where the module gives no function. */
export type StartQuarantine = (candidate: CandidateModule, deadlineMs: number) => Promise<Quarantine>
