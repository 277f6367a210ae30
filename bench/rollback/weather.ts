/**
 * What windows read where no configuration makes a difference: a loss of about 1 with 5 % of noise, of kinds that tests of
 * regressions are known to stumble over. A function of the window's number alone, so the baseline and the tuned
 * configuration live in the same weather, whichever of them comes first.
 */
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"

/** Standard deviation of a window, as a share of its level; of the kinds without one, its scale. */
export const NOISE = 0.05

/** Reads window after window, in order. */
export type Weather = () => number

const WITHIN = 0xffffffff

function counted(seed: number, read: (index: number, gaussian: number) => number): Weather {
  let index = -1
  return () => {
    index++
    return read(index, gaussianAt(seed, index & WITHIN))
  }
}

/** Student's t with two degrees of freedom: it has no variance at all. */
function studentTwo(u: number): number {
  return (2 * u - 1) * Math.sqrt(1 / (2 * u * (1 - u)))
}

export const WEATHERS: Readonly<Record<string, (seed: number) => Weather>> = {
  normal: (seed) => counted(seed, (_, gaussian) => 1 + NOISE * gaussian),
  "spikes up": (seed) =>
    counted(seed, (index, gaussian) => {
      const spike = uniformAt(seed ^ 0x5bd1e995, index)
      return 1 + NOISE * (spike < 0.05 ? gaussian + 5 + 400 * spike : gaussian)
    }),
  "no variance": (seed) =>
    counted(seed, (index) => 1 + NOISE * studentTwo(uniformAt(seed ^ 0x27d4eb2f, index))),
  skewed: (seed) => counted(seed, (_, gaussian) => Math.exp(4 * NOISE * gaussian)),
  drift: (seed) => {
    let level = 0
    return counted(seed, (index, gaussian) => {
      level = 0.98 * level + 0.2 * gaussian
      return 1 + NOISE * (level + gaussianAt(seed ^ 0x165667b1, index))
    })
  },
  "load steps": (seed) => {
    let level = 1
    return counted(seed, (index, gaussian) => {
      if (uniformAt(seed ^ 0x85ebca77, index) < 0.02) level = 0.5 + 2 * uniformAt(seed ^ 0xc2b2ae3d, index)
      return level * (1 + NOISE * gaussian)
    })
  },
  // Where the baseline always came first, this would look like a regression for ever.
  "every other": (seed) => counted(seed, (index, gaussian) => 1 + (index % 2) * 0.2 + NOISE * gaussian),
}
