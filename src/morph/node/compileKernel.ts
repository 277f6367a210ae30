/** A blueprint compiled for one shape: WebAssembly text, assembled by the optional peer `wabt`, and verified against the reference. */
import { createHash } from "node:crypto"
import type wabt from "wabt"
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import { problem } from "../../domain/problems.ts"
import {
  type Blueprint,
  type BlueprintParameters,
  buildBlueprint,
  readParameters,
} from "../blueprints/Blueprint.ts"
import type { CompileMode, KernelKey } from "../compile/ArtifactStore.ts"
import { type Kernel, Kernels } from "../compile/Kernels.ts"
import { STANDARD_TILE, type Tile } from "../compile/kernels/knownProducts.ts"
import { knownSource } from "../compile/kernels/module.ts"
import { moduleText, type Passes } from "../compile/moduleText.ts"
import { passesOf } from "../compile/passesOf.ts"
import { guardOf } from "../compile/segments.ts"
import { StandardPlan } from "../compile/StandardPlan.ts"
import { inTurns, warm } from "../compile/timing.ts"
import {
  expectedOf,
  type GraftProgram,
  OWNER,
  type Verification,
  verifyKernel,
} from "../compile/verifyKernel.ts"
import { Arena } from "../tensor/Arena.ts"
import { irDigest } from "../tensor/digest.ts"
import { BYTES } from "../tensor/fast/kernelBytes.ts"
import { Graph } from "../tensor/Graph.ts"
import type { Shape } from "../tensor/ir.ts"
import { Program } from "../tensor/Program.ts"
import { TensorError } from "../tensor/TensorError.ts"

const SEED = 1
const FEATURES = { simd: true, threads: true, sat_float_to_int: true, relaxed_simd: false }
const MOST_BYTES = 1 << 29

/** Runs before the times are taken, or ms where those come first, and runs whose times are. */
const WARMING = 200
const WARMING_MS = 10
const TIMED = 64

/**
 * The compiler's version: part of every key, so that another version compiles again. The first part changes with
 * how they are written, the second with the kernels that it writes into modules, and with the module whose bits they give.
 */
export const COMPILER: string = `2-${createHash("sha256").update(BYTES).update(knownSource(STANDARD_TILE)).digest("hex").slice(0, 8)}`

export interface CompiledKernel {
  readonly key: KernelKey
  /** The readable text. */
  readonly text: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** By export. */
  readonly guards: Readonly<Record<string, string>>
  /** Of passes that the SIMD module runs faster: they are not among the guards. */
  readonly slower: Readonly<Record<string, string>>
  /** For the memory that it was verified in, with the code that the engine has made of it so far. */
  readonly module: WebAssembly.Module
  /** Operators that were fused into the loop before them. */
  readonly fused: number
  readonly verification: Verification
  /** Rows and vectors of its products that are summed at once: chosen by time where the mode is `aggressive`. */
  readonly tile: Tile
  /** Microseconds of a pass forward, after the prewarm. */
  readonly p50Us: number
  readonly p95Us: number
}

export interface CompileOptions {
  readonly mode?: CompileMode
  readonly tile?: Tile
  /** A clock, in milliseconds. */
  readonly now?: () => number
  /** Warms the passes up and times them: one that is slower than the SIMD module is named in `slower`. Takes a tenth of a second. */
  readonly isTimed?: boolean
  /** Whether the memory that it is verified, warmed up and timed in is shared by threads; it is if left out. */
  readonly isShared?: boolean
  /** Is called when the bytes are there, and when they have been verified. */
  readonly reached?: (stage: "assembled" | "verified") => void
}

/**
 * @param shape of the value at the socket, with the batch
 *
 * Throws a `GrowthError` where a parameter is out of its bounds, an operator is not compiled, `wabt` is not installed, or the kernel
 * differs from the reference. Then nothing is given out.
 */
