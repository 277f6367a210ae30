import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw, STREAM_PROBE } from "../../src/solver/Draw.ts"
import { Kronecker } from "../../src/solver/Kronecker.ts"
import { chooseProbeMethod, Probe, PROBE_POINTS, type ProbeOptions } from "../../src/solver/Probe.ts"
import { createProbe } from "../../src/solver/probeSamples.ts"
import { Solver } from "../../src/solver/Solver.ts"
import { requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import { Sobol, SOBOL_DIMENSIONS } from "../../src/solver/Sobol.ts"
import { centredDiscrepancy } from "../../src/testing/discrepancy.ts"

const METHODS = ["kronecker", "sobol"] as const

function at(options: ProbeOptions, index: number): ReadonlyArray<number> {
  const out = new Float64Array(options.dimensions)
  new Probe(options).point(index, out)
  return Array.from(out)
}

/** The first points of one probe, flat. */
function flat(options: ProbeOptions, count: number): Float64Array {
  const probe = new Probe(options)
  const points = new Float64Array(count * options.dimensions)
  for (let p = 0; p < count; p++) probe.point(p, points.subarray(p * options.dimensions))
  return points
}

const anyOptions: fc.Arbitrary<ProbeOptions> = fc.record({
  dimensions: fc.integer({ min: 1, max: 80 }),
  seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  method: fc.constantFrom("auto" as const, ...METHODS),
  spice: fc.oneof(
    fc.constantFrom(0, 0.1, 1),
    fc.integer({ min: 0, max: 100 }).map((share) => share / 100),
  ),
})

describe("a point of the probe", () => {
  it("depends only on the seed and its number", () => {
    fc.assert(
      fc.property(
        anyOptions,
        fc.array(fc.integer({ min: 0, max: PROBE_POINTS - 1 }), { minLength: 1, maxLength: 6 }),
        (options, indices) => {
          const probe = new Probe(options)
          const out = new Float64Array(options.dimensions)
          for (const index of indices) {
            probe.point(index, out)
            expect(Array.from(out)).toEqual(at(options, index))
          }
        },
      ),
    )
  })

  it("is in the cube", () => {
    fc.assert(
      fc.property(anyOptions, fc.integer({ min: 0, max: PROBE_POINTS - 1 }), (options, index) => {
        for (const x of at(options, index)) expect(x >= 0 && x < 1).toBe(true)
      }),
    )
  })

  it("differs for another seed, except the first, which is the centre", () => {
    for (const method of METHODS) {
      const options = { dimensions: 3, method, spice: 0 }
      expect(at({ ...options, seed: 1 }, 0)).toEqual([0.5, 0.5, 0.5])
      expect(at({ ...options, seed: 2 }, 0)).toEqual([0.5, 0.5, 0.5])
      for (let index = 1; index < 20; index++)
        expect(at({ ...options, seed: 1 }, index)).not.toEqual(at({ ...options, seed: 2 }, index))
    }
  })

  it("shares no coordinate with any other of its probe, so that shards never collide", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...METHODS),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.uniqueArray(fc.integer({ min: 1, max: PROBE_POINTS - 1 }), { minLength: 2, maxLength: 40 }),
        (method, seed, indices) => {
          const probe = new Probe({ dimensions: 8, seed, method, spice: 0 })
          const seen = Array.from({ length: 8 }, () => new Set<number>())
          const out = new Float64Array(8)
          for (const index of indices) {
            probe.point(index, out)
            seen.forEach((coordinates, i) => coordinates.add(out[i]))
          }
          for (const coordinates of seen) expect(coordinates.size).toBe(indices.length)
        },
      ),
    )
  })
})

describe("uniform points among the others", () => {
  const base: ProbeOptions = { dimensions: 4, seed: 9, method: "sobol", spice: 0 }

  it("are the configured share of any run of points, and the others keep their order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const spice = percent / 100
        let uniform = 0
        for (let index = 0; index < 200; index++) {
          const point = at({ ...base, spice }, index)
          if (JSON.stringify(point) === JSON.stringify(at(base, index - uniform))) continue
          uniform++
          // The share is resolved to 2^-20, hence the hair.
          expect(Math.abs(uniform - spice * (index + 1))).toBeLessThan(1.001)
        }
        expect(Math.abs(uniform - spice * 200)).toBeLessThan(1.001)
      }),
      { numRuns: 40 },
    )
  })

  it("are spread over the whole cube", () => {
    const points = flat({ ...base, dimensions: 1, spice: 1 }, 4_000)
    const counts = Array<number>(10).fill(0)
    for (const x of points) counts[Math.floor(10 * x)]++
    // 400 expected in each, standard deviation 19.
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(100)
  })
})

