/** `createGrowth` under Node: policies can have threads, and runs folders. */
import { createGrowthWith, type Growth, type GrowthOptions, makerOf } from "../service/createGrowth.ts"
import { policySlot } from "../service/policySlot.ts"
import { type EachRepeated, GrowthKeeper, repeatRun } from "./GrowthKeeper.ts"
import { HEURISTIC_MODULE, PolicyThread } from "./PolicyThread.ts"

/** Makes a growing host. Throws a `GrowthError` with every problem. */
export const createGrowth = (options: GrowthOptions): Growth =>
  createGrowthWith(
    options,
    (policy, deadlineMs) =>
      PolicyThread.start({ module: policy === "heuristic" ? HEURISTIC_MODULE : policy, deadlineMs }),
    (directory) => new GrowthKeeper(directory),
  )

/** Repeats the run that a folder holds, with its commands and late answers, and compares it boundary by boundary. */
export function replayGrowth(
  directory: string,
  options: GrowthOptions,
  each: EachRepeated = () => {},
): Promise<{ readonly boundaries: number; readonly differentFrom: number | null }> {
  const now = options.now ?? (() => performance.now())
  const slot = policySlot(options, () => Promise.reject(new Error("A replay asks no thread.")))
  return repeatRun(directory, makerOf(options, slot, now, true), { now, policy: slot.source }, each)
}
