/** A quadratic with ten knobs, condition 100 and noise .5 of a reading, and the plain SPSA that walks on it with a gain from outside. */
import type { MetaTuner } from "../../src/meta/MetaTuner.ts"

export const KNOBS = 10
const WEIGHTS = Array.from({ length: KNOBS }, (_, i) => 100 ** (i / (KNOBS - 1)))
const NOISE = 0.5
const PROBE = 0.1
const STEP_LIMIT = 0.1

/** Uniform in [0, 1), mulberry32. */
export function uniform(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const normal = (u: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u())

const sign = (u: () => number): number => (u() < 0.5 ? -1 : 1)

export interface Course {
  readonly seed: number
  readonly cycles: number
  /** The gain of cycle k. */
  readonly gain: (k: number) => number
  readonly base: Float64Array
  /** Cycles between two jumps of the optimum; never where omitted. */
  readonly jumps?: number
  /** The knobs change nothing: readings are noise. */
  readonly flat?: boolean
  /** Called with the mean of the two readings. */
  readonly after?: (score: number) => void
}

/** Where a run begins. */
export const startOf = (seed: number): Float64Array => {
  const u = uniform(seed ^ 0x5bd1e995)
  return Float64Array.from({ length: KNOBS }, () => sign(u))
}

/** True loss, mean of the whole run and of its last quarter. */
export function walk({ seed, cycles, gain, base, jumps, flat, after }: Course) {
  const u = uniform(seed)
  const optimum = new Float64Array(KNOBS)
  const loss = (at: ArrayLike<number>): number =>
    flat === true ? 0 : WEIGHTS.reduce((sum, w, i) => sum + (w * (at[i] - optimum[i]) ** 2) / 2, 0)
  let whole = 0
  let last = 0
  for (let k = 0; k < cycles; k++) {
    if (jumps !== undefined && k > 0 && k % jumps === 0) for (let i = 0; i < KNOBS; i++) optimum[i] = sign(u)
    const signs = Array.from({ length: KNOBS }, () => sign(u))
    const plus = loss(signs.map((s, i) => base[i] + PROBE * s)) + NOISE * normal(u)
    const minus = loss(signs.map((s, i) => base[i] - PROBE * s)) + NOISE * normal(u)
    const a = gain(k)
    for (let i = 0; i < KNOBS; i++) {
      const step = (a * (plus - minus) * signs[i]) / (2 * PROBE)
      base[i] -= Math.max(-STEP_LIMIT, Math.min(STEP_LIMIT, step))
    }
    after?.((plus + minus) / 2)
    whole += loss(base) / cycles
    if (k >= 0.75 * cycles) last += (4 * loss(base)) / cycles
  }
  return { whole, last }
}

/** The same with a meta level over the gain, whose changes are all committed. */
export function walkWith(meta: MetaTuner, base: Float64Array, course: Omit<Course, "gain" | "base">) {
  return walk({
    ...course,
    base,
    gain: () => meta.value(0),
    after: (score) => {
      meta.observe(score)
      meta.commit()
      course.after?.(score)
    },
  })
}

export const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]
