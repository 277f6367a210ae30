/** Artifacts to keep: small ones, each with bytes of its own. */
import { createHash } from "node:crypto"
import type { KernelKey } from "../../../src/morph/compile/ArtifactStore.ts"
import type { Digest } from "../../../src/morph/library/described.ts"
import type { NewArtifact } from "../../../src/morph/library/Descriptor.ts"

export const digest: Digest = (bytes) => createHash("sha256").update(bytes).digest("hex")

export const keyOf = (blueprint: string, more: Partial<KernelKey> = {}): KernelKey => ({
  blueprint,
  graph: "0".repeat(64),
  parameters: { hidden: 32 },
  shape: [128, 8],
  compiler: "1",
  mode: "standard",
  ...more,
})

export const artifact = (
  blueprint: string,
  more: Partial<KernelKey> = {},
  content = `${blueprint} ${JSON.stringify(more)}`,
): NewArtifact => ({
  bytes: new TextEncoder().encode(`\u0000asm ${content}`),
  meta: {
    key: keyOf(blueprint, more),
    text: `(module ;; ${content}\n)`,
    guards: { forward: "f32 128x8" },
    slower: {},
    signature: "00ff",
    worst: 1e-7,
    p50Us: 100,
    p95Us: 200,
  },
  about: { tier: "safe", tags: ["mlp"] },
})
