/**
 * What the studio's server tells its page of a growing service: candidates for its pieces, their share of the calls, and the evidence of
 * their duels. Asked for by the page, never sent by itself.
 */
import type { GraftStateName } from "../../morph/contracts/enums.ts"

/** A growing service as the session names it. */
export interface PipelineEntry {
  /** What `pipeline=` takes: unique in this server. */
  readonly id: string
  readonly name: string
  /** One that runs, or one that was repeated from its record. */
  readonly source: "live" | "recorded"
}

export const PIPELINE_CHANNELS = ["latency", "errors", "end", "cost"] as const
export type PipelineChannelName = (typeof PIPELINE_CHANNELS)[number]

/** A piece of the service in one window. Null: not measured. */
export interface PipelinePlace {
  readonly state: GraftStateName
  /** Share of the calls that the candidate answers, 0 to 1. */
  readonly share: number
  /** Pairs that were compared in this state so far, of the channel with the most. */
  readonly pairs: number | null
  /** Evidence that the candidate is worse, by channel, and the least evidence that it is within its margins. 1 is none. */
  readonly worse: Readonly<Partial<Record<PipelineChannelName, number>>>
  readonly within: number | null
}

/** One evaluation window. Windows in which nothing was on trial are left out. */
export interface PipelineRow {
  readonly boundary: number
  readonly pieces: Readonly<Record<string, PipelinePlace>>
  readonly notes: ReadonlyArray<{
    readonly piece: string
    readonly tone: "live" | "trip" | null
    readonly text: string
  }>
}

/** What duels have shown in one channel. */
export interface PipelineChannel {
  readonly channel: PipelineChannelName
  readonly pairs: number
  readonly worse: number
  readonly within: number
  /** What was seen, in words. */
  readonly text: string
}

/** An input with what both answered, as text for people. */
export interface PipelineDisagreement {
  readonly input: string
  readonly incumbent: string
  readonly candidate: string
}

/** A piece as it is now. */
export interface PipelinePiece extends PipelinePlace {
  readonly name: string
  readonly incumbent: string
  readonly candidate: string | null
  /** How it stands, in a sentence or two. */
  readonly story: string
  /** Whether the candidate sees calls that it does not answer, and how many of them. */
  readonly mirror: "none" | "some" | "all"
  readonly calls: number
  readonly mirrored: number
  readonly dropped: number
  readonly compared: number
  readonly agreement: number
  readonly channels: ReadonlyArray<PipelineChannel>
  readonly disagreements: ReadonlyArray<PipelineDisagreement>
  /** What the gate that is asked now waits for, or what failed, in sentences. */
  readonly gate: {
    readonly name: string
    readonly answer: "pass" | "hold" | "fail"
    readonly lines: ReadonlyArray<string>
  } | null
  /** What is wrong with what the owner declared, and what the candidate must not have done. */
  readonly problems: ReadonlyArray<string>
}

/** `GET /api/pipeline?pipeline=&after=`: a growing service; windows up to `after` are left out. */
export interface PipelinePage {
  /** Oldest first. */
  readonly rows: ReadonlyArray<PipelineRow>
  readonly pieces: ReadonlyArray<PipelinePiece>
  /** Evidence that culls, and that passes. */
  readonly fail: number
  readonly pass: number
  /** No window follows. */
  readonly ended: boolean
  /** What is wrong with the service or its record as a whole. */
  readonly problem: string | null
}
