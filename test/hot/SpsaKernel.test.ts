import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  KERNEL_BLOCKED,
  KERNEL_NO_CHANGE,
  KERNEL_UPDATE,
  LINEAR,
  LOG,
  PERIODIC,
} from "../../src/hot/codes.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { READINGS, SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { S_AGE, S_CYCLE, S_PROBE, S_SLOPE } from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { noiseAt } from "../../src/testing/noise.ts"
import { meanOf, simulate } from "../../src/testing/simulate.ts"
import { pairs } from "../../bench/arena/pairs.ts"

const plain: KnobNumbers = { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }
const circle: KnobNumbers = { min: 0, max: 360, scale: PERIODIC, step: 0, maxStep: 0 }
const limit: KnobNumbers = { min: 1, max: 256, scale: LOG, step: 1, maxStep: 0 }

const open = (n: number): Float64Array => Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 1 : -1))

/** Drives a kernel against a loss function; keeps every target it asked for. */
class Drive {
  readonly kernel: SpsaKernel
  readonly n: number
  state: Float64Array
  next: Float64Array
  readonly plus: Float64Array
  readonly minus: Float64Array
  readonly base: Float64Array
  readonly target: Float64Array
  readonly readings = new Float64Array(READINGS).fill(Number.NaN)
  outcome = -1

  constructor(
    knobs: ReadonlyArray<KnobNumbers>,
    start: ReadonlyArray<number>,
    settings: Partial<SpsaSettings> = {},
  ) {
    this.kernel = new SpsaKernel(new KnobTable(knobs), { ...DEFAULT_SPSA, prove: false, ...settings })
    this.n = knobs.length
    this.state = new Float64Array(this.kernel.stateLength)
    this.next = new Float64Array(this.kernel.stateLength)
    this.plus = new Float64Array(this.n)
    this.minus = new Float64Array(this.n)
    this.base = new Float64Array(this.n)
    this.target = new Float64Array(this.n)
    this.kernel.initial(this.state, Float64Array.from(start))
    this.kernel.base(this.state, this.base)
  }

  begin(): void {
    this.kernel.begin(this.state)
    this.kernel.plusTarget(this.state, this.plus, 0)
    this.kernel.minusTarget(this.state, this.minus, 0)
  }

  complete(band = open(this.n)): number {
    this.outcome = this.kernel.complete(this.state, this.next, this.readings, band)
    ;[this.state, this.next] = [this.next, this.state]
    this.kernel.updateTarget(this.state, this.target, 0)
    this.kernel.base(this.state, this.base)
    return this.outcome
  }

  cycle(loss: (unit: Float64Array) => number, band?: Float64Array): number {
    this.begin()
    this.readings[0] = loss(this.plus)
    this.readings[1] = loss(this.minus)
    return this.complete(band)
  }
}

const bowl =
  (centre: number) =>
  (unit: Float64Array): number => {
    let sum = 0
    for (const x of unit) sum += (x - centre) ** 2
    return sum
  }

const trajectory = (transform: (y: number) => number, cycles = 120, seed = 11): Float64Array => {
  const drive = new Drive([plain, plain, plain, plain], [0.2, 0.8, 0.3, 0.9], { seed })
  const out = new Float64Array(4 * cycles)
  let reading = 0
  const read = (unit: Float64Array): number =>
    transform(bowl(0.55)(unit) + noiseAt({ kind: "gaussian", level: 0.01 }, 5, reading++))
  for (let k = 0; k < cycles; k++) {
    drive.cycle(read)
    out.set(drive.base, 4 * k)
  }
  return out
}

const furthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0)

