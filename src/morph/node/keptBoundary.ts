/** A boundary as a record has it: with what was heard, and with hashes of everything. */
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { GrowthCore } from "../growth/GrowthCore.ts"
import { kernelIn } from "../neural/standing.ts"
import { fingerprintOf } from "../neural/vectors.ts"
import { type RunBoundary, runBoundary } from "./RunLog.ts"
import type { Heard } from "./Tape.ts"

export function keptBoundary(boundary: GrowthBoundary, { host }: GrowthCore, heard: Heard): RunBoundary {
  const planted = boundary.moves.filter(({ to }) => to === "germinated")
  const kernels = Object.fromEntries(planted.map(({ slot, graft }) => [graft ?? slot, kernelIn(host, slot)]))
  return runBoundary(boundary, host.fingerprint(), {
    grafts: fingerprintOf([host.copy()]),
    ...(planted.length === 0 ? {} : { kernels }),
    ...heard,
  })
}
