/** What a compiling process does for whoever asks: kernels, reasons, limits, and nothing that keeps a host from going on. */
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { expect, describe, it } from "vitest"
import type { KernelKey } from "../../../../src/morph/compile/ArtifactStore.ts"
import { type Compiled, compileFor } from "../../../../src/morph/library/KernelCompiler.ts"
import { compileHere } from "../../../../src/morph/node/compiling/compileHere.ts"
import { jobsPath } from "../../../../src/morph/node/compiling/compileJob.ts"
import {
  CompilerProcess,
  type CompilerProcessOptions,
} from "../../../../src/morph/node/compiling/CompilerProcess.ts"
import { JobLog } from "../../../../src/morph/node/compiling/JobLog.ts"
import { kernelKey } from "../../../../src/morph/node/compileKernel.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { blueprints } from "./badBlueprints.ts"
import { keyFor, keyOfUnknown } from "./keys.ts"

const folder = ownFolder()
const BLUEPRINTS = new URL("./badBlueprints.ts", import.meta.url).href

async function using<T>(
  options: Partial<CompilerProcessOptions>,
  work: (compiler: CompilerProcess) => Promise<T>,
): Promise<T> {
  const compiler = new CompilerProcess({
    directory: folder.in("library"),
    blueprints: BLUEPRINTS,
    ...options,
  })
  try {
    return await work(compiler)
  } finally {
    await compiler.close()
  }
}

const why = (compiled: Compiled): string =>
  "refused" in compiled
    ? compiled.refused.map(({ path, message, suggestion }) => `${path}: ${message} ${suggestion}`).join()
    : "compiled"

