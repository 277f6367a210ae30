/** Kernels of a given size with bytes of their own: what a library costs does not depend on what they compute. */
import { drawWords } from "../../src/morph/tensor/counterRandom.ts"
import type { KernelKey } from "../../src/morph/compile/ArtifactStore.ts"
import type { NewArtifact } from "../../src/morph/library/Descriptor.ts"

/** The size that figures are stated for. */
export const USUAL_BYTES: number = 64 * 1024

export const keyOf = (blueprint: string, shape: ReadonlyArray<number> = [128, 8]): KernelKey => ({
  blueprint,
  graph: "0".repeat(64),
  parameters: { hidden: 32 },
  shape,
  compiler: "1",
  mode: "standard",
})

/** The same bytes for the same key and number. */
export function artifactOf(key: KernelKey, number: number, size: number = USUAL_BYTES): NewArtifact {
  const words = new Uint32Array(Math.ceil(size / 64) * 16)
  for (let i = 0; i < words.length; i += 16) drawWords(number, i, 0, 0, 0, words.subarray(i, i + 16))
  return {
    bytes: new Uint8Array(words.buffer, 0, size),
    meta: {
      key,
      text: `(module ;; kernel ${number}\n)`,
      guards: { forward: "f32" },
      slower: {},
      signature: "",
      worst: 0,
      p50Us: 1,
      p95Us: 2,
    },
    about: { tier: "safe", tags: ["mlp"] },
  }
}
