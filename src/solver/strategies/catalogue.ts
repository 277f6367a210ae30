/** The strategies that come with the solver, by the names a configuration calls them. */
import type { StrategyDefinition } from "../Strategy.ts"
import { auto } from "./Auto.ts"
import { cmaEs } from "./CmaEs.ts"
import { gaussianSearch } from "./GaussianSearch.ts"
import { localRbf } from "./LocalRbf.ts"
import { nelderMead } from "./NelderMead.ts"
import { nelderMeadMultistart } from "./NelderMeadMultistart.ts"
import { quadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { random } from "./RandomSearch.ts"
import { tpe } from "./Tpe.ts"

export const STRATEGIES: ReadonlyArray<StrategyDefinition> = [
  auto,
  cmaEs,
  gaussianSearch,
  localRbf,
  nelderMead,
  nelderMeadMultistart,
  quadraticTrustRegion,
  random,
  tpe,
]
