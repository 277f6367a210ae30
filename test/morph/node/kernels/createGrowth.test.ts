/** `compile: "standard"`: the same run as without it, in this thread and in another one, kept and repeated, and a word about each kernel. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { approveBlueprint } from "../../../../src/morph/blueprints/approveBlueprint.ts"
import { defineBlueprint } from "../../../../src/morph/blueprints/defineBlueprint.ts"
import { createGrowth, replayGrowth } from "../../../../src/morph/node/createGrowth.ts"
import { readRun } from "../../../../src/morph/node/RunLog.ts"
import { neuralHost } from "../../../../src/morph/neural/options.ts"
import { createGrowth as inBrowser } from "../../../../src/morph/service/createGrowth.ts"
import type { Growth, GrowthOptions } from "../../../../src/morph/service/Growth.ts"
import { tasks } from "../../../../src/morph/training/tasks.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { until } from "../../../until.ts"

const folder = ownFolder()
const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 96 }),
  policy: "manual",
  // No time decides: a busy machine must not hold a gate.
  grafting: { G2: { boundaryMs: 1e6 } },
}

const settled = (growth: Growth): Promise<void> =>
  until(() => growth.snapshot().kernels?.kernels.every(({ status }) => status !== "compiling") !== false)

/** Plants a block after five epochs, and gives its kernels time to come. */
async function lived(options: GrowthOptions, epochs = 30, blueprint = "residualMlp") {
  const growth = createGrowth(options)
  const notes: Array<string> = []
  growth.events$.subscribe({
    next: (event) =>
      event.type === "kernel" && notes.push(`${event.shape.join("x")} ${event.outcome}${event.why}`),
  })
  await growth.start()
  try {
    if (growth.snapshot().epoch === 0) {
      await growth.run({ epochs: 5 })
      await growth.germinate("hidden1", { blueprint, why: "test" })
    }
    for (let i = 0; i < 5; i++) {
      await growth.run({ epochs: epochs / 5 })
      await settled(growth)
    }
    const { fingerprint, kernels } = growth.snapshot()
    return { fingerprint, kernels, notes: notes.toSorted(), metrics: growth.metrics() }
  } finally {
    await growth.stop()
  }
}

describe("a growing host with compiled kernels", () => {
  it.each(["inline", "thread"] as const)(
    "comes to the bits of one without, and says which kernels run, where training is %s",
    async (training) => {
      const plain = await lived({ ...OPTIONS, training })
      const compiled = await lived({ ...OPTIONS, training, compile: "standard" })
      expect(compiled.fingerprint).toBe(plain.fingerprint)
      expect(plain).toMatchObject({ notes: [], kernels: undefined })
      expect(compiled.notes.length).toBeGreaterThan(0)
      // A pass that the SIMD module does faster on this machine, as it is now, is said behind it.
      expect(compiled.notes.filter((note) => !/^\S+ ready/.test(note))).toEqual([])
      const { passes, otherwise, kernels } = compiled.kernels ?? {}
      expect(otherwise).toBe("fast")
      expect(kernels).toHaveLength(compiled.notes.length)
      expect(passes?.standard).toBeGreaterThan(0)
      expect(compiled.metrics).toContain(`arqon_growth_kernels{status="ready"} ${compiled.notes.length}`)
      expect(compiled.metrics).toContain(`arqon_growth_graft_passes_total{by="standard"} ${passes?.standard}`)
    },
  )

  it("goes on with a run that began without kernels, and the other way round; both are repeated to the bit", async () => {
    const expected = await lived(OPTIONS, 60)
    const kernelsIn = (path: string) =>
      readRun(join(path, "run.log")).commands.flatMap(({ kernel }) =>
        kernel === undefined ? [] : [kernel.outcome],
      )
    for (const [name, first, then] of [
      ["with", "standard", undefined],
      ["without", undefined, "standard"],
    ] as const) {
      const state = folder.in(name)
      const as = (compile: "standard" | undefined) => ({
        ...OPTIONS,
        state,
        ...(compile === undefined ? {} : { compile }),
      })
      await lived(as(first), 30)
      expect((await lived(as(then), 30)).fingerprint).toBe(expected.fingerprint)
      expect(kernelsIn(state)).toContain("ready")
      for (const compile of [undefined, "standard"] as const)
        expect(await replayGrowth(state, as(compile))).toEqual({ boundaries: 65, differentFrom: null })
    }
  })

  it("compiles a blueprint of the caller's own where the host trains", async () => {
    const own = defineBlueprint({
      name: "plainLinear",
      description: "one layer",
      risk: 0.1,
      parameters: {},
      build: (graph, value) => {
        const width = value.shape[value.shape.length - 1]
        return graph.apply("dense", [value, graph.parameter("out", [width, width], { initial: "zeros" })])
      },
    })
    const { notes, kernels } = await lived(
      {
        ...OPTIONS,
        compile: "standard",
        blueprints: [approveBlueprint(own, { by: "another", why: "read" })],
      },
      10,
      own.name,
    )
    expect(notes.every((note) => note.endsWith("ready"))).toBe(true)
    expect(kernels?.kernels[0]).toMatchObject({ blueprint: "plainLinear", status: "ready" })
  })

  it("is refused for a way to compile that there is not, and where nothing compiles", () => {
    const wrong = { ...OPTIONS, compile: "fastest" } as unknown as GrowthOptions
    expect(() => createGrowth(wrong)).toThrow('compile: must be standard or aggressive, not "fastest"')
    expect(() => inBrowser({ ...OPTIONS, compile: "standard" })).toThrow("compile: is not an option")
  })
})
