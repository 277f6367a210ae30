/** An engine in a worker, as other threads of the process see it: live values to read, and a lane for reports. */
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem, show } from "../domain/problems.ts"
import { tripReason, type TripReason } from "../domain/words.ts"
import type { KnobValues } from "../engine/contract/KnobValues.ts"
import { keepValues } from "../engine/valueView.ts"
import type { SharedHandle } from "../engine/contract/WorkerEngine.ts"
import { LiveValues } from "./LiveValues.ts"
import { Reporter } from "./Reporter.ts"
import { lanesOf, readerOf, type SharedEngine } from "./SharedEngine.ts"

/** The part of an engine that every thread can have. */
export interface AttachedEngine<K extends string = string> {
  /** Live values by name. Knobs read in one go, each once, belong to one generation. */
  readonly values: KnobValues<K>
  readonly generation: number
  /** All values of one generation, as a new object. */
  readonly current: () => { readonly generation: number; readonly values: KnobValues<K> }
  readonly nowUs: number
  /** Why SafeMode is open; null while it is closed. */
  readonly safeMode: TripReason | null
  /** Reports a digest. False if there was no room under "backpressure". Throws a DigestError or an EngineStateError. */
  readonly observe: (digest: DigestInput) => boolean
  /** Input of `observeDigest`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Reports what `digest` holds without allocating. Returns NOTHING_DUE or RING_FULL of `arqon/hot`. */
  readonly observeDigest: () => number
  /** Runs `work`, measures its duration and failure, and reports both under the generation in which it started. */
  readonly track: <T>(work: () => T) => T
}

/**
 * Attaches this thread to an engine made elsewhere with `placement: "worker"`, using its `engine.shared`. Up to 63
 * threads can report at a time; the lane of a thread that ended or fell silent is reused after a minute. Throws a
 * ConfigError for an invalid handle.
 */
export function attachEngine<K extends string = string>(shared: SharedHandle<K>): AttachedEngine<K> {
  const kind: unknown = typeof shared === "object" && shared !== null ? shared.kind : shared
  if (kind !== "arqon/shared-engine") {
    const remedy = 'Send engine.shared of an engine with placement: "worker" to this thread.'
    throw new ConfigError({
      problems: [problem(["shared"], `must be a shared engine, got ${show(kind)}.`, remedy)],
    })
  }
  const handle = shared as SharedEngine<K>
  const reader = readerOf(handle)
  const live = new LiveValues(reader, handle.names)
  const reporter = new Reporter(handle, lanesOf(handle), live)
  return keepValues<AttachedEngine<K>>({
    values: live.byName as KnobValues<K>,
    get generation() {
      return live.generation
    },
    current: () => live.current() as ReturnType<AttachedEngine<K>["current"]>,
    get nowUs() {
      return reporter.nowUs
    },
    get safeMode() {
      return tripReason(reader.latch)
    },
    observe: (digest) => reporter.observe(digest),
    digest: reporter.digest,
    observeDigest: () => reporter.observeDigest(),
    track: (work) => reporter.track(work),
  })
}
