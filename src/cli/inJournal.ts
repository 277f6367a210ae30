/** Where the records are that a command is to read: in the `state` directory of an engine, or in a database under the name of a tuner. */
import { statSync } from "node:fs"
import { shortPath } from "../system/paths.ts"
import type { ExitCode } from "./exitCodes.ts"
import type { JournalAsked, JournalPlace } from "./JournalPlace.ts"

/** Runs a command on a journal, wherever it is. `follows`: what is recorded meanwhile comes in, too. */
export async function inJournal(
  asked: JournalAsked,
  command: (place: JournalPlace) => Promise<ExitCode>,
  { follows = false } = {},
): Promise<ExitCode> {
  const { directory } = asked
  if (!isInDatabase(asked)) return command({ directory, shown: shortPath(directory), owned: false })
  // No other command of a journal waits for what speaks to databases.
  const { inStoredJournal } = await import("./storedJournal.ts")
  return inStoredJournal(asked, command, follows)
}

/** A storage on the command line says so, and so does a key of a fleet. One in the environment counts where there is no such directory. */
function isInDatabase({ directory, storage, key }: JournalAsked): boolean {
  if (storage !== null || key !== null) return true
  return (
    process.env["ARQON_STORAGE"] !== undefined && statSync(directory, { throwIfNoEntry: false }) === undefined
  )
}