describe("the tuning rule", () => {
  it("is self-calibrating by default, not Spall's", () => {
    expect(DEFAULT_SPSA.mode).toBe("trustRatio")
    const ways = (["trustRatio", "spall"] as const).map((mode) => {
      const drive = new Drive([plain], [0.2], { mode })
      for (let i = 0; i < 20; i++) drive.cycle(bowl(0.7))
      return drive.base[0]
    })
    expect(ways[0]).not.toBeCloseTo(ways[1], 3)
  })

  it("limits a pair learned under a larger step to the current step, and leaves a smaller one alone", () => {
    const table = new KnobTable([plain, plain])
    const learnt = new Drive([plain, plain], [0.5, 0.5], { maxStep: 0.2, probe: 0.09 })
    learnt.cycle(bowl(0.4))
    const probe = learnt.state[S_PROBE]
    for (const maxStep of [0.02, probe, 1.9 * probe, 2.1 * probe]) {
      const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, maxStep })
      const state = learnt.state.slice()
      kernel.fitProbe(state)
      if (maxStep > 2 * probe) expect(state).toEqual(learnt.state)
      else expect(state[S_PROBE]).toBeCloseTo(maxStep / 2, 9)
      // From one probe to the other is one apply: never further than a step.
      expect(2 * state[S_PROBE]).toBeLessThan(maxStep)
    }
  })

  // Root cause: from a start as far from the optimum in every knob, signs across the slope differ by one unit in the last place. That
  // chose the first step and a gain of 1e13, and the run went uphill for ten cycles.
  it("does not mistake the rounding of two equal readings for a slope, whatever their scale", () => {
    for (const level of [1, -3.7, 1e-9, 1e12])
      for (const ulps of [1, -3, 8]) {
        const drive = new Drive([plain, plain], [0.4, 0.6])
        drive.begin()
        drive.readings[0] = level * (1 + ulps * Number.EPSILON)
        drive.readings[1] = level
        expect(drive.complete()).toBe(KERNEL_UPDATE)
        expect(Array.from(drive.base)).toEqual([0.4, 0.6])
        expect(drive.kernel.eta(drive.state)).toBe(0)
        // The first pair that does show a slope makes the first step.
        drive.begin()
        drive.readings[0] = 1.01 * level
        drive.readings[1] = level
        drive.complete()
        expect(furthest(drive.base, Float64Array.of(0.4, 0.6))).toBeGreaterThan(0.05)
      }
  })

  it("also steps along earlier slopes, but after a rollback only along new readings", () => {
    const along = (rolledBack: boolean): number => {
      const drive = new Drive([plain, plain], [0.9, 0.9], { seed: 5 })
      for (let k = 0; k < 6; k++) drive.cycle((unit) => 1 + 4 * unit[0] + unit[1])
      if (rolledBack) {
        drive.kernel.rebase(drive.state, drive.next, Float64Array.of(0.8, 0.4))
        ;[drive.state, drive.next] = [drive.next, drive.state]
      }
      drive.kernel.base(drive.state, drive.base)
      const before = drive.base.slice()
      // Probes by the same distance: a step along this pair alone moves both knobs by as much.
      drive.cycle((unit) => 1 + 4 * unit[0] + unit[1])
      return Math.abs(drive.base[0] - before[0]) / Math.abs(drive.base[1] - before[1])
    }
    expect(along(false)).toBeGreaterThan(1.1)
    // The pair itself is averaged before the step: what it adds lies along the pair.
    expect(along(true)).toBeCloseTo(1, 9)
  })

  it("descends a bent valley under noise sooner if it remembers the slope", () => {
    const { plant, noise } = pairs.find(
      ({ plant: { name }, share }) => name === "valley-2" && share === 0.05,
    )!
    const paid = (memory: number): number => {
      let sum = 0
      for (let seed = 1; seed <= 12; seed++) {
        const policy = GUARDRAILS.balanced
        sum += meanOf(simulate({ plant, noise, readings: 600, policy, settings: { memory } }, seed).losses)
      }
      return sum
    }
    expect(paid(DEFAULT_SPSA.memory)).toBeLessThan(0.92 * paid(0))
  })

  it("finds the bottom of a bowl within 60 cycles, of many knobs within 160", () => {
    for (const n of [1, 4, 16]) {
      const drive = new Drive(
        Array.from({ length: n }, () => plain),
        Array.from({ length: n }, () => 0.2),
      )
      const before = bowl(0.6)(drive.base)
      for (let k = 0; k < (n === 16 ? 160 : 60); k++) drive.cycle(bowl(0.6))
      expect(bowl(0.6)(drive.base) / before).toBeLessThan(0.01)
    }
  })

  it("gives the same bits when the objective is multiplied by a power of two", () => {
    expect(trajectory((y) => y * 1024)).toEqual(trajectory((y) => y))
    expect(trajectory((y) => y / 2 ** 30)).toEqual(trajectory((y) => y))
  })

  it("gives the same path to 1e-9 under any positive scale and any offset", () => {
    const plainWay = trajectory((y) => y)
    for (const transform of [(y: number) => y * 1000, (y: number) => y * 1e-9, (y: number) => y + 50]) {
      expect(furthest(trajectory(transform), plainWay)).toBeLessThan(1e-9)
    }
  })

  it("gives the same bytes for the same seed and stream, and others for another seed", () => {
    const once = trajectory((y) => y)
    expect(new Uint8Array(trajectory((y) => y).buffer)).toEqual(new Uint8Array(once.buffer))
    expect(trajectory((y) => y, 120, 12)).not.toEqual(once)
  })

  it("makes its first move as large as configured, whatever the units", () => {
    for (const scale of [1e-6, 1, 1e6]) {
      const drive = new Drive([plain, plain], [0.3, 0.3])
      drive.cycle((unit) => scale * bowl(0.7)(unit))
      const moved = Math.max(...drive.base.map((x) => Math.abs(x - 0.3)))
      // As far as one apply can carry it beside a probe.
      const { firstStep, maxStep, probe } = DEFAULT_SPSA
      expect(moved).toBeCloseTo(Math.min(firstStep, maxStep - probe), 8)
    }
  })

  it("takes back a move that clearly made things worse, and never twice in a row", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3])
    for (let k = 0; k < 12; k++) drive.cycle(bowl(0.7))
    const before = drive.base.slice()
    drive.cycle(bowl(0.7))
    expect(drive.base).not.toEqual(before)
    expect(drive.cycle((unit) => 100 + bowl(0.7)(unit))).toBe(KERNEL_BLOCKED)
    expect(drive.target).toEqual(before)
    expect(drive.base).toEqual(before)
    expect(drive.cycle((unit) => 1000 + bowl(0.7)(unit))).toBe(KERNEL_UPDATE)
    expect(drive.kernel.blocks(drive.state)).toBe(1)
  })

  it("re-opens its gains when the optimum jumps, and only then", () => {
    const drive = new Drive([plain, plain, plain, plain], [0.3, 0.3, 0.3, 0.3], { seed: 3 })
    let reading = 0
    const noisy = (centre: number) => (unit: Float64Array) =>
      bowl(centre)(unit) + noiseAt({ kind: "gaussian", level: 0.004 }, 9, reading++)
    for (let k = 0; k < 150; k++) drive.cycle(noisy(0.5))
    expect(drive.kernel.reheats(drive.state)).toBe(0)
    for (let k = 0; k < 15; k++) drive.cycle(noisy(0.7))
    expect(drive.kernel.reheats(drive.state)).toBeGreaterThan(0)
    expect(drive.kernel.k(drive.state)).toBeLessThan(15)
    for (let k = 0; k < 15; k++) drive.cycle(noisy(0.7))
    expect(bowl(0.7)(drive.base)).toBeLessThan(0.016)
  })

  it("survives one wild reading: neither the slope nor the base moves far", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3], { seed: 2 })
    let reading = 0
    const noisy = (unit: Float64Array): number =>
      bowl(0.6)(unit) + noiseAt({ kind: "gaussian", level: 0.002 }, 3, reading++)
    for (let k = 0; k < 40; k++) drive.cycle(noisy)
    const slope = drive.state[S_SLOPE]
    drive.begin()
    drive.readings[0] = 1e9
    drive.readings[1] = noisy(drive.minus)
    drive.complete()
    expect(drive.state[S_SLOPE]).toBeLessThan(25 * slope)
    for (let k = 0; k < 40; k++) drive.cycle(noisy)
    expect(bowl(0.6)(drive.base)).toBeLessThan(0.01)
  })

  it("keeps its probes wide where noise would drown them, and narrows them where there is none", () => {
    const probes = [0, 0.2].map((share) => {
      const drive = new Drive([plain, plain, plain, plain], [0.2, 0.2, 0.2, 0.2], { seed: 5 })
      let reading = 0
      const noisy = (unit: Float64Array): number =>
        bowl(0.5)(unit) + noiseAt({ kind: "gaussian", level: share * 0.36 }, 4, reading++)
      for (let k = 0; k < 60; k++) drive.cycle(noisy)
      return drive.kernel.probe(drive.state)
    })
    // After 60 cycles the schedule alone would allow .0225.
    expect(probes[0]).toBeLessThan(0.006)
    expect(probes[1]).toBeGreaterThan(0.025)
  })

  it("counts cycles in a row that got worse beyond doubt, and forgets them on the first that did not", () => {
    const drive = new Drive([plain], [0.5])
    for (let k = 0; k < 10; k++) drive.cycle(bowl(0.5))
    let offset = 1
    for (let k = 1; k <= 4; k++) {
      offset *= 30
      drive.cycle((unit) => offset + bowl(0.5)(unit))
      expect(drive.kernel.regressions(drive.state)).toBe(k)
    }
    drive.cycle((unit) => offset + bowl(0.5)(unit))
    expect(drive.kernel.regressions(drive.state)).toBe(0)
  })

  it("reads the order of the sides from the drawn signs, both orders equally often", () => {
    const drive = new Drive([plain], [0.5])
    let plusFirst = 0
    for (let k = 0; k < 400; k++) {
      drive.begin()
      if (drive.kernel.firstIsPlus(drive.state)) plusFirst++
      drive.readings.fill(0)
      drive.complete()
    }
    expect(plusFirst).toBeGreaterThan(160)
    expect(plusFirst).toBeLessThan(240)
  })
})

