/**
 * The sections of `npm run bench:compile`: what a kernel costs to compile, how much faster it is than the SIMD module, and what it costs
 * to put one to use. Bounds are those of the plan. A busy machine is no reason for a slow compiler, so compiling is counted in processor
 * time; passes are timed in turns.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Row, Section } from "../../scripts/section.ts"
import { Kernels } from "../../src/morph/compile/Kernels.ts"
import { inTurns, warm } from "../../src/morph/compile/timing.ts"
import { type CompiledKernel, compileKernel, kernelKey } from "../../src/morph/node/compileKernel.ts"
import { CompilerProcess } from "../../src/morph/node/compiling/CompilerProcess.ts"
import { KernelThread } from "../../src/morph/node/kernels/KernelThread.ts"
import { type Case, CASES, passesOf } from "./cases.ts"

const TURNS = 25
/** What two measurements of one thing differ by. */
const NOISE = 0.02
const now = (): number => performance.now()

const processorMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]

const rounded = (value: number): number => Number(value.toPrecision(3))

const row = (what: string, value: number, unit: string, bound: Pick<Row, "most" | "least"> = {}): Row => ({
  what,
  value: rounded(value),
  unit,
  ...bound,
})

async function compileRows(): Promise<ReadonlyArray<Row>> {
  // The first one loads wabt.
  await compileKernel(CASES[0].blueprint, CASES[0].shape)
  const plain: Array<number> = []
  const timed: Array<number> = []
  const bytes: Array<number> = []
  for (const { blueprint, shape } of CASES) {
    let began = processorMs()
    bytes.push((await compileKernel(blueprint, shape)).bytes.length)
    plain.push(processorMs() - began)
    began = processorMs()
    await compileKernel(blueprint, shape, {}, { isTimed: true })
    timed.push(processorMs() - began)
  }
  return [
    row("kernels", CASES.length, ""),
    row("compiled and verified, median", quantile(plain, 0.5), "ms", { most: 100 }),
    row("p90", quantile(plain, 0.9), "ms"),
    row("the slowest", Math.max(...plain), "ms", { most: 400 }),
    row("warmed up and timed too, median", quantile(timed, 0.5), "ms"),
    row("bytes of a module, median", quantile(bytes, 0.5), ""),
  ]
}

/** How much faster a kernel's passes are than the SIMD module's, and what its compiler made of that. */
interface Measured extends Case {
  /** Of all passes of a graft on its branch. */
  readonly ratio: number
  /** The same by what a host runs: by kernels, but for passes that its compiler has found to be slower. */
  readonly run: number
  /** By the shortest turns. */
  readonly least: number
  readonly left: number
  readonly passes: number
}

async function measured(one: Case): Promise<Measured> {
  const kernel: CompiledKernel = await compileKernel(one.blueprint, one.shape, {}, { isTimed: true })
  const slower = new Set(Object.values(kernel.slower))
  const sums = { fast: 0, standard: 0, run: 0, leastFast: 0, leastRun: 0 }
  const passes = passesOf(one, kernel)
  for (const { guard, fast, standard } of passes) {
    for (const way of [fast, standard]) warm(way, now)
    const [a, b] = inTurns([fast, standard], TURNS, now)
    const isLeft = slower.has(guard)
    sums.fast += a.median
    sums.standard += b.median
    sums.run += isLeft ? a.median : b.median
    sums.leastFast += a.least
    sums.leastRun += isLeft ? a.least : b.least
  }
  return {
    ...one,
    ratio: sums.fast / sums.standard,
    run: sums.fast / sums.run,
    least: sums.leastFast / sums.leastRun,
    left: passes.filter(({ guard }) => slower.has(guard)).length,
    passes: passes.length,
  }
}

const nameOf = ({ blueprint, shape }: Case): string => `${blueprint.name} ${shape.join("x")}`

