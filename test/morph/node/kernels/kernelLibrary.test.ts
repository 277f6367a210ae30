/** A host that is kept has its kernels in its folder: the next start finds them, and a prewarm fills it beside the training. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { JobLog } from "../../../../src/morph/node/compiling/JobLog.ts"
import { KernelLibrary } from "../../../../src/morph/node/kernels/KernelLibrary.ts"
import { createGrowth } from "../../../../src/morph/node/createGrowth.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { neuralHost } from "../../../../src/morph/neural/options.ts"
import type { Growth, GrowthOptions } from "../../../../src/morph/service/Growth.ts"
import { tasks } from "../../../../src/morph/training/tasks.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { spoil } from "../library/spoil.ts"
import { refusalOf } from "../library/refusalOf.ts"
import { until } from "../../../until.ts"

const folder = ownFolder()
const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 96 }),
  policy: "manual",
  // No time decides: a busy machine must not hold a gate.
  grafting: { G2: { boundaryMs: 1e6 } },
}

/** Runs a host that plants one block, and waits for its kernels. */
async function lived(options: Partial<GrowthOptions>) {
  const growth = createGrowth({ ...OPTIONS, ...options })
  const running = (): boolean =>
    growth.snapshot().kernels?.kernels.some(({ status }) => status === "compiling") ?? false
  await growth.start()
  try {
    if (growth.snapshot().epoch === 0) {
      await growth.run({ epochs: 2 })
      await growth.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
    }
    for (let i = 0; i < 4; i++) {
      await growth.run({ epochs: 5 })
      await until(() => !running())
    }
    return growth.snapshot()
  } finally {
    await growth.stop()
  }
}

const jobsOf = (state: string) => JobLog.counts(join(state, "library", "jobs.log"))

