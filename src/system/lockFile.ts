/**
 * One holder at a time for one file, in whatever process, thread or container. The lock is an empty SQLite database beside
 * the file, in an exclusive transaction for as long as it is held: a lock of the kernel on an inode. It goes with its holder,
 * however that ends, and knows no names: process numbers and host names mean nothing in another container. Nothing is ever
 * written to the database, so nothing in it can break, and it stays when it is let go: of two processes that remove and make
 * it, each could have a lock of its own.
 *
 * Who holds it stands in another file, for messages only. POSIX drops the locks of a process on a file as soon as any part of
 * that process closes the file, so nothing but SQLite, which knows of that, may ever open the database.
 */
import { accessSync, constants, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import type { DatabaseSync } from "node:sqlite"
import { setTimeout as sleep } from "node:timers/promises"
import { loadSqlite } from "./loadSqlite.ts"
import { fitted } from "./plainText.ts"
import { makePrivateFile, plainPath, PRIVATE } from "./privateFile.ts"
import { causeCode, causeText, StateFileError } from "./StateFileError.ts"

/** Who holds a lock, by its own account: for messages only, nothing relies on it. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** What it was started as. */
  readonly command: string
  /** ISO 8601. */
  readonly since: string
  /** True when it lets go by itself in a moment, so that waiting is worth while. */
  readonly brief: boolean
}

export interface LockOptions {
  /** What the user started, for the message another process shows. */
  readonly command: string
  /** This process will hold the lock for a moment only. */
  readonly brief: boolean
  /** What else somebody who is refused can do; "use another state file" when omitted. */
  readonly otherwise?: string
  /** How long to wait for another brief holder, ms. */
  readonly patienceMs: number
}

export interface Lock {
  /** Lets go; a second call does nothing. */
  readonly release: () => void
}

/** How long SQLite itself tries: two that come in the same moment must not refuse each other. */
const MEETING_MS = 20
const POLL_MS = 10
/** Of what a stranger may have written, so much is read and so much is shown. */
const MOST_BYTES = 4096
const MOST_COLUMNS = 200
/** SQLite's codes. */
const BUSY = 5
const NOT_A_DATABASE = 26

/** A lock is held until it is let go, also where whoever held it has been forgotten. */
const held = new Set<DatabaseSync>()

/** Takes the lock of `path`, or rejects with a StateFileError that says who holds it. */
export async function lockFile(path: string, options: LockOptions): Promise<Lock> {
  const name = `${path}.lock`
  try {
    const database = openLock(name)
    try {
      await take(database, path, name, options)
    } catch (cause) {
      database.close()
      throw cause
    }
    held.add(database)
    tell(name, options)
    return { release: () => release(database, name) }
  } catch (cause) {
    if (cause instanceof StateFileError) throw cause
    throw new StateFileError({ reason: "write", path: name, detail: causeText(cause), ...causeCode(cause) })
  }
}

function openLock(name: string): DatabaseSync {
  const { DatabaseSync: Sqlite } = loadSqlite()
  makePrivateFile(name)
  const plain = plainPath(name)
  // SQLite would open what cannot be written for reading, and a lock on that holds nobody off.
  accessSync(plain, constants.R_OK | constants.W_OK)
  return new Sqlite(plain, { timeout: MEETING_MS })
}

async function take(database: DatabaseSync, path: string, name: string, options: LockOptions): Promise<void> {
  const giveUpAt = performance.now() + options.patienceMs
  for (;;) {
    try {
      // Its journal in memory: there must be nothing beside the database that a next holder would have to deal with.
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
      return
    } catch (cause) {
      const code = Number((cause as { readonly errcode?: unknown }).errcode) & 0xff
      if (code === NOT_A_DATABASE) throw foreign(path, name)
      if (code !== BUSY) throw cause
    }
    const holder = holderOf(name)
    // One that has not said yet who it is may be a brief one.
    if (holder?.brief === false || performance.now() >= giveUpAt)
      throw new StateFileError({ reason: "locked", path, detail: whoHolds(holder, options.otherwise) })
    await sleep(POLL_MS)
  }
}

const foreign = (path: string, name: string): StateFileError =>
  new StateFileError({
    reason: "locked",
    path,
    detail: `${name} is there, but it is not a lock that arqon wrote. Remove it if you know what it is.`,
  })

const infoOf = (name: string): string => `${name}.json`

/** Says who holds it. A disk that cannot take that is no reason not to hold it. */
function tell(name: string, { command, brief }: LockOptions): void {
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    command,
    since: new Date().toISOString(),
    brief,
  }
  try {
    rmSync(infoOf(name), { force: true })
    writeFileSync(infoOf(name), `${JSON.stringify(own)}\n`, { flag: "wx", mode: PRIVATE })
  } catch {
    // Then the message of somebody who is refused names nobody.
  }
}

/** What stands there of the holder; null where nothing can be made of it. */
function holderOf(name: string): Holder | null {
  try {
    const found = lstatSync(infoOf(name))
    if (!found.isFile() || found.size > MOST_BYTES) return null
    const said = JSON.parse(readFileSync(infoOf(name), "utf8")) as { readonly [K in keyof Holder]?: unknown }
    const { pid, host, command, since, brief } = said
    if (typeof pid !== "number" || typeof command !== "string") return null
    return {
      pid,
      host: String(host),
      command,
      since: String(since),
      brief: brief === true,
    }
  } catch {
    return null
  }
}

function whoHolds(holder: Holder | null, otherwise = "use another state file"): string {
  const advice = `Wait for it to end, or ${otherwise}.`
  if (holder === null) return `another process or engine holds it. ${advice}`
  const { command, pid, host, since } = holder
  const who = fitted(`${command} (process ${pid} on ${host}, since ${since})`, MOST_COLUMNS)
  return `${who} holds it. ${advice}`
}

function release(database: DatabaseSync, name: string): void {
  if (!held.delete(database)) return
  try {
    rmSync(infoOf(name), { force: true })
  } catch {
    // What stands there is believed only while somebody holds the lock.
  }
  database.close()
}
