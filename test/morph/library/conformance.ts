/** What every store of a library has to do: the suite that each adapter runs, with the library over it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { type KernelKey, keyText } from "../../../src/morph/compile/ArtifactStore.ts"
import type { ArtifactPart, Descriptor, NewArtifact } from "../../../src/morph/library/Descriptor.ts"
import { Library, type LibraryOptions } from "../../../src/morph/library/Library.ts"
import { Seal } from "../../../src/morph/library/Seal.ts"
import { nodeHmac } from "../../../src/system/nodeHmac.ts"
import type { ArtifactWish, LibraryStore } from "../../../src/morph/library/LibraryStore.ts"
import { artifact, digest, keyOf } from "./artifacts.ts"

/** An empty store, and a hand that changes a byte in it. */
export interface StoreRig {
  readonly store: LibraryStore
  readonly spoil: (descriptor: Descriptor, part: ArtifactPart) => void
  /** Modules and texts that are kept. */
  readonly contents: () => number
  readonly dispose: () => void
}

const DAY = 24 * 60 * 60 * 1000
const SIGNED = { by: "Ada", why: "measured" }
const NOWHERE = "0".repeat(64)

export function storeConformance(name: string, makeStore: () => StoreRig): void {
  describe(`a library in ${name}`, () => {
    let rig: StoreRig
    let nowMs: number
    let compiled: Array<KernelKey>
    beforeEach(() => {
      rig = makeStore()
      nowMs = 1_000
      compiled = []
    })
    afterEach(() => rig.dispose())

    const libraryWith = (more: Partial<LibraryOptions> = {}): Library =>
      new Library(rig.store, { nowMs: () => nowMs, digest, ...more })
    const compile = (key: KernelKey): Promise<NewArtifact> => {
      compiled.push(key)
      return Promise.resolve(artifact(key.blueprint))
    }

    it("gives back what was stored, bit for bit, with its descriptor and its text", async () => {
      const library = libraryWith()
      const given = artifact("linear")
      const stored = library.put(given)
      given.bytes.fill(0)
      expect(stored).toMatchObject({
        id: keyText(keyOf("linear")),
        key: keyOf("linear"),
        version: "1.0.0",
        state: "validated",
        tags: ["mlp"],
        storedMs: 1_000,
        changedMs: 1_000,
        damage: null,
      })
      expect(await libraryWith().fetch(keyOf("linear"))).toEqual({
        from: "store",
        kernel: { descriptor: stored, bytes: artifact("linear").bytes },
      })
      expect(library.get(stored.id)?.bytes).toEqual(artifact("linear").bytes)
      expect(library.text(stored.id)).toBe(artifact("linear").meta.text)
      expect(library.find(stored.id)).toEqual(stored)
      expect([library.find(NOWHERE), library.get(NOWHERE), library.text(NOWHERE)]).toEqual([null, null, null])
    })

    it("keeps one kernel for a key, whatever the order of its parameters", () => {
      const library = libraryWith()
      const first = library.put(artifact("linear", { parameters: { a: 1, b: 2 } }))
      expect(library.put(artifact("linear", { parameters: { b: 2, a: 1 } }, "other"))).toEqual(first)
      expect(library.select()).toHaveLength(1)
      expect(library.steps(first.id)).toEqual([
        { from: null, to: "validated", by: "library", why: "stored", atMs: 1_000 },
      ])
    })

    it("counts versions by what a kernel needs, and by what compiled it", () => {
      const library = libraryWith()
      const versionOf = (more: Partial<KernelKey>, guard = "f32"): string => {
        const given = artifact("linear", more)
        return library.put({ ...given, meta: { ...given.meta, guards: { forward: guard } } }).version
      }
      expect(versionOf({})).toBe("1.0.0")
      expect(versionOf({ compiler: "2" })).toBe("1.1.0")
      expect(versionOf({ compiler: "3" }, "other places")).toBe("2.0.0")
      expect(versionOf({ compiler: "4" })).toBe("1.2.0")
      expect(versionOf({ compiler: "4", mode: "aggressive" })).toBe("1.3.0")
      expect(versionOf({ graph: "1".repeat(64) })).toBe("1.0.1")
      expect(versionOf({ shape: [64, 8] })).toBe("1.0.0")
      expect(versionOf({ parameters: { hidden: 16 } })).toBe("1.0.0")
    })

    it("finds by blueprint, shape, tag, tier and state, in one order", () => {
      const library = libraryWith()
      const b = library.put(artifact("b"))
      const wide = library.put(artifact("a", { shape: [64, 8] }))
      const narrow = library.put(artifact("a", { shape: [16, 8] }))
      const c = library.put({ ...artifact("c"), about: { tier: "experimental", tags: ["norm", "mlp"] } })
      library.move(b.id, "active", SIGNED)
      const found = (wish: ArtifactWish): ReadonlyArray<string> => library.select(wish).map(({ id }) => id)
      expect(found({})).toEqual([narrow.id, wide.id, b.id, c.id])
      expect(found({ blueprint: "a" })).toEqual([narrow.id, wide.id])
      expect(found({ shape: "[64,8]" })).toEqual([wide.id])
      expect(found({ tag: "norm" })).toEqual([c.id])
      expect(found({ tier: "experimental", tag: "mlp" })).toEqual([c.id])
      expect(found({ state: "active" })).toEqual([b.id])
      expect(found({ tag: "m" })).toEqual([])
    })

    it("moves an artifact as the table says, and refuses anything else by name", () => {
      const library = libraryWith()
      const { id } = library.put(artifact("linear"))
      nowMs = 2_000
      expect(library.move(id, "active", SIGNED)).toMatchObject({ state: "active", changedMs: 2_000 })
      expect(library.find(id)).toMatchObject({ state: "active", changedMs: 2_000, storedMs: 1_000 })
      expect(() => library.move(id, "validated", { by: " ", why: "" })).toThrow(
        /state: must be a state that may follow active, not "validated".* Use one of deprecated, rejected.*by: must be a text.*why: must be a text/s,
      )
      expect(() => library.move(NOWHERE, "active", SIGNED)).toThrow(GrowthError)
      library.move(id, "rejected", { by: "Bo", why: "it is slow" })
      expect(() => library.move(id, "active", SIGNED)).toThrow(/Nothing follows rejected/)
      expect(library.steps(id)).toEqual([
        { from: null, to: "validated", by: "library", why: "stored", atMs: 1_000 },
        { from: "validated", to: "active", by: "Ada", why: "measured", atMs: 2_000 },
        { from: "active", to: "rejected", by: "Bo", why: "it is slow", atMs: 2_000 },
      ])
    })

    it("moves nothing that somebody else has moved meanwhile", () => {
      const { id } = rig.store.put(artifact("linear"), nowMs)
      const step = { from: "validated", to: "active", ...SIGNED, atMs: 5 } as const
      expect(rig.store.move(id, step)).toBe(true)
      expect(rig.store.move(id, step)).toBe(false)
      expect(rig.store.steps(id)).toHaveLength(2)
    })

    it("gives nobody a kernel that was rejected, also where it is in memory", async () => {
      const library = libraryWith({ compile })
      const { id } = library.put(artifact("linear"))
      expect((await library.fetch(keyOf("linear"))).from).toBe("store")
      library.move(id, "rejected", SIGNED)
      expect(await library.fetch(keyOf("linear"))).toEqual({ from: "none", why: "the kernel is rejected" })
      expect(library.get(id)).toBe(null)
      expect(compiled).toEqual([])
    })

    it("sets a changed byte aside, counts it and compiles again, and nobody gets it", async () => {
      const stored = libraryWith().put(artifact("linear"))
      libraryWith().move(stored.id, "active", SIGNED)
      rig.spoil(stored, "wasm")
      nowMs = 9_000
      expect(libraryWith().verify().problems).toEqual([
        { id: stored.id, why: "its wasm was changed: it has another checksum" },
      ])
      const without = libraryWith()
      expect(without.get(stored.id)).toBe(null)
      expect((await without.fetch(keyOf("linear"))).from).toBe("none")
      expect(without.counts).toMatchObject({ damaged: 1, store: 0 })
      expect(without.find(stored.id)?.damage).toContain("changed")
      const library = libraryWith({ compile })
      expect(await library.fetch(keyOf("linear"))).toMatchObject({
        from: "compiler",
        kernel: { bytes: artifact("linear").bytes },
      })
      expect(compiled).toEqual([keyOf("linear")])
      // The same bytes are the same kernel: version and state stay.
      expect(library.find(stored.id)).toEqual({ ...stored, state: "active", storedMs: 9_000 })
      expect(await libraryWith().fetch(keyOf("linear"))).toMatchObject({ from: "store" })
      expect(library.verify()).toEqual({ whole: 1, problems: [] })
      expect(library.steps(stored.id)).toHaveLength(3)
    })

    it("gives a kernel of other bytes another version, and validates it anew", () => {
      const library = libraryWith()
      const stored = library.put(artifact("linear"))
      library.move(stored.id, "active", SIGNED)
      rig.spoil(stored, "wasm")
      expect(library.get(stored.id)).toBe(null)
      expect(library.put(artifact("linear", {}, "other"))).toMatchObject({
        version: "1.0.1",
        state: "validated",
        damage: null,
      })
    })

    it("sets bytes aside for every artifact that has them, and each one is stored again", () => {
      const library = libraryWith()
      const one = library.put(artifact("linear", {}, "same"))
      const two = library.put(artifact("bottleneck", {}, "same"))
      expect(one.wasm).toBe(two.wasm)
      rig.spoil(one, "wasm")
      expect(library.get(one.id)).toBe(null)
      expect(library.find(two.id)?.damage).toContain("changed")
      library.put(artifact("linear", {}, "same"))
      expect(library.verify()).toMatchObject({ whole: 1, problems: [{ id: two.id }] })
    })

    const signedBy = (letter: string, more: Partial<LibraryOptions> = {}): Library =>
      libraryWith({ seal: new Seal(new TextEncoder().encode(letter.repeat(32)), nodeHmac, digest), ...more })

    it("gives out what is signed with its key, and sets anything else aside, counts it and compiles again", async () => {
      const stored = signedBy("a").put(artifact("linear"))
      expect(stored.signature).toMatch(/^[\da-f]{64}$/)
      expect((await signedBy("a").fetch(keyOf("linear"))).from).toBe("store")
      const other = signedBy("b", { compile })
      expect(other.verify().problems).toEqual([
        { id: stored.id, why: "its signature is not of this library's key" },
      ])
      expect(await other.fetch(keyOf("linear"))).toMatchObject({ from: "compiler" })
      expect(compiled).toEqual([keyOf("linear")])
      expect(other.counts).toMatchObject({ forged: 1, damaged: 0, compiler: 1 })
      expect(other.verify()).toEqual({ whole: 1, problems: [] })
      expect((await signedBy("b").fetch(keyOf("linear"))).from).toBe("store")
    })

    it("gives nobody a kernel that somebody has put there without the key, whatever its checksum says", () => {
      const given = signedBy("a").put(artifact("linear"))
      // Whoever writes into the store writes checksum and row too.
      rig.spoil(given, "wasm")
      expect(signedBy("a").get(given.id)).toBe(null)
      const { signature } = given
      const forged = artifact("linear", {}, "forged")
      rig.store.put({ ...forged, meta: { ...forged.meta, signature } }, nowMs)
      expect(libraryWith().get(given.id)?.bytes).toEqual(forged.bytes)
      const library = signedBy("a")
      expect(library.get(given.id)).toBe(null)
      expect(library.find(given.id)?.damage).toContain("signature")
      expect(library.get(given.id)).toBe(null)
      expect(library.counts.forged).toBe(1)
    })

    it("leaves to others the bytes that they have signed, where one row is set aside", () => {
      const one = libraryWith().put(artifact("linear", {}, "same"))
      const two = signedBy("a").put(artifact("bottleneck", {}, "same"))
      expect(one.wasm).toBe(two.wasm)
      expect(signedBy("a").get(one.id)).toBe(null)
      expect(signedBy("a").get(two.id)?.bytes).toEqual(artifact("", {}, "same").bytes)
    })

    it("distrusts nothing that was stored again meanwhile", () => {
      const before = signedBy("a").put(artifact("linear"))
      expect(signedBy("b").get(before.id)).toBe(null)
      const now = signedBy("b").put(artifact("linear"))
      rig.store.distrust(before, "late")
      expect(rig.store.find(now.id)?.damage).toBe(null)
    })

    it("passes over a kernel of another compiler version, counts it, and leaves it to that one", async () => {
      const { id } = libraryWith().put(artifact("linear"))
      const later = libraryWith({
        compiler: "2",
        compile: ({ compiler }) => Promise.resolve(artifact("linear", { compiler })),
      })
      expect(later.get(id)).toBe(null)
      expect(await later.fetch(keyOf("linear"))).toEqual({
        from: "none",
        why: "the kernel was compiled by the version 1, and 2 runs here",
      })
      expect(later.counts).toMatchObject({ foreign: 2, none: 2, damaged: 0 })
      expect(await later.fetch(keyOf("linear", { compiler: "2" }))).toMatchObject({ from: "compiler" })
      expect((await libraryWith({ compiler: "1" }).fetch(keyOf("linear"))).from).toBe("store")
    })

    it("notices a changed text, and gives none", () => {
      const library = libraryWith()
      const stored = library.put(artifact("linear"))
      rig.spoil(stored, "wat")
      expect(library.text(stored.id)).toBe(null)
      expect(library.counts.damaged).toBe(1)
    })

    it("removes what has been in its state for too long, with its bytes", () => {
      const library = libraryWith()
      for (const state of ["validated", "active", "deprecated", "rejected"] as const) {
        const { id } = library.put(artifact(state, {}, state === "active" ? "shared" : state))
        if (state === "active" || state === "deprecated") library.move(id, "active", SIGNED)
        if (state === "deprecated" || state === "rejected") library.move(id, state, SIGNED)
      }
      library.move(library.put(artifact("shared", {}, "shared")).id, "rejected", SIGNED)
      const before = rig.contents()
      const removedAt = (days: number): ReadonlyArray<string> => {
        nowMs = 1_000 + days * DAY
        return library.collect().map(({ key }) => key.blueprint)
      }
      expect(removedAt(30)).toEqual([])
      expect(removedAt(30.1)).toEqual(["rejected", "shared"])
      expect(rig.contents()).toBe(before - 2)
      expect(removedAt(90)).toEqual([])
      expect(removedAt(90.1)).toEqual(["deprecated"])
      expect(removedAt(365)).toEqual([])
      expect(removedAt(365.1)).toEqual(["validated"])
      expect(removedAt(100_000)).toEqual([])
      expect(library.get(keyText(keyOf("active")))?.bytes).toEqual(artifact("", {}, "shared").bytes)
      expect(library.steps(keyText(keyOf("rejected")))).toEqual([])
    })

    it("removes nothing that has moved since it was looked at", () => {
      const stored = rig.store.put(artifact("linear"), nowMs)
      rig.store.move(stored.id, { from: "validated", to: "active", ...SIGNED, atMs: 5 })
      expect(rig.store.remove([stored], nowMs)).toBe(0)
      expect(rig.store.find(stored.id)?.state).toBe("active")
    })

    it("refuses an artifact with every problem, and keeps nothing of it", () => {
      const library = libraryWith()
      const wrong = artifact("linear", { shape: [0, 8] })
      const given = { ...wrong, meta: { ...wrong.meta, signature: "none", worst: -1 } }
      expect(() => library.put(given)).toThrow(/3 problems.*key\.shape\[0\].*signature.*worst/s)
      expect(library.select()).toEqual([])
      expect(rig.contents()).toBe(0)
    })

    it("compiles a kernel once, whoever asks for it at the same time", async () => {
      const library = libraryWith({ compile })
      const all = await Promise.all(Array.from({ length: 8 }, () => library.fetch(keyOf("linear"))))
      expect(new Set(all.map(({ from }) => from))).toEqual(new Set(["compiler"]))
      expect(compiled).toHaveLength(1)
      expect(await library.fetch(keyOf("linear"))).toMatchObject({ from: "memory" })
    })

    it("gives the kernel that was there first, where two were compiled for a key", async () => {
      const slow = (key: KernelKey): Promise<NewArtifact> => {
        rig.store.put(artifact(key.blueprint, {}, "first"), nowMs)
        return Promise.resolve(artifact(key.blueprint, {}, "second"))
      }
      const fetched = await libraryWith({ compile: slow }).fetch(keyOf("linear"))
      expect(fetched).toMatchObject({ kernel: { bytes: artifact("linear", {}, "first").bytes } })
    })
  })
}
