/**
 * Gradients of several grafts on the same parameters, merged so that none works against another: what of each points against another
 * one is taken out before they are added up. Source: Yu et al., "Gradient Surgery for Multi-Task Learning" (PCGrad, NeurIPS 2020).
 */
import { Draws } from "./Draws.ts"

/**
 * Adds the gradients into `out`, each freed of what conflicts with the others. Whom each meets first is drawn, as in the paper, from
 * seed and step. The gradients themselves stay; `scratch` has their length.
 */
export function mergeGradients(
  gradients: ReadonlyArray<Float32Array>,
  seed: number,
  step: number,
  scratch: Float32Array,
  out: Float32Array,
): void {
  const draws = new Draws(seed, "gradients", step)
  const count = gradients.length
  out.fill(0)
  for (let i = 0; i < count; i++) {
    scratch.set(gradients[i])
    const first = Math.floor(draws.uniform(i) * count)
    for (let k = 0; k < count; k++) {
      const other = (first + k) % count
      if (other !== i) project(scratch, gradients[other])
    }
    for (let w = 0; w < out.length; w++) out[w] += scratch[w]
  }
}

/** Takes out of `gradient` what points against `other`. */
function project(gradient: Float32Array, other: Float32Array): void {
  let along = 0
  let square = 0
  for (let w = 0; w < gradient.length; w++) {
    along += gradient[w] * other[w]
    square += other[w] * other[w]
  }
  // A NaN is no conflict that could be taken out: it stays, and the check of finite gradients finds it.
  if (!(along < 0) || square === 0) return
  const share = along / square
  for (let w = 0; w < gradient.length; w++) gradient[w] -= share * other[w]
}