describe("the mode spall", () => {
  it("follows Spall's schedule and formula to the last possible bit", () => {
    const settings = { mode: "spall", a0: 0.02, c0: 0.03, stability: 5, maxStep: 1 } as const
    const drive = new Drive([plain, plain], [0.4, 0.6], settings)
    for (let k = 0; k < 30; k++) {
      const x = drive.base.slice()
      drive.cycle(bowl(0.5))
      const c = 0.03 / (k + 1) ** 0.101
      const a = 0.02 / (k + 1 + 5) ** 0.602
      for (let i = 0; i < 2; i++) {
        const sign = Math.sign(drive.plus[i] - drive.minus[i])
        expect(drive.plus[i]).toBeCloseTo(x[i] + c * sign, 12)
        const slope = ((drive.readings[0] - drive.readings[1]) / (2 * c)) * sign
        expect(drive.base[i]).toBeCloseTo(x[i] - a * slope, 12)
      }
    }
  })

  it("converges at the theoretical rate for (1, 1/6) under noise: a log-log slope near -2/3 of the squared error", () => {
    const errors = [40, 640].map((cycles) => {
      let sum = 0
      for (let seed = 1; seed <= 60; seed++) {
        const settings = {
          mode: "spall",
          a0: 1,
          c0: 0.1,
          stability: 2,
          alpha: 1,
          gamma: 1 / 6,
          maxStep: 1,
          seed,
        } as const
        const drive = new Drive([plain], [0.35], settings)
        let reading = 0
        for (let k = 0; k < cycles; k++) {
          drive.cycle((unit) => bowl(0.5)(unit) + noiseAt({ kind: "gaussian", level: 0.01 }, seed, reading++))
        }
        sum += (drive.base[0] - 0.5) ** 2
      }
      return sum / 60
    })
    const slope = Math.log(errors[1] / errors[0]) / Math.log(16)
    expect(slope).toBeGreaterThan(-0.95)
    expect(slope).toBeLessThan(-0.4)
  })
})

