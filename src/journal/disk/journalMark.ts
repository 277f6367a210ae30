/**
 * The file beside the segments of a journal that says how far the last of them has been synced. It is put in place, whole and
 * on the disk for good, after the first sync of every segment, before anybody is told that what was synced is kept; from then on it is
 * written over as the segment grows. So it never claims more than the disk had, whenever the process or the power goes.
 */
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { markBytes, readMarks, SLOT_BYTES, type SyncedMark } from "../format/SyncedMark.ts"
import type { JournalDisk } from "./journalDisk.ts"
import { messageOf } from "../../system/messageOf.ts"

export const MARK = "journal.mark"

/**
 * What is claimed of a directory's journal: null where nothing is (there is none, or an earlier version wrote it), or why that
 * cannot be said, in words. Read it before the segments: those only grow.
 */
export function readMark(directory: string): SyncedMark | string | null {
  const path = join(directory, MARK)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return null
    return `${basename(path)} cannot be read (${messageOf(cause)})`
  }
  return readMarks(bytes) ?? `${basename(path)} is not a journal's mark: it was overwritten`
}

/** The claims of one writer. */
export class MarkFile {
  private readonly path: string
  private readonly disk: JournalDisk
  private fd: number | null = null
  private last: SyncedMark | null = null
  /** What has still to be claimed, because the disk refused. */
  private owed: SyncedMark | null = null

  constructor(directory: string, disk: JournalDisk) {
    this.path = join(directory, MARK)
    this.disk = disk
  }

  /** The first claim in a directory; throws where the disk refuses it. */
  begin(mark: SyncedMark): void {
    this.owed = mark
    this.settle()
  }

  /** Claims that so much is on the disk; where the disk refuses that, `settle` tries again. */
  claim(mark: SyncedMark): void {
    const last = this.owed ?? this.last
    // A sync that took long may come in behind a later one.
    if (
      last !== null &&
      (mark.number < last.number || (mark.number === last.number && mark.bytes <= last.bytes))
    )
      return
    this.owed = mark
    try {
      this.settle()
    } catch {
      // Nothing more is taken before it could be settled.
    }
  }

  /** Makes up for a claim that the disk refused; throws what it says. */
  settle(): void {
    const { owed, fd, disk } = this
    if (owed === null) return
    const bytes = markBytes(owed)
    const grows = fd !== null && owed.number === this.last?.number && disk.isThere(fd)
    if (grows) disk.writeNow(fd, bytes, SLOT_BYTES)
    else {
      this.close()
      this.fd = disk.place(this.path, bytes)
    }
    this.last = owed
    this.owed = null
  }

  /** The last claim, on the disk for good. */
  finish(): void {
    this.settle()
    if (this.fd !== null) this.disk.syncNow(this.fd)
  }

  close(): void {
    if (this.fd !== null) this.disk.close(this.fd)
    this.fd = null
  }
}
