/** A kernel compiled in this thread, for a key. */
import { growthProblem } from "../../../domain/GrowthError.ts"
import type { AnyBlueprint } from "../../blueprints/Blueprint.ts"
import { type KernelKey, keyText } from "../../compile/ArtifactStore.ts"
import type { Kernel } from "../../compile/Kernels.ts"
import { type CompileOptions, compileKernel } from "../compileKernel.ts"

/** Rejects with a `GrowthError` where the blueprint is not the one of the key, or cannot be compiled. */
export async function compileHere(
  key: KernelKey,
  blueprint: AnyBlueprint | undefined,
  options: Pick<CompileOptions, "isTimed" | "isShared"> = {},
): Promise<Kernel> {
  if (blueprint === undefined || blueprint.quarantineOnly)
    throw growthProblem(
      "blueprint",
      `There is no blueprint ${key.blueprint} to compile.`,
      "It runs as before.",
    )
  const given = { mode: key.mode, ...options }
  const compiled = await compileKernel(blueprint, key.shape, key.parameters, given)
  if (keyText(compiled.key) !== keyText(key))
    throw growthProblem("blueprint", `The compiler has another ${key.blueprint}.`, "It runs as before.")
  const { bytes, guards, slower, module } = compiled
  return { bytes, guards, slower, ...(options.isShared === false ? { plain: module } : { shared: module }) }
}
