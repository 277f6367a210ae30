/**
 * What a journal asks of a disk, as few calls as that takes. The real one is Node's; a test hands in one that is full, slow
 * or read-only when it likes.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from "node:fs"
import { dirname } from "node:path"
import { PRIVATE, temporaryOf } from "../../system/privateFile.ts"

export interface JournalDisk {
  /** Makes a file that was not there; throws when it was. Its name is on the disk when this returns. */
  readonly create: (path: string) => number
  /** Makes a file with this content, or puts it in the place of one. It is on the disk under its name when this returns, and open. */
  readonly place: (path: string, bytes: Uint8Array) => number
  /** Writes all of the bytes at a place. */
  readonly write: (fd: number, bytes: Uint8Array, at: number) => Promise<void>
  readonly writeNow: (fd: number, bytes: Uint8Array, at: number) => void
  /** Resolves when what was written would survive a loss of power. */
  readonly sync: (fd: number) => Promise<void>
  readonly syncNow: (fd: number) => void
  /** Whether the file still has a name: what is written to one that somebody deleted goes nowhere. */
  readonly isThere: (fd: number) => boolean
  readonly truncate: (fd: number, length: number) => void
  readonly close: (fd: number) => void
}

/** Makes the names in a folder survive a loss of power. */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder, and keeps its names without being asked.
  if (process.platform === "win32") return
  const fd = openSync(folder, "r")
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export const nodeDisk: JournalDisk = {
  create: (path) => {
    const fd = openSync(path, "wx+", PRIVATE)
    try {
      syncFolder(dirname(path))
    } catch (cause) {
      closeSync(fd)
      throw cause
    }
    return fd
  },
  place: (path, bytes) => {
    const draft = temporaryOf(path)
    const fd = openSync(draft, "wx", PRIVATE)
    try {
      nodeDisk.writeNow(fd, bytes, 0)
      fdatasyncSync(fd)
      renameSync(draft, path)
      syncFolder(dirname(path))
    } catch (cause) {
      closeSync(fd)
      rmSync(draft, { force: true })
      throw cause
    }
    return fd
  },
  write: (fd, bytes, at) =>
    new Promise((resolve, reject) => {
      const from = (offset: number): void => {
        write(fd, bytes, offset, bytes.length - offset, at + offset, (cause, count) => {
          if (cause !== null) reject(cause)
          else if (offset + count < bytes.length) from(offset + count)
          else resolve()
        })
      }
      from(0)
    }),
  writeNow: (fd, bytes, at) => {
    for (let offset = 0; offset < bytes.length; ) {
      offset += writeSync(fd, bytes, offset, bytes.length - offset, at + offset)
    }
  },
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fdatasync(fd, (cause) => (cause === null ? resolve() : reject(cause)))
    }),
  syncNow: fdatasyncSync,
  isThere: (fd) => fstatSync(fd).nlink > 0,
  truncate: ftruncateSync,
  close: closeSync,
}
