/**
 * The records of a database as a journal to read: copied to a private directory for as long as a command takes, so that every command reads them
 * as it reads the directory of an engine.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type CopiedRecords, copyRecords } from "../cluster/node/copyRecords.ts"
import { StorageError } from "../cluster/StorageError.ts"
import { ConfigError } from "../domain/errors.ts"
import { messageOf } from "../system/messageOf.ts"
import { plainText } from "../system/plainText.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import type { JournalAsked, JournalPlace } from "./JournalPlace.ts"
import { printWarning } from "./output.ts"
import { onSignals } from "./signals.ts"
import { oldStorageOf } from "./sharedStudy.ts"

/** How often records that came in are fetched while somebody follows them. */
const FOLLOW_MS = 500

/** Runs a command on the records of a name in a storage. */
export async function inStoredJournal(
  { directory: asked, storage, key }: JournalAsked,
  command: (place: JournalPlace) => Promise<ExitCode>,
  follows: boolean,
): Promise<ExitCode> {
  const where = oldStorageOf(storage, "Name the storage of the cluster.")
  // What stands where a directory may stand comes as an absolute path.
  const name = relative(process.cwd(), asked)
  const folder = mkdtempSync(join(tmpdir(), "arqon-records-"))
  try {
    const directory = join(folder, "journal")
    const ending = new AbortController()
    const { signal } = ending
    const signals = onSignals((one) => ending.abort(one))
    const copy = await copied(() =>
      copyRecords({ storage: where, name, ...(key !== null && { key }), directory, signal }),
    ).finally(signals.off)
    const following = new AbortController()
    const followed = follows ? follow(copy, following.signal) : Promise.resolve()
    try {
      if (signal.aborted) return signal.reason === "SIGINT" ? EXIT.interrupted : EXIT.terminated
      return await command({
        directory,
        shown: plainText(
          `${where.name}, ${key === null ? `${copy.kind} ${copy.name}` : `key ${key} of fleet ${name}`}`,
        ),
        owned: true,
        chain: copy.chain ?? undefined,
      })
    } finally {
      following.abort()
      await followed
      await copy.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A refusal of the database, or of the name in it, as a message for a person. */
async function copied(copy: () => Promise<CopiedRecords>): Promise<CopiedRecords> {
  try {
    return await copy()
  } catch (cause) {
    if (cause instanceof StorageError) throw new CliFailure(plainText(cause.message))
    if (!(cause instanceof ConfigError)) throw cause
    const [{ path, message, suggestion }] = cause.problems
    throw new CliFailure(
      plainText(`The ${path} ${message}${suggestion === undefined ? "" : ` ${suggestion}`}`),
    )
  }
}

async function follow(copy: CopiedRecords, signal: AbortSignal): Promise<void> {
  let said = false
  while (!signal.aborted) {
    await copy.update().catch((cause: unknown) => {
      // It may come back; what was recorded meanwhile is there then.
      if (!said) printWarning(plainText(messageOf(cause)))
      said = true
    })
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => {})
  }
}
