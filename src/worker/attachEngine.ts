/** An engine in a worker as any other thread of the process sees it: live values to read, and a lane to report in. */
import type { DigestInput } from "../domain/Digest.ts"
import { ConfigError } from "../domain/errors.ts"
import { problem, show } from "../domain/problems.ts"
import { tripReason, type TripReason } from "../domain/words.ts"
import type { KnobValues } from "../engine/contract/KnobValues.ts"
import type { SharedHandle } from "../engine/contract/WorkerEngine.ts"
import { LiveValues } from "./LiveValues.ts"
import { Reporter } from "./Reporter.ts"
import { lanesOf, readerOf, type SharedEngine } from "./SharedEngine.ts"

/** The part of an engine that every thread may have. */
export interface AttachedEngine<K extends string = string> {
  /** Live values by name. Knobs read in one go, each once, are of one generation. */
  readonly values: KnobValues<K>
  readonly generation: number
  /** All values of one generation, as an object of its own. */
  readonly current: () => { readonly generation: number; readonly values: KnobValues<K> }
  readonly nowUs: number
  /** Why SafeMode is open; null while it is not. */
  readonly safeMode: TripReason | null
  /** False when there was no room under "backpressure"; throws a DigestError or an EngineStateError. */
  readonly observe: (digest: DigestInput) => boolean
  /** Inbox of `observeDigest`, by position (`DIGEST_*` of `arqon/hot`). */
  readonly digest: Float64Array
  /** Reports what lies in `digest`, allocating nothing: NOTHING_DUE or RING_FULL of `arqon/hot`. */
  readonly observeDigest: () => number
  /** Runs `work` and reports how long it took and whether it failed, under the generation it began with. */
  readonly track: <T>(work: () => T) => T
}

/**
 * Attaches this thread to an engine that another one made with `placement: "worker"`, by its `engine.shared`. Up to 63 threads report
 * at a time; the lane of one that ended or fell silent is reused after a minute. A ConfigError for what is no such handle.
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
  return {
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
  }
}
