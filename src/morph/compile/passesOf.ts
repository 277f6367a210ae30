/** The instructions of a graft in a program of its own: what a kernel is compiled from. */
import type { Arena } from "../tensor/Arena.ts"
import { Code } from "../tensor/fast/Code.ts"
import { backwardPass } from "../tensor/fast/passes.ts"
import { Layout } from "../tensor/Layout.ts"
import type { Program } from "../tensor/Program.ts"
import type { Passes } from "./moduleText.ts"
import { backwardOf, forwardOf, segmentsOf } from "./segments.ts"

/** Stops before the graft's steps. */
class UntilGraft extends Code {
  found: ReadonlySet<number> = new Set()
  left: number

  constructor(left: number) {
    super()
    this.left = left
  }

  override settle(gradients: Iterable<number>): void {
    super.settle(gradients)
    this.left--
    if (this.left === 0) this.found = new Set(this.untouched)
  }
}

/** `forward`, and `backward` where the program learns. Empty where an operator of the graft has no instruction, or it computes nothing. */
export function passesOf(program: Program, arena: Arena): Passes {
  const layout = new Layout(program, arena)
  try {
    const [segment] = segmentsOf(layout)
    if (segment === undefined) return {}
    const forward = forwardOf(segment)
    if (program.loss === null) return { forward }
    const order = layout.steps.toReversed().filter(({ gradient }) => gradient >= 0)
    const code = new UntilGraft(
      Math.min(...segment.steps.map((step) => order.indexOf(step)).filter((at) => at >= 0)),
    )
    backwardPass(layout, code)
    return { forward, backward: backwardOf(segment, code.found) }
  } finally {
    layout.release()
  }
}
