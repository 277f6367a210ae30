/** The strategies of `arqon/solver/extra` in a list, for programs that take any name from a person. */
import type { StrategyDefinition } from "../Strategy.ts"
import { nelderMeadMultistart } from "./NelderMeadMultistart.ts"
import { random } from "./RandomSearch.ts"

export const EXTRA_STRATEGIES: ReadonlyArray<StrategyDefinition> = [nelderMeadMultistart, random]
