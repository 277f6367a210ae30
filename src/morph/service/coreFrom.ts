/** A core that goes on from where another one of the same description stood. */
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { type CoreStanding, restoreMemory } from "../growth/standing.ts"
import { restoreHost } from "../neural/standing.ts"
import type { CoreMaker, CoreParts } from "./Keeper.ts"

export function coreFrom(
  { make }: CoreMaker,
  parts: CoreParts,
  { host, table, memory }: CoreStanding,
): GrowthCore {
  const core = make({ ...parts, restore: (made) => restoreHost(made, host), standing: table })
  restoreMemory(core.memory, memory)
  return core
}
