/** The strategies that come with the solver, by the names a configuration calls them. */
import type { StrategyDefinition } from "../Strategy.ts"
import { nelderMead } from "./NelderMead.ts"

export const STRATEGIES: ReadonlyArray<StrategyDefinition> = [{ ...nelderMead, name: "auto" }, nelderMead]
