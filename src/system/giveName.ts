/**
 * Gives a finished file its name, in place of the one that has it. POSIX does that whoever has the old file open. Windows refuses
 * while a virus scanner, an indexer or a backup looks at either of them, which lasts for some milliseconds: there it is tried again.
 */
import { renameSync } from "node:fs"
import { rename } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { causeCode } from "./StateFileError.ts"

/** What Windows says while somebody else has the file open; anywhere else these are answers and no delays. */
const BUSY: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EBUSY"])
/** Twice as long each time: two seconds together. */
const PAUSES_MS = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const

/** The system as it is used here. */
export interface Renaming {
  readonly platform: NodeJS.Platform
  readonly rename: (from: string, to: string) => Promise<void>
  readonly pause: (ms: number) => Promise<unknown>
}

const node: Renaming = { platform: process.platform, rename, pause: sleep }

/** Rejects with what the system said last. */
export async function giveName(from: string, to: string, system: Renaming = node): Promise<void> {
  for (const pauseMs of system.platform === "win32" ? PAUSES_MS : []) {
    try {
      await system.rename(from, to)
      return
    } catch (cause) {
      if (!BUSY.has(causeCode(cause).code ?? "")) throw cause
    }
    await system.pause(pauseMs)
  }
  await system.rename(from, to)
}

/** As `giveName`, without a turn of the loop in between. */
export function giveNameNow(from: string, to: string): void {
  const still = new Int32Array(new SharedArrayBuffer(4))
  for (const pauseMs of process.platform === "win32" ? PAUSES_MS : []) {
    try {
      renameSync(from, to)
      return
    } catch (cause) {
      if (!BUSY.has(causeCode(cause).code ?? "")) throw cause
    }
    Atomics.wait(still, 0, 0, pauseMs)
  }
  renameSync(from, to)
}
