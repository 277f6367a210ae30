import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { erf } from "../../src/solver/numbers/erf.ts"
import { expDown } from "../../src/solver/numbers/expDown.ts"
import { Readings } from "../../src/solver/Readings.ts"
import type { SearchSpace } from "../../src/solver/SearchSpace.ts"
import { GoodAndRest, PENDING } from "../../src/solver/strategies/GoodAndRest.ts"
import { ParzenMixture } from "../../src/solver/strategies/ParzenMixture.ts"
import { tpe } from "../../src/solver/strategies/Tpe.ts"
import { checklist, choice, circle, cube, grid, line, Rig, spaceOf, sphereAt } from "./strategyRig.ts"

const CAPACITY = 64

/** A mixture whose members are these points, the first of them the newest. */
function mixtureOf(
  space: SearchSpace,
  points: ReadonlyArray<ReadonlyArray<number>>,
  flat: number,
  scott = 0,
): ParzenMixture {
  const mixture = new ParzenMixture(space, CAPACITY, 8, scott)
  fill(
    mixture,
    points.map((_, k) => points.length - k),
    (key) => points[points.length - key],
    flat,
  )
  return mixture
}

function fill(
  mixture: ParzenMixture,
  keys: ReadonlyArray<number>,
  pointOf: (key: number) => ReadonlyArray<number>,
  flat: number,
): void {
  mixture.match(Float64Array.from(keys), keys.length)
  for (let k = 0; k < mixture.newCount; k++) {
    mixture.load(mixture.newSlots[k], Float64Array.from(pointOf(mixture.newKeys[k])), 0)
  }
  mixture.refresh(flat)
}

function density(mixture: ParzenMixture, point: ReadonlyArray<number>): number {
  const out = new Float64Array(1)
  mixture.addLogDensity(Float64Array.from(point), out, 1)
  return Math.exp(out[0])
}

/** Integral over [a, b] by Simpson's rule. */
function integral(f: (x: number) => number, a: number, b: number, parts = 2000): number {
  const h = (b - a) / parts
  let sum = f(a) + f(b)
  for (let k = 1; k < parts; k++) sum += (k % 2 === 1 ? 4 : 2) * f(a + k * h)
  return (sum * h) / 3
}

/** The weights as published: the newest count in full, the older fall evenly down to one over their number. */
function weightsOf(count: number, flat: number): number[] {
  const older = count - flat
  return Array.from({ length: count }, (_, m) => {
    const age = count - 1 - m
    if (age >= older) return 1
    return older === 1 ? 1 / count : 1 / count + (age / (older - 1)) * (1 - 1 / count)
  })
}

/** Widths by gaps, worked out by looking through all pairs. */
function widthOf(xs: ReadonlyArray<number>, k: number): number {
  const least = 1 / Math.min(100, 2 + xs.length)
  if (xs.length === 1) return Math.max(xs[0], 1 - xs[0], least)
  const below = xs.filter((x, j) => x < xs[k] || (x === xs[k] && j < k))
  const above = xs.filter((x, j) => x > xs[k] || (x === xs[k] && j > k))
  const down = below.length > 0 ? xs[k] - Math.max(...below) : 0
  const up = above.length > 0 ? Math.min(...above) - xs[k] : 0
  return Math.min(1, Math.max(least, down, up))
}

const bell = (z: number): number => Math.exp(-0.5 * z * z)

