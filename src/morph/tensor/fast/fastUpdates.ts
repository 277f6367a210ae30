import type { Arena } from "../Arena.ts"
import {
  BETA_1,
  BETA_2,
  CLIP,
  CORRECTION_1,
  CORRECTION_2,
  EPSILON,
  MOMENTUM,
  NORM,
  RATE,
  type Updates,
} from "../optimisers.ts"
import { KERNELS } from "./kernelBytes.ts"
import { kernelsOver } from "./kernels.ts"

/** Words of the block: a number, then one instruction. */
const RESULT = 4
const BLOCK = RESULT + 16

/** One per arena: each has a block of it, and optimisers come and go with grafts. */
const made = new WeakMap<Arena, Updates>()

/**
 * The loops of an optimiser for an arena, as instructions. The numbers of a rule are rounded to single precision once; parameters and
 * moments are computed in single precision. The norm is one sum per lane, as along a row.
 */
export function fastUpdates(arena: Arena): Updates {
  const known = made.get(arena)
  if (known !== undefined) return known
  const updates = updatesOf(arena)
  made.set(arena, updates)
  return updates
}

function updatesOf(arena: Arena): Updates {
  const run = kernelsOver(arena.memory)
  const block = arena.reserve(BLOCK)
  const at = block + RESULT
  /** Follows the one instruction, whose arguments are written already. */
  const follow = (u32: Uint32Array, kernel: number, given: number): void => {
    u32[at] = kernel
    u32[at + 1] = 8 + 4 * given
    run(at * 4, at * 4 + 8 + 4 * given)
  }
  return {
    norm: ({ f32, u32 }, { gradients, length }, cells) => {
      u32[at + 2] = block * 4
      u32[at + 3] = gradients * 4
      u32[at + 4] = length
      follow(u32, KERNELS.squares, 3)
      cells[NORM] = Math.sqrt(f32[block])
    },
    clip: ({ f32, u32 }, { gradients, length }, cells) => {
      u32[at + 2] = gradients * 4
      u32[at + 3] = gradients * 4
      u32[at + 4] = length
      f32[at + 5] = cells[CLIP] / cells[NORM]
      follow(u32, KERNELS.scale, 4)
    },
    sgd: ({ f32, u32 }, { parameters, gradients, first, length }, cells) => {
      u32[at + 2] = parameters * 4
      u32[at + 3] = first * 4
      u32[at + 4] = gradients * 4
      u32[at + 5] = length
      f32[at + 6] = cells[RATE]
      f32[at + 7] = cells[MOMENTUM]
      follow(u32, KERNELS.sgd, 6)
    },
    adam: ({ f32, u32 }, { parameters, gradients, first, second, length }, cells) => {
      u32[at + 2] = parameters * 4
      u32[at + 3] = first * 4
      u32[at + 4] = second * 4
      u32[at + 5] = gradients * 4
      u32[at + 6] = length
      f32[at + 7] = cells[RATE] / cells[CORRECTION_1]
      f32[at + 8] = cells[BETA_1]
      f32[at + 9] = 1 - cells[BETA_1]
      f32[at + 10] = cells[BETA_2]
      f32[at + 11] = 1 - cells[BETA_2]
      f32[at + 12] = cells[CORRECTION_2]
      f32[at + 13] = cells[EPSILON]
      follow(u32, KERNELS.adam, 12)
    },
  }
}
