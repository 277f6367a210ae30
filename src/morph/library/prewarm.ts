/**
 * Compiles kernels before anybody needs them, one after the other in the background: what a host plants later runs compiled from its first
 * pass. A request for a kernel meanwhile waits for one job at most.
 */
import { type KernelKey, keyText } from "../compile/ArtifactStore.ts"
import type { Fetched, Library } from "./Library.ts"

/** A kernel that was there, was made, or could not be. */
export interface PrewarmStep {
  readonly key: KernelKey
  readonly from: Fetched["from"]
  /** Why there is none; null where there is one. */
  readonly why: string | null
  readonly done: number
  readonly of: number
}

/** What a prewarm came to. */
export interface Prewarmed {
  /** Kernels that can be fetched now. */
  readonly ready: number
  readonly refused: ReadonlyArray<{ readonly key: KernelKey; readonly why: string }>
  /** Keys that were not come to, because it was cancelled. */
  readonly left: number
}

/** How a prewarm is watched and ended. */
export interface PrewarmOptions {
  readonly said?: (step: PrewarmStep) => void
  /** Ends it after the job that is under way. */
  readonly signal?: AbortSignal
}

/** Never rejects: a kernel that cannot be had is named, and the next one is asked for. */
export async function prewarm(
  library: Library,
  keys: ReadonlyArray<KernelKey>,
  { said = () => {}, signal }: PrewarmOptions = {},
): Promise<Prewarmed> {
  const each = [...new Map(keys.map((key) => [keyText(key), key])).values()]
  const refused: Array<{ readonly key: KernelKey; readonly why: string }> = []
  let done = 0
  for (const key of each) {
    if (signal?.aborted === true) break
    const fetched = await library.fetch(key)
    const why = fetched.from === "none" ? fetched.why : null
    if (why !== null) refused.push({ key, why })
    said({ key, from: fetched.from, why, done: ++done, of: each.length })
  }
  return { ready: done - refused.length, refused, left: each.length - done }
}
