/** What a store writes about an artifact that comes to it, and what it looks for: the same for every store. */
import { GrowthError } from "../../domain/GrowthError.ts"
import { readTotally } from "../../domain/readInput.ts"
import { keyText } from "../compile/ArtifactStore.ts"
import {
  type ArtifactStep,
  type Descriptor,
  DescriptorShape,
  type NewArtifact,
  shapeText,
} from "./Descriptor.ts"
import type { ArtifactWish } from "./LibraryStore.ts"
import { nextVersion } from "./semanticVersion.ts"

/** SHA-256 in hexadecimal digits. */
export type Digest = (bytes: Uint8Array) => string

const encoder = new TextEncoder()

/** The bytes of both parts. */
export const partsOf = ({
  bytes,
  meta,
}: NewArtifact): { readonly wasm: Uint8Array<ArrayBuffer>; readonly wat: Uint8Array<ArrayBuffer> } => ({
  wasm: bytes,
  wat: encoder.encode(meta.text),
})

/**
 * The descriptor of an artifact that is stored now. `line` is what the store has of its line, and `before` the damaged one that it
 * replaces: the same bytes keep its state.
 *
 * Throws a `GrowthError` with every problem of the artifact.
 */
export function described(
  artifact: NewArtifact,
  line: ReadonlyArray<Descriptor>,
  before: Descriptor | null,
  digest: Digest,
  nowMs: number,
): Descriptor {
  const { text: _, ...meta } = artifact.meta
  const { wasm, wat } = partsOf(artifact)
  const checksum = digest(wasm)
  const isSame = before !== null && before.wasm === checksum
  const read = readTotally(DescriptorShape, {
    id: keyText(meta.key),
    version: nextVersion(line, { ...meta, wasm: checksum }),
    state: isSame ? before.state : "validated",
    ...artifact.about,
    ...meta,
    wasm: checksum,
    wat: digest(wat),
    bytes: wasm.length,
    storedMs: nowMs,
    changedMs: isSame ? before.changedMs : nowMs,
    damage: null,
  })
  if (!read.ok) throw new GrowthError({ problems: read.problems })
  return read.value
}

/** How a store signs what it does itself. */
export const storing = (isAgain: boolean, atMs: number): Pick<ArtifactStep, "by" | "why" | "atMs"> => ({
  by: "library",
  why: isAgain ? "stored again, because its bytes had been set aside" : "stored",
  atMs,
})

export const fits = ({ key, tier, state, tags }: Descriptor, wish: ArtifactWish): boolean =>
  (wish.blueprint ?? key.blueprint) === key.blueprint &&
  (wish.shape === undefined || wish.shape === shapeText(key.shape)) &&
  (wish.tier ?? tier) === tier &&
  (wish.state ?? state) === state &&
  (wish.tag === undefined || tags.includes(wish.tag))