describe("a host with compiled kernels that is kept", () => {
  it.each([
    ["inline", "standard"],
    ["thread", "aggressive"],
  ] as const)(
    "compiles each of them once, finds it at its next start, and comes to the same bits, where training is %s and the mode %s",
    async (training, mode) => {
      const state = folder.in("state")
      const plain = await lived({ training })
      const first = await lived({ training, state, compile: mode })
      expect(first.fingerprint).toBe(plain.fingerprint)
      expect(first.kernels?.kernels.every(({ status }) => status === "ready")).toBe(true)
      expect(first.kernels?.passes.standard).toBeGreaterThan(0)
      const { done, begun } = jobsOf(state)
      expect({ done, begun }).toEqual({ done: first.kernels?.kernels.length, begun: done })
      const again = await lived({ training, state, compile: { mode } })
      expect(again.kernels?.passes.standard).toBeGreaterThan(0)
      // It asks for no other kernels but those of later states.
      expect(jobsOf(state).begun).toBe(readdirSync(join(state, "library", "objects")).length / 2)
      const library = openLibrary(join(state, "library"))
      const kept = library.select()
      expect(new Set(kept.map(({ key }) => key.mode))).toEqual(new Set([mode]))
      await library.close()
      // What the compiler's process has made, and what is found on the disk, comes warm.
      const isShared = training === "thread"
      const directory = join(state, "library")
      const kernels = new KernelLibrary({ directory, blueprints: null, key: null, isShared })
      const kernel = await kernels.make(kept[0].key, null)
      expect(kernel[isShared ? "shared" : "plain"]).toBeInstanceOf(WebAssembly.Module)
      await kernels.close()
    },
  )

  it("compiles a kernel again that somebody has changed, and never runs it", async () => {
    const state = folder.in("state")
    const first = await lived({ state, compile: "standard" })
    const library = openLibrary(join(state, "library"))
    for (const one of library.select()) spoil(join(state, "library"), one, "wasm")
    await library.close()
    const { done } = jobsOf(state)
    const again = await lived({ state, compile: "standard" })
    expect(again.kernels?.kernels.map(({ status }) => status)).toEqual(
      again.kernels?.kernels.map(() => "ready"),
    )
    expect(jobsOf(state).done).toBeGreaterThan(done)
    expect(readdirSync(join(state, "library", "aside")).length).toBeGreaterThan(0)
    expect(first.kernels?.kernels.length).toBeGreaterThan(0)
  })

  it("compiles all that it can plant in the background, says how far that is, and finds it when it plants", async () => {
    const state = folder.in("state")
    const growth: Growth = createGrowth({ ...OPTIONS, state, compile: { mode: "standard", prewarm: "all" } })
    await growth.start()
    const prewarm = () => growth.snapshot().kernels?.prewarm
    await until(() => (prewarm()?.done ?? 0) > 0)
    await until(() => prewarm()?.done === prewarm()?.of)
    // Six blueprints for four numbers of rows: those of a step, of both parts that judge it, and one.
    expect(prewarm()).toEqual({ done: 24, of: 24, refused: 0, why: "" })
    expect(jobsOf(state)).toMatchObject({ begun: 24, done: 24 })
    await growth.run({ epochs: 2 })
    await growth.germinate("hidden1", { blueprint: "gatedMlp", why: "test" })
    await growth.run({ epochs: 5 })
    await until(() => growth.snapshot().kernels?.kernels.every(({ status }) => status === "ready") === true)
    await growth.run({ epochs: 20 })
    await growth.stop()
    expect(growth.snapshot().kernels?.passes.standard).toBeGreaterThan(0)
    expect(jobsOf(state)).toMatchObject({ begun: 24, done: 24 })
  })

  it("compiles what was asked for before it is planted, by requests over the bus, and nothing else", async () => {
    const state = folder.in("state")
    const compile = { mode: "standard", prewarm: "asked" } as const
    const growth: Growth = createGrowth({ ...OPTIONS, state, compile })
    await growth.start()
    await growth.run({ epochs: 2 })
    expect(growth.snapshot().kernels?.prewarm).toEqual({ done: 0, of: 0, refused: 0, why: "" })
    await growth.germinate("hidden1", { blueprint: "gatedMlp", why: "test" })
    const prewarm = () => growth.snapshot().kernels?.prewarm
    // No boundary has been since: nothing is planted, and the graft has asked for nothing.
    await until(() => prewarm()?.done === 4)
    expect(prewarm()).toEqual({ done: 4, of: 4, refused: 0, why: "" })
    expect(growth.snapshot().kernels?.kernels).toEqual([])
    expect(jobsOf(state)).toMatchObject({ begun: 4, done: 4 })
    await growth.run({ epochs: 5 })
    await until(() => growth.snapshot().kernels?.kernels.every(({ status }) => status === "ready") === true)
    expect(growth.snapshot().kernels?.kernels.length).toBeGreaterThan(0)
    expect(jobsOf(state)).toMatchObject({ begun: 4, done: 4 })
    await growth.stop()
  })

  it("ends a prewarm when it is cancelled, or the host ends", async () => {
    const cancel = new AbortController()
    for (const [name, end] of [
      ["cancelled", () => cancel.abort()],
      ["stopped", (growth: Growth) => growth.stop()],
    ] as const) {
      const state = folder.in(name)
      const growth = createGrowth({
        ...OPTIONS,
        state,
        compile: { mode: "standard", prewarm: "all", signal: new AbortController().signal },
        ...(name === "cancelled"
          ? { compile: { mode: "standard", prewarm: "all", signal: cancel.signal } as const }
          : {}),
      })
      await growth.start()
      await until(() => (growth.snapshot().kernels?.prewarm?.done ?? 0) > 0)
      await end(growth)
      await until(() => growth.snapshot().kernels?.prewarm?.why === "it was cancelled")
      await growth.stop()
      expect(jobsOf(state).done).toBeLessThan(24)
    }
  })

  it("goes on without kernels where its library cannot be used, and says why", async () => {
    const state = folder.in("state")
    await lived({ state, compile: "standard" })
    const later = await lived({
      state,
      compile: { mode: "standard", prewarm: "all", key: folder.in("none") },
    })
    expect(later.kernels?.passes.standard).toBe(0)
    expect(later.kernels?.prewarm?.why).toMatch(/none cannot be read: there is no such file or folder/)
    for (const { status, why } of later.kernels?.kernels ?? [])
      expect({ status, why }).toEqual({ status: "refused", why: later.kernels?.prewarm?.why })
  })

  it("refuses settings that it does not know or cannot keep, each with its field", () => {
    const refused = (compile: unknown, state?: string): string =>
      refusalOf(() =>
        createGrowth({ ...OPTIONS, compile, ...(state === undefined ? {} : { state }) } as GrowthOptions),
      )
    expect(refused("fast")).toBe('compile: must be standard or aggressive, not "fast". Leave it out.')
    expect(refused({ mode: "fast", prewram: "all" }, "kept").split("\n")).toEqual([
      'compile.prewram: is not an option. Did you mean "prewarm"?',
      'compile.mode: must be standard or aggressive, not "fast". Give mode: "standard".',
    ])
    expect(refused({ mode: "standard", prewarm: true, signal: 1, key: "" }, "kept").split("\n")).toEqual([
      "compile.prewarm: must be all or asked, not true. Leave it out.",
      "compile.signal: must be an AbortSignal, not 1. Leave it out.",
      'compile.key: must be the path of a file, not "". Leave it out.',
    ])
    expect(refused({ mode: "standard", prewarm: "all" })).toBe(
      "compile.prewarm: needs a library, which is in the host's folder. Give `state`.",
    )
  })
})
