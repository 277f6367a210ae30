/**
 * Where the code of a candidate that was given as a module runs before it runs in the service: a thread of its own, with a deadline and a
 * limit of memory. What does not come back, or takes too much, ends that thread and nothing else.
 */
import type { Kind, Outcome } from "./calls.ts"
import type { AnyFunction } from "./pieces.ts"

/** A candidate as a module and the name of its export. */
export interface CandidateModule {
  /** An absolute URL, such as `new URL("./search.js", import.meta.url)`. */
  readonly module: URL | string
  /** The name that the function is exported by. */
  readonly export: string
  /** Where it is mirrored: in its own thread if left out, which costs callers nothing, or in the service's. */
  readonly mirrors?: "thread" | "process"
}

/** What came of a call in the candidate's thread, timed there. */
export interface FarOutcome {
  readonly outcome: Outcome
  /** What it did there that must not happen. */
  readonly criticals: ReadonlyArray<string>
  /** How long it kept the loop there before its first `await`; 0 where it answers at once. Whether the incumbent does so too is known here. */
  readonly heldMs: number
}

export interface FarCall {
  readonly args: ReadonlyArray<unknown>
  readonly limitMs: number
  /** The longest time that the incumbent took between two chunks of its answer, where that is one. */
  readonly gapMs: number | undefined
  /** What the incumbent answers with, as far as that is known. */
  readonly kinds: ReadonlySet<Kind>
}

/** What of a call could not be copied from thread to thread. */
export type Uncopied = "inputs" | "answers"

/**
 * Calls the candidate in its thread. Resolves with what came of it or what could not be copied, and with null where the thread has ended
 * or is not there yet.
 */
export type CallFar = (call: FarCall) => Promise<FarOutcome | Uncopied | null>

export interface Quarantine {
  /** Calls the candidate there. Resolves with nothing: what is tried is only that it comes back. */
  readonly call: (...args: ReadonlyArray<unknown>) => Promise<unknown>
  /** The function itself, in this thread from now on. */
  readonly load: () => Promise<AnyFunction>
  /** Mirrors it there; null where it is to be mirrored in the service's own thread. `ended` hears why a thread did not last. */
  readonly far: ((ended: (why: string) => void) => CallFar) | null
  readonly close: () => void
}

/** Begins a quarantine. Rejects with a `GrowthError` where the module gives no function. */
export type StartQuarantine = (candidate: CandidateModule, deadlineMs: number) => Promise<Quarantine>
