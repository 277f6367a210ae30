/** Compiles what a host can plant while it trains: all of it, or what was asked for. */
import type { Blueprint } from "../../blueprints/Blueprint.ts"
import { BLUEPRINTS } from "../../blueprints/catalogue.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { SocketView } from "../../growth/GrowthBoundary.ts"
import type { GrowthOptions } from "../../service/Growth.ts"
import type { KeptInputs } from "../../service/Keeper.ts"
import type { CompileSettings, PrewarmView } from "../../service/kernelsView.ts"
import { loadBlueprints } from "../hotMessages.ts"
import { hostTemplates } from "./hostTemplates.ts"
import type { KernelLibrary } from "./KernelLibrary.ts"
import { type KernelSupply, reasonOf } from "./KernelSupply.ts"

const NAMES: ReadonlySet<string> = new Set(CATALOGUE.map(({ name }) => name))

/** What can be compiled for a host. A blueprint that stands in a list has its code in this thread alone, unless it is one of the package. */
const compilable = async ({ blueprints = [] }: GrowthOptions): Promise<ReadonlyArray<Blueprint>> => [
  ...BLUEPRINTS,
  ...(blueprints instanceof URL
    ? await loadBlueprints(blueprints.href)
    : blueprints.filter(({ name }) => NAMES.has(name))),
]

/**
 * Has the kernels of each blueprint that is asked for in a socket fetched, with its usual parameters, for every number of rows. Gives what
 * is to be called whenever something may have been asked for.
 */
export function prefetched(
  kernels: KernelLibrary,
  supply: KernelSupply,
  inputs: KeptInputs,
  options: GrowthOptions,
  { mode, signal }: CompileSettings,
): (sockets: ReadonlyArray<SocketView>) => void {
  const seen = new Set<string>()
  let known: Promise<ReadonlyArray<Blueprint>> | null = null
  let view: PrewarmView = { done: 0, of: 0, refused: 0, why: "" }
  supply.prewarm = view
  const show = (more: Partial<PrewarmView>): void => void (supply.prewarm = view = { ...view, ...more })
  const fetch = async (socket: string, blueprint: string): Promise<void> => {
    try {
      const blueprints = await (known ??= compilable(options))
      const named = blueprints.filter(({ name }) => name === blueprint)
      const keys = hostTemplates(inputs, named, mode, socket)
      const fresh = kernels.prefetch(keys, (_, why) =>
        show({ done: view.done + 1, refused: view.refused + (why === null ? 0 : 1) }),
      )
      show({ of: view.of + fresh })
    } catch (cause) {
      show({ why: reasonOf(cause) })
    }
  }
  return (sockets) => {
    if (signal?.aborted === true) return
    for (const { name, blueprint } of sockets) {
      const socket = name.split("#")[0]
      if (blueprint === null || seen.has(`${socket} ${blueprint}`)) continue
      seen.add(`${socket} ${blueprint}`)
      void fetch(socket, blueprint)
    }
  }
}

/** Never rejects: what could not be compiled is counted, and why it ended early stands in what is shown. */
export async function prewarmed(
  kernels: KernelLibrary,
  supply: KernelSupply,
  inputs: KeptInputs,
  options: GrowthOptions,
  { mode, signal }: CompileSettings,
): Promise<void> {
  const show = (view: PrewarmView): PrewarmView => (supply.prewarm = view)
  let view = show({ done: 0, of: 0, refused: 0, why: "" })
  try {
    const keys = hostTemplates(inputs, await compilable(options), mode)
    view = show({ ...view, of: keys.length })
    await kernels.prewarm(keys, {
      said: ({ why, done, of }) => {
        view = show({ done, of, refused: view.refused + (why === null ? 0 : 1), why: "" })
      },
      ...(signal === undefined ? {} : { signal }),
    })
    if (view.done < view.of) show({ ...view, why: "it was cancelled" })
  } catch (cause) {
    show({ ...view, why: reasonOf(cause) })
  }
}
