/** The fences of one loop: the latest ones, as many as are kept, and no more than that. */
import { describe, expect, it } from "vitest"
import { PLUS } from "../../src/hot/codes.ts"
import { FENCES } from "../../src/hot/fence.ts"
import { Fences } from "../../src/hot/Fences.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { SCALARS, V_PLUS } from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { linear, makeRig, unlimited } from "./rig.ts"

describe("the fences of a loop", () => {
  it("are the latest ones: the oldest is dropped once the list is full", () => {
    const rig = makeRig([linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, rig.executor.base)
    const readings = new Float64Array(4).fill(Number.NaN)
    const fences = new Fences(rig.table, new Float64Array(rig.table.size))
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
    const fences = new Fences(rig.table, new Float64Array(rig.table.size))
    const put: Array<number> = []
    for (let untilUs = 1; untilUs <= FENCES + 5; untilUs++) {
      fences.raise({ untilUs, sides: [1], edges: [0.6] })
      put.push(untilUs)
      expect(fences.standing.map((fence) => fence.untilUs)).toEqual(put.slice(-FENCES))
    }
  })

  /** A loop's fences after an emergency on a probe at .6, its base at .5. */
  function afterEmergency(untilUs = 100) {
    const rig = makeRig([linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, rig.executor.base)
    const readings = new Float64Array(4).fill(Number.NaN)
    const fences = new Fences(rig.table, new Float64Array(rig.table.size))
    const probe = (id: number, at: number, isProbe: boolean): void => {
      rig.ask(PLUS, id, [at])
      fences.applied(rig.config, isProbe)
    }
    probe(1, 0.6, true)
    fences.emergency(state, readings, untilUs)
    return { rig, kernel, state, readings, fences, probe }
  }

  it("go up only where the plant ran on a probe: not on a base, and not once the cycle is void", () => {
    const { state, readings, fences, probe } = afterEmergency()
    expect(fences.standing).toHaveLength(1)
    probe(2, 0.65, false)
    fences.emergency(state, readings, 200)
    expect(fences.standing).toHaveLength(1)
    probe(3, 0.62, true)
    fences.ended()
    fences.emergency(state, readings, 200)
    expect(fences.standing).toHaveLength(1)
    probe(4, 0.63, true)
    fences.emergency(state, readings, 200)
    expect(fences.standing).toHaveLength(2)
  })

  it("are doubted until SafeMode is over: the last one falls where the constraint stays broken on the base, and only it", () => {
    const { fences } = afterEmergency()
    for (const untilUs of [50, 60]) fences.raise({ untilUs, sides: [1], edges: [0.9] })
    fences.stillBroken()
    expect(fences.standing.map(({ untilUs }) => untilUs)).toEqual([100, 50])
    fences.stillBroken()
    expect(fences.standing).toHaveLength(2)
    const over = afterEmergency().fences
    over.resumed()
    over.stillBroken()
    expect(over.standing).toHaveLength(1)
  })

  it("keep a new pair and the next base inside while they stand", () => {
    const { rig, kernel, state, fences } = afterEmergency(1_000)
    const plus = Float64Array.of(0)
    const draw = (nowUs: number): number => {
      state[SCALARS + V_PLUS] = 0.58
      fences.drawn(state, Float64Array.of(nowUs))
      return state[SCALARS + V_PLUS]
    }
    const roomUp = (): number => {
      const band = Float64Array.of(-0.2, 0.2)
      fences.narrow(state, band)
      return band[1]
    }
    kernel.base(state, plus)
    expect(plus[0]).toBe(rig.executor.base[0])
    expect(draw(999)).toBeCloseTo(0.55, 12)
    expect(roomUp()).toBeCloseTo(0.05, 6)
    expect(draw(1_000)).toBe(0.58)
    expect(fences.standing).toEqual([])
    expect(roomUp()).toBe(0.2)
  })

  it("do not go up before anything was applied, and none falls before an emergency has put one up", () => {
    const rig = makeRig([linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, rig.executor.base)
    const fences = new Fences(rig.table, new Float64Array(rig.table.size))
    fences.emergency(state, new Float64Array(4).fill(Number.NaN), 100)
    expect(fences.standing).toEqual([])
    fences.raise({ untilUs: 50, sides: [1], edges: [0.9] })
    fences.stillBroken()
    expect(fences.standing).toHaveLength(1)
  })

  it("stay if an emergency put none up, because the base was infeasible too", () => {
    const { state, fences, probe } = afterEmergency()
    fences.resumed()
    probe(2, 0.62, true)
    fences.emergency(state, new Float64Array(4).fill(-1), 200)
    fences.stillBroken()
    expect(fences.standing.map(({ untilUs }) => untilUs)).toEqual([100])
  })

  it("stand before every knob that the probe had moved", () => {
    const rig = makeRig([linear(), linear()], unlimited)
    const kernel = new SpsaKernel(rig.table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, rig.executor.base)
    const fences = new Fences(rig.table, new Float64Array(rig.table.size))
    rig.ask(PLUS, 1, [0.6, 0.42])
    fences.applied(rig.config, true)
    fences.emergency(state, new Float64Array(4).fill(Number.NaN), 100)
    const [{ sides, edges }] = fences.standing
    expect(sides).toEqual([1, -1])
    expect(edges[0]).toBeCloseTo(0.55, 12)
    expect(edges[1]).toBeCloseTo(0.46, 12)
  })
})
