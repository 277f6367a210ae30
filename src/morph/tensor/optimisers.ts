import type { Arena, Slice } from "./Arena.ts"
import { HEAD_STEP, type Views } from "./ir.ts"
import { TensorError } from "./TensorError.ts"

/** Cells of an optimiser's numbers: kept in an array, because a double argument may be allocated. */
export const RATE = 0
export const MOMENTUM = 1
export const BETA_1 = 2
export const BETA_2 = 3
export const EPSILON = 4
export const CLIP = 5
/** Norm of the gradients before clipping, of the last step. */
export const NORM = 6
/** Adam's corrections of the last step: 1 - beta^t. */
export const CORRECTION_1 = 7
export const CORRECTION_2 = 8
const CELLS = 9

export interface OptimiserOptions {
  readonly rule: "sgd" | "adam"
  readonly learningRate: number
  /** SGD: share of the last update that goes on. Default 0. */
  readonly momentum?: number
  /** Adam. Defaults .9, .999 and 1e-8. */
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Largest norm of an owner's gradients; larger ones are scaled down to it. Default infinity. */
  readonly clip?: number
}

/** Loops over a slice, so that another way to run can replace them. */
export interface Updates {
  /** Writes the norm of the gradients into the cell NORM. */
  readonly norm: (views: Views, slice: Slice, cells: Float64Array) => void
  /** Multiplies the gradients by CLIP / NORM. */
  readonly clip: (views: Views, slice: Slice, cells: Float64Array) => void
  readonly sgd: (views: Views, slice: Slice, cells: Float64Array) => void
  readonly adam: (views: Views, slice: Slice, cells: Float64Array) => void
}

/** Plain loops, in double precision, rounded where a number is stored. */
export const REFERENCE_UPDATES: Updates = {
  norm: ({ f32 }, { gradients, length }, cells) => {
    let sum = 0
    for (let i = 0; i < length; i++) sum += f32[gradients + i] * f32[gradients + i]
    cells[NORM] = Math.sqrt(sum)
  },
  clip: ({ f32 }, { gradients, length }, cells) => {
    const factor = cells[CLIP] / cells[NORM]
    for (let i = 0; i < length; i++) f32[gradients + i] *= factor
  },
  // v = momentum v + g; p = p - rate v (Sutskever et al., 2013, without Nesterov's term).
  sgd: ({ f32 }, { parameters, gradients, first, length }, cells) => {
    const rate = cells[RATE]
    const momentum = cells[MOMENTUM]
    for (let i = 0; i < length; i++) {
      f32[first + i] = momentum * f32[first + i] + f32[gradients + i]
      f32[parameters + i] -= rate * f32[first + i]
    }
  },
  // Kingma and Ba, 2015, algorithm 1.
  adam: ({ f32 }, { parameters, gradients, first, second, length }, cells) => {
    const rate = cells[RATE]
    const b1 = cells[BETA_1]
    const b2 = cells[BETA_2]
    const epsilon = cells[EPSILON]
    const c1 = cells[CORRECTION_1]
    const c2 = cells[CORRECTION_2]
    for (let i = 0; i < length; i++) {
      const g = f32[gradients + i]
      f32[first + i] = b1 * f32[first + i] + (1 - b1) * g
      f32[second + i] = b2 * f32[second + i] + (1 - b2) * g * g
      f32[parameters + i] -= (rate * (f32[first + i] / c1)) / (Math.sqrt(f32[second + i] / c2) + epsilon)
    }
  },
}

/**
 * Adam's correction 1 - beta^step, from cell to cell: a number that a function returns may be allocated. Whole powers by products
 * alone, because `Math.pow` differs between engines.
 */
function correct(cells: Float64Array, beta: number, step: number, into: number): void {
  let result = 1
  let square = cells[beta]
  for (let n = step; n > 0; n >>>= 1) {
    if ((n & 1) === 1) result *= square
    square *= square
  }
  cells[into] = 1 - result
}

/**
 * Changes an owner's parameters by its gradients. Moments and the count of steps are in the owner's slice, so an optimiser has no state
 * that a snapshot would miss. NaN passes into the parameters: a governor has to see it.
 */
export class Optimiser {
  readonly rule: "sgd" | "adam"
  readonly cells: Float64Array = new Float64Array(CELLS)
  private readonly updates: Updates

  constructor(options: OptimiserOptions, updates: Updates = REFERENCE_UPDATES) {
    const { rule, learningRate, momentum = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
    const { clip = Number.POSITIVE_INFINITY } = options
    const check = (name: string, value: number, passes: boolean, remedy: string): void => {
      if (!passes) throw new TensorError(`optimiser.${name}`, `is ${value}`, remedy)
    }
    check("momentum", momentum, momentum >= 0 && momentum < 1, "Give a number from 0 to less than 1")
    check("beta1", beta1, beta1 >= 0 && beta1 < 1, "Give a number from 0 to less than 1")
    check("beta2", beta2, beta2 >= 0 && beta2 < 1, "Give a number from 0 to less than 1")
    check("epsilon", epsilon, epsilon > 0 && Number.isFinite(epsilon), "Give a positive number")
    check("clip", clip, clip > 0, "Give a positive number")
    this.rule = rule
    this.updates = updates
    this.cells.set([0, momentum, beta1, beta2, epsilon, clip])
    this.learningRate = learningRate
  }

  get learningRate(): number {
    return this.cells[RATE]
  }

  /** Takes effect at the next step. */
  set learningRate(rate: number) {
    if (!(rate >= 0 && Number.isFinite(rate)))
      throw new TensorError("optimiser.learningRate", `is ${rate}`, "Give a number of at least 0")
    this.cells[RATE] = rate
  }

  /** One step of one owner; returns nothing, and leaves the norm of the gradients before clipping in `cells[NORM]`. */
  step(arena: Arena, owner: number): void {
    const { cells, updates } = this
    const { views } = arena
    const slice = arena.slice(owner)
    updates.norm(views, slice, cells)
    if (cells[NORM] > cells[CLIP]) updates.clip(views, slice, cells)
    const step = ++views.u32[slice.head + HEAD_STEP]
    if (this.rule === "sgd") {
      updates.sgd(views, slice, cells)
      return
    }
    correct(cells, BETA_1, step, CORRECTION_1)
    correct(cells, BETA_2, step, CORRECTION_2)
    updates.adam(views, slice, cells)
  }
}
