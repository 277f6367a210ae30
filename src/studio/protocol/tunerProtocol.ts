/**
 * What the studio's server and its page say to each other about a tuner and its many replicas. Asked for by the page, never sent by itself: a
 * tuner that nobody looks at costs nothing.
 */
import type { ReplicaState as Known } from "../../domain/replicaState.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"

/** A tuner as the session tells of it. */
export interface TunerEntry {
  /** What `tuner=` takes: unique among the tuners of this server. */
  readonly id: string
  readonly name: string
}

/** How a replica follows; what is wrong comes first. */
export const REPLICA_STATES = [
  "refusing",
  "silent",
  "behind",
  "following",
] as const satisfies ReadonlyArray<Known>
/** It refuses what it was told, was not heard of late, has not confirmed what is live, or runs it. */
export type ReplicaState = (typeof REPLICA_STATES)[number]

export const REPLICA_SORTS = ["state", "name", "lag"] as const
/** What is wrong first, by name, or the longest unheard first. */
export type ReplicaSort = (typeof REPLICA_SORTS)[number]

/** One replica in a list; its weight to three digits. */
export interface ReplicaRow extends ReplicaStatus {
  readonly state: ReplicaState
}

/** What a stage read on its two sides, in loss: lower is better. */
export interface TunerStage {
  /** Number of its record, which grows within an owner. */
  readonly seq: number
  /** Of the owner that read it. */
  readonly epoch: number
  readonly design: string
  readonly plus: number | null
  readonly minus: number | null
}

/** Who owns the tuner; in one process nobody is asked. */
export interface TunerOwner {
  readonly runner: string
  /** Wall time, milliseconds; null: never. */
  readonly sinceMs: number
  readonly savedMs: number | null
}

/** How an owner began: as the first, where the one before had stopped, or on the baseline since that one died. */
export type OwnerBeginning = "first" | "wentOn" | "baseline"

/** One owner of a tuner in its time. Wall times, milliseconds. */
export interface OwnerSpan {
  readonly epoch: number
  /** Where it runs, and which start of it this is. */
  readonly runner: string
  readonly fromMs: number
  /** Until then it was there for certain. */
  readonly seenMs: number
  /** Null: it still owns it. Later than `seenMs` where it died in between. */
  readonly untilMs: number | null
  readonly began: OwnerBeginning
}

/** Stages that are told and drawn at most: the last ones. */
export const MOST_STAGES = 400
/** Replicas on the map at most: the first by name. */
export const MOST_MARKED = 10_000
/** One letter for each mark of the map: what is wrong, else the role. One that is behind may be on its way. */
export const MARKS = {
  refusing: "r",
  silent: "s",
  base: "b",
  plus: "p",
  minus: "m",
  control: "c",
  canary: "y",
} as const satisfies Readonly<
  Record<Exclude<ReplicaState, "following" | "behind"> | ReplicaStatus["role"], string>
>

/**
 * `GET /api/tuner?tuner=&search=&state=&sort=&offset=&limit=`: where a tuner stands, and a page of its replicas. `sort` is one of
 * `REPLICA_SORTS`, "state" unless told; `limit` is 50 unless told. `search` looks in name, zone and version.
 */
export interface TunerPage {
  readonly status: TunerStatus
  /** Null in one process. */
  readonly owner: TunerOwner | null
  /** How this owner began, in a sentence; null: as the first one. */
  readonly began: string | null
  /** Every owner that is remembered, oldest first; empty in one process. */
  readonly owners: ReadonlyArray<OwnerSpan>
  /** The time by the clock of `owners`, milliseconds. */
  readonly nowMs: number
  readonly counts: Readonly<Record<ReplicaState, number>>
  /** Every replica by name, as `MARKS` has it. */
  readonly map: string
  /** Those in the memory of the present owner, oldest first. */
  readonly stages: ReadonlyArray<TunerStage>
  /** Replicas the query means, in all. */
  readonly total: number
  readonly offset: number
  readonly replicas: ReadonlyArray<ReplicaRow>
}
