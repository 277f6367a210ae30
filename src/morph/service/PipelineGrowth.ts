/** A growing service as its owner has it: what it is made from, what can be asked of it, and what it shows. */
import type { VariantRecord } from "../../domain/Variant.ts"
import type { GraftingInput } from "../grafting/options.ts"
import type {
  CandidateRequest,
  PipelineBoundary,
  PipelineCore,
  Waivable,
  Waiver,
} from "../growth/PipelineCore.ts"
import type { PieceView } from "../growth/pieceView.ts"
import type { CallWatch } from "../pipeline/CallWatch.ts"
import type { EvidenceTape } from "../pipeline/EvidenceTape.ts"
import type { AnyFunction } from "../pipeline/pieces.ts"
import type { StartQuarantine } from "../pipeline/Quarantine.ts"
import type { PipelineClock } from "../pipeline/PipelineClock.ts"
import type { PipelineGates } from "../pipeline/pipelineOptions.ts"
import type { AdoptingCatalogue, VariantRequest, VariantsView } from "./AdoptedVariants.ts"
import type { SignedBecause } from "./because.ts"
import type { EngineView, TuningEngine } from "./EngineHold.ts"

/** Pieces of a service by name. */
export type Functions = Readonly<Record<string, AnyFunction>>

/** What `createGrowth` grows, and where callers get their functions. */
export interface PipelineDescription<P extends Functions> {
  readonly kind: "pipeline"
  /** The function to call wherever the incumbent was called: same arguments, same type. */
  socket<K extends keyof P & string>(name: K): P[K]
  /** What `createGrowth` calls. A bundle that grows nothing else may call it, and leaves neural hosts out. */
  grow(options: PipelineGrowthOptions<P>, services?: PipelineServices): PipelineGrowth<P>
}

/** What a growing service is made from. */
export interface PipelineGrowthOptions<P extends Functions = Functions> {
  /** `pipelineHost({...})`. */
  readonly host: PipelineDescription<P>
  /** Nobody but you asks for candidates. */
  readonly policy?: "manual"
  /** Decides which calls duel and which side takes them; 0 if left out. */
  readonly seed?: number
  /** Thresholds of the gates. */
  readonly gates?: PipelineGates
  /** Stays and embargoes, counted in windows. */
  readonly grafting?: Pick<GraftingInput, "stays" | "embargo" | "advance">
  /** How long an evaluation window takes; 1000 if left out. */
  readonly windowMs?: number
  /**
   * The engine that tunes the same service. It stands still, in SafeMode on its base, while a ramp or a full mirror is on, and every
   * step of a share and every adoption begins a generation.
   */
  readonly engine?: TuningEngine
  /** The catalogue that `asVariant` drafts candidates in. An approval there counts as `fossilize`. */
  readonly variants?: AdoptingCatalogue
  /** A folder for the record of every window, command and verdict. Needs Node. */
  readonly state?: string
  /** Time of your own, for a test; the system's if left out. */
  readonly clock?: PipelineClock
}

/** What can be seen of it at any time. Plain data. */
export interface PipelineSnapshot {
  readonly status: "new" | "started" | "stopped"
  /** Windows so far. */
  readonly windows: number
  readonly pieces: ReadonlyArray<PieceView>
  /** Why its record cannot be written any more, and what to do; null where all is as it should be. Nothing moves on meanwhile. */
  readonly problem: string | null
  /** The tuning engine beside it; null without the option `engine`. */
  readonly engine: EngineView | null
  /** What it waits for in the catalogue; null without the option `variants`. */
  readonly variants: VariantsView | null
}

/** A growing service as its owner has it. A refused call rejects with a `GrowthError` and changes nothing. */
export interface PipelineGrowth<P extends Functions = Functions> {
  start(): Promise<void>
  /** Offers a candidate; the next window decides whether it is tried. */
  germinate<K extends keyof P & string>(socket: K, request: CandidateRequest<P[K]>): Promise<void>
  /** Takes the candidate out at the end of the window. */
  cull(socket: keyof P & string, because: SignedBecause): Promise<void>
  /** Asks that a candidate on probation be kept. Gate G4 decides. */
  fossilize(socket: keyof P & string, because: SignedBecause): Promise<void>
  /** Holds a candidate in its state; a cull, or a critical event, still ends it. */
  pause(socket: keyof P & string, because: SignedBecause): Promise<void>
  resume(socket: keyof P & string, because: SignedBecause): Promise<void>
  /** Signs for what a gate cannot measure, because the effects may happen once only. */
  waive(socket: keyof P & string, gate: Waivable, waiver: Waiver): Promise<void>
  /**
   * Drafts a candidate on probation, or the last one that was kept, in the catalogue of the option `variants`: under its name, with the
   * engine's knobs and what its duels have shown. Somebody else approves it there; on probation that counts as `fossilize`.
   */
  asVariant(socket: keyof P & string, request: VariantRequest): Promise<VariantRecord>
  /** The candidate's share of calls now, from 0 to 1: cheap enough to be reported with every digest of a tuning engine. */
  share(socket: keyof P & string): number
  subscribe(listener: (boundary: PipelineBoundary) => void): { unsubscribe(): void }
  snapshot(): PipelineSnapshot
  /** Every socket passes its calls on to its incumbent again, a kept candidate included. */
  stop(): Promise<void>
}

/** Keeps what a growing service did. In Node it is a folder. */
export interface PipelineKeeper {
  /** Makes what the evidence of a socket is written down on. */
  readonly tape: () => EvidenceTape
  readonly open: (inputs: PipelineInputs) => Promise<void>
  /** Resolves with whether it is on the disk; nothing is after the first entry that is not. */
  readonly record: (entry: PipelineEntry) => Promise<boolean>
  /** Why nothing more can be written; null where all is as it should be. */
  readonly problem: () => string | null
  /** Resolves when everything recorded so far is on the disk. */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

/** What a service was started with. Plain data. */
export interface PipelineInputs {
  /** Since 2 every window has its tapes, and `stop()` leaves a last entry. Absent in a record from before. */
  readonly version?: number
  readonly sockets: ReadonlyArray<string>
  readonly seed: number
  readonly windowMs: number
  readonly gates: PipelineGates
  readonly grafting: PipelineGrowthOptions["grafting"]
}

/** One entry of the record. Plain data. */
export type PipelineEntry =
  | {
      readonly type: "window"
      readonly boundary: number
      readonly figures: PipelineCore["figures"]
      /** What its evidence was made from; absent in a record from before this was kept. */
      readonly tapes?: PipelineCore["tapes"]
      readonly moves: PipelineBoundary["moves"]
      readonly pieces: ReadonlyArray<PieceView>
    }
  | {
      readonly type: "command"
      /** The window before it; -1 for none. */
      readonly after: number
      readonly socket: string
      /** Where it went; null where it concerns no life, or was refused. */
      readonly slot: string | null
      readonly command: unknown
      readonly refused: string | null
    }
  | { readonly type: "fault"; readonly after: number; readonly slot: string; readonly what: string }
  /** The last entry of a run that was stopped. */
  | { readonly type: "stop"; readonly after: number }

export interface PipelineServices {
  readonly keep?: (directory: string) => PipelineKeeper
  readonly watch?: CallWatch
  readonly quarantine?: StartQuarantine
}
