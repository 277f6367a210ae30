/** What a growing host is given by where it runs: threads and folders under Node, and who trains it. */
import type { Problem } from "../../domain/Problem.ts"
import type { Fault } from "../blueprints/Blueprint.ts"
import type { Driver, InlineDriver, Replacement } from "./Driver.ts"
import type { GrowthOptions } from "./Growth.ts"
import type { Keeper } from "./Keeper.ts"
import type { StartPolicyThread } from "./policySlot.ts"

/** All of it may be missing. */
export interface GrowthPlatform {
  /** More faults than a browser's host has. */
  readonly faults?: ReadonlyArray<Fault>
  readonly startPolicy?: StartPolicyThread
  readonly keepIn?: (directory: string) => Keeper
  /** Another driver in this thread than `InlineDriver`. */
  readonly inline?: (...given: ConstructorParameters<typeof InlineDriver>) => Driver
  /** What stands against a thread, or against what only a thread takes. */
  readonly threadProblems?: (options: GrowthOptions) => ReadonlyArray<Problem>
  /** A driver in a thread of its own; it tells when that is replaced. */
  readonly inThread?: (options: GrowthOptions, replaced: (replacement: Replacement) => void) => Driver
}