describe("knobs on a grid", () => {
  it("probes the neighbours of the base, on both sides, and may move to either", () => {
    const table = new KnobTable([limit])
    const visited = new Set<number>()
    const drive = new Drive([limit], [table.encode(0, 6)], { seed: 1 })
    for (let k = 0; k < 60; k++) {
      const at = Math.round(table.decode(0, drive.base[0]))
      drive.cycle((unit) => (Math.round(table.decode(0, unit[0])) - 2) ** 2)
      const sides = [drive.plus[0], drive.minus[0]].map((x) => Math.round(table.decode(0, x)))
      if (at < 10 && at > 1) expect(sides.toSorted((a, b) => a - b)).toEqual([at - 1, at + 1])
      visited.add(at)
    }
    expect(Math.round(table.decode(0, drive.base[0]))).toBe(2)
    expect(visited.size).toBeGreaterThanOrEqual(5)
  })

  it("probes only one side at a bound, and leaves the bound again", () => {
    const table = new KnobTable([limit])
    const drive = new Drive([limit], [0], { seed: 4 })
    drive.begin()
    expect([drive.plus[0], drive.minus[0]].toSorted((a, b) => a - b)).toEqual([0, table.encode(0, 2)])
    for (let k = 0; k < 60; k++) drive.cycle((unit) => Math.log(table.decode(0, unit[0]) / 20) ** 2)
    expect(table.decode(0, drive.base[0])).toBeGreaterThan(15)
    expect(table.decode(0, drive.base[0])).toBeLessThan(26)
  })

  it("changes nothing when no knob can move at all", () => {
    const stuck: KnobNumbers = { min: 0, max: 1, scale: LINEAR, step: 5, maxStep: 0 }
    const drive = new Drive([stuck], [0])
    expect(drive.cycle(() => 1)).toBe(KERNEL_NO_CHANGE)
    expect(drive.target[0]).toBe(0)
  })
})

