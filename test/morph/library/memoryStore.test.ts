import { MemoryStore } from "../../../src/morph/library/MemoryStore.ts"
import { digest } from "./artifacts.ts"
import { storeConformance } from "./conformance.ts"

storeConformance("memory", () => {
  const store = new MemoryStore(digest)
  const contents = Reflect.get(store, "contents") as Map<string, Uint8Array>
  return {
    store,
    spoil: (descriptor, part) => {
      const bytes = contents.get(descriptor[part]) as Uint8Array
      bytes[3] ^= 1
    },
    contents: () => contents.size,
    dispose: () => store.close(),
  }
})
