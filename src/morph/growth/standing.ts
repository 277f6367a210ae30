/**
 * Where a growing host stands between two boundaries, as plain data: a core that is made from it goes on bit for bit as this one would
 * have. Apart from the core, because only what has a folder needs it.
 */
import type { GraftTableStanding } from "../grafting/GraftTable.ts"
import { fieldsOf, type Fields } from "../neural/fields.ts"
import { type HostStanding, hostStanding } from "../neural/standing.ts"
import type { CoreMemory } from "./CoreMemory.ts"
import type { GrowthCore } from "./GrowthCore.ts"

/** Plain data that a structured clone takes. Some of its arrays are written again later: serialise it at once. */
export interface CoreStanding {
  readonly host: HostStanding
  readonly table: GraftTableStanding
  readonly memory: Readonly<Record<keyof CoreMemory, Fields>>
}

/** For a checkpoint, between two boundaries. */
export function coreStanding({ host, table, memory }: GrowthCore): CoreStanding {
  const { counts, governor, ring, times, records, windows } = memory
  return {
    host: hostStanding(host),
    table: table.standing,
    memory: {
      counts: fieldsOf(counts),
      governor: fieldsOf(governor),
      ring: fieldsOf(ring),
      times: fieldsOf(times),
      records: fieldsOf(records),
      windows: fieldsOf(windows),
    },
  }
}

/** Puts a standing into the memory of a core that was just made. */
export function restoreMemory(memory: CoreMemory, standing: CoreStanding["memory"]): void {
  for (const name of Object.keys(standing) as ReadonlyArray<keyof CoreMemory>)
    Object.assign(memory[name], standing[name])
}