describe("periodic knobs", () => {
  it("go the short way round", () => {
    const drive = new Drive([circle], [0.95], { seed: 5 })
    const distance = (unit: Float64Array): number => {
      const d = unit[0] - 0.1
      return (d - Math.round(d)) ** 2
    }
    for (let k = 0; k < 40; k++) {
      drive.cycle(distance)
      expect(drive.base[0] > 0.9 || drive.base[0] < 0.2).toBe(true)
    }
    expect(distance(drive.base)).toBeLessThan(1e-4)
  })

  it("end at 0, not at 1, just below the seam", () => {
    // Either sign of the draw, so that either side is the one below.
    for (let seed = 0; seed < 8; seed++) {
      const drive = new Drive([circle], [DEFAULT_SPSA.probe * (1 - Number.EPSILON)], { seed })
      drive.begin()
      const sides = [drive.plus[0], drive.minus[0]].toSorted((a, b) => a - b)
      expect(sides[0]).toBe(0)
      expect(sides[1]).toBeCloseTo(2 * DEFAULT_SPSA.probe, 12)
    }
  })
})

describe("the constraint", () => {
  const run = (noise: number, cycles = 300) => {
    let infeasible = 0
    let worst = Number.POSITIVE_INFINITY
    let loss = 0
    for (let seed = 1; seed <= 5; seed++) {
      const drive = new Drive([plain, plain, plain, plain], [0.9, 0.9, 0.9, 0.9], { seed })
      // The best place is .3 everywhere; the mean of the knobs must stay above .5.
      const margin = (unit: Float64Array): number => unit.reduce((sum, x) => sum + x / 4, 0) - 0.5
      let reading = 0
      for (let k = 0; k < cycles; k++) {
        drive.begin()
        drive.readings[2] = margin(drive.plus) + noiseAt({ kind: "gaussian", level: noise }, seed, reading++)
        drive.readings[3] = margin(drive.minus) + noiseAt({ kind: "gaussian", level: noise }, seed, reading++)
        drive.readings[0] = bowl(0.3)(drive.plus)
        drive.readings[1] = bowl(0.3)(drive.minus)
        drive.complete()
        const m = margin(drive.base)
        if (m < 0) infeasible++
        if (m < worst) worst = m
        if (k >= cycles - 50) loss += bowl(0.3)(drive.base) / 250
      }
    }
    return { share: infeasible / (5 * cycles), worst, loss }
  }

  it("keeps the base feasible and still comes near the best feasible place", () => {
    const { share, worst, loss } = run(0)
    expect(share).toBeLessThan(0.005)
    expect(worst).toBeGreaterThan(-0.02)
    // Best feasible: all knobs at .5, loss .16; without the constraint it would be 0.
    expect(loss).toBeGreaterThan(0.155)
    expect(loss).toBeLessThan(0.22)
  })

  it("keeps its distance when the margin is noisy", () => {
    expect(run(0.01).share).toBeLessThan(0.005)
  })

  it("drops margins that overflow, even when the move is taken back on the same readings", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3])
    drive.readings[2] = 1
    drive.readings[3] = 1
    for (let k = 0; k < 13; k++) drive.cycle(bowl(0.7))
    drive.readings[2] = 1e308
    drive.readings[3] = -1e308
    expect(drive.cycle((unit) => 100 + bowl(0.7)(unit))).toBe(KERNEL_BLOCKED)
    expect(drive.state.every(Number.isFinite)).toBe(true)
  })

  it("returns from an infeasible start although the objective pulls the other way", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3], { seed: 8 })
    const margin = (unit: Float64Array): number => (unit[0] + unit[1]) / 2 - 0.5
    for (let k = 0; k < 40; k++) {
      drive.begin()
      drive.readings[2] = margin(drive.plus)
      drive.readings[3] = margin(drive.minus)
      drive.readings[0] = bowl(0.3)(drive.plus)
      drive.readings[1] = bowl(0.3)(drive.minus)
      drive.complete()
    }
    expect(margin(drive.base)).toBeGreaterThan(0)
  })
})

