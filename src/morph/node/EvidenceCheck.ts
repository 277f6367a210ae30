/**
 * The evidence of a recorded service, made again from its pairs and mirrors, window by window, and compared with the figures that its
 * gates were asked with, and with what is shown of each channel. A figure, or a pair, that somebody has changed afterwards is found.
 */
import type { Figures } from "../contracts/Host.ts"
import type { GraftMove } from "../grafting/graftEvents.ts"
import type { GraftState } from "../grafting/transitions.ts"
import type { PieceView } from "../growth/pieceView.ts"
import { CHANNELS, type ChannelView, Channels } from "../pipeline/Channels.ts"
import { type Comparison, comparisonOf } from "../pipeline/Comparison.ts"
import { evidenceFigures } from "../pipeline/evidenceFigures.ts"
import { comparedOf, pairsOf, ratiosIn, type Taped } from "../pipeline/EvidenceTape.ts"
import type { PipelineThresholds } from "../pipeline/pipelineOptions.ts"
import { socketOf } from "../pipeline/slots.ts"
import type { PipelineEntry } from "../service/PipelineGrowth.ts"
import { CHANNEL_FIGURES } from "./pipelineEntries.ts"

/** The engines' logarithms and hyperbolic functions may differ in their last bits, and products of thousands add that up. */
const MOST_APART = 1e-9

/** A figure that its pairs do not come to. */
export interface DifferentFigure {
  readonly boundary: number
  readonly slot: string
  readonly figure: string
  /** NaN where the record has none. */
  readonly recorded: number
  readonly repeated: number
}

/** What evidence was made again from, and the first figure that came out otherwise. */
export interface RepeatedEvidence {
  readonly pairs: number
  readonly compared: number
  readonly different: DifferentFigure | null
}

/** A window of the record. */
export type WindowEntry = Extract<PipelineEntry, { readonly type: "window" }>

export class EvidenceCheck {
  private readonly thresholds: PipelineThresholds
  /** Every window has to have its tapes. */
  private readonly keepsTapes: boolean
  private readonly channels = new Map<string, Channels>()
  private readonly comparisons = new Map<string, Comparison>()
  /** Sockets whose agreement a person has answered for. */
  private readonly waived = new Set<string>()
  private pairs = 0
  private compared = 0
  private isRecorded = true
  private different: DifferentFigure | null = null

  constructor(thresholds: PipelineThresholds, keepsTapes: boolean) {
    this.thresholds = thresholds
    this.keepsTapes = keepsTapes
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

  /** A window before its transitions. What it lacks, as the end of a sentence, or null. */
  window(
    { boundary, tapes }: WindowEntry,
    figures: ReadonlyMap<string, Figures>,
    stateOf: (slot: string) => GraftState,
  ): string | null {
    if (tapes === undefined && this.keepsTapes)
      return "has no pairs and mirrors, and every window of its run has them"
    if (tapes === undefined) this.isRecorded = false
    for (const [slot, { pairs, compared }] of tapes ?? []) {
      const channels = this.channels.get(slot)
      const comparison = this.comparisons.get(slot)
      if ((pairs !== null && channels === undefined) || (compared !== null && comparison === undefined))
        return `has pairs or mirrors of ${slot}, where nothing was compared`
      if (pairs !== null && ratiosIn(pairs) < pairs.ratios.length)
        return `has more ratios of ${slot} than its pairs`
      this.playPairs(channels, pairs)
      this.playCompared(comparison, compared)
    }
    for (const [slot, recorded] of figures) {
      const channels = this.channels.get(slot) ?? null
      const comparison = this.comparisons.get(slot) ?? null
      const repeated = evidenceFigures(stateOf(slot), channels, comparison, this.thresholds.pass)
      for (const [figure, value] of Object.entries(repeated)) {
        const was = recorded[figure]
        if (value === undefined || (was === undefined && tapes === undefined)) continue
        // No gate reads it before enough was compared.
        if (figure === "agreement" && was === undefined && Number(recorded["comparisonsMissing"]) > 0)
          continue
        if (figure === "agreementMissing" && this.waived.has(socketOf(slot))) continue
        this.compare(boundary, slot, figure, was ?? Number.NaN, value)
      }
    }
    return null
  }

  /** What is shown of a piece after the transitions of a window. */
  piece(boundary: number, slot: string, { compared, agreement, channels }: PieceView): void {
    if (!this.isRecorded) return
    const comparison = this.comparisons.get(slot)
    this.compare(boundary, slot, "compared", compared, comparison?.compared ?? 0)
    this.compare(boundary, slot, "agreement", agreement, comparison?.agreement ?? 1)
    const views = this.channels.get(slot)?.views ?? []
    for (const channel of CHANNELS) this.channel(boundary, slot, channel, channels, views)
    // A channel that there is not, or twice.
    if (channels.length !== views.length)
      this.compare(boundary, slot, "number of channels", channels.length, views.length)
  }

  private channel(
    boundary: number,
    slot: string,
    name: string,
    recorded: ReadonlyArray<ChannelView>,
    repeated: ReadonlyArray<ChannelView>,
  ): void {
    const was = recorded.find(({ channel }) => channel === name)
    const is = repeated.find(({ channel }) => channel === name)
    if (was === undefined && is === undefined) return
    for (const figure of CHANNEL_FIGURES) {
      const told = was?.[figure] ?? Number.NaN
      this.compare(boundary, slot, `${name} ${figure}`, told, is?.[figure] ?? Number.NaN)
    }
  }

  private compare(boundary: number, slot: string, figure: string, recorded: number, repeated: number): void {
    if (this.different === null && !isNear(recorded, repeated))
      this.different = { boundary, slot, figure, recorded, repeated }
  }

  /** What a candidate showed in one state does not count in the next. */
  moved(moves: ReadonlyArray<GraftMove>): void {
    const { margins, training, shadowing } = this.thresholds
    for (const { slot, to } of moves) {
      if (to === "training" || to === "shadowing")
        this.comparisons.set(slot, comparisonOf(to === "training" ? training : shadowing, margins))
      if (to === "blending" || to === "shadowing" || to === "probationary")
        this.channels.set(slot, new Channels(margins))
      if (to === "germinated") this.waived.delete(socketOf(slot))
      // Nothing of the candidate is left.
      if (to === "fossilized" || to === "resetting") {
        this.channels.delete(slot)
        this.comparisons.delete(slot)
      }
    }
  }

  private playPairs(channels: Channels | undefined, taped: Taped | null): void {
    if (taped === null) return
    for (const [pair, seen] of pairsOf(taped)) {
      this.pairs++
      channels?.notePair(pair, seen)
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
