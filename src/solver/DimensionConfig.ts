/** One dimension of a search space, as a configuration writes it. */
import type { NumericDimension, ParamValue } from "./SearchSpace.ts"

/** One parameter as it is saved. */
export type DimensionConfig =
  | {
      readonly min: number
      readonly max: number
      readonly scale: NumericDimension["scale"]
      readonly step?: number
    }
  | { readonly choices: ReadonlyArray<ParamValue> }
  | { readonly type: "boolean" }
