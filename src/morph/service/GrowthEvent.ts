/** What a growing host tells its listeners, in the order in which it happens: `events$`, and what its actor emits. Plain data. */
import type { Problem } from "../../domain/Problem.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { GrowthBoundary } from "../growth/GrowthBoundary.ts"
import type { PersonCommand } from "../growth/PersonCommand.ts"
import type { Replacement } from "./Driver.ts"
import type { KernelNote } from "./kernelsView.ts"

/** What a growing host tells. */
export type GrowthEvent =
  | { readonly type: "boundary"; readonly boundary: GrowthBoundary }
  /** A graft has gone from one state to the next. It follows the boundary that decided it. */
  | { readonly type: "moved"; readonly epoch: number; readonly move: GraftMove }
  | {
      readonly type: "modeChanged"
      readonly epoch: number
      readonly from: GrowthBoundary["mode"]
      readonly to: GrowthBoundary["mode"]
    }
  /** A person's command was carried out, or refused: then with every problem. */
  | {
      readonly type: "commanded"
      readonly epoch: number
      readonly command: PersonCommand
      readonly problems: ReadonlyArray<Problem>
    }
  /** The thread that trains hung or died, and another one goes on from the last good boundary. */
  | ({ readonly type: "replaced" } & Replacement)
  /** A graft has its compiled kernel, or why it goes on without one. */
  | ({ readonly type: "kernel" } & KernelNote)
