/**
 * Kernels that were compiled once, kept for every later use. It promises that no byte reaches a host which is not the one that was
 * verified: what is read is compared with its checksum, a changed one is set aside, counted and compiled again. Where the store fails, it
 * gives what is in memory, and then nothing: a graft without a kernel is run by other means, and the host goes on.
 *
 * Time and SHA-256 are given, so that it runs in a browser and in virtual time.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { show } from "../../domain/problems.ts"
import { type KernelKey, keyText } from "../compile/ArtifactStore.ts"
import type { BreakerName } from "../contracts/enums.ts"
import type { ArtifactPart, ArtifactStep, Descriptor, NewArtifact, StoredKernel } from "./Descriptor.ts"
import { type ArtifactState, isExpired, STATES, stepProblems } from "./artifactStates.ts"
import { described, type Digest } from "./described.ts"
import { KernelCache } from "./KernelCache.ts"
import { LibraryBreaker, type LibraryBreakerOptions } from "./LibraryBreaker.ts"
import type { ArtifactWish, LibraryStore } from "./LibraryStore.ts"
import type { Seal } from "./Seal.ts"

/** What a library is made with. */
export interface LibraryOptions {
  readonly nowMs: () => number
  readonly digest: Digest
  /** Makes what is not there. Without it nothing is made. */
  readonly compile?: (key: KernelKey) => Promise<NewArtifact>
  /** Kernels that are kept in memory, and for how long, ms. */
  readonly cached?: number
  readonly timeToLiveMs?: number
  readonly breaker?: LibraryBreakerOptions
  /** Signs what is kept, and says what may be given out. Without it nothing is signed, and a checksum is enough. */
  readonly seal?: Seal
  /** The compiler's version here: kernels of another one are given to nobody. */
  readonly compiler?: string
}

/** A kernel, or why there is none. */
export type Fetched =
  | { readonly from: "memory" | "store" | "compiler"; readonly kernel: StoredKernel }
  | { readonly from: "none"; readonly why: string }

/** What has become of what was fetched, and of the bytes that were read. */
export interface LibraryCounts {
  readonly memory: number
  readonly store: number
  readonly compiler: number
  readonly none: number
  /** Bytes that were not what they had been, and were set aside. */
  readonly damaged: number
  /** Kernels whose signature was not of the library's key, and that were set aside. */
  readonly forged: number
  /** Kernels of another version of the compiler, which were passed over: they are for the processes that run that version. */
  readonly foreign: number
  /** Calls of the store that failed. */
  readonly failures: number
}

/** How many artifacts are whole, and what is wrong with the others. */
export interface Verified {
  readonly whole: number
  readonly problems: ReadonlyArray<{ readonly id: string; readonly why: string }>
}

const CACHED = 128
const TIME_TO_LIVE_MS = 60 * 60 * 1000
const BREAKER: LibraryBreakerOptions = { failures: 3, restMs: 10_000 }

type Reading =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly why: null }
  | { readonly bytes: null; readonly why: string }

export class Library {
  private readonly store: LibraryStore
  private readonly options: LibraryOptions
  private readonly cache: KernelCache<StoredKernel>
  private readonly breaker: LibraryBreaker
  /** What is being compiled, by id: two that ask for one kernel share one. */
  private readonly compiling = new Map<string, Promise<Fetched>>()
  private readonly counted = {
    memory: 0,
    store: 0,
    compiler: 0,
    none: 0,
    damaged: 0,
    forged: 0,
    foreign: 0,
    failures: 0,
  }

  constructor(store: LibraryStore, options: LibraryOptions) {
    this.store = store
    this.options = options
    this.cache = new KernelCache(options.cached ?? CACHED, options.timeToLiveMs ?? TIME_TO_LIVE_MS)
    this.breaker = new LibraryBreaker(options.breaker ?? BREAKER)
  }

  get counts(): LibraryCounts {
    return { ...this.counted }
  }

  get breakerState(): Exclude<BreakerName, "unknown"> {
    return this.breaker.state(this.options.nowMs())
  }

  /** Whether signatures are made and checked. */
  get isSealed(): boolean {
    return this.options.seal !== undefined
  }

