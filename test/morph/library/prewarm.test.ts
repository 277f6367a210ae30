/** Kernels that are made before they are needed. */
import { expect, it } from "vitest"
import type { KernelKey } from "../../../src/morph/compile/ArtifactStore.ts"
import { Library } from "../../../src/morph/library/Library.ts"
import { MemoryStore } from "../../../src/morph/library/MemoryStore.ts"
import { prewarm, type PrewarmStep } from "../../../src/morph/library/prewarm.ts"
import { artifact, digest, keyOf } from "./artifacts.ts"

const KEYS = ["a", "b", "c", "a"].map((name) => keyOf(name))

function rig(failing: ReadonlyArray<string> = []) {
  const compiled: Array<string> = []
  const library = new Library(new MemoryStore(digest), {
    nowMs: () => 0,
    digest,
    compile: ({ blueprint }: KernelKey) => {
      compiled.push(blueprint)
      return failing.includes(blueprint)
        ? Promise.reject(new Error("no assembler"))
        : Promise.resolve(artifact(blueprint))
    },
  })
  return { library, compiled }
}

it("makes each kernel once, says how far it is, and leaves what is there", async () => {
  const { library, compiled } = rig()
  library.put(artifact("b"))
  const said: Array<PrewarmStep> = []
  expect(await prewarm(library, KEYS, { said: (step) => said.push(step) })).toEqual({
    ready: 3,
    refused: [],
    left: 0,
  })
  expect(compiled).toEqual(["a", "c"])
  expect(said.map(({ key, from, done, of }) => [key.blueprint, from, done, of])).toEqual([
    ["a", "compiler", 1, 3],
    ["b", "store", 2, 3],
    ["c", "compiler", 3, 3],
  ])
})

it("names what could not be made, and goes on", async () => {
  const { library } = rig(["b"])
  const { ready, refused, left } = await prewarm(library, KEYS)
  expect({ ready, left }).toEqual({ ready: 2, left: 0 })
  expect(refused).toEqual([{ key: keyOf("b"), why: "it could not be compiled: no assembler" }])
})

it("ends after the kernel that is under way, when it is cancelled", async () => {
  const { library, compiled } = rig()
  const cancel = new AbortController()
  const said = ({ key }: PrewarmStep): void => {
    if (key.blueprint === "a") cancel.abort()
  }
  expect(await prewarm(library, KEYS, { said, signal: cancel.signal })).toEqual({
    ready: 1,
    refused: [],
    left: 2,
  })
  expect(compiled).toEqual(["a"])
})
