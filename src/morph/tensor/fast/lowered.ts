import type { Node, Step } from "../ir.ts"
import type { Code } from "./Code.ts"

type Lower = (code: Code, step: Step) => void

/** One operator as instructions. */
export interface Lowered {
  readonly forward: Lower
  /** Adds to the gradients of the inputs that want one. Absent where none flows. */
  readonly backward?: Lower
}

/** Words to bytes; -1, none, stays below zero. */
export const at = (words: number): number => words * 4

/** The length of the last axis. */
export const lastOf = (node: Node): number => node.shape[node.shape.length - 1]

const cell = new Float32Array(1)
const word = new Int32Array(cell.buffer)

/** A number as an instruction holds it. */
export function bitsOf(value: number): number {
  cell[0] = value
  return word[0]
}
