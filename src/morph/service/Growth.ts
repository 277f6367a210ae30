/** A growing host as its caller has it: what it is made from, what can be asked of it, and what can be seen of it. */
import type { Metric } from "../../engine/metrics/Metric.ts"
import type { Blueprint } from "../blueprints/Blueprint.ts"
import type { GraftingInput } from "../grafting/options.ts"
import type { GerminateRequest, GrowthBoundary, SocketView } from "../growth/GrowthBoundary.ts"
import type { PartView } from "../growth/partViews.ts"
import type { NeuralDescription } from "../neural/options.ts"
import type { Score } from "../neural/scores.ts"
import type { GrowthReport } from "../policy/reports.ts"
import type { GrowthData, OwnData } from "../training/data.ts"
import type { RateChange } from "../training/LearningRates.ts"
import type { Because, BecauseOfGraft } from "./because.ts"
import type { EventStream } from "./eventStream.ts"
import type { GrowthActor } from "./growthActor.ts"
import type { CompileOption, KernelsView } from "./kernelsView.ts"
import type { GrowthEvent } from "./GrowthEvent.ts"

/** Who asks for grafts. */
export type PolicyName = "heuristic" | "manual"

/** What a growing host is made from. */
export interface GrowthOptions {
  /** What grows: `neuralHost({...})`. */
  readonly host: NeuralDescription
  /** One of `tasks`, or typed arrays of your own. */
  readonly data: GrowthData | OwnData
  /** Who asks for grafts: `heuristic` if left out, nobody but you (`manual`), or the module that exports your own as `policy`. */
  readonly policy?: PolicyName | URL
  /** `thread`, for a policy of your own, or `inline`, for one of the package. Threads need Node. */
  readonly placement?: "inline" | "thread"
  /** How long a boundary waits for a policy in a thread, ms; 12 if left out. */
  readonly deadlineMs?: number
  /** 0 if left out. The same seed, data and commands give the same bits. */
  readonly seed?: number
  /** Thresholds of the gates, deadlines, alpha. */
  readonly grafting?: GraftingInput
  /** Blueprints of your own, beside those of the package. For a thread: the module that exports them as `blueprints`. */
  readonly blueprints?: ReadonlyArray<Blueprint> | URL
  /** `thread`: in one of its own, which is replaced when it hangs; needs Node. `inline`, where you are, if left out. */
  readonly training?: "inline" | "thread"
  /** How long an epoch, or a command, may take before its thread counts as hung, ms; 10000 if left out. */
  readonly hangMs?: number
  /** A folder in which the run is kept, and goes on where it ended. Needs Node; what is left out is kept in memory. */
  readonly state?: string
  /**
   * `standard`: grafts are run by kernels that are compiled for them, in a thread beside, and compute the same bits faster. Needs Node and
   * the package `wabt`. Without it, and where no kernel passes its verification, everything runs by the package's instructions.
   * `aggressive`: the same, with the tiles of its products that are the fastest on this machine. Compiling takes five times as long.
   */
  readonly compile?: CompileOption
  /** A clock in milliseconds, for deadlines of quarantine and boundary; the system's if left out. */
  readonly now?: () => number
  /** A clock in milliseconds for the time of a boundary as it is shown; `now` if left out. Nothing is decided by it. */
  readonly stopwatch?: () => number
}

/** What can be seen of it at any time. Plain data. */
export interface GrowthSnapshot {
  readonly status: "new" | "started" | "stopped"
  readonly epoch: number
  readonly mode: GrowthBoundary["mode"]
  readonly sockets: ReadonlyArray<SocketView>
  readonly parameters: number
  /** Of the rows that nothing is decided by; null where there are none. */
  readonly test: Score | null
  /** Equal for two hosts where every bit of them is. */
  readonly fingerprint: string
  /** Where `compile` was given. */
  readonly kernels?: KernelsView
}

/** A growing host as its caller has it. A refused call rejects with a `GrowthError` and changes nothing. */
export interface Growth {
  start(): Promise<void>
  /** Trains for so many epochs; what the last boundary showed. Ends earlier when it is stopped. */
  run(options: { readonly epochs: number }): Promise<GrowthBoundary | null>
  /** Asks for a blueprint to be planted. Refused with every reason, or tried in quarantine; the next boundary decides. */
  germinate(socket: string, request: GerminateRequest): Promise<void>
  /** Takes the graft in a socket out at the next boundary. */
  cull(socket: string, because: BecauseOfGraft): Promise<void>
  /** Asks that a graft on probation be kept. Gate G4 decides. */
  fossilize(socket: string, because: BecauseOfGraft): Promise<void>
  /** Puts the host back on the last good boundary; its number. */
  rollback(because: Because): Promise<number>
  /** Holds every graft where it is; training goes on. */
  pause(because: Because): Promise<void>
  resume(because: Because): Promise<void>
  /** Goes on after a halt. */
  reset(because: Because): Promise<void>
  /** Changes learning rates; the next step has it. */
  adjust(change: RateChange & Because): Promise<void>
  subscribe(listener: (boundary: GrowthBoundary) => void): { unsubscribe(): void }
  /** Boundaries, moves, changes of mode, commands with what became of them; for `from` of RxJS. Completes when the host is stopped. */
  readonly events$: EventStream<GrowthEvent>
  /** The same as an XState actor: its state is the mode, and every command is an event. */
  readonly actor: GrowthActor
  /** A page for Prometheus. */
  metrics(): string
  readMetrics(): ReadonlyArray<Metric>
  /** Shares of the classes, or the outputs, for rows one after the other. */
  predict(rows: Float32Array): Float32Array
  snapshot(): GrowthSnapshot
  /** The network part by part: layers, kept grafts, and sockets with their grafts and the verdicts of their gates. */
  parts(): ReadonlyArray<PartView>
  /** What commands did, one for each, over three boundaries. */
  readonly reports: ReadonlyArray<GrowthReport>
  stop(): Promise<void>
}