const anyKnob: fc.Arbitrary<KnobNumbers> = fc.oneof(
  fc.constant(plain),
  fc.constant(circle),
  fc.constant(limit),
  fc.record({
    min: fc.integer({ min: -5, max: 5 }),
    max: fc.integer({ min: 6, max: 400 }),
    scale: fc.constantFrom(LINEAR, PERIODIC),
    step: fc.constantFrom(0, 0.5, 1, 3, 7),
    maxStep: fc.constantFrom(0, 0.02, 0.3),
  }),
)

const anyReading = fc.oneof(
  fc.double({ noNaN: false }),
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(
    0,
    1,
    1e300,
    -1e300,
    1e-300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
)

describe("for any knobs and any telemetry", () => {
  it("targets stay in bounds, on the grid and within reach, and the state stays finite", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(anyKnob, { minLength: 1, maxLength: 5 }),
          fc.array(fc.constantFrom(plain, { ...plain, maxStep: 0.02 }), { minLength: 1, maxLength: 5 }),
        ),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
        fc.array(fc.tuple(anyReading, anyReading, anyReading, anyReading), { minLength: 1, maxLength: 40 }),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 0.2, noNaN: true }),
            fc.double({ min: 0, max: 0.2, noNaN: true }),
          ),
          {
            minLength: 5,
            maxLength: 5,
          },
        ),
        fc.nat(),
        fc.constantFrom("trustRatio", "spall"),
        fc.constantFrom(0.05, 0.1, 0.2),
        fc.boolean(),
        (knobs, start, stream, room, seed, mode, maxStep, constrained) => {
          const table = new KnobTable(knobs)
          const drive = new Drive(knobs, start, { seed, mode, maxStep, constrained })
          const n = knobs.length
          const band = Float64Array.from({ length: 2 * n }, (_, i) =>
            i % 2 ? room[i >> 1][1] : -room[i >> 1][0],
          )
          const reach = (i: number, base: number): number => {
            const own = table.maxStep[i] > 0 ? Math.min(table.maxStep[i], maxStep) : maxStep
            return Math.max(own, table.neighbourSpan(i, base)) + 1e-15
          }
          const far = (i: number, a: number, b: number): number => Math.abs(table.difference(i, a, b))
          const legal = (i: number, unit: number): boolean =>
            unit >= 0 && unit <= 1 && table.snap(i, unit) === unit
          for (const readings of stream) {
            const base = drive.base.slice()
            drive.begin()
            for (let i = 0; i < n; i++) {
              const r = reach(i, base[i])
              expect(legal(i, drive.plus[i]) && legal(i, drive.minus[i])).toBe(true)
              expect(far(i, base[i], drive.plus[i])).toBeLessThanOrEqual(r)
              expect(far(i, base[i], drive.minus[i])).toBeLessThanOrEqual(r)
              expect(far(i, drive.minus[i], drive.plus[i])).toBeLessThanOrEqual(r)
            }
            drive.readings.set(readings)
            const outcome = drive.complete(band)
            const finite = Number.isFinite(readings[0]) && Number.isFinite(readings[1])
            if (!finite) expect(outcome).toBe(KERNEL_NO_CHANGE)
            if (outcome === KERNEL_NO_CHANGE) expect(drive.target).toEqual(base)
            expect(drive.target).toEqual(drive.base)
            for (let i = 0; i < n; i++) {
              const r = reach(i, base[i])
              const offset = table.difference(i, base[i], drive.base[i])
              expect(legal(i, drive.base[i])).toBe(true)
              expect(far(i, drive.plus[i], drive.base[i])).toBeLessThanOrEqual(r)
              expect(far(i, drive.minus[i], drive.base[i])).toBeLessThanOrEqual(r)
              expect(offset).toBeGreaterThanOrEqual(band[2 * i] - 1e-15)
              expect(offset).toBeLessThanOrEqual(band[2 * i + 1] + 1e-15)
            }
            expect(drive.state.every(Number.isFinite)).toBe(true)
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it("a constant objective keeps the base where it is", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.nat(), (value, seed) => {
        const drive = new Drive([plain, limit, circle], [0.5, 0.5, 0.5], { seed })
        const before = drive.base.slice()
        for (let k = 0; k < 30; k++) drive.cycle(() => value)
        expect(drive.base).toEqual(before)
      }),
      { numRuns: 50 },
    )
  })

  it("an exploding objective leaves a tuner that still tunes", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3], { seed: 6 })
    for (let k = 0; k < 20; k++) drive.cycle(bowl(0.6))
    for (let k = 0; k < 300; k += 10) drive.cycle((unit) => 10 ** k * (1 + bowl(0.6)(unit)))
    for (let k = 0; k < 200; k++) drive.cycle(bowl(0.6))
    expect(drive.state.every(Number.isFinite)).toBe(true)
    expect(drive.kernel.eta(drive.state)).toBeGreaterThan(0)
  })
})