export async function compileKernel(
  blueprint: Blueprint,
  shape: Shape,
  given: BlueprintParameters = {},
  options: CompileOptions = {},
): Promise<CompiledKernel> {
  const { mode = "standard", tile, now = () => performance.now() } = options
  if (mode === "standard" || tile !== undefined)
    return (await compiledWith(blueprint, shape, given, options)).kernel
  const tried: Array<Awaited<ReturnType<typeof compiledWith>>> = []
  for (const tile of TILES) tried.push(await compiledWith(blueprint, shape, given, { ...options, tile }))
  const ways = tried.map(({ plans }) => {
    const passes = plans.flatMap((plan) => plan.passes())
    return () => passes.forEach(({ standard }) => standard())
  })
  for (const way of ways) warm(way, now)
  const times = inTurns(ways, TURNS, now).map(({ median }) => median)
  // Where no clock tells them apart it is the usual one.
  return tried[times.indexOf(Math.min(...times))].kernel
}

/** What `aggressive` tries: all sum in the same order, so each is verified against the same bits. The usual one comes first. */
const TILES: ReadonlyArray<Tile> = [
  STANDARD_TILE,
  { rows: 2, vectors: 2 },
  { rows: 2, vectors: 4 },
  { rows: 4, vectors: 1 },
  { rows: 8, vectors: 1 },
]

async function compiledWith(
  blueprint: Blueprint,
  shape: Shape,
  given: BlueprintParameters,
  {
    mode = "standard",
    tile = STANDARD_TILE,
    now = () => performance.now(),
    isTimed = false,
    isShared = true,
    reached = () => {},
  }: CompileOptions,
): Promise<{ readonly kernel: CompiledKernel; readonly plans: ReadonlyArray<StandardPlan> }> {
  const key = kernelKey(blueprint, shape, given, mode)
  const { parameters } = key
  const branch = readable(() => ready(blueprint, shape, parameters, isShared, false))
  const through = readable(() => ready(blueprint, shape, parameters, isShared, true))
  const { forward, backward } = branch.passes
  if (forward === undefined)
    throw growthProblem(
      "blueprint",
      `${blueprint.name} has an operator that is not compiled.`,
      "Run it as `fast`.",
    )
  const passes: Passes = {
    forward,
    ...(backward === undefined ? {} : { backward }),
    ...(through.passes["backward"] === undefined ? {} : { through: through.passes["backward"] }),
  }
  const { text, fused } = moduleText(passes, true, tile)
  const bytes = await assembled(blueprint.name, text)
  reached("assembled")
  const guards = Object.fromEntries(Object.entries(passes).map(([name, pass]) => [name, guardOf(pass)]))
  const kernels = new Kernels()
  const kernel: Kernel = { bytes, guards, slower: {} }
  kernels.add(kernel)
  const expected = expectedOf(through.graft, through.arena, SEED)
  const plans = [branch, through].map(({ graft, arena }) => new StandardPlan(graft.program, arena, kernels))
  const verification = [branch, through].map(({ graft, arena }, i) =>
    verifyKernel(graft, arena, plans[i], SEED, expected),
  )
  const worst = Math.max(...verification.map((one) => one.worst))
  const sameBits = verification.every((one) => one.sameBits) && kernels.counts.fast === 0
  if (!sameBits || verification.some((one) => !one.passed))
    throw growthProblem(
      "kernel",
      `The kernel of ${blueprint.name} differs from the reference by ${worst}, or from the bits of the SIMD module.`,
      "Run it as `fast`.",
    )
  reached("verified")
  const [plan] = plans
  const made: CompiledKernel = {
    key,
    text,
    bytes,
    guards,
    slower: isTimed ? slowerOf(plans, guards, now) : {},
    module: kernels.moduleOf(kernel, branch.arena.memory),
    fused,
    verification: { passed: true, worst, sameBits },
    tile,
    ...prewarmed(() => plan.forward(), now),
  }
  return { kernel: made, plans }
}

/**
 * What a kernel is kept under. A library is asked by it before anything is compiled, so it builds the blueprint and runs nothing. Throws
 * a `GrowthError` where a parameter is out of its bounds, or the blueprint cannot be built for this shape.
 */
export function kernelKey(
  blueprint: Blueprint,
  shape: Shape,
  given: BlueprintParameters = {},
  mode: CompileMode = "standard",
): KernelKey {
  const { parameters, problems } = readParameters(blueprint, given)
  if (problems.length > 0) throw new GrowthError({ problems })
  const graph = new Graph()
  readable(() => buildBlueprint(blueprint, graph, graph.input("value", shape), parameters, OWNER))
  return {
    blueprint: blueprint.name,
    graph: irDigest(graph.nodes),
    parameters,
    shape,
    compiler: COMPILER,
    mode,
  }
}

