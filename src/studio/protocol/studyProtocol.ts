/**
 * What the studio's server and its page say to each other about shared studies. Asked for by the page, never sent by itself: a study that
 * nobody looks at costs nothing.
 */

/** Nothing is left to ask for, somebody has stopped it, trials are evaluated, or nobody evaluates any. */
export type StudyState = "done" | "stopped" | "running" | "waiting"

/** How a worker stands; what is wrong comes first. */
export const WORKER_STATES = ["lost", "working", "idle", "gone"] as const
/** Its lease ran out or it fell silent, it evaluates, it waits for a trial, or it has left. */
export type WorkerState = (typeof WORKER_STATES)[number]

export const TRIAL_STATES = ["out", "waits", "told", "failed"] as const
/** A worker has it, the next worker gets it, it has a value, or it has failed. */
export type TrialState = (typeof TRIAL_STATES)[number]

export const TRIAL_SORTS = ["newest", "best"] as const
/** The last one asked for first, or the best value first. */
export type TrialSort = (typeof TRIAL_SORTS)[number]

/** A worker with what it did. */
export interface StudyWorker {
  readonly worker: string
  /** Where it runs; empty where nobody knows any more. */
  readonly about: string
  readonly state: WorkerState
  /** When it last said that it is there; null: it is no longer in the storage. */
  readonly seenMsAgo: number | null
  /** Trials that it holds, each with what is left of its lease, milliseconds; below 0 it has run out. */
  readonly holds: ReadonlyArray<{ readonly id: number; readonly attempt: number; readonly leftMs: number }>
  readonly told: number
  readonly failed: number
  /** Trials that went from it to another worker. */
  readonly lost: number
}

/** A trial in a list. */
export interface StudyTrialRow {
  readonly id: number
  readonly state: TrialState
  readonly value: number | null
  /** Why it failed; null: it has not. */
  readonly failed: string | null
  readonly worker: string
  readonly attempt: number
  readonly params: Readonly<Record<string, unknown>>
}

/** One result on the way: `n` counts results from 1. */
export interface StudyPoint {
  readonly n: number
  readonly id: number
  readonly value: number
}

/** A bounded parameter, as the study was made with it. */
export interface StudyKnob {
  readonly name: string
  /** Null where it is no range of numbers. */
  readonly min: number | null
  readonly max: number | null
  readonly scale: string
}

/** Trials on the map at most: the last ones. */
export const MOST_TRIALS = 5000
/** Results in the picture at most, evenly thinned; every new best is always in it. */
export const MOST_RESULTS = 2000
/** Studies that can be chosen at most. */
export const MOST_STUDIES = 200
/** Workers in one answer at most: what is wrong first. */
export const MOST_WORKERS = 200
/** One letter for each trial of the map. */
export const TRIAL_MARKS = { out: "o", waits: "w", told: "t", failed: "f" } as const satisfies Readonly<
  Record<TrialState, string>
>

/**
 * `GET /api/study?study=&state=&sort=&search=&offset=&limit=`: a study as it stands (the youngest unless told), and a page of its trials. `search` looks in the
 * names of workers and in why a trial failed; `limit` is 50 unless told.
 */
export interface StudyPage {
  readonly name: string
  /** The studies of the storage, the youngest first; of more than `MOST_STUDIES` those. */
  readonly studies: ReadonlyArray<string>
  readonly state: StudyState
  readonly objective: "minimize" | "maximize"
  readonly strategy: string
  readonly knobs: ReadonlyArray<StudyKnob>
  /** Evaluations of the whole study. */
  readonly budget: number
  readonly asked: number
  readonly told: number
  readonly failed: number
  readonly out: number
  readonly retried: number
  readonly lost: number
  readonly duplicates: number
  readonly leaseMs: number
  /** The best value that was told; the study's own recommendation may weigh noise. */
  readonly best: StudyTrialRow | null
  /** Results that were told, thinned. */
  readonly course: ReadonlyArray<StudyPoint>
  /** Results that were better than all before. */
  readonly bests: ReadonlyArray<StudyPoint>
  readonly workerCounts: Readonly<Record<WorkerState, number>>
  readonly workers: ReadonlyArray<StudyWorker>
  /** The last trials by number, as `TRIAL_MARKS` has them, and the number of the first of them. */
  readonly map: string
  readonly mapFrom: number
  /** Trials the query means, in all. */
  readonly total: number
  readonly offset: number
  readonly trials: ReadonlyArray<StudyTrialRow>
}
