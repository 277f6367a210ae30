/** How good the outputs of a host are for some rows: mean loss, and the share of rows whose class is right. */
import { exp, log } from "../tensor/functions.ts"
import type { LossName } from "./options.ts"

/** How good a host is for some rows. */
export interface Score {
  readonly loss: number
  /** Null where the targets are no classes. */
  readonly accuracy: number | null
}

/** Adds up row by row, so that a part can be judged in pieces. */
export class Tally {
  private readonly loss: LossName
  private total = 0
  private hits = 0
  private rows = 0

  constructor(loss: LossName) {
    this.loss = loss
  }

  /** Counts `rows` rows: outputs from `at` of `values`, targets from row `row` of `targets`. */
  add(
    values: Float32Array,
    at: number,
    width: number,
    targets: Float32Array,
    row: number,
    rows: number,
  ): void {
    for (let r = 0; r < rows; r++) {
      const from = at + r * width
      if (this.loss === "crossEntropy") this.addClass(values, from, width, targets[row + r])
      else this.addOutputs(values, from, width, targets, (row + r) * width)
    }
    this.rows += rows
  }

  get score(): Score {
    return {
      loss: this.total / this.rows,
      accuracy: this.loss === "crossEntropy" ? this.hits / this.rows : null,
    }
  }

  private addClass(values: Float32Array, from: number, classes: number, label: number): void {
    let most = Number.NEGATIVE_INFINITY
    let best = -1
    for (let c = 0; c < classes; c++) {
      // A NaN becomes the largest, so that it comes out of the loss; it is no class's hit.
      if (values[from + c] > most) best = c
      most = Math.max(most, values[from + c])
    }
    let sum = 0
    for (let c = 0; c < classes; c++) sum += exp(Math.fround(values[from + c] - most))
    this.total += log(Math.fround(sum)) + most - values[from + label]
    if (best === label && most === values[from + best]) this.hits++
  }

  private addOutputs(
    values: Float32Array,
    from: number,
    width: number,
    targets: Float32Array,
    to: number,
  ): void {
    let sum = 0
    for (let c = 0; c < width; c++) {
      const x = values[from + c]
      const t = targets[to + c]
      sum +=
        this.loss === "mse" ? (x - t) ** 2 : Math.max(x, 0) - x * t + log(Math.fround(1 + exp(-Math.abs(x))))
    }
    this.total += sum / width
  }
}
