/**
 * The probe on its own, in the user's units: the points a solver of this configuration begins with, and as many more as
 * wanted. One needs it to spread a first look over many workers: each takes a range of numbers, none asks another, and none
 * reads a point twice.
 *
 * ```ts
 * const probe = createProbe({ seed: 7, bounds: { x: { min: -5, max: 5 } } })
 * const mine = probe.sampleRange(worker * 100, 100)
 * ```
 */
import { Probe, PROBE_POINTS } from "./Probe.ts"
import type { Params, SearchSpace } from "./SearchSpace.ts"
import { requireSolverConfig } from "./SolverConfig.ts"

/** The points of a probe by number, in the user's units. */
export interface ProbeSamples<P = Params> {
  /** Which sequence it is, "auto" decided. */
  readonly method: "kronecker" | "sobol"
  /** Point `index`, a whole number from 0. On a grid or among choices two points may share values. */
  sampleAt(index: number): P
  /** Points `start` to `start + count - 1`. */
  sampleRange(start: number, count: number): ReadonlyArray<P>
}

/**
 * The probe of a solver's configuration; `budget` and what else a probe does not need may be left out. Throws a ConfigError
 * that lists every problem.
 */
export function createProbe<P = Params>(config: object): ProbeSamples<P> {
  const { space, seed, probe } = requireSolverConfig({ budget: 1, ...config })
  return new Samples<P>(space, new Probe({ dimensions: space.size, seed, ...probe }))
}

class Samples<P> implements ProbeSamples<P> {
  readonly method: "kronecker" | "sobol"
  private readonly space: SearchSpace
  private readonly probe: Probe

  constructor(space: SearchSpace, probe: Probe) {
    this.method = probe.method
    this.space = space
    this.probe = probe
  }

  sampleAt(index: number): P {
    if (!(Number.isInteger(index) && index >= 0 && index < PROBE_POINTS))
      throw new RangeError(`The points of a probe are numbered from 0 to 2^32 - 1, got ${index}.`)
    const unit = new Float64Array(this.space.size)
    this.probe.point(index, unit)
    this.space.snap(unit)
    return this.space.decode(unit) as P
  }

  sampleRange(start: number, count: number): ReadonlyArray<P> {
    if (!(Number.isInteger(count) && count >= 0 && start + count <= PROBE_POINTS))
      throw new RangeError(`A probe has no ${count} points from number ${start} on.`)
    return Array.from({ length: count }, (_, i) => this.sampleAt(start + i))
  }
}