  /** The kernel for a key: from memory, from the store, or compiled now. Never rejects. */
  async fetch(key: KernelKey): Promise<Fetched> {
    const id = keyText(key)
    const there = this.there(id)
    if (there !== null) return there
    const underWay = this.compiling.get(id)
    if (underWay !== undefined) return underWay
    const made = this.compiled(key, id).finally(() => this.compiling.delete(id))
    this.compiling.set(id, made)
    return made
  }

  /** The kernel of an id from memory or from the store, at once; null where there is none, or none that may be given out. */
  get(id: string): StoredKernel | null {
    const there = this.there(id)
    return there === null || there.from === "none" ? null : there.kernel
  }

  /** Keeps a kernel that was compiled elsewhere. One whose key is there already is left as it is. */
  put(artifact: NewArtifact): Descriptor {
    return this.store.put(this.sealed(artifact), this.options.nowMs())
  }

  find(id: string): Descriptor | null {
    return this.store.find(id)
  }

  select(wish: ArtifactWish = {}): ReadonlyArray<Descriptor> {
    return this.store.select(wish)
  }

  steps(id: string): ReadonlyArray<ArtifactStep> {
    return this.store.steps(id)
  }

  /** The readable text of a kernel; null where it is not there or was changed, which is counted. */
  text(id: string): string | null {
    const descriptor = this.store.find(id)
    const bytes = descriptor === null ? null : this.checked(descriptor, "wat")
    return bytes === null ? null : new TextDecoder().decode(bytes)
  }

  /** The same without setting anything aside; null where it was changed. */
  textAsItIs(descriptor: Descriptor): string | null {
    const { bytes } = this.read(descriptor, "wat")
    return bytes === null ? null : new TextDecoder().decode(bytes)
  }

  /**
   * Takes a step in the life of an artifact. Throws a `GrowthError` where it is not a legal one, or somebody was faster. Another process
   * that has it in memory gives it out for as long as things live there.
   */
  move(
    id: string,
    to: ArtifactState,
    { by, why }: { readonly by: string; readonly why: string },
  ): Descriptor {
    const descriptor = this.store.find(id)
    if (descriptor === null)
      throw growthProblem("id", `must be the id of an artifact, not ${show(id)}.`, "Look it up in the list.")
    const problems = stepProblems(descriptor.state, to, { by, why })
    if (problems.length > 0) throw new GrowthError({ problems })
    const atMs = this.options.nowMs()
    if (!this.store.move(id, { from: descriptor.state, to, by, why, atMs }))
      throw growthProblem("state", `of ${id} is not ${descriptor.state} any more.`, "Look at it again.")
    this.cache.delete(id)
    return { ...descriptor, state: to, changedMs: atMs }
  }

  /** Reads every byte and compares it, with its signature where there is a key. Nothing is set aside: fetching does that. */
  verify(): Verified {
    const problems: Array<{ readonly id: string; readonly why: string }> = []
    const all = this.store.select({})
    for (const descriptor of all) {
      const why =
        descriptor.damage ??
        this.forgeryOf(descriptor) ??
        this.read(descriptor, "wasm").why ??
        this.read(descriptor, "wat").why
      if (why !== null) problems.push({ id: descriptor.id, why })
    }
    return { whole: all.length - problems.length, problems }
  }

  /** What `collect` would remove now. */
  expired(): ReadonlyArray<Descriptor> {
    const nowMs = this.options.nowMs()
    return this.store.select({}).filter((one) => isExpired(one, nowMs))
  }

  /** Removes what has been in its state for longer than it is kept there, and returns what that was. */
  collect(): ReadonlyArray<Descriptor> {
    const expired = this.expired()
    this.store.remove(expired, this.options.nowMs())
    for (const { id } of expired) this.cache.delete(id)
    return expired
  }

  /** Waits for what is being compiled. */
  async close(): Promise<void> {
    await Promise.all(this.compiling.values())
    this.store.close()
  }

  /** Null where it has to be compiled. */
  private there(id: string): Fetched | null {
    const { nowMs } = this.options
    const cached = this.cache.get(id, nowMs())
    if (cached !== null) return this.noted({ from: "memory", kernel: cached })
    if (!this.breaker.admits(nowMs())) return this.none("the library is left alone after it failed")
    try {
      const descriptor = this.store.find(id)
      const why = descriptor === null ? null : this.keptBack(descriptor)
      const bytes = why === null && descriptor?.damage === null ? this.trusted(descriptor) : null
      this.breaker.succeeded()
      if (why !== null) return this.none(why)
      return descriptor === null || bytes === null ? null : this.kept(id, "store", { descriptor, bytes })
    } catch (cause) {
      return this.none(this.failed(cause))
    }
  }

