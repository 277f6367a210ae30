/**
 * A disk with little room: a real one in memory where one may be mounted (Linux, root), else Node's own behind a hand that
 * counts bytes. Both say ENOSPC, take part of a write before they do, and find room again when something is removed.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { handledDisk } from "./journalRig.ts"

export interface SmallDisk {
  /** A disk of its own is mounted at the directory; false: only `disk` knows how little room there is. */
  readonly real: boolean
  readonly directory: string
  readonly disk: JournalDisk
  /** Leaves no more room than `bytes`. */
  readonly fill: (bytes: number) => void
  /** There is room again. */
  readonly free: () => void
  readonly dispose: () => void
}

const SIZE = 1024 * 1024

export function smallDisk(directory: string): SmallDisk {
  mkdirSync(directory)
  const filler = join(directory, "filler")
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", directory]).status === 0) {
    return {
      real: true,
      directory,
      disk: nodeDisk,
      fill: (bytes) => writeFileSync(filler, new Uint8Array(SIZE - bytes)),
      free: () => rmSync(filler),
      dispose: () => void spawnSync("umount", ["-l", directory]),
    }
  }
  const handled = handledDisk()
  return {
    real: false,
    directory,
    disk: handled.disk,
    fill: (bytes) => {
      handled.room = bytes
    },
    free: () => {
      handled.room = Number.POSITIVE_INFINITY
    },
    dispose: () => {},
  }
}
