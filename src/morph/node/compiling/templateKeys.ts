/** The keys of everything that could be planted where a value has one of some shapes. */
import { GrowthError } from "../../../domain/GrowthError.ts"
import { type Blueprint, takes } from "../../blueprints/Blueprint.ts"
import { CATALOGUE } from "../../blueprints/more/all.ts"
import type { CompileMode, KernelKey } from "../../compile/ArtifactStore.ts"
import type { Shape } from "../../tensor/ir.ts"
import { kernelKey } from "../compileKernel.ts"

/**
 * Each blueprint with its usual parameters, for each shape that it takes.
 *
 * @param shapes of the value at a socket, with the batch
 */
export const templateKeys = (
  shapes: ReadonlyArray<Shape>,
  blueprints: ReadonlyArray<Blueprint> = CATALOGUE,
  mode: CompileMode = "standard",
): ReadonlyArray<KernelKey> =>
  shapes.flatMap((shape) =>
    blueprints
      .filter((one) => takes(one, shape.slice(1)))
      .flatMap((one) => {
        try {
          return [kernelKey(one, shape, {}, mode)]
        } catch (cause) {
          // It is made for larger values.
          if (cause instanceof GrowthError) return []
          throw cause
        }
      }),
  )