  private async compiled(key: KernelKey, id: string): Promise<Fetched> {
    const { compile, digest, nowMs } = this.options
    if (compile === undefined) return this.none("it is not in the library, and nothing compiles here")
    let made: NewArtifact
    let own: Descriptor
    try {
      made = this.sealed(await compile(key))
      own = described(made, [], null, digest, nowMs())
      if (own.id !== id) throw new Error("the compiler made it for another key")
    } catch (cause) {
      return this.none(`it could not be compiled: ${textOf(cause)}`)
    }
    try {
      // A compiler in a process of its own has stored it: a write would wait here for other writers.
      const before = this.store.find(id)
      const descriptor = before?.damage === null ? before : this.store.put(made, nowMs())
      // Somebody else may have stored another one meanwhile: there is one kernel for a key.
      const bytes = descriptor.wasm === own.wasm ? made.bytes : this.trusted(descriptor)
      if (bytes !== null) return this.kept(id, "compiler", { descriptor, bytes })
    } catch (cause) {
      this.failed(cause)
    }
    // It could not be kept, but it is whole.
    return this.kept(id, "compiler", { descriptor: own, bytes: made.bytes })
  }

  private kept(id: string, from: "store" | "compiler", kernel: StoredKernel): Fetched {
    this.cache.put(id, kernel, this.options.nowMs())
    return this.noted({ from, kernel })
  }

  private sealed(artifact: NewArtifact): NewArtifact {
    return this.options.seal?.signed(artifact) ?? artifact
  }

  /** Why a kernel that is there is given to nobody here; null where it is. */
  private keptBack({ state, key }: Descriptor): string | null {
    if (!STATES[state].isServed) return `the kernel is ${state}`
    const { compiler = key.compiler } = this.options
    if (key.compiler === compiler) return null
    this.counted.foreign++
    return `the kernel was compiled by the version ${key.compiler}, and ${compiler} runs here`
  }

  /** The bytes, which are set aside where nobody who has the key has stored them, or they are not what they were. */
  private trusted(descriptor: Descriptor): Uint8Array<ArrayBuffer> | null {
    const why = this.forgeryOf(descriptor)
    if (why === null) return this.checked(descriptor, "wasm")
    this.counted.forged++
    this.store.distrust(descriptor, why)
    return null
  }

  private forgeryOf(descriptor: Descriptor): string | null {
    if (this.options.seal?.accepts(descriptor) !== false) return null
    return "its signature is not of this library's key"
  }

  /** The bytes, which are set aside where they are not what they were. */
  private checked(descriptor: Descriptor, part: ArtifactPart): Uint8Array<ArrayBuffer> | null {
    const { bytes, why } = this.read(descriptor, part)
    if (why === null) return bytes
    this.counted.damaged++
    this.store.setAside(descriptor, part, why)
    return null
  }

  private read(descriptor: Descriptor, part: ArtifactPart): Reading {
    const bytes = this.store.content(descriptor, part)
    if (bytes === null) return { bytes, why: `its ${part} is gone, or cannot be unpacked` }
    if (this.options.digest(bytes) !== descriptor[part])
      return { bytes: null, why: `its ${part} was changed: it has another checksum` }
    return { bytes, why: null }
  }

  private failed(cause: unknown): string {
    this.counted.failures++
    this.breaker.failed(this.options.nowMs())
    return `the library failed: ${textOf(cause)}`
  }

  private none(why: string): Fetched {
    return this.noted({ from: "none", why })
  }

  private noted(fetched: Fetched): Fetched {
    this.counted[fetched.from]++
    return fetched
  }
}

/** What was in the way, in one line. */
function textOf(cause: unknown): string {
  if (cause instanceof GrowthError)
    return cause.problems
      .map(({ path, message, suggestion = "" }) => `${path}: ${message} ${suggestion}`.trim())
      .join(" ")
  return cause instanceof Error ? cause.message : String(cause)
}