describe("the choice of a sequence", () => {
  const meanDiscrepancy = (options: Omit<ProbeOptions, "seed">, count: number): number => {
    let sum = 0
    for (let seed = 0; seed < 15; seed++)
      sum += centredDiscrepancy(flat({ ...options, seed }, count), options.dimensions)
    return sum / 15
  }

  it.each([
    [1, 9],
    [2, 9],
    [2, 64],
    [5, 9],
    [5, 33],
    [10, 9],
    [10, 65],
    [20, 14],
  ])("is more even than uniform points in %i dimensions with %i points", (dimensions, count) => {
    const uniform = meanDiscrepancy({ dimensions, method: "auto", spice: 1 }, count)
    for (const method of METHODS)
      expect(meanDiscrepancy({ dimensions, method, spice: 0 }, count)).toBeLessThan(0.95 * uniform)
  })

  it.each([
    [2, 9],
    [3, 9],
    [5, 9],
    [8, 9],
    [12, 9],
    [5, 33],
    [10, 65],
    [32, 9],
    [48, 14],
  ])("made by auto measures the lower discrepancy in %i dimensions with %i points", (dimensions, count) => {
    const chosen = chooseProbeMethod(dimensions)
    expect(new Probe({ dimensions, seed: 0, method: "auto", spice: 0 }).method).toBe(chosen)
    const other = chosen === "sobol" ? "kronecker" : "sobol"
    expect(meanDiscrepancy({ dimensions, method: chosen, spice: 0 }, count)).toBeLessThan(
      meanDiscrepancy({ dimensions, method: other, spice: 0 }, count),
    )
  })

  it("is Kronecker's if there are no numbers for Sobol's", () => {
    const options = { seed: 0, method: "sobol" as const, spice: 0 }
    expect(new Probe({ ...options, dimensions: SOBOL_DIMENSIONS }).method).toBe("sobol")
    expect(new Probe({ ...options, dimensions: SOBOL_DIMENSIONS + 1 }).method).toBe("kronecker")
  })
})

describe("Sobol's sequence", () => {
  it("begins, before scrambling, as Joe and Kuo print it", () => {
    // The first ten points in three dimensions, from the page that goes with their table.
    const printed = [
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
      [0.625, 0.125, 0.875],
      [0.125, 0.625, 0.375],
      [0.1875, 0.3125, 0.9375],
      [0.6875, 0.8125, 0.4375],
    ]
    const sobol = new Sobol(3, new Draw(0, STREAM_PROBE))
    printed.forEach((point, index) => {
      expect(point.map((_, i) => sobol.digits(index, i) / 4294967296)).toEqual(point)
    })
  })

  it("is still a net after scrambling: every elementary interval of 2^m points in two dimensions has one", () => {
    for (const seed of [0, 1, 20_261_121]) {
      const sobol = new Sobol(2, new Draw(seed, STREAM_PROBE))
      const out = new Float64Array(2)
      for (let m = 0; m <= 8; m++) {
        const count = 2 ** m
        for (const block of [0, 1, 5]) {
          for (let wide = 0; wide <= m; wide++) {
            const columns = 2 ** wide
            const rows = count / columns
            const cells = new Set<number>()
            for (let p = 0; p < count; p++) {
              sobol.point(block * count + p, out)
              cells.add(Math.floor(out[0] * columns) * rows + Math.floor(out[1] * rows))
            }
            expect(cells.size).toBe(count)
          }
        }
      }
    }
  })

  it("visits, scrambled, each of 2^m equal parts once in every dimension with numbers", () => {
    const sobol = new Sobol(SOBOL_DIMENSIONS, new Draw(3, STREAM_PROBE))
    const out = new Float64Array(SOBOL_DIMENSIONS)
    const parts = Array.from({ length: SOBOL_DIMENSIONS }, () => new Set<number>())
    for (let p = 0; p < 256; p++) {
      sobol.point(p, out)
      parts.forEach((seen, i) => seen.add(Math.floor(256 * out[i])))
    }
    for (const seen of parts) expect(seen.size).toBe(256)
  })

  it("is scrambled in every digit: each of the first points is uniform over the seeds", () => {
    const halves = new Float64Array(8)
    const out = new Float64Array(4)
    for (let seed = 0; seed < 1_000; seed++) {
      new Sobol(4, new Draw(seed, STREAM_PROBE)).point(0, out)
      for (let i = 0; i < 4; i++) {
        if (out[i] < 0.5) halves[i]++
        if ((out[i] * 65_536) % 1 < 0.5) halves[4 + i]++
      }
    }
    // 500 expected, standard deviation 16.
    for (const count of halves) expect(Math.abs(count - 500)).toBeLessThan(80)
  })

  it("is not only shifted: the distance of two points changes from seed to seed in every digit", () => {
    const apart = new Set<number>()
    const first = new Float64Array(1)
    const second = new Float64Array(1)
    for (let seed = 0; seed < 50; seed++) {
      const sobol = new Sobol(1, new Draw(seed, STREAM_PROBE))
      sobol.point(0, first)
      sobol.point(1, second)
      // A digital shift would flip the same digits of both and leave the digits they differ in the same.
      apart.add((Math.floor(first[0] * 65_536) ^ Math.floor(second[0] * 65_536)) >>> 0)
    }
    expect(apart.size).toBe(50)
  })
})

