/** What a growing host shows of itself at a boundary, and what can be asked of it. Plain data. */
import type { Problem } from "../../domain/errors.ts"
import type { BlueprintParameters } from "../blueprints/Blueprint.ts"
import type { OperatorName } from "../contracts/Host.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { GrowthMode } from "../grafting/growthMode.ts"
import type { PolicyCommand } from "../policy/PolicyCommand.ts"

/** One boundary, as it was. Plain data. */
export interface GrowthBoundary {
  readonly epoch: number
  /** Mean loss of the host's steps. */
  readonly trainingLoss: number
  /** Held-out loss of what answers, and of the host alone. */
  readonly loss: number
  readonly hostLoss: number
  /** Share of held-out rows whose class is right; null where the targets are no classes. */
  readonly accuracy: number | null
  /** Numbers that are part of the host. */
  readonly parameters: number
  readonly mode: GrowthMode
  /** How long the boundary took, by the stopwatch: for people, nothing is decided by it. */
  readonly boundaryMs: number
  readonly sockets: ReadonlyArray<SocketView>
  readonly moves: ReadonlyArray<GraftMove>
  readonly refused: ReadonlyArray<Refused>
  /** Epoch to which the host was put back; null where it was not. */
  readonly rolledBackTo: number | null
  /** What the policy proposed, and why it was not carried out as it was. */
  readonly proposal: PolicyCommand | null
  readonly refusal: string | null
}

/** A blueprint that was asked for, and turned away. */
export interface Refused {
  readonly slot: string
  readonly blueprint: string
  readonly problems: ReadonlyArray<Problem>
}

/** A socket and what is in it. Plain data. */
export interface SocketView {
  readonly name: string
  readonly state: GraftMove["to"]
  /** The graft that is there, or was asked for: `g1`, `g2`, in the order of their plantings. */
  readonly graft: string | null
  readonly blueprint: string | null
  readonly alpha: number
  /** Why the graft is paused; null where it is not. */
  readonly paused: string | null
}

/** What a person may say when asking for a graft. */
export interface GerminateRequest {
  readonly blueprint: string
  readonly why: string
  readonly parameters?: BlueprintParameters
  /** How its output joins the host's: `residual` if left out. */
  readonly operator?: OperatorName
  readonly by?: string
}
