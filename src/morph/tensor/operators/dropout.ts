import { drawWords } from "../counterRandom.ts"
import { HEAD_SEED_HIGH, HEAD_SEED_LOW, HEAD_STEP } from "../ir.ts"
import type { Kernel, Operator } from "../ir.ts"
import { likeFirst, numberOf } from "./rules.ts"

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

export const dropout: Readonly<Record<string, Operator>> = {
  /**
   * Drops each number with the probability `rate` (Srivastava et al., 2014). Which ones is a pure function of the owner's seed, the
   * number of the dropout within its owner and the owner's steps so far: every program of one step drops the same.
   */
  dropout: {
    arity: [1, 1],
    shape: (inputs, attributes, where) => {
      numberOf(
        attributes,
        "rate",
        where,
        (rate) => rate >= 0 && rate < 1,
        "Give a number from 0 to less than 1",
      )
      return likeFirst(inputs)
    },
    geometry: ({ attributes }) => [attributes["stream"] as number],
    constants: ({ attributes }) => [attributes["rate"] as number],
    forward: pass(false),
    backward: pass(true),
  },
}
