/** Compiles what a host can plant while it trains. */
import { BLUEPRINTS } from "../../blueprints/catalogue.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { GrowthOptions } from "../../service/Growth.ts"
import type { KeptInputs } from "../../service/Keeper.ts"
import type { CompileSettings, PrewarmView } from "../../service/kernelsView.ts"
import { loadBlueprints } from "../hotMessages.ts"
import { hostTemplates } from "./hostTemplates.ts"
import type { KernelLibrary } from "./KernelLibrary.ts"
import { type KernelSupply, reasonOf } from "./KernelSupply.ts"

const NAMES: ReadonlySet<string> = new Set(CATALOGUE.map(({ name }) => name))

/** Never rejects: what could not be compiled is counted, and why it ended early stands in what is shown. */
export async function prewarmed(
  kernels: KernelLibrary,
  supply: KernelSupply,
  inputs: KeptInputs,
  { blueprints = [] }: GrowthOptions,
  { mode, signal }: CompileSettings,
): Promise<void> {
  const show = (view: PrewarmView): PrewarmView => (supply.prewarm = view)
  let view = show({ done: 0, of: 0, refused: 0, why: "" })
  try {
    // A blueprint that stands in a list has its code in this thread alone, unless it is one of the package.
    const further =
      blueprints instanceof URL
        ? await loadBlueprints(blueprints.href)
        : blueprints.filter(({ name }) => NAMES.has(name))
    const keys = hostTemplates(inputs, [...BLUEPRINTS, ...further], mode)
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
