/**
 * Where the probe phase looks. A point depends on the seed and its own number only: the first points are the same however
 * many follow, and parts of one probe can run anywhere and never meet.
 */
import { Draw, STREAM_PROBE, STREAM_SPICE } from "./Draw.ts"
import { Kronecker } from "./Kronecker.ts"
import { Sobol, SOBOL_DIMENSIONS } from "./Sobol.ts"

/** "auto" takes the one that measures the lower discrepancy in so many dimensions. */
export type ProbeMethod = "auto" | "kronecker" | "sobol"

export interface ProbeOptions {
  readonly dimensions: number
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number
  readonly method: ProbeMethod
  /** Share of uniform points, 0 to 1, spread evenly between the others, which keep their order. Resolved to 2^-20. */
  readonly spice: number
}

/**
 * Up to so many dimensions the net is the more even one, above they differ by a few per cent and Kronecker's is mostly the
 * lower: `node bench/discrepancy/main.ts`. What whole studies find does not differ beyond chance. The choice does not look at
 * the number of points, or the first of them would depend on how many follow.
 */
const NET_DIMENSIONS = 20
const SPICE_PARTS = 1048576

/** Points there are: past that, a net of 32 digits would repeat. */
export const PROBE_POINTS = 4294967296

/** What "auto" means in so many dimensions. */
export function chooseProbeMethod(dimensions: number): "kronecker" | "sobol" {
  return dimensions <= NET_DIMENSIONS ? "sobol" : "kronecker"
}

/**
 * One probe of a cube. The first point is the centre, the best single guess and, with nine points (a net of eight around
 * it), the more even start too; the sequence follows. In more dimensions than there are numbers for Sobol's it is Kronecker's
 * whatever was asked for: see `method`.
 */
export class Probe {
  /** Which sequence it really is. */
  readonly method: "kronecker" | "sobol"
  readonly dimensions: number
  private readonly sequence: Kronecker | Sobol
  private readonly uniform: Draw
  private readonly spiceParts: number

  constructor(options: ProbeOptions) {
    const { dimensions, seed } = options
    const wanted = options.method === "auto" ? chooseProbeMethod(dimensions) : options.method
    this.method = dimensions > SOBOL_DIMENSIONS ? "kronecker" : wanted
    this.dimensions = dimensions
    const draw = new Draw(seed, STREAM_PROBE)
    this.sequence = this.method === "sobol" ? new Sobol(dimensions, draw) : new Kronecker(dimensions, draw)
    this.uniform = new Draw(seed, STREAM_SPICE)
    this.spiceParts = Math.round(Math.min(1, Math.max(0, options.spice)) * SPICE_PARTS)
  }

  /** Writes point `index` (0 to PROBE_POINTS - 1) into `out`, in [0, 1). */
  point(index: number, out: Float64Array): void {
    const spiced = this.spicedBefore(index)
    if (this.spicedBefore(index + 1) > spiced) {
      this.uniform.seek(index * this.dimensions)
      for (let i = 0; i < this.dimensions; i++) out[i] = this.uniform.uniform()
    } else if (index === 0) out.fill(0.5, 0, this.dimensions)
    else this.sequence.point(index - spiced - 1, out)
  }

  /** Uniform points among the first `index`. Exact, so that no point of the sequence is used twice or left out. */
  private spicedBefore(index: number): number {
    return Math.floor((index * this.spiceParts) / SPICE_PARTS)
  }
}