describe("the state block", () => {
  it("survives JSON and continues with the same bytes", () => {
    const a = new Drive([plain, limit], [0.3, 0.7], { seed: 10 })
    for (let k = 0; k < 25; k++) a.cycle(bowl(0.5))
    const b = new Drive([plain, limit], [0, 0], { seed: 10 })
    b.state = Float64Array.from(JSON.parse(JSON.stringify([...a.state])))
    for (let k = 0; k < 25; k++) {
      a.cycle(bowl(0.5))
      b.cycle(bowl(0.5))
    }
    expect(b.state).toEqual(a.state)
  })

  it("is read and never written by complete and rebase", () => {
    const drive = new Drive([plain, limit], [0.3, 0.7])
    for (let k = 0; k < 5; k++) drive.cycle(bowl(0.5))
    drive.begin()
    const before = drive.state.slice()
    drive.readings[0] = 2
    drive.readings[1] = 1
    drive.kernel.complete(drive.state, drive.next, drive.readings, open(2))
    drive.kernel.rebase(drive.state, drive.next, Float64Array.of(0.1, 0.2))
    expect(drive.state).toEqual(before)
  })

  it("draws the same signs again when a refused update is dropped", () => {
    const drive = new Drive([plain, plain, plain], [0.5, 0.5, 0.5])
    drive.begin()
    const plus = drive.plus.slice()
    drive.readings[0] = 1
    drive.kernel.complete(drive.state, drive.next, drive.readings, open(3))
    drive.begin()
    expect(drive.plus).toEqual(plus)
  })

  it("keeps what it learned over a rebase, but not the comparison with the previous mean", () => {
    const drive = new Drive([plain, plain], [0.3, 0.3])
    for (let k = 0; k < 10; k++) drive.cycle(bowl(0.7))
    const eta = drive.kernel.eta(drive.state)
    drive.kernel.rebase(drive.state, drive.next, Float64Array.of(0.1, 0.9))
    ;[drive.state, drive.next] = [drive.next, drive.state]
    drive.kernel.base(drive.state, drive.base)
    expect([...drive.base]).toEqual([0.1, 0.9])
    expect(drive.kernel.eta(drive.state)).toBe(eta)
    const noise = drive.kernel.noise(drive.state)
    expect(drive.cycle((unit) => 100 + bowl(0.7)(unit))).toBe(KERNEL_UPDATE)
    expect(drive.kernel.noise(drive.state)).toBe(noise)
  })

  it("advances the draw but not the age when a cycle gives no information", () => {
    const drive = new Drive([plain], [0.5])
    drive.begin()
    drive.readings.fill(Number.NaN)
    expect(drive.complete()).toBe(KERNEL_NO_CHANGE)
    expect(drive.state[S_CYCLE]).toBe(1)
    expect(drive.state[S_AGE]).toBe(0)
  })
})
