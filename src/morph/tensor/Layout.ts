import type { Arena } from "./Arena.ts"
import { aligned, type Node, sizeOf, type Step } from "./ir.ts"
import { OPERATORS } from "./operators/table.ts"
import type { Program } from "./Program.ts"
import { TensorError } from "./TensorError.ts"

/**
 * Gives every tensor of a program its place: parameters in the slices of their owners, all else in one block of the arena, values
 * first, then what `forward` keeps, then gradients. Both ways to run share it.
 */
export class Layout {
  readonly program: Program
  readonly arena: Arena
  /** In the order in which they run; inputs and parameters are none. */
  readonly steps: ReadonlyArray<Step>
  /** The gradients that are no parameter's: cleared before a backward pass. */
  readonly gradients: number
  readonly gradientWords: number
  /** Words of the block that all of it is in. */
  readonly words: number
  private readonly block: number
  private readonly values = new Map<Node, number>()
  private readonly backs = new Map<Node, number>()

  constructor(program: Program, arena: Arena) {
    for (const owner of program.train) arena.slice(owner)
    const runs = program.nodes.filter((node) => node.op !== "parameter")
    const saves = runs.map((node) => OPERATORS[node.op]?.saved?.(node) ?? 0)
    const words = runs.reduce((sum, node, i) => sum + aligned(sizeOf(node.shape)) + aligned(saves[i]), 0)
    const backward = runs.filter((node) => program.wants(node))
    const heads = new Map(runs.map((node) => [node, headOf(node, program, arena)]))
    for (const node of program.nodes) if (node.op === "parameter") this.values.set(node, arena.offsetOf(node))
    this.program = program
    this.arena = arena
    this.gradientWords = backward.reduce((sum, node) => sum + aligned(sizeOf(node.shape)), 0)
    this.words = words + this.gradientWords
    let next = arena.reserve(this.words)
    this.block = next
    const saved = new Map<Node, number>()
    for (let i = 0; i < runs.length; i++) {
      this.values.set(runs[i], next)
      next += aligned(sizeOf(runs[i].shape))
      saved.set(runs[i], saves[i] === 0 ? -1 : next)
      next += aligned(saves[i])
    }
    this.gradients = next
    for (const node of backward) {
      this.backs.set(node, next)
      next += aligned(sizeOf(node.shape))
    }
    for (const node of program.nodes)
      if (node.op === "parameter" && program.wants(node)) this.backs.set(node, arena.gradientOf(node))
    this.steps = runs
      .filter((node) => node.op !== "input")
      .map((node) => ({
        node,
        geometry: Int32Array.from(OPERATORS[node.op].geometry?.(node) ?? []),
        constants: Float64Array.from(OPERATORS[node.op].constants?.(node) ?? []),
        size: sizeOf(node.shape),
        out: this.offset(node),
        gradient: this.gradient(node),
        ins: Int32Array.from(node.inputs, (input) => this.offset(input)),
        inSizes: Int32Array.from(node.inputs, (input) => sizeOf(input.shape)),
        inGradients: Int32Array.from(node.inputs, (input) => this.gradient(input)),
        saved: saved.get(node) as number,
        head: heads.get(node) as number,
      }))
  }

  /** Where a node's value is, in words. */
  offset(node: Node): number {
    const at = this.values.get(node)
    if (at === undefined)
      throw new TensorError(node.where, "is not part of the program", "Name it in `outputs`")
    return at
  }

  /** Where the gradient by a node is, in words; -1 where none is computed. */
  gradient(node: Node): number {
    return this.backs.get(node) ?? -1
  }

  /** Gives the block back. The layout is of no use any more. */
  release(): void {
    this.arena.release(this.block)
  }
}

/** Where dropout finds its seed and count; -1 where it passes everything on. */
function headOf(node: Node, program: Program, arena: Arena): number {
  return node.op === "dropout" && program.training ? arena.slice(node.owner).head : -1
}
