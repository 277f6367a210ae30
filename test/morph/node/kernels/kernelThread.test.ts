/** The thread that compiles: one that is lost costs a retry, and whoever asked is told. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, describe, expect, it } from "vitest"
import { growthProblem } from "../../../../src/domain/GrowthError.ts"
import { CATALOGUE } from "../../../../src/morph/blueprints/more/all.ts"
import type { Blueprint } from "../../../../src/morph/blueprints/Blueprint.ts"
import { compileKernel, kernelKey } from "../../../../src/morph/node/compileKernel.ts"
import { KernelSupply, MOST_KERNELS } from "../../../../src/morph/node/kernels/KernelSupply.ts"
import { KernelThread } from "../../../../src/morph/node/kernels/KernelThread.ts"
import { ownFolder } from "../../../journal/journalRig.ts"

const folder = ownFolder()
const entryOf = (name: string): URL => pathToFileURL(join(import.meta.dirname, "threads", name))
const named = (name: string): Blueprint => CATALOGUE.find((one) => one.name === name) as Blueprint
const KEY = kernelKey(named("linear"), [4, 4])

let thread: KernelThread | null = null
afterEach(() => thread?.close())

describe("a thread that compiles kernels", () => {
  it("gives the kernel of a key, and refuses with the compiler's own words", async () => {
    thread = new KernelThread()
    const { guards, bytes } = await thread.make(KEY, null)
    expect(Object.keys(guards)).toEqual(["forward", "backward", "through"])
    expect(WebAssembly.validate(bytes)).toBe(true)
    const draws = kernelKey(named("dropoutMlp"), [4, 4])
    await expect(thread.make(draws, null)).rejects.toThrow("has an operator that is not compiled")
  })

  it("compiles nothing under a key that is another blueprint's, or another compiler's", async () => {
    thread = new KernelThread()
    await expect(thread.make({ ...KEY, graph: "0".repeat(64) }, null)).rejects.toThrow("has another linear")
    await expect(thread.make({ ...KEY, compiler: "0" }, null)).rejects.toThrow("has another linear")
    await expect(thread.make({ ...KEY, blueprint: "none" }, null)).rejects.toThrow(
      "There is no blueprint none",
    )
  })

  it("that dies is replaced, and its kernel tried once more", async () => {
    thread = new KernelThread({ entry: entryOf("losing.ts"), blueprints: folder.in("flag") })
    expect((await thread.make(KEY, null)).guards).toEqual({ forward: "f" })
  })

  it("that dies twice is given up for this kernel, and the next one is tried in another", async () => {
    thread = new KernelThread({ entry: entryOf("losing.ts"), blueprints: "always" })
    for (let i = 0; i < 2; i++)
      await expect(thread.make(KEY, null)).rejects.toThrow("The compiler was lost: its thread ended")
  })

  it("that does not answer in time is ended", async () => {
    thread = new KernelThread({ entry: entryOf("silent.ts"), limitMs: 1 })
    await expect(thread.make(KEY, null)).rejects.toThrow("The compiler was lost: it took more than 1 ms")
  })
})

describe("a kernel that another process has compiled", () => {
  it.each([true, false])("gets a module that has run, for a memory that is shared: %s", async (isShared) => {
    const { bytes, guards, slower } = await compileKernel(named("linear"), [4, 4])
    thread = new KernelThread({ isShared })
    const cold = { bytes, guards, slower }
    const { shared, plain, ...rest } = await thread.warmed(KEY, cold)
    expect([shared instanceof WebAssembly.Module, plain instanceof WebAssembly.Module]).toEqual([
      isShared,
      !isShared,
    ])
    expect(rest).toEqual(cold)
    // What is not there, or builds something else, is not run.
    for (const key of [
      { ...KEY, blueprint: "none" },
      { ...KEY, graph: "0".repeat(64) },
    ])
      expect(await thread.warmed(key, cold)).toEqual(cold)
  })

  it("is given as it is where its thread dies or hangs, and the next one gets another thread", async () => {
    const cold = { bytes: new Uint8Array(8), guards: { forward: "cold" }, slower: {} }
    thread = new KernelThread({ entry: entryOf("losing.ts"), blueprints: folder.in("flag") })
    expect((await thread.warmed(KEY, cold)).guards).toEqual({ forward: "cold" })
    expect((await thread.warmed(KEY, cold)).guards).toEqual({ forward: "f" })
    await thread.close()
    thread = new KernelThread({ entry: entryOf("silent.ts"), limitMs: 1 })
    expect(await thread.warmed(KEY, cold)).toEqual(cold)
  })
})

describe("the kernels of a host", () => {
  const refusing = (): KernelSupply =>
    new KernelSupply({
      make: () =>
        Promise.reject(growthProblem("wabt", "The compiler needs the package wabt.", "Install it.")),
      close: () => Promise.resolve(),
    })

  it("are refused where wabt is not installed, which is said once and stands in the status", async () => {
    const supply = refusing()
    const told: Array<string> = []
    supply.tells(({ outcome, why }) => told.push(`${outcome}: ${why}`))
    const [one, same] = await Promise.all([supply.ask(KEY, null), supply.ask(KEY, null)])
    expect(same).toBe(one)
    expect(told).toEqual(["refused: The compiler needs the package wabt. Install it."])
    expect(supply.view().kernels).toMatchObject([{ blueprint: "linear", shape: [4, 4], status: "refused" }])
  })

  it("are not more than a host can hold", async () => {
    const supply = refusing()
    for (let rows = 1; rows <= MOST_KERNELS; rows++) void supply.ask({ ...KEY, shape: [rows, 4] }, null)
    const told: Array<string> = []
    supply.tells(({ shape, why }) => shape[0] > MOST_KERNELS && told.push(why))
    const beyond = [1, 2].map((more) => supply.ask({ ...KEY, shape: [MOST_KERNELS + more, 4] }, null))
    const why = "this host has asked for 512 kernels already"
    expect(await Promise.all(beyond)).toEqual([{ why }, { why }])
    expect(told).toEqual([why])
    expect(supply.view().kernels).toHaveLength(MOST_KERNELS)
  })
})
