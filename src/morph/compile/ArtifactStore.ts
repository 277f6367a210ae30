/**
 * Where compiled kernels are kept: by what they were compiled from, and never half of one. The library keeps them in files and rows; a
 * process that wants none kept takes the memory store.
 */
import { sha256 } from "../tensor/digest.ts"

/** How a kernel is compiled: with the sizes that suit most shapes, or with those that were fastest here. */
export type CompileMode = "standard" | "aggressive"

/** What a kernel is compiled from. One key has one artifact at most. */
export interface KernelKey {
  readonly blueprint: string
  /** `irDigest` of what it builds for this shape and these parameters: a blueprint that was changed under its name has another one. */
  readonly graph: string
  /** All of its parameters. */
  readonly parameters: Readonly<Record<string, number>>
  /** Of the value at the socket, with the batch. */
  readonly shape: ReadonlyArray<number>
  /** `COMPILER` of the version that compiled it. */
  readonly compiler: string
  readonly mode: CompileMode
}

/** What is known of a kernel beside its bytes. */
export interface ArtifactMeta {
  readonly key: KernelKey
  /** The readable text that was assembled. */
  readonly text: string
  /** By export: the digest of number format, shapes and places, which has to be that of the plan that runs it. */
  readonly guards: Readonly<Record<string, string>>
  /** Guards of the passes that it leaves to the SIMD module, because that was faster. */
  readonly slower: Readonly<Record<string, string>>
  /** HMAC-SHA256 over key, guards and bytes, as hexadecimal digits. */
  readonly signature: string
  /** Greatest difference from the reference. */
  readonly worst: number
  /** Microseconds of a run forward after the prewarm. */
  readonly p50Us: number
  readonly p95Us: number
}

/** A kernel as it is kept. */
export interface Artifact {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly meta: ArtifactMeta
}

/**
 * Keeps artifacts by the text of `keyText`. `put` is whole or has not happened: a process that dies in it leaves what was there before,
 * and `get` never gives half of an artifact. A second `put` of one key changes nothing.
 */
export interface ArtifactStore {
  /** Null where there is none, or where what there was is damaged and set aside. */
  get(key: string): Artifact | null
  put(key: string, bytes: Uint8Array<ArrayBuffer>, meta: ArtifactMeta): void
}

/** What a key says, as a text that is equal where the keys are. */
export function keySource({ blueprint, graph, parameters, shape, compiler, mode }: KernelKey): string {
  const sorted = Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([blueprint, graph, sorted, shape, compiler, mode])
}

/** The same in a few characters: SHA-256, as 64 hexadecimal digits. */
export const keyText = (key: KernelKey): string => sha256(keySource(key))

/** Artifacts for as long as the process lives. */
export class MemoryArtifacts implements ArtifactStore {
  private readonly held = new Map<string, Artifact>()

  get(key: string): Artifact | null {
    return this.held.get(key) ?? null
  }

  put(key: string, bytes: Uint8Array<ArrayBuffer>, meta: ArtifactMeta): void {
    if (!this.held.has(key)) this.held.set(key, { bytes, meta })
  }
}
