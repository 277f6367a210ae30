/**
 * Functions of each number alone. None of them hides a NaN, neither of the number nor of the gradient that comes back: relu lets both
 * pass, because `Math.max` hands on NaN and a NaN times zero is NaN.
 */
import { cos, exp, sigmoid, sin, tanh } from "../functions.ts"
import type { Kernel, Loops } from "../ir.ts"

const row = (forward: Kernel, backward: Kernel): Loops => ({ forward, backward })

const f = Math.fround

/** sqrt(2 / pi) and the cubic term of the tanh form of gelu (Hendrycks and Gimpel, 2016). */
const GELU_SCALE = f(0.7978845608028654)
const GELU_CUBE = f(0.044715)

export const activations: Readonly<Record<string, Loops>> = {
  relu: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = Math.max(f32[x + i], 0)
    },
    ({ f32 }, { size, out, gradient, inGradients }) => {
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) {
        const y = f32[out + i]
        const g = f32[gradient + i]
        f32[dx + i] += y > 0 ? g : y * g
      }
    },
  ),
  tanh: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = tanh(f32[x + i])
    },
    ({ f32 }, { size, out, gradient, inGradients }) => {
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) {
        const y = f32[out + i]
        f32[dx + i] += f32[gradient + i] * (1 - y * y)
      }
    },
  ),
  sigmoid: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = sigmoid(f32[x + i])
    },
    ({ f32 }, { size, out, gradient, inGradients }) => {
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) {
        const y = f32[out + i]
        f32[dx + i] += f32[gradient + i] * y * (1 - y)
      }
    },
  ),
  /** x times its sigmoid. */
  silu: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = f32[x + i] * sigmoid(f32[x + i])
    },
    ({ f32 }, { size, gradient, ins, inGradients }) => {
      const x = ins[0]
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) {
        const s = sigmoid(f32[x + i])
        f32[dx + i] += f32[gradient + i] * (s + f32[x + i] * s * (1 - s))
      }
    },
  ),
  /** In the form with tanh. */
  gelu: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) {
        const v = f32[x + i]
        f32[out + i] = 0.5 * v * (1 + tanh(f(GELU_SCALE * (v + GELU_CUBE * v * v * v))))
      }
    },
    ({ f32 }, { size, gradient, ins, inGradients }) => {
      const x = ins[0]
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) {
        const v = f32[x + i]
        const t = tanh(f(GELU_SCALE * (v + GELU_CUBE * v * v * v)))
        const slope = GELU_SCALE * (1 + 3 * GELU_CUBE * v * v)
        f32[dx + i] += f32[gradient + i] * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * slope)
      }
    },
  ),
  sin: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = sin(f32[x + i])
    },
    ({ f32 }, { size, gradient, ins, inGradients }) => {
      const x = ins[0]
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) f32[dx + i] += f32[gradient + i] * cos(f32[x + i])
    },
  ),
  exp: row(
    ({ f32 }, { size, out, ins }) => {
      const x = ins[0]
      for (let i = 0; i < size; i++) f32[out + i] = exp(f32[x + i])
    },
    ({ f32 }, { size, out, gradient, inGradients }) => {
      const dx = inGradients[0]
      for (let i = 0; i < size; i++) f32[dx + i] += f32[gradient + i] * f32[out + i]
    },
  ),
}
