/** Follows a journal while it is being written, by this process or another, over the change from one segment to the next. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { basename } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { SegmentFollower } from "../format/SegmentFollower.ts"
import { listSegments, readSegment, type SegmentFile } from "../disk/journalSegments.ts"
import { type JournalFilter, makeFilter } from "./readJournal.ts"
import { type JournalItem, RunReader } from "./walkJournal.ts"
import { messageOf } from "../../system/messageOf.ts"
import { Latest } from "./Latest.ts"

/** Which records are followed, and until when. */
export interface TailOptions extends JournalFilter {
  /** Ends the following. */
  readonly signal?: AbortSignal | undefined
  /** How often to look; default 200. */
  readonly pollMs?: number | undefined
  /** Told of a segment that cannot be read, which is left out. */
  readonly onSkipped?: ((problem: string) => void) | undefined
}

/** One segment on its way: kept open, so that nothing is missed when it is compressed or removed meanwhile. */
class Following {
  readonly file: SegmentFile
  private readonly fd: number | null
  private readonly follower = new SegmentFollower()
  private reader: RunReader | null = null
  private at = 0

  constructor(file: SegmentFile) {
    this.file = file
    this.fd = file.compression === "none" ? openSync(file.path, "r") : null
  }

  read(visit: (item: JournalItem) => void): void {
    this.follower.push(this.appended(), (numbers, note) => {
      const { header } = this.follower
      if (header === null) return
      this.reader ??= new RunReader(header)
      const item = this.reader.item(numbers, note)
      if (item !== null) visit(item)
    })
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd)
  }

  private appended(): Uint8Array {
    if (this.fd === null) {
      const all = (this.at === 0 ? readSegment(this.file) : null) ?? new Uint8Array(0)
      this.at += all.length
      return all
    }
    const bytes = new Uint8Array(Math.max(0, fstatSync(this.fd).size - this.at))
    const count = readSync(this.fd, bytes, 0, bytes.length, this.at)
    this.at += count
    return bytes.subarray(0, count)
  }
}

function follow(file: SegmentFile): Following | null {
  try {
    return new Following(file)
  } catch (cause) {
    if (isGone(cause)) return null
    throw cause
  }
}

const isGone = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === "ENOENT"

/** Records of a segment that match; none if it cannot be read, which is reported when it is read again. */
function countIn(file: SegmentFile, options: TailOptions): number {
  const wanted = makeFilter(options)
  let count = 0
  try {
    const following = follow(file)
    following?.read((item) => void (wanted(item) && count++))
    following?.close()
  } catch {
    return 0
  }
  return count
}

/**
 * Number of the segment to begin with, so that the last so many that match are there: looks from the end of the journal, because all of it
 * may be gigabytes. A filter by knob wants one segment more, to know where the knob was.
 */
function beginning(files: ReadonlyArray<SegmentFile>, options: TailOptions): number {
  if (options.last === undefined) return 0
  let found = 0
  let at = files.length
  while (at > 0) {
    at--
    found += countIn(files[at], options)
    if (found >= options.last) break
  }
  const more = options.knob === undefined ? 0 : 1
  return files[Math.max(0, at - more)]?.number ?? 0
}

/**
 * The records of a journal as they come, those that are there already first (with `last`, so many of them). Ends when
 * `signal` says so. What a full disk made the writer take back is written again as the same bytes: nothing comes twice.
 */
export async function* tailJournal(
  directory: string,
  options: TailOptions = {},
): AsyncGenerator<AuditRecord, void> {
  const { signal, pollMs = 200, last, onSkipped } = options
  const wanted = makeFilter(options)
  let current: Following | null = null
  let known = false
  let records = new Latest<AuditRecord>(last)
  const take = (item: JournalItem): void => {
    if (wanted(item)) records.add(item.words())
  }
  const handOver = function* (): Generator<AuditRecord> {
    const taken = records.list()
    records = new Latest(known ? undefined : last)
    yield* taken
  }
  try {
    const goOn = (): boolean => signal?.aborted !== true
    let least = beginning(listSegments(directory), options)
    while (goOn()) {
      // What is listed before the current one is read was written before it: then nothing of that one is missed.
      const files: ReadonlyArray<SegmentFile> = listSegments(directory)
      current?.read(take)
      for (const file of files) {
        if (file.number < least) continue
        try {
          const next = follow(file)
          // Compressed or removed since it was listed: the next look shows how it is kept now.
          if (next === null) break
          current?.close()
          current = next
          current.read(take)
        } catch (cause) {
          if (isGone(cause)) break
          onSkipped?.(`${basename(file.path)} cannot be read (${messageOf(cause)})`)
        }
        least = file.number + 1
        // All of a journal may be more than can be held.
        if (known || last === undefined) yield* handOver()
        if (!goOn()) return
      }
      known = true
      yield* handOver()
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    }
  } finally {
    current?.close()
  }
}
