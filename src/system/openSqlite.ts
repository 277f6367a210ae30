/** Opens a SQLite database for one part of a program: to write, or to look only, which a disk that can only be read allows too. */
import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { loadSqlite } from "./loadSqlite.ts"
import { makePrivateFile, makePrivateFolder } from "./privateFile.ts"

/** How a database is opened. */
export interface OpenSqliteOptions {
  /** Look and change nothing: no file is made. */
  readonly readOnly: boolean
  /** How long a writer waits for another one, in this process or another. */
  readonly busyMs: number
}

/** What `over` makes of the database, which is closed again where it throws. */
export function openSqlite<T>(
  location: string,
  { readOnly, busyMs }: OpenSqliteOptions,
  over: (db: DatabaseSync) => T,
): T {
  if (!readOnly) {
    makePrivateFolder(dirname(location))
    makePrivateFile(location)
  }
  const { DatabaseSync: Sqlite } = loadSqlite()
  try {
    return closingOnThrow(new Sqlite(location, { timeout: busyMs, readOnly }), over)
  } catch (cause) {
    // On a disk that can only be read there is no room for the files that readers and writers agree through. Nobody writes there
    // either; what a writer of before had not folded in yet would be left out, so that must be nothing.
    const log = `${location}-wal`
    const bare = existsSync(location) && !(existsSync(log) && statSync(log).size > 0)
    if (!readOnly || !bare || (cause as { readonly errcode?: unknown }).errcode !== 14) throw cause
    const still = new URL(`${pathToFileURL(location).href}?immutable=1`)
    return closingOnThrow(new Sqlite(still, { readOnly }), over)
  }
}

function closingOnThrow<T>(db: DatabaseSync, over: (db: DatabaseSync) => T): T {
  try {
    return over(db)
  } catch (cause) {
    db.close()
    throw cause
  }
}