async function speedRows(): Promise<ReadonlyArray<Row>> {
  const found: Array<Measured> = []
  for (const one of CASES) found.push(await measured(one))
  const runs = found.map(({ run }) => run)
  const slowest = found.reduce((worst, one) => (one.run < worst.run ? one : worst))
  const byRows = [...new Set(found.map(({ shape }) => shape[0]))].toSorted((a, b) => a - b)
  return [
    row("times faster, median over blueprints and shapes", quantile(runs, 0.5), "", { least: 1.25 }),
    row("a tenth is less than", quantile(runs, 0.1), ""),
    row("a tenth is more than", quantile(runs, 0.9), ""),
    ...byRows.map((rows) =>
      row(
        `median with ${rows} row${rows === 1 ? "" : "s"}`,
        quantile(
          found.filter(({ shape }) => shape[0] === rows).map(({ run }) => run),
          0.5,
        ),
        "",
      ),
    ),
    row(`the least: ${nameOf(slowest)}`, slowest.run, "", { least: 1 - NOISE }),
    row("the least, by shortest turns", Math.min(...found.map(({ least }) => least)), ""),
    row(
      "median if slower passes were run by kernels too",
      quantile(
        found.map(({ ratio }) => ratio),
        0.5,
      ),
      "",
    ),
    row(
      "passes that are left to the SIMD module",
      found.reduce((sum, { left }) => sum + left, 0),
      `of ${found.reduce((sum, { passes }) => sum + passes, 0)}`,
    ),
  ]
}

async function graftRows(): Promise<ReadonlyArray<Row>> {
  const kernels = await Promise.all(
    CASES.slice(0, 40).map(({ blueprint, shape }) => compileKernel(blueprint, shape)),
  )
  const times = kernels.map((kernel) => {
    const held = new Kernels()
    held.add({ ...kernel, slower: {}, shared: kernel.module })
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    const began = now()
    for (const guard of Object.values(kernel.guards)) held.find(guard, memory)
    return now() - began
  })
  return [
    row("all passes of a kernel, p50", quantile(times, 0.5), "ms", { most: 0.2 }),
    row("p99", quantile(times, 0.99), "ms"),
  ]
}

/** What is run by nobody: bytes with it are another module to the engine, which knows modules by their bytes. */
const custom = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(...bytes, 0, 2, 1, 0x78)

/** Some flat blueprints, a sequence and an image, as a host of 32 rows runs them. */
const WARMED = ["linear", "residualMlp", "gatedMlp", "experts", "attention1", "transformer", "conv3"]
const RUNS = 1000

/** Kernels from the compiler's process: the first runs of each as it was read, and after a thread has warmed it. */
async function warmRows(): Promise<ReadonlyArray<Row>> {
  const directory = mkdtempSync(join(tmpdir(), "arqon-compile-"))
  const compiler = new CompilerProcess({ directory })
  const thread = new KernelThread({ isShared: true })
  const found = { cold: new Array<ReadonlyArray<number>>(), warmed: new Array<ReadonlyArray<number>>() }
  for (const one of CASES.filter(({ blueprint: { name }, shape }) => shape[0] > 1 && WARMED.includes(name))) {
    const key = kernelKey(one.blueprint, one.shape)
    const compiled = await compiler.compile(key)
    if (!("artifact" in compiled)) throw new Error(`no kernel of ${nameOf(one)}`)
    const { bytes, meta } = compiled.artifact
    const kernel = { bytes, guards: meta.guards, slower: {} }
    const warmed = await thread.warmed(key, kernel)
    for (const [way, given] of [
      ["cold", { ...kernel, bytes: custom(bytes) }],
      ["warmed", warmed],
    ] as const) {
      for (const { standard } of passesOf(one, given)) {
        const times = Array.from({ length: RUNS }, () => {
          const began = now()
          standard()
          return now() - began
        })
        warm(standard, now)
        const [{ median }] = inTurns([standard], TURNS, now)
        found[way].push([100, RUNS].map((runs) => quantile(times.slice(0, runs), 0.5) / median))
      }
    }
  }
  await compiler.close()
  await thread.close()
  rmSync(directory, { recursive: true, force: true })
  return (["cold", "warmed"] as const).flatMap((way) =>
    [100, RUNS].flatMap((runs, i) => {
      const ratios = found[way].map((one) => one[i])
      const bound = way === "warmed" ? { most: 1.25 } : {}
      return [
        row(
          `${way}: first ${runs} runs, as a multiple of later ones, median`,
          quantile(ratios, 0.5),
          "",
          bound,
        ),
        row(`${way}: first ${runs} runs, the worst pass`, Math.max(...ratios), ""),
      ]
    }),
  )
}

export const sections: ReadonlyArray<Section> = [
  {
    name: "compile",
    title: "A kernel from its blueprint, in processor time",
    measure: compileRows,
  },
  {
    name: "speed",
    title: "Passes of grafts by compiled kernels, beside the SIMD module",
    measure: speedRows,
  },
  {
    name: "warm",
    title: "First runs of a kernel from the compiler's process, as it was read and warmed up by a thread",
    measure: warmRows,
  },
  {
    name: "graft",
    title: "A kernel in memory put to use in a host",
    measure: graftRows,
  },
]
