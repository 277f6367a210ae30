/** What the moves of a boundary leave behind: the records of blueprints, and the losses at which grafts entered their states. */
import { failedBy } from "../grafting/gates.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { GraftTable } from "../grafting/GraftTable.ts"
import type { NeuralHost } from "../neural/NeuralHost.ts"
import type { CoreMemory } from "./CoreMemory.ts"
import type { Refused } from "./GrowthBoundary.ts"

interface Grown {
  readonly host: NeuralHost
  readonly table: GraftTable
  readonly memory: CoreMemory
}

export function noteMoves(
  { host, table, memory }: Grown,
  moves: ReadonlyArray<GraftMove>,
  refused: ReadonlyArray<Refused>,
  loss: number,
): void {
  const { counts, records } = memory
  for (const { slot, to, boundary, verdict } of moves) {
    const blueprint = table.lives.find((life) => life.slot === slot)?.planting?.blueprint
    // What only learnt too fast is tried again at a lower rate, and its record stays as it is.
    if (
      blueprint !== undefined &&
      to === "culled" &&
      !(failedBy(verdict, "drift") && host.rates.ease(blueprint))
    )
      records.culled(blueprint, boundary)
    if (blueprint !== undefined && to === "fossilized") {
      const entered = counts.entries[slot] ?? loss
      records.kept(blueprint, entered === 0 ? 0 : (entered - loss) / entered)
      counts.grewAt = boundary
    }
    counts.entries = { ...counts.entries, [slot]: loss }
  }
  for (const { blueprint } of refused) records.culled(blueprint, counts.epoch)
}
