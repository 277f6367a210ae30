/** `createGrowth` under Node: policies can have threads, and runs folders. */
import { MORE_FAULTS } from "../blueprints/moreFaults.ts"
import { createGrowthWith } from "../service/createGrowth.ts"
import type { Growth, GrowthOptions } from "../service/Growth.ts"
import type { GrowthPlatform } from "../service/GrowthPlatform.ts"
import type { CoreMaker } from "../service/Keeper.ts"
import { makerOf } from "../service/makerOf.ts"
import { serviceIn } from "../service/growAny.ts"
import type { Functions, PipelineGrowth, PipelineGrowthOptions } from "../service/PipelineGrowth.ts"
import { policySlot } from "../service/policySlot.ts"
import { type EachRepeated, GrowthKeeper, repeatRun } from "./GrowthKeeper.ts"
import { HotThread, type KeptRun, loaded } from "./HotThread.ts"
import { nodeWatch } from "./callWatch.ts"
import { pipelineKeeper } from "./PipelineLog.ts"
import { startPolicy } from "./startPolicy.ts"
import { threadProblems } from "./threadProblems.ts"

/** What Node gives a growing host. */
export const PLATFORM: GrowthPlatform = {
  faults: MORE_FAULTS,
  startPolicy,
  keepIn: (directory) => new GrowthKeeper(directory),
  threadProblems,
  inThread: (options, replaced) => new HotThread(options, makerInThread, replaced, keptIn(options)),
}

/** The folder of a run that trains in a thread. */
function keptIn(options: GrowthOptions): KeptRun | null {
  if (options.state === undefined) return null
  return { keeper: new GrowthKeeper(options.state), policy: policySlot(options, startPolicy).source }
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
    ? createGrowthWith(options as GrowthOptions, PLATFORM)
    : service.grow(options as PipelineGrowthOptions, { keep: pipelineKeeper, watch: nodeWatch })
}

/** Repeats the run that a folder holds, with its commands and late answers, and compares it boundary by boundary. */
export async function replayGrowth(
  directory: string,
  options: GrowthOptions,
  each: EachRepeated = () => {},
): Promise<{ readonly boundaries: number; readonly differentFrom: number | null }> {
  const { now = () => performance.now(), blueprints } = options
  const slot = policySlot(options, () => Promise.reject(new Error("A replay asks no thread.")))
  const own = blueprints instanceof URL ? { ...options, blueprints: await loaded(blueprints) } : options
  return repeatRun(directory, makerInThread(own, now), { now, policy: slot.source }, each)
}