describe("a mixture of joint kernels", () => {
  it("equals, on lines, the sum of truncated normal kernels by hand", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(unit, unit), { minLength: 0, maxLength: 12 }),
        fc.tuple(unit, unit),
        fc.nat(12),
        (points, at, flat) => {
          const kernels = points.map((point, k) =>
            point.map(
              (x, i) =>
                [
                  x,
                  widthOf(
                    points.map((p) => p[i]),
                    k,
                  ),
                ] as const,
            ),
          )
          kernels.push([[0.5, 1] as const, [0.5, 1] as const])
          const weights = [...weightsOf(points.length, Math.min(flat, points.length)), 1]
          const total = weights.reduce((a, b) => a + b)
          let direct = 0
          kernels.forEach((kernel, k) => {
            let product = weights[k] / total
            kernel.forEach(([x, width], i) => {
              product *= bell((at[i] - x) / width) / integral((y) => bell((y - x) / width), 0, 1)
            })
            direct += product
          })
          const ours = density(mixtureOf(cube(2), points, Math.min(flat, points.length)), at)
          return Math.abs(ours - direct) < 1e-9 * direct
        },
      ),
      { numRuns: 60 },
    )
  })

  it("has all its mass inside the cube, on lines and circles", () => {
    const space = spaceOf([line(), circle])
    const points = [
      [0, 0.98],
      [0.1, 0.02],
      [0.9, 0.5],
      [0.13, 0.99],
    ]
    for (const scott of [0, 1]) {
      const mixture = mixtureOf(space, points, 2, scott)
      const mass = integral((x) => integral((y) => density(mixture, [x, y]), 0, 1, 200), 0, 1, 100)
      expect(mass).toBeCloseTo(1, 6)
    }
  })

  it("rotates with its points on a circle", () => {
    const space = spaceOf([circle])
    const near = [0.1, 0.15, 0.35, 0.8]
    const plain = mixtureOf(
      space,
      near.map((x) => [x]),
      4,
    )
    const turned = mixtureOf(
      space,
      near.map((x) => [(x + 0.7) % 1]),
      4,
    )
    for (let at = 0; at < 1; at += 0.05) {
      expect(density(turned, [(at + 0.7) % 1])).toBeCloseTo(density(plain, [at]), 9)
    }
    // Neighbours over the seam are near: two points close to it leave little elsewhere but the even kernel.
    const seam = mixtureOf(space, [[0.98], [0.02], [0.01], [0.99]], 4)
    expect(density(seam, [0])).toBeGreaterThan(1.5 * density(seam, [0.5]))
  })

  it("has shares that sum to one over coarse grids and choices", () => {
    const space = spaceOf([grid(4), choice(3), { min: 1, max: 30, scale: "log", step: 1 }])
    const points = [
      [0.25, 0.5, 0],
      [0.5, 0.5, 0.62],
      [0.25, 1 / 6, 1],
    ].map((point) => point.map((x, i) => space.snapOne(i, x)))
    const mixture = mixtureOf(space, points, 3)
    let sum = 0
    for (let a = 0; a < 5; a++) {
      for (let b = 0; b < 3; b++) {
        for (let c = 1; c <= 30; c++) sum += density(mixture, [a / 4, (b + 0.5) / 3, space.encodeOne(2, c)])
      }
    }
    expect(sum).toBeCloseTo(1, 9)
  })

  it("weighs the points of an uneven grid by the width of their cells", () => {
    const space = spaceOf([{ min: 1, max: 8, scale: "log", step: 1 }])
    const units = [1, 2, 3, 4, 5, 6, 7, 8].map((value) => Math.log(value) / Math.log(8))
    const widths = units.map((x, g) => {
      const below = g > 0 ? x - units[g - 1] : units[1] - x
      const above = g < 7 ? units[g + 1] - x : x - units[6]
      return (below + above) / 2
    })
    // Nothing known: the wide kernel alone.
    const shares = units.map((x, g) => widths[g] * bell(x - 0.5))
    const total = shares.reduce((a, b) => a + b)
    const mixture = mixtureOf(space, [], 0)
    units.forEach((x, g) => expect(density(mixture, [x])).toBeCloseTo(shares[g] / total, 9))
  })

  it("smooths choices as Aitchison and Aitken do: less the more points there are", () => {
    // Three kernels: the own value gets (1 + 1/3) / (1 + 4/3) = 4/7, any other (1/3) / (7/3) = 1/7; the wide one 1/4 each.
    const mixture = mixtureOf(spaceOf([choice(4)]), [[0.125], [0.125]], 2)
    expect(density(mixture, [0.125])).toBeCloseTo((4 / 7 + 4 / 7 + 1 / 4) / 3, 12)
    expect(density(mixture, [0.875])).toBeCloseTo((1 / 7 + 1 / 7 + 1 / 4) / 3, 12)
  })

  it("takes one width for all by Scott's rule", () => {
    const xs = [0.2, 0.4, 0.9]
    const mixture = mixtureOf(
      cube(1),
      xs.map((x) => [x]),
      3,
      1,
    )
    // Standard deviation sqrt(.13), times 3^(-1/5); not below a fifth.
    const width = Math.sqrt(0.13) * 3 ** -0.2
    const kernel = (x: number, w: number, at: number): number =>
      bell((at - x) / w) / integral((y) => bell((y - x) / w), 0, 1)
    const direct = (xs.reduce((sum, x) => sum + kernel(x, width, 0.3), 0) + kernel(0.5, 1, 0.3)) / 4
    expect(density(mixture, [0.3])).toBeCloseTo(direct, 9)
  })

  it("does not depend on the history of its members", () => {
    const space = spaceOf([line(), circle, choice(3), grid(5)])
    const draw = new Draw(5, 1)
    const points = Array.from({ length: 200 }, () =>
      [0, 1, 2, 3].map((i) => space.snapOne(i, draw.uniform())),
    )
    const worn = new ParzenMixture(space, CAPACITY, 8, 0)
    for (let round = 0; round < 60; round++) {
      const keys = points.map((_, k) => 199 - k).filter(() => draw.uniform() < 0.2)
      keys.length = Math.min(keys.length, CAPACITY)
      fill(worn, keys, (key) => points[key], 10)
      const made = mixtureOf(
        space,
        keys.map((key) => points[key]),
        10,
      )
      const at = points[round]
      expect(density(worn, at)).toBeCloseTo(density(made, at), 12)
    }
  })

  it.each([
    [
      "three points",
      [
        [0.05, 0.95, 0.5, 0.25],
        [0.1, 0.05, 0.5, 0.5],
        [0.7, 0.3, 1 / 6, 1],
      ],
    ],
    ["one point, as wide as can be", [[0.05, 0.95, 0.5, 0.25]]],
  ])("draws as often as its density says: %s", (_, points) => {
    const dimensions = [line(), circle, choice(3), grid(4)]
    const draws = 20000
    const mixture = mixtureOf(spaceOf(dimensions), points, 3)
    const drawn = Array.from({ length: draws }, () => new Float64Array(4))
    const draw = new Draw(9, 1)
    for (const out of drawn) mixture.sample(draw, out, 0, 1)
    for (let i = 0; i < 4; i++) {
      // The marginal of a mixture of products is the mixture of one dimension.
      const marginal = mixtureOf(
        spaceOf([dimensions[i]]),
        points.map((p) => [p[i]]),
        3,
      )
      const bins = [10, 10, 3, 5][i]
      for (let bin = 0; bin < bins; bin++) {
        const share =
          i < 2
            ? integral((x) => density(marginal, [x]), bin / bins, (bin + 1) / bins, 100)
            : density(marginal, [i === 2 ? (bin + 0.5) / 3 : bin / 4])
        const binOf = (x: number): number => Math.min(bins - 1, Math.floor(i === 3 ? x * 4 + 0.5 : x * bins))
        const seen = drawn.filter((point) => binOf(point[i]) === bin).length
        expect(Math.abs(seen - draws * share)).toBeLessThan(4.5 * Math.sqrt(draws * share))
      }
    }
  })
})

