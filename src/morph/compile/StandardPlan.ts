/**
 * Runs a program as `FastPlan` does, and its grafts by compiled kernels where there are any. A kernel computes the same bits, so one that
 * is ready in the middle of a run is used from the next pass on, and a run with kernels is the run without them.
 */
import type { Arena } from "../tensor/Arena.ts"
import { Code } from "../tensor/fast/Code.ts"
import { kernelsOver, type Run } from "../tensor/fast/kernels.ts"
import { backwardPass, forwardPass, instructionBlock, type Pass } from "../tensor/fast/passes.ts"
import type { Node, Step } from "../tensor/ir.ts"
import { Layout } from "../tensor/Layout.ts"
import { plain as LOOPS } from "../tensor/loops/plain.ts"
import type { Program } from "../tensor/Program.ts"
import type { Plan } from "../tensor/ReferencePlan.ts"
import type { KernelPass, Kernels } from "./Kernels.ts"
import { backwardOf, forwardOf, guardOf, type Segment, segmentsOf } from "./segments.ts"

/** Remembers where each step's instructions end, and which gradients nothing has been added to by then. */
class MarkedCode extends Code {
  readonly ends: Array<number> = []
  readonly untouchedAt: Array<ReadonlySet<number>> = []

  override settle(gradients: Iterable<number>): void {
    super.settle(gradients)
    this.ends.push(this.words.length)
    this.untouchedAt.push(new Set(this.untouched))
  }
}

/** What is run by other means than the module's instructions: a graft, or an operator that has none. Addresses in bytes. */
interface Piece {
  /** Where the instructions before it end. */
  readonly at: number
  /** Where those behind it begin; a graft's own are between. */
  readonly until: number
  /** An operator without instructions; null where it is a graft. */
  readonly step: Step | null
  readonly segment: Segment | null
  readonly guard: string
  kernel: KernelPass | null
}

interface Stretch {
  readonly from: number
  readonly until: number
  readonly pieces: ReadonlyArray<Piece>
}

/** A pass of a graft by itself, over the numbers that are there. */
export interface GraftPass {
  readonly guard: string
  readonly fast: () => void
  readonly standard: () => void
}

type Way = 0 | 1
const FORWARD: Way = 0
const BACKWARD: Way = 1

export class StandardPlan implements Plan {
  readonly program: Program
  readonly arena: Arena
  readonly words: number
  private readonly kernels: Kernels
  private readonly layout: Layout
  private readonly run: Run
  private readonly block: number
  private readonly stretches: readonly [forward: Stretch, backward: Stretch]
  private version = -1

  constructor(program: Program, arena: Arena, kernels: Kernels) {
    this.program = program
    this.arena = arena
    this.kernels = kernels
    this.layout = new Layout(program, arena)
    this.run = kernelsOver(arena.memory)
    const [block, words, start] = instructionBlock(this.layout)
    this.words = this.layout.words + words
    this.block = block
    const codes = [new MarkedCode(this.block * 4), new MarkedCode(this.block * 4)] as const
    const passes = [forwardPass(this.layout, codes[0]), backwardPass(this.layout, codes[1])] as const
    const segments = segmentsOf(this.layout)
    let at = start
    const [forward, backward] = ([FORWARD, BACKWARD] as const).map((way): Stretch => {
      const from = at
      at = codes[way].writeTo(arena.memory, from)
      return { from, until: at, pieces: this.piecesOf(way, from, codes[way], passes[way], segments) }
    })
    this.stretches = [forward, backward]
    this.look()
    for (const [way, { pieces }] of this.stretches.entries())
      for (const { segment, guard, kernel } of pieces)
        if (segment !== null && kernel === null)
          kernels.want({
            pass: way === FORWARD ? "forward" : "backward",
            owner: segment.owner,
            shape: segment.value.shape,
            guard,
          })
  }

  /** In the order in which they run. */
  private piecesOf(
    way: Way,
    from: number,
    { ends, untouchedAt }: MarkedCode,
    { ends: stretches, plain }: Pass,
    segments: ReadonlyArray<Segment>,
  ): ReadonlyArray<Piece> {
    const address = (words: number): number => from + words * 4
    const operators = plain.map((step, i): Piece => {
      const at = address(stretches[i])
      return { at, until: at, step, segment: null, guard: "", kernel: null }
    })
    const { steps } = this.layout
    const order = way === FORWARD ? steps : steps.toReversed().filter(({ gradient }) => gradient >= 0)
    const grafts = segments.flatMap((segment): ReadonlyArray<Piece> => {
      const own = segment.steps.map((step) => order.indexOf(step)).filter((place) => place >= 0)
      const [first, last] = [Math.min(...own), Math.max(...own)]
      // Before the first step of a program is nothing, and then what comes back is not known either.
      if (own.length === 0 || (way === BACKWARD && first === 0)) return []
      const located = way === FORWARD ? forwardOf(segment) : backwardOf(segment, untouchedAt[first - 1])
      const guard = guardOf(located)
      const at = address(first === 0 ? 0 : ends[first - 1])
      return guard === ""
        ? []
        : [{ at, until: address(ends[last]), step: null, segment, guard, kernel: null }]
    })
    return [...operators, ...grafts].toSorted((a, b) => a.at - b.at)
  }

  /** Finds the kernels that there are by now. */
  private look(): void {
    const { kernels, arena } = this
    this.version = kernels.version
    for (const { pieces } of this.stretches)
      for (const piece of pieces)
        if (piece.segment !== null) piece.kernel ??= kernels.find(piece.guard, arena.memory)
  }

  offset(node: Node): number {
    return this.layout.offset(node)
  }

  gradient(node: Node): number {
    return this.layout.gradient(node)
  }

  forward(): void {
    this.follow(FORWARD)
  }

  backward(): void {
    this.follow(BACKWARD)
  }

  /** The passes of grafts that a kernel runs, each by both ways: to see which is faster. */
  passes(): ReadonlyArray<GraftPass> {
    return this.stretches.flatMap(({ pieces }) =>
      pieces.flatMap(({ at, until, segment, guard, kernel }) =>
        segment === null || kernel === null
          ? []
          : [
              {
                guard,
                fast: () => this.run(at, until),
                standard: () => this.runKernel(kernel, segment.bases),
              },
            ],
      ),
    )
  }

  release(): void {
    this.arena.release(this.block)
    this.layout.release()
  }

  private follow(way: Way): void {
    const { kernels, run, stretches } = this
    if (this.version !== kernels.version) this.look()
    const { from, until, pieces } = stretches[way]
    let at = from
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i]
      run(at, piece.at)
      at = piece.until
      if (piece.step !== null) this.runPlain(way, piece.step)
      else if (piece.kernel === null) {
        kernels.counts.fast++
        run(piece.at, at)
      } else {
        kernels.counts.standard++
        this.runKernel(piece.kernel, (piece.segment as Segment).bases)
      }
    }
    run(at, until)
  }

  private runKernel(kernel: KernelPass, bases: Segment["bases"]): void {
    const { value, values, parameters, gradients, backs, valueBack } = bases
    kernel(value * 4, values * 4, parameters * 4, this.block * 4, gradients * 4, backs * 4, valueBack * 4)
  }

  private runPlain(way: Way, step: Step): void {
    const operator = LOOPS[step.node.op]
    if (way === FORWARD) operator.forward(this.arena.views, step)
    else operator.backward?.(this.arena.views, step)
  }
}
