/**
 * Where a library keeps what it knows, as a port: in memory, or in SQLite and files under Node (`morph/node/library`). Both pass the same
 * suite, `test/morph/library/conformance.ts`. A store does not vouch for bytes: their reader compares them with the checksum.
 *
 * Calls are synchronous: who writes has just compiled, in a process or thread of its own, and who reads waits for less than a turn of the
 * loop. A write is whole or not at all, and of two writers one waits. Calls throw a `GrowthError` where the store cannot be used.
 */
import type { ArtifactPart, ArtifactStep, Descriptor, NewArtifact } from "./Descriptor.ts"
import type { ArtifactState } from "./artifactStates.ts"

/** What an artifact has to be; a field that is left out asks for nothing. */
export interface ArtifactWish {
  readonly blueprint?: string
  /** As `shapeText` writes it. */
  readonly shape?: string
  readonly tag?: string
  readonly tier?: Descriptor["tier"]
  readonly state?: ArtifactState
}

export interface LibraryStore {
  readonly find: (id: string) => Descriptor | null
  /** In the order of blueprint, shape and id. */
  readonly select: (wish: ArtifactWish) => ReadonlyArray<Descriptor>
  /** The steps of one artifact, oldest first. */
  readonly steps: (id: string) => ReadonlyArray<ArtifactStep>
  /** The bytes as they are there; null where they are gone or cannot be unpacked. */
  readonly content: (descriptor: Descriptor, part: ArtifactPart) => Uint8Array<ArrayBuffer> | null
  /** Keeps an artifact. One whose key is there already, undamaged, is left as it is: its descriptor is the answer. */
  readonly put: (artifact: NewArtifact, nowMs: number) => Descriptor
  /** False, and nothing is changed, where the artifact is not in the state `step.from` any more. */
  readonly move: (id: string, step: ArtifactStep) => boolean
  /** Takes bytes out of use that are not what they were, for every artifact that has them, and keeps them to be looked at. */
  readonly setAside: (descriptor: Descriptor, part: ArtifactPart, why: string) => void
  /**
   * Takes an artifact out of use whose bytes are what they were, but whose signature is not: its row alone, and its bytes where no other
   * artifact has them. One that was stored again meanwhile stays as it is.
   */
  readonly distrust: (descriptor: Descriptor, why: string) => void
  /** Removes artifacts that are as they were described, and bytes that no artifact has; returns how many artifacts. */
  readonly remove: (descriptors: ReadonlyArray<Descriptor>, nowMs: number) => number
  readonly close: () => void
}
