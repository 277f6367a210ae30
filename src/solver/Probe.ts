/**
 * Where the probe phase looks. A point depends on the seed and its own number only: the first points are the same however
 * many follow, and parts of one probe can run anywhere and never meet.
 */
import { Draw, STREAM_PROBE, STREAM_SPICE } from "./Draw.ts"
import { Kronecker } from "./Kronecker.ts"
import { Sobol, SOBOL_DIMENSIONS } from "./Sobol.ts"

/** "auto" takes the one that measures the lower discrepancy for the number of points and dimensions. */
export type ProbeMethod = "auto" | "kronecker" | "sobol"

export interface ProbeOptions {
  readonly dimensions: number
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number
  readonly method: ProbeMethod
  /** Share of uniform points, 0 to 1, spread evenly; the others keep their order. Resolved to 2^-20. */
  readonly spice: number
  /** How many points are planned: "auto" and the rule of the box centre go by it. */
  readonly count: number
}

/** From so many points on, in so many dimensions, the net is the more even one; `bench/solver` measures it. */
const NET_POINTS = 16
const NET_DIMENSIONS = 5
/** Below so many points the first of Kronecker's is the centre of the box: with few points it is the best single guess. */
const CENTRE_POINTS = 16
const SPICE_PARTS = 1048576

/** Points there are: past that, a net of 32 digits would repeat. */
export const PROBE_POINTS = 4294967296

/** What "auto" means for so many points and dimensions. */
export function chooseProbeMethod(count: number, dimensions: number): "kronecker" | "sobol" {
  return count >= NET_POINTS && dimensions >= NET_DIMENSIONS && dimensions <= SOBOL_DIMENSIONS
    ? "sobol"
    : "kronecker"
}

/** One probe of a cube. Asked for Sobol in more dimensions than there are numbers for, it is Kronecker's: see `method`. */
export class Probe {
  /** Which sequence it really is. */
  readonly method: "kronecker" | "sobol"
  readonly dimensions: number
  private readonly sequence: Kronecker | Sobol
  private readonly uniform: Draw
  private readonly spiceParts: number
  private readonly centred: boolean

  constructor(options: ProbeOptions) {
    const { dimensions, seed, count } = options
    const wanted = options.method === "auto" ? chooseProbeMethod(count, dimensions) : options.method
    this.method = dimensions > SOBOL_DIMENSIONS ? "kronecker" : wanted
    this.dimensions = dimensions
    const draw = new Draw(seed, STREAM_PROBE)
    this.sequence = this.method === "sobol" ? new Sobol(dimensions, draw) : new Kronecker(dimensions, draw)
    this.uniform = new Draw(seed, STREAM_SPICE)
    this.spiceParts = Math.round(Math.min(1, Math.max(0, options.spice)) * SPICE_PARTS)
    this.centred = this.method === "kronecker" && count < CENTRE_POINTS
  }

  /**
   * Writes point `index` (0 to PROBE_POINTS - 1) into `out`, in [0, 1).
   */
  point(index: number, out: Float64Array): void {
    const spiced = this.spicedBefore(index)
    if (this.spicedBefore(index + 1) > spiced) {
      this.uniform.seek(index * this.dimensions)
      for (let i = 0; i < this.dimensions; i++) out[i] = this.uniform.uniform()
      return
    }
    if (index === 0 && this.centred) {
      out.fill(0.5, 0, this.dimensions)
      return
    }
    this.sequence.point(index - spiced, out)
  }

  /** Uniform points among the first `index`. Exact, so that no number of the sequence is used twice or left out. */
  private spicedBefore(index: number): number {
    return Math.floor((index * this.spiceParts) / SPICE_PARTS)
  }
}
