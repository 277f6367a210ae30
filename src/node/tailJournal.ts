/** Follows a journal while it is being written, by this process or another, over the change from one segment to the next. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { AuditRecord } from "../runtime/AuditRecord.ts"
import { SegmentFollower } from "../runtime/journal/SegmentFollower.ts"
import { listSegments, readSegment, type SegmentFile } from "./journalSegments.ts"
import { type JournalFilter, makeFilter } from "./readJournal.ts"
import { type JournalItem, RunReader } from "./walkJournal.ts"

/** Which records are followed, and until when. */
export interface TailOptions extends JournalFilter {
  /** Ends the following. */
  readonly signal?: AbortSignal | undefined
  /** How often to look; default 200. */
  readonly pollMs?: number | undefined
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
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
}

/**
 * The records of a journal as they come, those that are there already first (with `last`, so many of them). Ends when
 * `signal` says so. What a full disk made the writer take back is written again as the same bytes: nothing comes twice.
 */
export async function* tailJournal(
  directory: string,
  options: TailOptions = {},
): AsyncGenerator<AuditRecord, void> {
  const { signal, pollMs = 200, last } = options
  const wanted = makeFilter(options)
  let current: Following | null = null
  let known = false
  try {
    const goOn = (): boolean => signal?.aborted !== true
    while (goOn()) {
      let records: Array<AuditRecord> = []
      const take = (item: JournalItem): void => {
        if (wanted(item)) records.push(item.words())
      }
      // What is listed before the current one is read was written before it: then nothing of that one is missed.
      const files: ReadonlyArray<SegmentFile> = listSegments(directory)
      current?.read(take)
      for (const file of files) {
        if (current !== null && file.number <= current.file.number) continue
        const next = follow(file)
        // Compressed or removed since it was listed: the next look shows how it is kept now.
        if (next === null) break
        current?.close()
        current = next
        current.read(take)
      }
      if (!known && last !== undefined) records = records.slice(Math.max(0, records.length - last))
      known = true
      yield* records
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    }
  } finally {
    current?.close()
  }
}
