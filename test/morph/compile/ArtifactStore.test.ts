import { expect, test } from "vitest"
import {
  type ArtifactMeta,
  type KernelKey,
  keyText,
  MemoryArtifacts,
} from "../../../src/morph/compile/ArtifactStore.ts"

const KEY: KernelKey = {
  blueprint: "residualMlp",
  graph: "0".repeat(64),
  parameters: { hidden: 32, depth: 2 },
  shape: [128, 8],
  compiler: "1",
  mode: "standard",
}

const metaOf = (guard: string): ArtifactMeta => ({
  key: KEY,
  text: "(module)",
  guards: { forward: guard },
  slower: {},
  signature: "",
  worst: 0,
  p50Us: 1,
  p95Us: 2,
})

test("the order of parameters does not change a key, and everything else does", () => {
  const text = keyText(KEY)
  expect(keyText({ ...KEY, parameters: { depth: 2, hidden: 32 } })).toBe(text)
  const others: ReadonlyArray<Partial<KernelKey>> = [
    { blueprint: "linear" },
    { graph: "1".repeat(64) },
    { parameters: { hidden: 32, depth: 3 } },
    { shape: [8, 128] },
    { compiler: "2" },
    { mode: "aggressive" },
  ]
  const texts = new Set([text, ...others.map((other) => keyText({ ...KEY, ...other }))])
  expect(texts.size).toBe(1 + others.length)
})

test("what was put first stays", () => {
  const store = new MemoryArtifacts()
  const key = keyText(KEY)
  expect(store.get(key)).toBeNull()
  store.put(key, Uint8Array.of(1), metaOf("first"))
  store.put(key, Uint8Array.of(2), metaOf("second"))
  expect(store.get(key)).toEqual({ bytes: Uint8Array.of(1), meta: metaOf("first") })
})