describe("the good and the rest", () => {
  it("are the best tenth (at most 25), and the newest 64 of the others, after the pending ones", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 400 }),
        fc.constantFrom(0.1, 0.25),
        fc.nat(70),
        (losses, gamma, waiting) => {
          const readings = new Readings(1)
          const parts = new GoodAndRest(readings, gamma)
          const pending = Float64Array.from({ length: Math.min(64, waiting) }, (_, k) => 1000 + k)
          losses.forEach((loss, k) => {
            readings.add(k, Float64Array.of(0.5), loss)
            if (k % 7 === 0) parts.part(pending, 0)
          })
          parts.part(pending, pending.length)
          const ranked = losses.map((_, k) => k).sort((a, b) => losses[a] - losses[b] || a - b)
          const good = ranked.slice(0, Math.min(25, Math.ceil(gamma * losses.length))).sort((a, b) => b - a)
          const rest = losses.map((_, k) => losses.length - 1 - k).filter((k) => !good.includes(k))
          const keys = [...[...pending].toReversed().map((id) => PENDING + id), ...rest].slice(0, 64)
          return (
            [...parts.goodKeys.subarray(0, parts.goodCount)].join() === good.join() &&
            [...parts.restKeys.subarray(0, parts.restCount)].join() === keys.join()
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe("tpe", () => {
  checklist(tpe)

  it("settles on the good choice and near the good value", () => {
    const space = spaceOf([choice(5), line(), { min: 0, max: 1, scale: "linear", step: 0.05 }])
    const rig = new Rig(space, tpe.make, { budget: 150 })
    rig.descend((unit) => {
      return (space.choiceIndex(0, unit[0]) === 3 ? 0 : 1) + (unit[1] - 0.2) ** 2 + (unit[2] - 0.7) ** 2
    }, 150)
    const late = rig.asked.slice(-50)
    expect(late.filter((unit) => space.choiceIndex(0, unit[0]) === 3).length).toBeGreaterThan(30)
    expect(rig.best).toBeLessThan(2e-3)
  })

  it("is not misled by a slope that leads away from the best basin", () => {
    const loss = (unit: Float64Array): number => Math.min(0.3 + sphereAt(0.8)(unit), 8 * sphereAt(0.2)(unit))
    const found = [1, 2, 3, 4, 5].filter((seed) => {
      const rig = new Rig(cube(2), tpe.make, { seed })
      rig.descend(loss, 120)
      return rig.best < 0.1
    })
    expect(found.length).toBeGreaterThanOrEqual(4)
  })

  it("spreads a batch requested without answers", () => {
    const rig = new Rig(cube(2), tpe.make)
    rig.descend(sphereAt(0.3), 60)
    for (let k = 0; k < 30; k++) rig.ask()
    const batch = rig.asked.slice(60)
    const nearest = batch.map((a, k) =>
      Math.min(...batch.map((b, l) => (k === l ? 1 : Math.hypot(a[0] - b[0], a[1] - b[1])))),
    )
    // Thirty points around one place would be a hundredth or two apart, were it not for those that wait.
    expect(nearest.sort((a, b) => a - b)[15]).toBeGreaterThan(0.04)
  })

  it("prefers an answer once it has a model, and reports that", () => {
    const rig = new Rig(cube(2), tpe.make)
    expect(rig.strategy.wantsAnswer?.()).toBe(false)
    for (let k = 0; k < 10; k++) rig.ask()
    expect(rig.strategy.wantsAnswer?.()).toBe(true)
    for (let k = 0; k < 9; k++) rig.tell(k, k)
    expect(rig.strategy.wantsAnswer?.()).toBe(true)
    rig.tell(9, Number.NaN)
    expect(rig.strategy.wantsAnswer?.()).toBe(false)
  })
})

describe("the numbers underneath", () => {
  it("give the error function", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 7, noNaN: true }), (x) => {
        const direct = (2 / Math.sqrt(Math.PI)) * integral((t) => Math.exp(-t * t), 0, x, 4000)
        return Math.abs(erf(x) - direct) < 1e-13
      }),
    )
    // Half way between the nodes of its table, against Maclaurin's series.
    for (let x = 0.5 / 64 - 1e-9; x < 2; x += 1 / 64) {
      let sum = 0
      let term = x
      for (let n = 0; n < 60; n++) {
        sum += term / (2 * n + 1)
        term *= (-x * x) / (n + 1)
      }
      expect(Math.abs(erf(x) - (2 / Math.sqrt(Math.PI)) * sum)).toBeLessThan(1e-14)
    }
    expect(erf(0)).toBe(0)
    expect(erf(100)).toBe(1)
  })

  it("give the exponential below zero", () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 0, noNaN: true }), (x) => {
        return Math.abs(expDown(x) / Math.exp(x) - 1) < 1e-13
      }),
    )
    expect(expDown(0)).toBe(1)
  })

  it("keeps away from failed trials on any side", () => {
    for (let seed = 0; seed < 10; seed++) {
      const broken = seed % 2 === 0 ? (x: number): boolean => x > 0.5 : (x: number): boolean => x < 0.5
      const rig = new Rig(cube(2), tpe.make, { seed, budget: 90 })
      rig.descend((x) => (broken(x[0]) ? Number.NaN : (x[0] - 0.5) ** 2 + (x[1] - 0.3) ** 2), 90)
      const late = rig.asked.slice(30).filter((x) => broken(x[0])).length
      // Drawn without regard to failures, the best side being the edge, it was two thirds and more.
      expect(late).toBeLessThan(36)
    }
  })
})
