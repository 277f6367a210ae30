import type { Arena } from "./Arena.ts"
import type { Node, Step } from "./ir.ts"
import { Layout } from "./Layout.ts"
import { LOOPS } from "./loops/table.ts"
import type { Program } from "./Program.ts"

/** A program that can be run in an arena. Nothing is allocated by a run. */
export interface Plan {
  readonly program: Program
  readonly arena: Arena
  /** Words of the arena that it takes, beside the slices of the owners. */
  readonly words: number
  /** Where a node's value is, in words of the arena. */
  offset(node: Node): number
  /** Where the gradient by a node is after `backward`, in words of the arena; -1 where none is computed. */
  gradient(node: Node): number
  /** Computes every node from the inputs and parameters. */
  forward(): void
  /**
   * Computes the gradients of the loss, after `forward`. The gradients of all owners that learn are overwritten, with zero where the loss
   * does not depend on a parameter; no other owner's are touched.
   */
  backward(): void
  /** Gives its memory back. */
  release(): void
}

/**
 * The plain way to run a program: the oracle for every other, and what remains in an emergency. Sums are made in double precision, in
 * the order of the indices, and rounded once where they are stored. A gradient that comes from several consumers is rounded after each;
 * the last consumer in the graph comes first.
 */
export class ReferencePlan implements Plan {
  readonly program: Program
  readonly arena: Arena
  /** For another way to run the same program in the same places. */
  readonly layout: Layout
  private readonly back: ReadonlyArray<Step>

  constructor(program: Program, arena: Arena) {
    this.program = program
    this.arena = arena
    this.layout = new Layout(program, arena)
    this.back = this.layout.steps
      .filter(({ node, gradient }) => gradient >= 0 && LOOPS[node.op].backward !== undefined)
      .toReversed()
  }

  get words(): number {
    return this.layout.words
  }

  offset(node: Node): number {
    return this.layout.offset(node)
  }

  gradient(node: Node): number {
    return this.layout.gradient(node)
  }

  forward(): void {
    const views = this.arena.views
    const steps = this.layout.steps
    for (let i = 0; i < steps.length; i++) LOOPS[steps[i].node.op].forward(views, steps[i])
  }

  backward(): void {
    const { arena, layout, program } = this
    const loss = program.loss
    if (loss === null) return
    const views = arena.views
    for (let i = 0; i < program.train.length; i++) arena.zeroGradients(program.train[i])
    views.f32.fill(0, layout.gradients, layout.gradients + layout.gradientWords)
    const at = layout.gradient(loss)
    if (at < 0) return
    views.f32[at] = 1
    for (let i = 0; i < this.back.length; i++) LOOPS[this.back[i].node.op].backward?.(views, this.back[i])
  }

  release(): void {
    this.layout.release()
  }
}
