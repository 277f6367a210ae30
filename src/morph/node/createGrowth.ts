/** `createGrowth` under Node: policies can have threads, and runs folders. */
import { join } from "node:path"
import { MORE_FAULTS } from "../blueprints/moreFaults.ts"
import { createGrowthWith } from "../service/createGrowth.ts"
import { type Driver, InlineDriver } from "../service/Driver.ts"
import type { Growth, GrowthOptions } from "../service/Growth.ts"
import type { GrowthFeed } from "../service/GrowthFeed.ts"
import type { GrowthPlatform } from "../service/GrowthPlatform.ts"
import type { CompileSettings, KernelNote } from "../service/kernelsView.ts"
import type { CoreMaker } from "../service/Keeper.ts"
import { makerOf } from "../service/makerOf.ts"
import { serviceIn } from "../service/growAny.ts"
import type { Functions, PipelineGrowth, PipelineGrowthOptions } from "../service/PipelineGrowth.ts"
import { policySlot } from "../service/policySlot.ts"
import { type EachRepeated, GrowthKeeper, repeatRun } from "./GrowthKeeper.ts"
import { HotThread, type KeptRun, loaded } from "./HotThread.ts"
import { nodeWatch } from "./callWatch.ts"
import { startQuarantine } from "./CandidateQuarantine.ts"
import { engineOver, runsSimd } from "./kernels/CompiledEngine.ts"
import { compileSettings } from "./kernels/compileSettings.ts"
import { deskHere } from "./kernels/desks.ts"
import { kernelDriver } from "./kernels/kernelDriver.ts"
import { KernelLibrary, LIBRARY } from "./kernels/KernelLibrary.ts"
import { type KernelMaker, KernelSupply } from "./kernels/KernelSupply.ts"
import { KernelThread } from "./kernels/KernelThread.ts"
import { prefetched, prewarmed } from "./kernels/prewarmed.ts"
import { pipelineKeeper } from "./PipelineLog.ts"
import { startPolicy } from "./startPolicy.ts"
import { threadProblems } from "./threadProblems.ts"

/** What Node gives a growing host that compiles nothing. */
const PLATFORM: GrowthPlatform = {
  faults: MORE_FAULTS,
  startPolicy,
  keepIn: (directory) => new GrowthKeeper(directory),
  threadProblems,
  inThread: (options, feed) => new HotThread(options, makerInThread, feed, keptIn(options)),
}

/** What Node gives a growing host, and its options for the service. */
export function onNode(given: GrowthOptions): readonly [GrowthOptions, GrowthPlatform] {
  // What is no object is refused where options are read.
  if (typeof given !== "object" || given === null || given.compile === undefined) return [given, PLATFORM]
  const { compile, ...options } = given
  return [options, withKernels(options, compileSettings(compile, options.state !== undefined))]
}

function withKernels(options: GrowthOptions, settings: CompileSettings): GrowthPlatform {
  const isSimd = runsSimd()
  const kernels = kernelsOf(options, settings)
  const supply = new KernelSupply(kernels, isSimd ? "fast" : "reference", settings.mode)
  let keeper: GrowthKeeper | null = null
  const around = (driver: Driver, feed: GrowthFeed, { inputs }: Pick<CoreMaker, "inputs">): Driver => {
    const record = (note: KernelNote): void => keeper?.kernel(note)
    if (!(kernels instanceof KernelLibrary) || settings.prewarm === undefined)
      return kernelDriver(driver, feed, supply, record)
    const given = [kernels, supply, inputs, options, settings] as const
    return settings.prewarm === "all"
      ? kernelDriver(driver, feed, supply, record, () => void prewarmed(...given))
      : kernelDriver(driver, feed, supply, record, () => {}, prefetched(...given))
  }
  const keeping = (directory: string): GrowthKeeper => (keeper = new GrowthKeeper(directory))
  return {
    ...PLATFORM,
    engine: engineOver(deskHere(supply), isSimd),
    keepIn: keeping,
    inline: (feed, maker, ...inline) => around(new InlineDriver(maker, ...inline), feed, maker),
    inThread: (options, feed) =>
      around(
        new HotThread(options, makerInThread, feed, keptIn(options, keeping), supply),
        feed,
        makerInThread({ ...options, blueprints: [] }),
      ),
  }
}

/** Those of a run that is kept are kept with it. */
function kernelsOf({ blueprints, state, training }: GrowthOptions, { key }: CompileSettings): KernelMaker {
  const module = blueprints instanceof URL ? blueprints.href : null
  const isShared = training === "thread"
  if (typeof state !== "string" || state === "") return new KernelThread({ blueprints: module, isShared })
  return new KernelLibrary({
    directory: join(state, LIBRARY),
    blueprints: module,
    key: key ?? null,
    isShared,
  })
}

/** The folder of a run that trains in a thread. */
function keptIn(
  options: GrowthOptions,
  keeping = (directory: string): GrowthKeeper => new GrowthKeeper(directory),
): KeptRun | null {
  if (options.state === undefined) return null
  return { keeper: keeping(options.state), policy: policySlot(options, startPolicy).source }
}

/** The maker of a host that trains elsewhere, or is repeated here: it keeps nothing. */
function makerInThread(
  { training, hangMs, state, ...options }: GrowthOptions,
  now: () => number = () => 0,
): CoreMaker {
  void [training, hangMs, state]
  return makerOf(options, policySlot(options, startPolicy), now, { faults: MORE_FAULTS })
}

/** Makes a growing service. Throws a `GrowthError` with every problem. */
export function createGrowth<P extends Functions>(options: PipelineGrowthOptions<P>): PipelineGrowth<P>
/** Makes a growing host. Throws a `GrowthError` with every problem. */
export function createGrowth(options: GrowthOptions): Growth
export function createGrowth(options: GrowthOptions | PipelineGrowthOptions): Growth | PipelineGrowth {
  const service = serviceIn(options)
  return service === null
    ? createGrowthWith(...onNode(options as GrowthOptions))
    : service.grow(options as PipelineGrowthOptions, {
        keep: pipelineKeeper,
        watch: nodeWatch,
        quarantine: startQuarantine,
      })
}

/** Repeats the run that a folder holds, with its commands and late answers, and compares it boundary by boundary. */
export async function replayGrowth(
  directory: string,
  given: GrowthOptions,
  each: EachRepeated = () => {},
): Promise<{ readonly boundaries: number; readonly differentFrom: number | null }> {
  // Kernels compute the same bits.
  const { compile: _, ...options } = given
  const { now = () => performance.now(), blueprints } = options
  const slot = policySlot(options, () => Promise.reject(new Error("A replay asks no thread.")))
  const own = blueprints instanceof URL ? { ...options, blueprints: await loaded(blueprints) } : options
  return repeatRun(directory, makerInThread(own, now), { now, policy: slot.source }, each)
}
