/** Hosts whose grafts are run by compiled kernels: the bits of those that run none, and a word about each kernel that is not there. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { approveBlueprint } from "../../../../src/morph/blueprints/approveBlueprint.ts"
import { type Blueprint, takes } from "../../../../src/morph/blueprints/Blueprint.ts"
import { CATALOGUE } from "../../../../src/morph/blueprints/more/all.ts"
import { type Mode, OPERATORS } from "../../../../src/morph/contracts/Host.ts"
import { type Engine, FAST, REFERENCE } from "../../../../src/morph/neural/engines.ts"
import { NeuralHost } from "../../../../src/morph/neural/NeuralHost.ts"
import { neuralHost, type NeuralHostOptions } from "../../../../src/morph/neural/options.ts"
import {
  CompiledEngine,
  engineOver,
  type KernelDesk,
} from "../../../../src/morph/node/kernels/CompiledEngine.ts"
import { compileHere } from "../../../../src/morph/node/kernels/compileHere.ts"
import { deskHere } from "../../../../src/morph/node/kernels/desks.ts"
import { KernelSupply } from "../../../../src/morph/node/kernels/KernelSupply.ts"
import { counterUniform, rowsOf } from "./rows.ts"

const APPROVED = CATALOGUE.map((one) => approveBlueprint(one, { by: "test", why: "to be planted" }))
/** It draws while it learns, and has no kernel. */
const DRAWS = "dropoutMlp"

const HOSTS: ReadonlyArray<NeuralHostOptions> = [
  { inputs: 3, hidden: [6], classes: 2, batch: 8 },
  { inputs: [5, 2], hidden: [{ filters: 3, window: 3 }], classes: 2, batch: 4 },
  { inputs: [4, 4, 1], hidden: [{ filters: 3, window: 3 }], classes: 2, batch: 4 },
]

/** The flat host, unless the blueprint needs axes. */
const hostFor = ({ axes }: Blueprint): NeuralHostOptions => HOSTS[(axes ?? 1) - 1]

function hostWith(given: NeuralHostOptions, engine: Engine): NeuralHost {
  const { options } = neuralHost(given)
  return new NeuralHost({
    options,
    data: rowsOf(options.shape),
    seed: 5,
    now: () => 0,
    catalogue: APPROVED,
    engine,
  })
}

/** Compiles in this thread, and says when nothing is being compiled. */
function supplied() {
  const supply = new KernelSupply({
    make: (key) =>
      compileHere(
        key,
        CATALOGUE.find(({ name }) => name === key.blueprint),
      ),
    close: () => Promise.resolve(),
  })
  const notes: Array<string> = []
  supply.tells(({ blueprint, outcome, why }) => notes.push(`${blueprint} ${outcome} ${why}`))
  const settled = async (): Promise<void> => {
    while (supply.view().kernels.some(({ status }) => status === "compiling"))
      await new Promise((resolve) => setImmediate(resolve))
  }
  return { supply, notes, settled, engine: new CompiledEngine(deskHere(supply)) }
}

type Life = readonly (readonly [Mode, number])[]
const LIFE: Life = [
  ["branch", 1],
  ["mixed", 0.5],
  ["shadow", 1],
  ["whole", 1],
]

/** Everything that can be seen of a life, in bits. `between` is awaited between two epochs. */
async function lived(
  host: NeuralHost,
  planting: { readonly blueprint: string; readonly operator: (typeof OPERATORS)[number] },
  life: Life,
  between: () => Promise<void>,
) {
  const seen: Array<unknown> = []
  host.trainEpoch(0)
  host.plant("hidden1", { ...planting, graft: "g", parameters: {}, owner: "test" })
  for (const [i, [mode, alpha]] of life.entries()) {
    host.mode("hidden1", mode, alpha)
    seen.push(host.trainEpoch(1 + i), host.measure("hidden1", mode === "shadow" ? "shadowing" : "training"))
    seen.push(host.answerScore(), [...host.copy()], host.fingerprint())
    await between()
  }
  host.keep("hidden1")
  seen.push(host.trainEpoch(9), host.fingerprint(), [
    ...host.predict(Float32Array.from({ length: 80 }, counterUniform)),
  ])
  return seen
}

