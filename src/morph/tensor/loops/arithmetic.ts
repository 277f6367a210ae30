/** Sums, differences and products, place by place over four axes; the gradient of what was repeated is the sum over its repetitions. */
import type { Kernel, Loops } from "../ir.ts"

// The geometry: lengths of the result, strides of the first input, of the second; four each.
const A = 4
const B = 8

type Kind = 0 | 1 | 2
const ADD: Kind = 0
const SUBTRACT: Kind = 1
const MULTIPLY: Kind = 2

const forwardOf =
  (kind: Kind): Kernel =>
  ({ f32 }, { geometry: n, ins, out }) => {
    let at = out
    for (let i = 0; i < n[0]; i++)
      for (let j = 0; j < n[1]; j++)
        for (let k = 0; k < n[2]; k++)
          for (let l = 0; l < n[3]; l++) {
            const a = f32[ins[0] + i * n[A] + j * n[A + 1] + k * n[A + 2] + l * n[A + 3]]
            const b = f32[ins[1] + i * n[B] + j * n[B + 1] + k * n[B + 2] + l * n[B + 3]]
            f32[at++] = kind === ADD ? a + b : kind === SUBTRACT ? a - b : a * b
          }
  }

/** Whole tensors of one input's own axes outside, sums over its repeated axes inside. */
const backwardOf =
  (kind: Kind): Kernel =>
  ({ f32 }, { geometry: n, ins, gradient, inGradients }) => {
    const n3 = n[3]
    const n2 = n3 * n[2]
    const n1 = n2 * n[1]
    for (let side = 0; side < 2; side++) {
      const d = inGradients[side]
      if (d < 0) continue
      const own = side === 0 ? A : B
      const other = side === 0 ? B : A
      const sign = kind === SUBTRACT && side === 1 ? -1 : 1
      // Along each axis one of the two loops has a single turn.
      const o0 = n[own]
      const o1 = n[own + 1]
      const o2 = n[own + 2]
      const o3 = n[own + 3]
      for (let i = 0; i < (o0 === 0 ? 1 : n[0]); i++)
        for (let j = 0; j < (o1 === 0 ? 1 : n[1]); j++)
          for (let k = 0; k < (o2 === 0 ? 1 : n[2]); k++)
            for (let l = 0; l < (o3 === 0 ? 1 : n3); l++) {
              let sum = 0
              for (let p = i; p < (o0 === 0 ? n[0] : i + 1); p++)
                for (let q = j; q < (o1 === 0 ? n[1] : j + 1); q++)
                  for (let r = k; r < (o2 === 0 ? n[2] : k + 1); r++)
                    for (let t = l; t < (o3 === 0 ? n3 : l + 1); t++) {
                      const g = f32[gradient + p * n1 + q * n2 + r * n3 + t]
                      if (kind === MULTIPLY) {
                        const along = p * n[other] + q * n[other + 1] + r * n[other + 2] + t * n[other + 3]
                        sum += g * f32[ins[1 - side] + along]
                      } else sum += g
                    }
              f32[d + i * o0 + j * o1 + k * o2 + l * o3] += sign * sum
            }
    }
  }

const binary = (kind: Kind): Loops => ({ forward: forwardOf(kind), backward: backwardOf(kind) })

export const arithmetic: Readonly<Record<string, Loops>> = {
  add: binary(ADD),
  subtract: binary(SUBTRACT),
  multiply: binary(MULTIPLY),
  scale: {
    forward: ({ f32 }, { constants, size, out, ins }) => {
      const factor = constants[0]
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i] * factor
    },
    backward: ({ f32 }, { constants, size, gradient, inGradients }) => {
      const factor = constants[0]
      for (let i = 0; i < size; i++) f32[inGradients[0] + i] += f32[gradient + i] * factor
    },
  },
  stop: {
    forward: ({ f32 }, { size, out, ins }) => {
      for (let i = 0; i < size; i++) f32[out + i] = f32[ins[0] + i]
    },
  },
}
