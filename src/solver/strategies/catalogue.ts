/**
 * The strategies that come with the solver, by the names a configuration calls them: the default and all that it takes. Those it never
 * takes are known here by name alone, and come from `arqon/solver/extra`.
 */
import type { StrategyDefinition } from "../Strategy.ts"
import { auto } from "./Auto.ts"
import { cmaEs } from "./CmaEs.ts"
import { gaussianSearch } from "./GaussianSearch.ts"
import { localRbf } from "./LocalRbf.ts"
import { nelderMead } from "./NelderMead.ts"
import { quadraticTrustRegion } from "./QuadraticTrustRegion.ts"
import { tpe } from "./Tpe.ts"

export const STRATEGIES: ReadonlyArray<StrategyDefinition> = [
  auto,
  cmaEs,
  gaussianSearch,
  localRbf,
  nelderMead,
  quadraticTrustRegion,
  tpe,
]

/** What a configuration may name and options have to bring. */
export const EXTRA_NAMES: ReadonlyArray<Pick<StrategyDefinition, "name" | "params">> = [
  { name: "nelderMeadMultistart", params: ["edge", "starts", "tolerance"] },
  { name: "random", params: [] },
]