describe("Kronecker's sequence", () => {
  it("steps by the square roots of the primes, round the circle", () => {
    const kronecker = new Kronecker(4, new Draw(7, STREAM_PROBE))
    const before = new Float64Array(4)
    const after = new Float64Array(4)
    for (const index of [0, 1, 1_000, 2 ** 24, 2 ** 31]) {
      kronecker.point(index, before)
      kronecker.point(index + 1, after)
      ;[2, 3, 5, 7].forEach((prime, i) => {
        const step = (after[i] - before[i] - Math.sqrt(prime)) % 1
        expect(Math.abs(step - Math.round(step))).toBeLessThan(1e-13)
      })
    }
  })

  it("does not lose accuracy far out: a million steps at once are a million steps", () => {
    const kronecker = new Kronecker(3, new Draw(7, STREAM_PROBE))
    const near = new Float64Array(3)
    const far = new Float64Array(3)
    kronecker.point(0, near)
    kronecker.point(2 ** 40, far)
    ;[2, 3, 5].forEach((prime, i) => {
      const stride = BigInt(Math.floor((Math.sqrt(prime) % 1) * 2 ** 48)) | 1n
      const exact = (BigInt(near[i] * 2 ** 48) + stride * 2n ** 40n) % 2n ** 48n
      expect(BigInt(far[i] * 2 ** 48)).toBe(exact)
    })
  })
})

describe("createProbe", () => {
  const config = {
    seed: 5,
    bounds: {
      rate: { min: 0.001, max: 10, scale: "log" },
      size: { min: 1, max: 9, step: 2 },
      kind: { choices: ["a", "b", "c"] },
      flag: { type: "boolean" },
    },
  }

  it("gives points in the user's units, on their grid", () => {
    const kinds = new Set<unknown>()
    for (const params of createProbe(config).sampleRange(0, 200)) {
      expect(Object.keys(params).sort()).toEqual(["flag", "kind", "rate", "size"])
      expect(params["rate"]).toBeGreaterThanOrEqual(0.001)
      expect(params["rate"]).toBeLessThanOrEqual(10)
      expect([1, 3, 5, 7, 9]).toContain(params["size"])
      expect(["a", "b", "c"]).toContain(params["kind"])
      expect([true, false]).toContain(params["flag"])
      kinds.add(params["kind"])
    }
    expect(kinds.size).toBe(3)
  })

  it("gives the points that a solver of this configuration begins with", () => {
    for (const method of METHODS) {
      const whole = { ...config, budget: 100, probe: { method } }
      const solver = new Solver(requireSolverConfig(whole))
      const trials = solver.askTrials(9) ?? []
      expect(createProbe(whole).sampleRange(0, 9)).toEqual(trials.map(({ params }) => params))
    }
  })

  it("gives the same in shards of any size as in one piece", () => {
    const whole = createProbe(config).sampleRange(0, 60)
    const shards = [0, 7, 20, 21].flatMap((start, i, starts) =>
      createProbe(config).sampleRange(start, (starts[i + 1] ?? 60) - start),
    )
    expect(shards).toEqual(whole)
    expect(createProbe(config).sampleAt(33)).toEqual(whole[33])
  })

  it("follows the configured method and share of uniform points", () => {
    expect(createProbe(config).method).toBe("sobol")
    expect(createProbe({ ...config, probe: { method: "kronecker" } }).method).toBe("kronecker")
    const plain = createProbe({ ...config, probe: { spice: 0 } }).sampleRange(0, 10)
    const spiced = createProbe({ ...config, probe: { spice: 0.1 } }).sampleRange(0, 10)
    expect(spiced.slice(0, 9)).toEqual(plain.slice(0, 9))
    expect(spiced[9]).not.toEqual(plain[9])
  })

  it("refuses a point without a number, and lists every problem of a configuration", () => {
    for (const index of [-1, 0.5, Number.NaN, PROBE_POINTS])
      expect(() => createProbe(config).sampleAt(index)).toThrow(/numbered from 0/)
    expect(() => createProbe(config).sampleRange(PROBE_POINTS - 1, 2)).toThrow(/has no 2 points/)
    expect(() => createProbe({ bounds: { x: { min: 1, max: 0 } }, sed: 1 })).toThrow(/bounds.x.min[\s\S]*sed/)
  })
})
