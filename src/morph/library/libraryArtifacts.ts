/** A library as the store that a compiler writes to and reads from. */
import type { Artifact, ArtifactMeta, ArtifactStore } from "../compile/ArtifactStore.ts"
import type { AboutBlueprint } from "./Descriptor.ts"
import type { Library } from "./Library.ts"

/** @param aboutOf what a catalogue says of the blueprint of this name */
export function libraryArtifacts(
  library: Library,
  aboutOf: (blueprint: string) => AboutBlueprint,
): ArtifactStore {
  return {
    get: (key): Artifact | null => {
      const kernel = library.get(key)
      const text = kernel === null ? null : library.text(key)
      if (kernel === null || text === null) return null
      const { key: own, guards, slower, signature, worst, p50Us, p95Us } = kernel.descriptor
      return { bytes: kernel.bytes, meta: { key: own, text, guards, slower, signature, worst, p50Us, p95Us } }
    },
    put: (_, bytes, meta: ArtifactMeta): void => {
      library.put({ bytes, meta, about: aboutOf(meta.key.blueprint) })
    },
  }
}
