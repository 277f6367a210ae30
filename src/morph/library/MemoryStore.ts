/** A library's store for a browser, or for a run that keeps nothing: maps, gone with the process. */
import { keyText } from "../compile/ArtifactStore.ts"
import {
  type ArtifactPart,
  type ArtifactStep,
  type Descriptor,
  lineOf,
  type NewArtifact,
  shapeText,
} from "./Descriptor.ts"
import { described, type Digest, fits, partsOf, storing } from "./described.ts"
import type { ArtifactWish, LibraryStore } from "./LibraryStore.ts"

interface Row {
  descriptor: Descriptor
  readonly steps: ReadonlyArray<ArtifactStep>
}

const placeOf = ({ key, id }: Descriptor): string =>
  `${key.blueprint}\u0000${shapeText(key.shape)}\u0000${id}`

export class MemoryStore implements LibraryStore {
  private readonly digest: Digest
  private readonly rows = new Map<string, Row>()
  /** By checksum. */
  private readonly contents = new Map<string, Uint8Array<ArrayBuffer>>()

  constructor(digest: Digest) {
    this.digest = digest
  }

  find(id: string): Descriptor | null {
    return this.rows.get(id)?.descriptor ?? null
  }

  select(wish: ArtifactWish): ReadonlyArray<Descriptor> {
    return this.descriptors()
      .filter((one) => fits(one, wish))
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  }

  steps(id: string): ReadonlyArray<ArtifactStep> {
    return this.rows.get(id)?.steps ?? []
  }

  content(descriptor: Descriptor, part: ArtifactPart): Uint8Array<ArrayBuffer> | null {
    return this.contents.get(descriptor[part])?.slice() ?? null
  }

  put(artifact: NewArtifact, nowMs: number): Descriptor {
    const { key } = artifact.meta
    const { descriptor: before = null, steps = [] } = this.rows.get(keyText(key)) ?? {}
    if (before !== null && before.damage === null) return before
    const own = lineOf(key)
    const line = this.descriptors().filter((one) => lineOf(one.key) === own)
    const descriptor = described(artifact, line, before, this.digest, nowMs)
    const { wasm, wat } = partsOf(artifact)
    // The caller may go on with its bytes.
    this.contents.set(descriptor.wasm, wasm.slice())
    this.contents.set(descriptor.wat, wat)
    const step = { from: before?.state ?? null, to: descriptor.state, ...storing(before !== null, nowMs) }
    this.rows.set(descriptor.id, { descriptor, steps: [...steps, step] })
    return descriptor
  }

  move(id: string, step: ArtifactStep): boolean {
    const row = this.rows.get(id)
    if (row === undefined || row.descriptor.state !== step.from) return false
    const descriptor = { ...row.descriptor, state: step.to, changedMs: step.atMs }
    this.rows.set(id, { descriptor, steps: [...row.steps, step] })
    return true
  }

  setAside(descriptor: Descriptor, part: ArtifactPart, why: string): void {
    this.contents.delete(descriptor[part])
    for (const row of this.rows.values())
      if (row.descriptor[part] === descriptor[part]) row.descriptor = { ...row.descriptor, damage: why }
  }

  distrust({ id, signature }: Descriptor, why: string): void {
    const row = this.rows.get(id)
    if (row?.descriptor.damage !== null || row.descriptor.signature !== signature) return
    row.descriptor = { ...row.descriptor, damage: why }
  }

  remove(descriptors: ReadonlyArray<Descriptor>): number {
    let removed = 0
    for (const { id, state, changedMs } of descriptors) {
      const now = this.find(id)
      if (now?.state === state && now.changedMs === changedMs && this.rows.delete(id)) removed++
    }
    const used = new Set(this.descriptors().flatMap(({ wasm, wat }) => [wasm, wat]))
    for (const checksum of this.contents.keys()) if (!used.has(checksum)) this.contents.delete(checksum)
    return removed
  }

  close(): void {}

  private descriptors(): ReadonlyArray<Descriptor> {
    return Array.from(this.rows.values(), ({ descriptor }) => descriptor)
  }
}
