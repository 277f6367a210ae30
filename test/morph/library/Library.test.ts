/** The library's own decisions: what it keeps in memory, when it leaves its store alone, and what it gives then. */
import { describe, expect, it } from "vitest"
import { type KernelKey, keyText } from "../../../src/morph/compile/ArtifactStore.ts"
import { Library, type LibraryOptions } from "../../../src/morph/library/Library.ts"
import { libraryArtifacts } from "../../../src/morph/library/libraryArtifacts.ts"
import type { LibraryStore } from "../../../src/morph/library/LibraryStore.ts"
import { MemoryStore } from "../../../src/morph/library/MemoryStore.ts"
import { artifact, digest, keyOf } from "./artifacts.ts"

/** A store that fails for as long as it is told to. */
class FailingStore extends MemoryStore implements LibraryStore {
  fails = false
  finds = 0

  override find(id: string) {
    this.finds++
    if (this.fails) throw new Error("the disk is gone")
    return super.find(id)
  }

  override put(...args: Parameters<MemoryStore["put"]>) {
    if (this.fails) throw new Error("the disk is gone")
    return super.put(...args)
  }
}

function rig(more: Partial<LibraryOptions> = {}) {
  const store = new FailingStore(digest)
  const time = { ms: 0 }
  const library = new Library(store, { nowMs: () => time.ms, digest, ...more })
  const fromOf = async (blueprint: string): Promise<string> => (await library.fetch(keyOf(blueprint))).from
  return { store, time, library, fromOf }
}

describe("a library", () => {
  it("keeps what was used last in memory, each for its time", async () => {
    const { time, library, fromOf } = rig({ cached: 2, timeToLiveMs: 100 })
    for (const name of ["a", "b", "c"]) library.put(artifact(name))
    expect([await fromOf("a"), await fromOf("b"), await fromOf("a")]).toEqual(["store", "store", "memory"])
    expect([await fromOf("c"), await fromOf("a"), await fromOf("b")]).toEqual(["store", "memory", "store"])
    time.ms = 99
    expect(await fromOf("b")).toBe("memory")
    time.ms = 100
    expect(await fromOf("b")).toBe("store")
    // A clock that was set back.
    time.ms = -1
    expect(await fromOf("b")).toBe("store")
    expect(library.counts).toMatchObject({
      memory: 3,
      store: 6,
      compiler: 0,
      none: 0,
      damaged: 0,
      failures: 0,
    })
  })

  it("leaves a store alone that fails, gives what is in memory, and tries again with one call", async () => {
    const { store, time, library, fromOf } = rig({ breaker: { failures: 2, restMs: 1_000 } })
    library.put(artifact("a"))
    library.put(artifact("b"))
    expect(await fromOf("a")).toBe("store")
    store.fails = true
    expect([await fromOf("b"), await fromOf("b")]).toEqual(["none", "none"])
    expect(library.breakerState).toBe("open")
    const asked = store.finds
    expect(await fromOf("a")).toBe("memory")
    expect(await library.fetch(keyOf("b"))).toEqual({
      from: "none",
      why: "the library is left alone after it failed",
    })
    expect(store.finds).toBe(asked)
    time.ms = 1_000
    expect(library.breakerState).toBe("halfOpen")
    expect([await fromOf("b"), await fromOf("b")]).toEqual(["none", "none"])
    expect(store.finds).toBe(asked + 1)
    time.ms = 2_000
    store.fails = false
    expect([await fromOf("b"), library.breakerState]).toEqual(["store", "closed"])
  })

  it("counts failures in a row only", async () => {
    const { store, library, fromOf } = rig({ breaker: { failures: 2, restMs: 1_000 } })
    library.put(artifact("a"))
    library.put(artifact("b"))
    for (const fails of [true, false, true]) {
      store.fails = fails
      await fromOf(fails ? "b" : "a")
    }
    expect(library.breakerState).toBe("closed")
  })

  it("gives out a kernel that it compiled and could not keep", async () => {
    const compile = (key: KernelKey) => {
      store.fails = true
      return Promise.resolve(artifact(key.blueprint))
    }
    const { store, library, fromOf } = rig({ compile })
    expect(await library.fetch(keyOf("a"))).toMatchObject({
      from: "compiler",
      kernel: { bytes: artifact("a").bytes },
    })
    expect(library.counts).toMatchObject({ compiler: 1, failures: 1 })
    expect(await fromOf("a")).toBe("memory")
  })

  it("has no kernel where compiling fails, is for another key or gives nonsense, and says why", async () => {
    const why = async (compile?: LibraryOptions["compile"]): Promise<string> => {
      const fetched = await rig(compile === undefined ? {} : { compile }).library.fetch(keyOf("a"))
      return fetched.from === "none" ? fetched.why : ""
    }
    expect(await why(() => Promise.reject(new Error("no assembler")))).toBe(
      "it could not be compiled: no assembler",
    )
    expect(await why(() => Promise.resolve(artifact("b")))).toMatch(/for another key/)
    expect(await why(() => Promise.resolve({ ...artifact("a"), bytes: new Uint8Array(0) }))).toMatch(/bytes/)
    expect(await why()).toMatch(/nothing compiles here/)
  })

  it("is what a compiler writes to and reads from", () => {
    const { library } = rig()
    const store = libraryArtifacts(library, () => ({ tier: "highRisk", tags: ["new"] }))
    const { bytes, meta } = artifact("a")
    const key = keyText(meta.key)
    expect(store.get(key)).toBe(null)
    store.put(key, bytes, meta)
    store.put(key, artifact("a", {}, "second").bytes, artifact("a", {}, "second").meta)
    expect(store.get(key)).toEqual({ bytes, meta })
    expect(library.find(key)).toMatchObject({ tier: "highRisk", tags: ["new"] })
  })
})
