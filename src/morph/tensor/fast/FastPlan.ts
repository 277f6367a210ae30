/**
 * The default way to run a program, in Node, in threads and in browsers: instructions for the SIMD module, made once and followed by
 * one call. The same program gives the same bits wherever it runs; against the reference it differs by rounding, because its sums are
 * single and not double (their order is stated where each kernel is written, in `src/morph/compile/kernels`).
 *
 * The bits of a NaN are the one exception: an engine may choose them. Where one is, its neighbours are the same everywhere.
 */
import type { Arena } from "../Arena.ts"
import type { Node } from "../ir.ts"
import { Layout } from "../Layout.ts"
import { plain as LOOPS } from "../loops/plain.ts"
import type { Program } from "../Program.ts"
import type { Plan } from "../ReferencePlan.ts"
import { Code } from "./Code.ts"
import { kernelsOver, type Run } from "./kernels.ts"
import { backwardPass, forwardPass, instructionBlock, type Pass } from "./passes.ts"

/** Bytes from where each stretch begins to where the last ends. */
type Bounds = Int32Array

export class FastPlan implements Plan {
  readonly program: Program
  readonly arena: Arena
  readonly words: number
  private readonly layout: Layout
  private readonly run: Run
  private readonly block: number
  private readonly passes: readonly [forward: Pass, backward: Pass]
  private readonly bounds: readonly [Bounds, Bounds]

  constructor(program: Program, arena: Arena) {
    this.program = program
    this.arena = arena
    this.layout = new Layout(program, arena)
    this.run = kernelsOver(arena.memory)
    const [block, words, start] = instructionBlock(this.layout)
    this.words = this.layout.words + words
    this.block = block
    const code = new Code(this.block * 4)
    const forward = forwardPass(this.layout, code)
    const middle = code.words.length
    const backward = backwardPass(this.layout, code)
    code.writeTo(arena.memory, start)
    this.passes = [forward, backward]
    this.bounds = [
      Int32Array.from([0, ...forward.ends], (ends) => start + ends * 4),
      Int32Array.from([middle, ...backward.ends], (ends) => start + ends * 4),
    ]
  }

  offset(node: Node): number {
    return this.layout.offset(node)
  }

  gradient(node: Node): number {
    return this.layout.gradient(node)
  }

  forward(): void {
    this.follow(0)
  }

  backward(): void {
    this.follow(1)
  }

  release(): void {
    this.arena.release(this.block)
    this.layout.release()
  }

  private follow(pass: 0 | 1): void {
    const { plain } = this.passes[pass]
    const bounds = this.bounds[pass]
    for (let i = 0; i < plain.length; i++) {
      this.run(bounds[i], bounds[i + 1])
      const operator = LOOPS[plain[i].node.op]
      if (pass === 0) operator.forward(this.arena.views, plain[i])
      else operator.backward?.(this.arena.views, plain[i])
    }
    this.run(bounds[plain.length], bounds[plain.length + 1])
  }
}
