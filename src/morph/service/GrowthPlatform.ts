/** What a growing host is given by where it runs: threads and folders under Node, and who trains it. */
import type { Problem } from "../../domain/Problem.ts"
import type { Fault } from "../blueprints/Blueprint.ts"
import type { Engine } from "../neural/engines.ts"
import type { Driver, InlineDriver } from "./Driver.ts"
import type { GrowthOptions } from "./Growth.ts"
import type { GrowthFeed } from "./GrowthFeed.ts"
import type { Keeper } from "./Keeper.ts"
import type { StartPolicyThread } from "./policySlot.ts"

/** All of it may be missing. */
export interface GrowthPlatform {
  /** More faults than a browser's host has. */
  readonly faults?: ReadonlyArray<Fault>
  /** Runs programs by other means than the package's instructions. */
  readonly engine?: Engine
  readonly startPolicy?: StartPolicyThread
  readonly keepIn?: (directory: string) => Keeper
  /** Another driver in this thread than `InlineDriver`. */
  readonly inline?: (feed: GrowthFeed, ...given: ConstructorParameters<typeof InlineDriver>) => Driver
  /** A driver with what the platform shows beside it. */
  readonly around?: (driver: Driver, feed: GrowthFeed) => Driver
  /** What stands against a thread, or against what only a thread takes. */
  readonly threadProblems?: (options: GrowthOptions) => ReadonlyArray<Problem>
  /** A driver in a thread of its own; it tells when that is replaced. */
  readonly inThread?: (options: GrowthOptions, feed: GrowthFeed) => Driver
}
