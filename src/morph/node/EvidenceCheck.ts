/**
 * The evidence of a recorded service, made again from its pairs and mirrors, window by window, and compared with the figures that its
 * gates were asked with. A figure, or a pair, that somebody has changed afterwards is found.
 */
import type { Figures } from "../contracts/Host.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { GraftState } from "../grafting/transitions.ts"
import { Channels } from "../pipeline/Channels.ts"
import { type Comparison, comparisonOf } from "../pipeline/Comparison.ts"
import { evidenceFigures } from "../pipeline/evidenceFigures.ts"
import { comparedOf, pairsOf, type Taped } from "../pipeline/EvidenceTape.ts"
import type { PipelineThresholds } from "../pipeline/pipelineOptions.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { PipelineEntry } from "../service/PipelineGrowth.ts"

/** The engines' logarithms and hyperbolic functions may differ in their last bits, and products of thousands add that up. */
const MOST_APART = 1e-9

/** A figure that its pairs do not come to. */
export interface DifferentFigure {
  readonly boundary: number
  readonly slot: string
  readonly figure: string
  readonly recorded: number
  readonly repeated: number
}

/** What evidence was made again from, and the first figure that came out otherwise. */
export interface RepeatedEvidence {
  readonly pairs: number
  readonly compared: number
  readonly different: DifferentFigure | null
}

type WindowEntry = Extract<PipelineEntry, { readonly type: "window" }>

export class EvidenceCheck {
  private readonly thresholds: PipelineThresholds
  private readonly channels = new Map<string, Channels>()
  private readonly comparisons = new Map<string, Comparison>()
  /** Sockets whose agreement a person has answered for. */
  private readonly waived = new Set<string>()
  private pairs = 0
  private compared = 0
  private isRecorded = true
  private different: DifferentFigure | null = null

  constructor(thresholds: PipelineThresholds) {
    this.thresholds = thresholds
  }

  /** Null where the record was written before pairs were kept. */
  get found(): RepeatedEvidence | null {
    const { pairs, compared, different } = this
    return this.isRecorded ? { pairs, compared, different } : null
  }

  command({ socket, command, refused }: Extract<PipelineEntry, { readonly type: "command" }>): void {
    const { type, gate } = command as { readonly type?: unknown; readonly gate?: unknown }
    if (type === "waive" && gate === "G3" && refused === null) this.waived.add(socket)
  }

  /** A window before its transitions. */
  window(
    { boundary, tapes }: WindowEntry,
    figures: ReadonlyMap<string, Figures>,
    stateOf: (slot: string) => GraftState,
  ): void {
    if (tapes === undefined) this.isRecorded = false
    for (const [slot, { pairs, compared }] of tapes ?? []) {
      this.playPairs(this.channels.get(slot), pairs)
      this.playCompared(this.comparisons.get(slot), compared)
    }
    for (const [slot, recorded] of figures) {
      const channels = this.channels.get(slot) ?? null
      const comparison = this.comparisons.get(slot) ?? null
      const repeated = evidenceFigures(stateOf(slot), channels, comparison, this.thresholds.pass)
      for (const [figure, value] of Object.entries(repeated)) {
        const was = recorded[figure]
        if (was === undefined || value === undefined || this.different !== null) continue
        if (figure === "agreementMissing" && this.waived.has(socketOf(slot))) continue
        if (!isNear(was, value)) this.different = { boundary, slot, figure, recorded: was, repeated: value }
      }
    }
  }

  /** What a candidate showed in one state does not count in the next. */
  moved(moves: ReadonlyArray<GraftMove>): void {
    const { margins, training, shadowing } = this.thresholds
    for (const { slot, to } of moves) {
      if (to === "training" || to === "shadowing")
        this.comparisons.set(slot, comparisonOf(to === "training" ? training : shadowing, margins))
      if (to === "blending" || to === "shadowing" || to === "probationary")
        this.channels.set(slot, new Channels(margins))
    }
  }

  private playPairs(channels: Channels | undefined, taped: Taped | null): void {
    if (taped === null) return
    for (const pair of pairsOf(taped)) {
      this.pairs++
      channels?.notePair(pair)
    }
  }

  private playCompared(comparison: Comparison | undefined, taped: Taped | null): void {
    if (taped === null) return
    for (const { isSame, candidateFailed, incumbentFailed } of comparedOf(taped)) {
      this.compared++
      comparison?.noteOutcome(isSame, candidateFailed, incumbentFailed)
    }
  }
}

const isNear = (a: number, b: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= MOST_APART * Math.max(1, Math.abs(a), Math.abs(b))
