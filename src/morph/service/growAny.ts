/** `createGrowth` for every kind of host: a network, or a running service. */
import { createGrowthWith } from "./createGrowth.ts"
import type { Growth, GrowthOptions } from "./Growth.ts"
import type {
  Functions,
  PipelineDescription,
  PipelineGrowth,
  PipelineGrowthOptions,
} from "./PipelineGrowth.ts"

/** The description where the host is a service, else null: that of a network, or nothing that can grow. */
export function serviceIn(options: unknown): PipelineDescription<Functions> | null {
  const host = (options as { readonly host?: Partial<PipelineDescription<Functions>> } | null | undefined)
    ?.host
  return host?.kind === "pipeline" && typeof host.grow === "function"
    ? (host as PipelineDescription<Functions>)
    : null
}

/** Makes a growing service. Throws a `GrowthError` with every problem. */
export function createGrowth<P extends Functions>(options: PipelineGrowthOptions<P>): PipelineGrowth<P>
/** Makes a growing host. Throws a `GrowthError` with every problem. */
export function createGrowth(options: GrowthOptions): Growth
export function createGrowth(options: GrowthOptions | PipelineGrowthOptions): Growth | PipelineGrowth {
  const service = serviceIn(options)
  return service === null
    ? createGrowthWith(options as GrowthOptions, {})
    : service.grow(options as PipelineGrowthOptions)
}
