/** The strategies that come with the solver, by the names a configuration calls them. */
import type { StrategyDefinition } from "../Strategy.ts"
import { nelderMead } from "./NelderMead.ts"
import { quadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { tpe } from "./Tpe.ts"

export const STRATEGIES: ReadonlyArray<StrategyDefinition> = [
  { ...quadraticTrustRegion, name: "auto" },
  nelderMead,
  quadraticTrustRegion,
  tpe,
]