describe("a compiling process", () => {
  it("gives the same kernel as one that compiles here, and both keep it in the library", async () => {
    const key = keyFor("residualMlp")
    const apart = await using({}, (compiler) => compiler.compile(key))
    const library = openLibrary(folder.in("here"))
    const here = compileHere(folder.in("here"), library)
    const own = await here.compile(key)
    if (!("artifact" in apart) || !("artifact" in own)) throw new Error(why(apart) + why(own))
    expect(apart.artifact.bytes).toEqual(own.artifact.bytes)
    expect(apart.artifact.meta).toMatchObject({ key, text: own.artifact.meta.text })
    expect(library.select()).toHaveLength(1)
    // It is there now, and is not compiled again.
    expect(await here.compile(key)).toEqual(own)
    expect(JobLog.counts(jobsPath(folder.in("here")))).toMatchObject({ begun: 1, done: 1 })
    await here.close()
    await library.close()
  })

  it("does one job at a time, and one for all that ask for the same kernel", async () => {
    await using({}, async (compiler) => {
      const keys = [keyFor("linear"), keyFor("layerScale"), keyFor("linear")]
      const done = await Promise.all(keys.map((key) => compiler.compile(key)))
      expect(done.map(why)).toEqual(["compiled", "compiled", "compiled"])
      expect(done[2]).toBe(done[0])
      expect(compiler.counts).toEqual({ compiled: 2, refused: 0, lost: 0, retried: 0 })
    })
  })

  it("is asked by a library, which finds the kernel afterwards", async () => {
    await using({}, async (compiler) => {
      const library = openLibrary(folder.in("library"), { compile: compileFor(compiler) })
      expect(await library.fetch(keyFor("linear"))).toMatchObject({ from: "compiler" })
      expect(await library.fetch(keyFor("linear"))).toMatchObject({ from: "memory" })
      expect(await library.fetch(keyFor("dropoutMlp"))).toMatchObject({
        from: "none",
        why: expect.stringContaining("dropoutMlp has an operator that is not compiled") as string,
      })
      await library.close()
    })
  })

  it("compiles a blueprint of the caller's own, and refuses what that builds otherwise here", async () => {
    const sound = blueprints.at(-1)
    if (sound === undefined) throw new Error("no blueprint")
    await using({}, async (compiler) => {
      expect(why(await compiler.compile(kernelKey(sound, [4, 4])))).toBe("compiled")
      expect(why(await compiler.compile(keyOfUnknown("sound")))).toBe(
        "blueprint: sound builds other operators here than where its kernel was asked for. Give the compiler the same module of blueprints.",
      )
    })
  })

  it.each<readonly [string, Partial<KernelKey>, RegExp]>([
    [
      "of no blueprint",
      { blueprint: "residualMpl" },
      /^blueprint: must be .*"residualMpl"\. Did you mean "residualMlp"\?$/,
    ],
    [
      "of another compiler version",
      { compiler: "0-none" },
      /^compiler: must be the version that runs here, .*, not "0-none"\. Ask for the kernel of this version\.$/,
    ],
    [
      "with a parameter out of its bounds",
      { blueprint: "residualMlp", parameters: { hidden: 0 } },
      /^parameters\.hidden: must be a whole number from .*, not 0\. \d+ is usual\.$/,
    ],
    [
      "whose blueprint throws",
      { blueprint: "throwing" },
      /^throwing: threw in build: not today\. Throw nothing\.$/,
    ],
  ])("refuses a key %s once, in words, and asks no process again", async (_, more, said) => {
    await using({}, async (compiler) => {
      const refused = await compiler.compile(keyOfUnknown("linear", more))
      expect(why(refused)).toMatch(said)
      expect(await compiler.compile(keyOfUnknown("linear", more))).toBe(refused)
      expect(compiler.counts).toMatchObject({ refused: 1, lost: 0 })
    })
  })

  it("refuses a kernel that its disk has no room for, with what to do, and makes it when there is", async () => {
    const library = openLibrary(folder.in("library"))
    const compiler = compileHere(folder.in("library"), library)
    const { writeFileSync } = fs
    fs.writeFileSync = () => {
      throw Object.assign(new Error("full, by the hand of a test"), { code: "ENOSPC" })
    }
    syncBuiltinESMExports()
    const refused = await compiler.compile(keyFor("linear"))
    fs.writeFileSync = writeFileSync
    syncBuiltinESMExports()
    expect(why(refused)).toMatch(
      /^library: .* no space is left on the disk\. Free some space; nothing was changed\.$/,
    )
    expect(refused).toMatchObject({ isFinal: false })
    expect(JobLog.counts(jobsPath(folder.in("library")))).toMatchObject({ begun: 1, refused: 1 })
    expect(why(await compiler.compile(keyFor("linear")))).toBe("compiled")
    await library.close()
  })

  it.each([
    ["endless", { limitMs: 1_500 }, /it took longer than 1500 ms/],
    ["memoryHog", { heapMb: 48 }, /it needed too much memory/],
  ] as const)(
    "that loses its process to the blueprint %s is tried twice, and goes on",
    async (name, limits, said) => {
      await using(limits, async (compiler) => {
        const lost = await compiler.compile(keyOfUnknown(name))
        expect(why(lost)).toMatch(said)
        expect(lost).toMatchObject({ isFinal: false })
        expect(compiler.counts).toMatchObject({ lost: 2, retried: 1 })
      })
      expect(await using({}, async (compiler) => why(await compiler.compile(keyFor("linear"))))).toBe(
        "compiled",
      )
    },
  )

  it("that is lost several times in a row is left alone, and tried again after a rest", async () => {
    const time = { ms: 0 }
    const options = { breaker: { failures: 2, restMs: 1_000 }, nowMs: () => time.ms }
    const entry = new URL("./none.ts", import.meta.url)
    await using({ ...options, entry }, async (compiler) => {
      expect(why(await compiler.compile(keyFor("linear")))).toMatch(
        /was lost with linear 2 times: its process ended/,
      )
      expect(why(await compiler.compile(keyFor("layerScale")))).toMatch(
        /is left alone after it was lost several times/,
      )
      expect(compiler.counts.lost).toBe(2)
      time.ms = 1_000
      expect(why(await compiler.compile(keyFor("layerScale")))).toMatch(/is left alone/)
      expect(compiler.counts.lost).toBe(3)
    })
  })

  it("refuses what is asked for when it is closed, and ends its process", async () => {
    const compiler = new CompilerProcess({ directory: folder.in("library"), blueprints: BLUEPRINTS })
    const waiting = [keyOfUnknown("endless"), keyFor("linear")].map((key) => compiler.compile(key))
    await compiler.close()
    expect((await Promise.all(waiting)).map(why)).toEqual([
      "compiler: was closed. Run it as `fast`.",
      "compiler: was closed. Run it as `fast`.",
    ])
    expect(compiler.pid).toBe(null)
    expect(why(await compiler.compile(keyFor("linear")))).toMatch(/was closed/)
  })

  it("ends by itself when it has had no work for a while", async () => {
    await using({ idleMs: 1 }, async (compiler) => {
      await compiler.compile(keyFor("linear"))
      await expect.poll(() => compiler.pid).toBe(null)
      expect(why(await compiler.compile(keyFor("layerScale")))).toBe("compiled")
    })
  })
})