describe("a host whose grafts are compiled", () => {
  it.each(APPROVED.filter(({ name }) => name !== DRAWS).map(({ name }) => name))(
    "trains and answers bit for bit as without kernels, with %s",
    async (name) => {
      const blueprint = APPROVED.find((one) => one.name === name) as Blueprint
      const planting = { blueprint: name, operator: "residual" } as const
      const expected = await lived(hostWith(hostFor(blueprint), FAST), planting, LIFE, () =>
        Promise.resolve(),
      )
      const { engine, supply, notes, settled } = supplied()
      expect(await lived(hostWith(hostFor(blueprint), engine), planting, LIFE, settled)).toEqual(expected)
      await settled()
      const { kernels, passes } = supply.view()
      expect(kernels.length).toBeGreaterThan(1)
      expect(kernels.filter(({ status }) => status !== "ready")).toEqual([])
      expect(notes.length).toBe(kernels.length)
      expect(passes.standard).toBeGreaterThan(0)
    },
  )

  it("does so whenever the kernels come, in whatever life and however they join", async () => {
    const flat = APPROVED.filter((one) => takes(one, [6]) && one.name !== DRAWS).map(({ name }) => name)
    const step = fc.tuple(
      fc.constantFrom<Mode>("branch", "mixed", "shadow", "whole"),
      fc.constantFrom(0.25, 1),
      fc.boolean(),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...flat),
        fc.constantFrom(...OPERATORS),
        fc.array(step, { minLength: 1, maxLength: 5 }),
        async (blueprint, operator, steps) => {
          const life = steps.map(([mode, alpha]) => [mode, alpha] as const)
          const planting = { blueprint, operator }
          const { engine, settled } = supplied()
          const waits = steps.map(([, , waits]) => waits)
          const between = (): Promise<void> => (waits.shift() === true ? settled() : Promise.resolve())
          const expected = await lived(hostWith(HOSTS[0], FAST), planting, life, () => Promise.resolve())
          expect(await lived(hostWith(HOSTS[0], engine), planting, life, between)).toEqual(expected)
        },
      ),
      { numRuns: 15 },
    )
  })

  it("goes on without a kernel for what draws while it learns, and says so once", async () => {
    const { engine, supply, notes, settled } = supplied()
    const planting = { blueprint: DRAWS, operator: "residual" } as const
    const expected = await lived(hostWith(HOSTS[0], FAST), planting, LIFE, () => Promise.resolve())
    expect(await lived(hostWith(HOSTS[0], engine), planting, LIFE, settled)).toEqual(expected)
    expect(supply.view().passes.standard).toBe(0)
    expect(notes.filter((note) => note.startsWith(`${DRAWS} ready`))).toEqual([])
  })

  it("runs no kernel that was compiled for other places, counts every pass, and says which", async () => {
    const missed: Array<string> = []
    const desk: KernelDesk = {
      counts: { standard: 0, fast: 0 },
      mode: "standard",
      // Of another width: its distances are others.
      ask: async (key, blueprint) => {
        const other = { ...key, shape: [key.shape[0], key.shape[1] + 1] }
        const { kernelKey } = await import("../../../../src/morph/node/compileKernel.ts")
        return { kernel: await compileHere(kernelKey(blueprint as Blueprint, other.shape), blueprint) }
      },
      missed: ({ blueprint, shape }, why) => missed.push(`${blueprint} ${shape.join("x")} ${why}`),
    }
    const host = hostWith(HOSTS[0], engineOver(desk, true))
    const planting = { blueprint: "residualMlp", operator: "residual" } as const
    const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))
    const expected = await lived(hostWith(HOSTS[0], FAST), planting, LIFE, () => Promise.resolve())
    expect(await lived(host, planting, LIFE, later)).toEqual(expected)
    expect(desk.counts.standard).toBe(0)
    expect(desk.counts.fast).toBeGreaterThan(0)
    expect(missed[0]).toMatch(
      /^residualMlp 8x6 .*its numbers have other places here than it was compiled for$/,
    )
  })

  it("leaves passes that a kernel is slower at to the package's instructions, and names them", async () => {
    const supply = new KernelSupply({
      make: async (key, own) => {
        const kernel = await compileHere(key, own as Blueprint)
        return { ...kernel, slower: { backward: kernel.guards["backward"] } }
      },
      close: () => Promise.resolve(),
    })
    const notes: Array<string> = []
    supply.tells(({ outcome, why }) => notes.push(`${outcome} ${why}`))
    const { counts } = supply
    const desk: KernelDesk = {
      counts,
      mode: "standard",
      ask: (key, blueprint) => supply.ask(key, blueprint),
      missed: (key, why) => supply.missed(key, why),
    }
    const host = hostWith(HOSTS[0], new CompiledEngine(desk))
    host.plant("hidden1", {
      blueprint: "residualMlp",
      operator: "residual",
      graft: "g",
      parameters: {},
      owner: "t",
    })
    host.mode("hidden1", "branch", 1)
    host.trainEpoch(0)
    await new Promise((resolve) => setImmediate(resolve))
    while (supply.view().kernels.some(({ status }) => status === "compiling"))
      await new Promise((resolve) => setImmediate(resolve))
    const before = { standard: counts.standard, fast: counts.fast }
    host.trainEpoch(1)
    // Three batches, each once forward and once back.
    expect({ standard: counts.standard - before.standard, fast: counts.fast - before.fast }).toEqual({
      standard: 3,
      fast: 3,
    })
    expect(notes).toEqual(["ready backward: the instructions of the package are faster"])
  })

  it("is run by plain loops where the package's instructions cannot be run, and asks for no kernel", () => {
    const { supply } = supplied()
    expect(engineOver(deskHere(supply), false)).toBe(REFERENCE)
    expect(
      new KernelSupply({ make: () => Promise.reject(), close: () => Promise.resolve() }, "reference").view(),
    ).toEqual({
      otherwise: "reference",
      kernels: [],
      passes: { standard: 0, fast: 0 },
    })
  })
})
