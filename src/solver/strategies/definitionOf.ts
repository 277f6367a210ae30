/** The strategy that a configuration names, among those of its caller and ours. */
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { StrategyDefinition } from "../Strategy.ts"
import { EXTRA_NAMES, STRATEGIES } from "./catalogue.ts"

/** Throws a ConfigError where the definition has to be given and was not. */
export function definitionOf(name: string, own: ReadonlyArray<StrategyDefinition>): StrategyDefinition {
  const found = [...own, ...STRATEGIES].find((one) => one.name === name)
  if (found !== undefined) return found
  const text = JSON.stringify(name)
  const remedy = EXTRA_NAMES.some((one) => one.name === name)
    ? `Import it and add it to the options: import { ${name} } from "arqon/solver/extra"; { strategies: [${name}] }.`
    : "Add its definition to the options: { strategies: [...] }."
  throw new ConfigError({ problems: [problem(["strategy"], `needs the definition of ${text}.`, remedy)] })
}
