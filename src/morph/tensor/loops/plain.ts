/** What has no instruction: run as loops whichever way the rest is run. */
import { drawWords } from "../counterRandom.ts"
import { HEAD_SEED_HIGH, HEAD_SEED_LOW, HEAD_STEP, type Kernel, type Loops } from "../ir.ts"

const words = new Uint32Array(16)

/** Multiplies each number by 0 or by 1 / (1 - rate), or by 1 in a program that does not train; adds where it goes back. */
const pass =
  (back: boolean): Kernel =>
  ({ f32, u32 }, { constants, geometry, size, head, out, ins, gradient, inGradients }) => {
    const rate = constants[0]
    const kept = head < 0 ? 1 : 1 / (1 - rate)
    const edge = head < 0 ? 0 : rate * 4294967296
    const stream = geometry[0]
    for (let i = 0; i < size; i++) {
      if (head >= 0 && (i & 15) === 0)
        drawWords(
          u32[head + HEAD_SEED_LOW],
          u32[head + HEAD_SEED_HIGH],
          stream,
          u32[head + HEAD_STEP],
          i >>> 4,
          words,
        )
      // Times 0, not 0: what is dropped may be NaN.
      const factor = words[i & 15] >= edge ? kept : 0
      if (back) f32[inGradients[0] + i] += f32[gradient + i] * factor
      else f32[out + i] = f32[ins[0] + i] * factor
    }
  }

export const plain: Readonly<Record<string, Loops>> = {
  dropout: { forward: pass(false), backward: pass(true) },
  embedding: {
    forward: ({ f32 }, { node, inSizes, ins, out }) => {
      const [rows, width] = node.inputs[0].shape
      for (let i = 0; i < inSizes[1]; i++) {
        const row = f32[ins[1] + i]
        const held = row >= 0 && row < rows && Math.floor(row) === row
        for (let j = 0; j < width; j++)
          f32[out + i * width + j] = held ? f32[ins[0] + row * width + j] : Number.NaN
      }
    },
    backward: ({ f32 }, { node, inSizes, ins, inGradients, gradient }) => {
      const [rows, width] = node.inputs[0].shape
      const table = inGradients[0]
      if (table < 0) return
      for (let i = 0; i < inSizes[1]; i++) {
        const row = f32[ins[1] + i]
        if (!(row >= 0 && row < rows && Math.floor(row) === row)) continue
        for (let j = 0; j < width; j++) f32[table + row * width + j] += f32[gradient + i * width + j]
      }
    },
  },
}
