/** `createGrowth` under Node: policies can have threads, and runs folders. */
import { createGrowthWith } from "../service/createGrowth.ts"
import type { Growth, GrowthOptions } from "../service/Growth.ts"
import type { GrowthPlatform } from "../service/GrowthPlatform.ts"
import type { CoreMaker } from "../service/Keeper.ts"
import { makerOf } from "../service/makerOf.ts"
import { serviceIn } from "../service/growAny.ts"
import type { Functions, PipelineGrowth, PipelineGrowthOptions } from "../service/PipelineGrowth.ts"
import { policySlot } from "../service/policySlot.ts"
import { type EachRepeated, GrowthKeeper, repeatRun } from "./GrowthKeeper.ts"
import { HotThread } from "./HotThread.ts"
import { pipelineKeeper } from "./PipelineLog.ts"
import { startPolicy } from "./startPolicy.ts"
import { threadProblems } from "./threadProblems.ts"

/** What Node gives a growing host. */
export const PLATFORM: GrowthPlatform = {
  startPolicy,
  keepIn: (directory) => new GrowthKeeper(directory),
  threadProblems,
  inThread: (options, replaced) => new HotThread(options, makerInThread, replaced),
}

/** The maker of a host that trains elsewhere: it asks no policy here. */
function makerInThread(options: GrowthOptions): CoreMaker {
  const inline = { ...options, training: "inline" } as const
  return makerOf(inline, policySlot(options, startPolicy), () => 0, {})
}

/** Makes a growing service. Throws a `GrowthError` with every problem. */
export function createGrowth<P extends Functions>(options: PipelineGrowthOptions<P>): PipelineGrowth<P>
/** Makes a growing host. Throws a `GrowthError` with every problem. */
export function createGrowth(options: GrowthOptions): Growth
export function createGrowth(options: GrowthOptions | PipelineGrowthOptions): Growth | PipelineGrowth {
  const service = serviceIn(options)
  return service === null
    ? createGrowthWith(options as GrowthOptions, PLATFORM)
    : service.grow(options as PipelineGrowthOptions, { keep: pipelineKeeper })
}

/** Repeats the run that a folder holds, with its commands and late answers, and compares it boundary by boundary. */
export function replayGrowth(
  directory: string,
  options: GrowthOptions,
  each: EachRepeated = () => {},
): Promise<{ readonly boundaries: number; readonly differentFrom: number | null }> {
  const now = options.now ?? (() => performance.now())
  const slot = policySlot(options, () => Promise.reject(new Error("A replay asks no thread.")))
  return repeatRun(directory, makerOf(options, slot, now, PLATFORM), { now, policy: slot.source }, each)
}