/**
 * The module of a kernel that was compiled elsewhere, after its passes have run here until they got no faster: compiled code belongs to
 * a process, and the first hundreds of runs of a module are up to two and a half times slower. Null where the blueprint builds something else than the kernel.
 */
export function warmModule(
  blueprint: Blueprint,
  key: KernelKey,
  kernel: Kernel,
  isShared: boolean,
  now: () => number = () => performance.now(),
): WebAssembly.Module | null {
  const { shape, parameters } = key
  if (kernelKey(blueprint, shape, parameters, key.mode).graph !== key.graph) return null
  const kernels = new Kernels()
  kernels.add(kernel)
  const ways = [false, true].map((isThrough) => ready(blueprint, shape, parameters, isShared, isThrough))
  for (const { graft, arena } of ways)
    for (const { standard } of new StandardPlan(graft.program, arena, kernels).passes()) warm(standard, now)
  return kernels.moduleOf(kernel, ways[0].arena.memory)
}

/** A graft in a program of its own, and its instructions. */
function ready(
  blueprint: Blueprint,
  shape: Shape,
  parameters: BlueprintParameters,
  isShared: boolean,
  isThrough: boolean,
) {
  const graph = new Graph()
  const value = graph.input("value", shape)
  const added = buildBlueprint(blueprint, graph, value, parameters, OWNER)
  const learnt = graph.parametersOf(OWNER)
  const targets = graph.input("targets", shape)
  const loss = graph.apply("mse", [graph.apply("add", [value, added]), targets])
  const program = new Program({
    loss,
    outputs: [added],
    train: learnt.length === 0 ? [] : [OWNER],
    wrt: isThrough ? [value] : [],
  })
  const arena = Arena.make({ maxBytes: MOST_BYTES, shared: isShared })
  arena.append(OWNER, learnt, SEED)
  const graft: GraftProgram = { program, value, targets, added }
  return { graft, arena, passes: passesOf(program, arena) }
}

const TURNS = 9

/** The guards of those passes that take longer by the kernel, by name. */
function slowerOf(
  plans: ReadonlyArray<StandardPlan>,
  guards: CompiledKernel["guards"],
  now: () => number,
): CompiledKernel["slower"] {
  const slower: Record<string, string> = {}
  const passes = new Map(plans.flatMap((plan) => plan.passes().map((pass) => [pass.guard, pass])))
  for (const [name, guard] of Object.entries(guards)) {
    const pass = passes.get(guard)
    if (pass === undefined) continue
    for (const way of [pass.standard, pass.fast]) warm(way, now)
    const [fast, standard] = inTurns([pass.fast, pass.standard], TURNS, now)
    if (standard.median > fast.median) slower[name] = guard
  }
  return slower
}

function prewarmed(run: () => void, now: () => number): { readonly p50Us: number; readonly p95Us: number } {
  const began = now()
  for (let i = 0; i < WARMING && now() - began < WARMING_MS; i++) run()
  const times = Array.from({ length: TIMED }, () => {
    const before = now()
    run()
    return (now() - before) * 1000
  }).toSorted((a, b) => a - b)
  return { p50Us: times[TIMED >> 1], p95Us: times[Math.floor(TIMED * 0.95)] }
}

/** What a graph, a memory or an operator is refused for, as the error that callers know. */
function readable<T>(build: () => T): T {
  try {
    return build()
  } catch (cause) {
    if (!(cause instanceof TensorError)) throw cause
    throw new GrowthError({ problems: [problem([cause.path], `${cause.problem}.`, `${cause.remedy}.`)] })
  }
}

type Assembler = Awaited<ReturnType<typeof wabt>>

/** Five megabytes: once for each process. */
let held: Promise<Assembler> | null = null

async function assembled(name: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const assembler = await (held ??= loadedWabt())
  const parsed = assembler.parseWat(`${name}.wat`, text, FEATURES)
  try {
    return Uint8Array.from(parsed.toBinary({ write_debug_names: false }).buffer)
  } finally {
    parsed.destroy()
  }
}

async function loadedWabt(): Promise<Assembler> {
  try {
    return await (await import("wabt")).default()
  } catch (cause) {
    held = null
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause
    throw growthProblem("wabt", "The compiler needs the package wabt.", "Run `npm install wabt`.")
  }
}
