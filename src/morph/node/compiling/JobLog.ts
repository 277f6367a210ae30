/**
 * What became of each kernel that was to be compiled for a library, in the journal's frames: a record before the work, and one after it. A
 * job without its end was killed. The next process that opens the log ends it. A job that killed its compiler twice is given up for
 * a while, also by processes that start later.
 */
import { type FrameKind, FrameLog, type FrameRecord } from "../FrameLog.ts"

/** Jobs in a row that were lost, after which a kernel is given up. */
export const MOST_LOST = 2
/** How long a kernel that was given up is left alone, ms. */
export const GIVEN_UP_MS: number = 60 * 60 * 1000
/** Records above which only what still matters is kept. */
const MOST_RECORDS = 4096

const BEGUN = 1
const DONE = 2
const ENDED = 3

/** A job that has begun. */
interface Begun {
  /** Of the kernel: the text of its key. */
  readonly id: string
  readonly blueprint: string
  readonly atMs: number
}

/** How a job ended that gave no kernel. */
export interface JobEnd {
  readonly id: string
  /**
   * `refused` by the compiler; `lost` with the process that did it, by its own doing; `interrupted`, because that was ended for other
   * reasons.
   */
  readonly how: "refused" | "lost" | "interrupted"
  readonly why: string
  readonly atMs: number
}

/** How a job ended that gave a kernel. */
export interface JobDone {
  readonly id: string
  /** SHA-256 of the module. */
  readonly wasm: string
  readonly atMs: number
}

/** What a log says, counted. */
export interface JobCounts {
  readonly begun: number
  readonly done: number
  readonly refused: number
  readonly lost: number
  readonly interrupted: number
}

type Known =
  | { readonly kind: typeof BEGUN; readonly data: Begun }
  | { readonly kind: typeof DONE; readonly data: JobDone }
  | { readonly kind: typeof ENDED; readonly data: JobEnd }

/** How often a kernel was lost since it was last not, and when. */
interface Lost {
  readonly times: number
  readonly atMs: number
  readonly why: string
}

export class JobLog {
  private readonly log: FrameLog
  private readonly open = new Map<string, Begun>()
  private readonly lost = new Map<string, Lost>()

  private constructor(log: FrameLog) {
    this.log = log
  }

  /** Opens the log, or makes it. Hold the lock of the folder. */
  static async open(path: string): Promise<JobLog> {
    const { log, records } = await FrameLog.open(path)
    const jobs = new JobLog(log)
    for (const record of records) jobs.note(record as Known)
    if (records.length > MOST_RECORDS)
      await log.replace([
        ...Array.from(jobs.lost, ([id, one]) => endsOf(id, one)).flat(),
        ...Array.from(jobs.open.values(), (data) => ({ kind: BEGUN as FrameKind, data })),
      ])
    return jobs
  }

  /** How often each thing has happened, as far as the file goes back; nobody's lock is needed. */
  static counts(path: string): JobCounts {
    const counts = { begun: 0, done: 0, refused: 0, lost: 0, interrupted: 0 }
    for (const record of (FrameLog.read(path) ?? []) as ReadonlyArray<FrameRecord & Known>)
      if (record.kind === BEGUN) counts.begun++
      else if (record.kind === DONE) counts.done++
      else counts[record.data.how]++
    return counts
  }

  /** Jobs that have begun and not ended. */
  get unfinished(): ReadonlyArray<string> {
    return [...this.open.keys()]
  }

  /** Whether a loss is in the log already: its reporter may not know that it is. */
  knows({ id, atMs }: Pick<JobEnd, "id" | "atMs">): boolean {
    return this.lost.get(id)?.atMs === atMs
  }

  /** Why a kernel is left alone now; null where it may be tried. */
  givenUp(id: string, nowMs: number): string | null {
    const found = this.lost.get(id)
    if (found === undefined || found.times < MOST_LOST) return null
    // A clock that was set back makes nothing given up for ever.
    return Math.abs(nowMs - found.atMs) < GIVEN_UP_MS ? found.why : null
  }

  /** Resolves when it is on the disk. */
  begin(begun: Begun): Promise<void> {
    return this.append({ kind: BEGUN, data: begun })
  }

  done(done: JobDone): Promise<void> {
    return this.append({ kind: DONE, data: done })
  }

  end(...ends: ReadonlyArray<JobEnd>): Promise<void> {
    return this.append(...ends.map((data) => ({ kind: ENDED as typeof ENDED, data })))
  }

  close(): Promise<void> {
    return this.log.close()
  }

  private async append(...records: ReadonlyArray<Known>): Promise<void> {
    await this.log.append(...records)
    for (const record of records) this.note(record)
  }

  private note(record: Known): void {
    const { id } = record.data
    if (record.kind === BEGUN) {
      this.open.set(id, record.data)
      return
    }
    this.open.delete(id)
    if (record.kind === DONE || record.data.how === "refused") this.lost.delete(id)
    else if (record.data.how === "lost") {
      const { why, atMs } = record.data
      this.lost.set(id, { times: (this.lost.get(id)?.times ?? 0) + 1, atMs, why })
    }
  }
}

/** As many records as it takes to count a kernel's losses again. */
const endsOf = (id: string, { times, why, atMs }: Lost): ReadonlyArray<FrameRecord> =>
  Array.from({ length: Math.min(times, MOST_LOST) }, () => ({
    kind: ENDED,
    data: { id, how: "lost", why, atMs } satisfies JobEnd,
  }))
