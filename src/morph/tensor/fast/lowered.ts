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

/** Where the sums of a product begin that is a share of a gradient: at what is there, or at 0 where it is the first share. */
export const startOf = (code: Code, gradient: number): number => (code.isFirst(gradient) ? -1 : at(gradient))

interface Product {
  /** Addresses: the result [batch, m, n], the left side [batch, m, k] and the right one [batch, k, n]. */
  readonly c: number
  readonly a: number
  readonly b: number
  /** Where the sums begin: what the result holds (`c`), a bias [n], or 0, which is -1 and the default. */
  readonly start?: number
  readonly m: number
  readonly k: number
  readonly n: number
  readonly batch?: number
  /** Whether the left side is stored as [batch, k, m]. */
  readonly turned?: boolean
}

/** A product of matrices whose rows follow one another. */
export function multiply(
  code: Code,
  { c, a, b, start = -1, m, k, n, batch = 1, turned = false }: Product,
): void {
  const added = start === c
  code.add(
    turned ? "productTurned" : "product",
    c,
    a,
    b,
    start,
    m,
    k,
    n,
    at(n),
    at(turned ? m : k),
    at(n),
    added ? at(n) : 0,
    batch,
    at(m * n),
    at(m * k),
    at(k * n),
    added ? at(m * n) : 0,
  )
}
