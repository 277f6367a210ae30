/** A blueprint of a user's own, from one function over the graph. */
import { GrowthError } from "../../domain/GrowthError.ts"
import { Graph } from "../tensor/Graph.ts"
import { type Blueprint, buildBlueprint, type Cost, costOf } from "./Blueprint.ts"
import { readBlueprints } from "./readBlueprints.ts"

/** What has to be said of a blueprint, and what may be. */
export type BlueprintDefinition = Pick<Blueprint, "name" | "build"> &
  Partial<Omit<Blueprint, "quarantineOnly" | "approval">>

const OWNER = 1

/**
 * Completes a blueprint: where nothing is said it is experimental, of risk .5, without parameters, and its cost is counted on the graph
 * that it builds. Throws a `GrowthError` with every problem. Whether it is born as the identity is tried in quarantine, at gate G0.
 *
 * `build` runs in the caller's thread, in that quarantine too: one that never ends holds the program. Only a host with
 * `training: "thread"` tries it in a thread that can be ended.
 */
export function defineBlueprint(definition: BlueprintDefinition): Blueprint {
  const cost: Blueprint["cost"] = (shape, parameters): Cost => {
    const graph = new Graph()
    buildBlueprint(whole, graph, graph.input("value", [1, ...shape]), parameters, OWNER)
    return costOf(graph, OWNER, 1)
  }
  const whole: Blueprint = {
    description: "a blueprint of a user's own",
    tier: "experimental",
    risk: 0.5,
    parameters: {},
    cost,
    ...definition,
    quarantineOnly: false,
  }
  const { problems } = readBlueprints([whole], [])
  if (problems.length > 0)
    throw new GrowthError({
      problems: problems.map((one) => ({ ...one, path: one.path.replace(/^blueprints\[0\]\.?/, "") })),
    })
  return whole
}
