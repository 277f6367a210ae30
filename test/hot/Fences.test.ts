/** The fences of one loop: the latest ones, as many as are kept, and no more than that. */
import { describe, expect, it } from "vitest"
import { PLUS } from "../../src/hot/codes.ts"
import { FENCES } from "../../src/hot/fence.ts"
import { Fences } from "../../src/hot/Fences.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { linear, makeRig, unlimited } from "./rig.ts"

describe("the fences of a loop", () => {
  it("are the latest ones: the oldest is dropped once the list is full", () => {
    const rig = makeRig([linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, rig.executor.base)
    const readings = new Float64Array(4).fill(Number.NaN)
    const fences = new Fences(rig.table)
    const put: Array<number> = []
    for (let k = 1; k <= FENCES + 5; k++) {
      rig.ask(PLUS, k, [0.5 + 0.001 * k])
      fences.applied(rig.config, true)
      fences.emergency(state, readings, 100 + k)
      fences.resumed()
      put.push(100 + k)
      expect(fences.standing.map(({ untilUs }) => untilUs)).toEqual(put.slice(-FENCES))
    }
    expect(fences.standing).toHaveLength(FENCES)
    expect(fences.standing.at(-1)?.edges[0]).toBeCloseTo(0.5 + 0.0005 * (FENCES + 5), 12)
  })

  it("include those of the runaway guard: the latest ones, after those that exist", () => {
    const rig = makeRig([linear()], unlimited)
    const fences = new Fences(rig.table)
    const put: Array<number> = []
    for (let untilUs = 1; untilUs <= FENCES + 5; untilUs++) {
      fences.raise({ untilUs, sides: [1], edges: [0.6] })
      put.push(untilUs)
      expect(fences.standing.map((fence) => fence.untilUs)).toEqual(put.slice(-FENCES))
    }
  })
})
