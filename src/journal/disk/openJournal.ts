/** Opens the journal of a directory as a sink of the audit, under the directory's lock. */
import * as Effect from "effect/Effect"
import { basename, join } from "node:path"
import { AuditError } from "../../domain/errors.ts"
import type { AuditSink } from "../../engine/audit/AuditSink.ts"
import { JournalFile, type JournalState } from "./journalFile.ts"
import { type JournalOptions, type Settled, settled } from "./journalOptions.ts"
import { lockFile } from "../../system/lockFile.ts"
import { messageOf } from "../../system/messageOf.ts"
import { requireLocal } from "../../system/networkFileSystem.ts"
import { makePrivateFolder } from "../../system/privateFile.ts"

const NAME = "journal"

/** The sink, and how it stands. */
export interface JournalSink extends AuditSink {
  readonly state: () => JournalState
}

const failure = (reason: AuditError["reason"], cause: unknown): AuditError =>
  cause instanceof AuditError ? cause : new AuditError({ reason, sink: NAME, detail: messageOf(cause) })

/**
 * Opens the journal of a directory, which is made if need be, for the records of one run. One process, and in it one engine,
 * has it at a time: another one gets an AuditError that says who. A torn tail of the run before is cut off, and the
 * cut is noted in the new run's header.
 */
export const openJournal = (
  directory: string,
  options: JournalOptions = {},
): Effect.Effect<JournalSink, AuditError> =>
  Effect.tryPromise({
    try: () => openJournalFile(directory, options),
    catch: (cause) => failure("open", cause),
  })

/** As `openJournal`, rejecting with what the disk says. `ready` is called under the lock, before anything is written. `whose`: for people. */
export async function openJournalFile(
  directory: string,
  options: JournalOptions,
  ready: () => void = () => {},
  whose: "engine" | "tuner" = "engine",
): Promise<JournalSink> {
  return sinkOf(directory, await open(directory, settled(options), ready, whose))
}

async function open(
  directory: string,
  options: Settled,
  ready: () => void,
  whose: "engine" | "tuner",
): Promise<JournalFile> {
  makePrivateFolder(directory)
  requireLocal(directory)
  const lock = await lockFile(join(directory, NAME), {
    command: `${whose === "engine" ? "an" : "a"} ${whose} in ${basename(process.argv[1] ?? process.title)}`,
    brief: false,
    patienceMs: 0,
    otherwise: `give every ${whose} a state directory of its own`,
  })
  try {
    ready()
    return new JournalFile(directory, options, lock)
  } catch (cause) {
    lock.release()
    throw cause
  }
}

const sinkOf = (directory: string, journal: JournalFile): JournalSink => ({
  name: NAME,
  location: directory,
  exact: true,
  state: () => journal.state,
  write: (batch, exact = []) =>
    Effect.tryPromise({ try: () => journal.write(batch, exact), catch: (cause) => failure("write", cause) }),
  writeNow: (batch, exact = []) => {
    try {
      journal.writeNow(batch, exact)
      return null
    } catch (cause) {
      return failure("write", cause)
    }
  },
  close: Effect.tryPromise({ try: () => journal.close(), catch: (cause) => failure("close", cause) }),
})
