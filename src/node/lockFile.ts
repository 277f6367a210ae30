/**
 * One process at a time for one file. The lock is a file beside it that says who holds it; a holder that is gone, killed or
 * lost with the machine, is found out by its pid and start, and its lock is taken over.
 *
 * The lock is made by linking a finished file to its name, so nobody ever reads half a lock. Who takes over a stale lock
 * first locks that very lock by its token: of several that found it stale, one replaces it, and only while it is still
 * the one that was found.
 */
import { randomUUID } from "node:crypto"
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { processStart } from "./processIdentity.ts"
import { causeCode, causeText, StateFileError } from "./StateFileError.ts"

interface Holder {
  readonly pid: number
  /** As `processStart` gives it. */
  readonly start: string
  readonly host: string
  readonly token: string
  /** What it was started as, for the message. */
  readonly command: string
  /** Who in the process holds it; "" for the process itself. */
  readonly owner: string
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
  /** For a thread in the place of one that has ended without letting go: what both call themselves, in one process. */
  readonly owner?: string
  /** How long to wait for another brief holder, ms. */
  readonly patienceMs: number
}

export interface Lock {
  /** Lets go; a second call does nothing. */
  readonly release: () => void
}

const POLL_MS = 10
/** The token of a lock that a loss of power has left empty. Locks are linked whole: nobody who lives has such a one. */
const EMPTY = "empty"
/** Stale locks of stale locks: each is a process that died within the microseconds of a take-over. */
const DEEPEST = 8

/** Takes the lock of `path`, or rejects with a StateFileError that says who holds it. */
export async function lockFile(path: string, options: LockOptions): Promise<Lock> {
  const name = `${path}.lock`
  const own: Holder = {
    pid: process.pid,
    start: processStart(process.pid) ?? "",
    host: hostname(),
    token: randomUUID(),
    command: options.command,
    owner: options.owner ?? "",
    brief: options.brief,
  }
  const giveUpAt = Date.now() + options.patienceMs
  for (;;) {
    const holder = acquire(path, name, own, 0)
    if (holder === null) return { release: () => release(name, own) }
    if (!holder.brief || Date.now() >= giveUpAt)
      throw new StateFileError({ reason: "locked", path, detail: whoHolds(holder, name, options.otherwise) })
    await sleep(POLL_MS)
  }
}

/** Null when the lock is ours now, else who holds it. */
function acquire(path: string, name: string, own: Holder, depth: number): Holder | null {
  const draft = `${name}.${own.token}`
  try {
    // On the disk before it has its name: a loss of power would leave an empty file that nobody dares to remove.
    writeFileSync(draft, `${JSON.stringify(own)}\n`, { flush: true })
    try {
      for (;;) {
        if (linked(draft, name)) return null
        const holder = readHolder(name)
        // Let go between the two looks: try again.
        if (holder === null) continue
        if ((isAlive(holder) && !isPredecessor(holder, own)) || depth === DEEPEST) return holder
        const takeOver = `${name}.${holder.token}`
        const rival = acquire(path, takeOver, { ...own, token: randomUUID(), brief: true }, depth + 1)
        if (rival !== null) return rival
        const stillThere = readHolder(name)?.token === holder.token
        if (stillThere) renameSync(draft, name)
        unlinkSync(takeOver)
        if (stillThere) return null
      }
    } finally {
      removeIfThere(draft)
    }
  } catch (cause) {
    if (cause instanceof StateFileError) throw cause
    throw new StateFileError({ reason: "write", path, detail: causeText(cause), ...causeCode(cause) })
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false
    throw cause
  }
}

function readHolder(name: string): Holder | null {
  let text: string
  try {
    text = readFileSync(name, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
  try {
    const { pid, start, host, token, command, owner, brief } = JSON.parse(text) as Partial<Holder>
    if (
      typeof pid === "number" &&
      typeof host === "string" &&
      typeof token === "string" &&
      /^[\w-]+$/.test(token)
    )
      return {
        pid,
        host,
        token,
        start: String(start),
        command: String(command),
        owner: typeof owner === "string" ? owner : "",
        brief: brief === true,
      }
  } catch {
    // Not one of ours.
  }
  return {
    pid: 0,
    start: "",
    host: hostname(),
    token: /^\0*$/.test(text) ? EMPTY : "unreadable",
    command: "something else",
    owner: "",
    brief: false,
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.token === EMPTY) return false
  // Processes of another machine cannot be seen from here; a file that is no lock of ours is nobody's to remove.
  if (holder.host !== hostname() || holder.pid === 0) return true
  const start = processStart(holder.pid)
  return start !== null && (start === "" || holder.start === "" || start === holder.start)
}

/** A thread of this process that has ended: its owner says so by starting another one under the same name. */
const isPredecessor = (holder: Holder, own: Pick<Holder, "pid" | "start" | "host" | "owner">): boolean =>
  own.owner !== "" &&
  holder.owner === own.owner &&
  holder.host === own.host &&
  holder.pid === own.pid &&
  holder.start === own.start

/** Removes the lock that a thread of this process left behind when it ended; by what it called itself. Never throws. */
export function releaseAfter(path: string, owner: string): void {
  const name = `${path}.lock`
  try {
    const holder = readHolder(name)
    const own = { pid: process.pid, start: processStart(process.pid) ?? "", host: hostname(), owner }
    if (holder !== null && isPredecessor(holder, own)) removeIfThere(name)
  } catch {
    // A lock that cannot be looked at or removed says itself who left it.
  }
}

function whoHolds(holder: Holder, name: string, otherwise = "use another state file"): string {
  if (holder.pid === 0)
    return `${name} is there, but it is not a lock that arqon wrote. Remove it if you know what it is.`
  const elsewhere = holder.host !== hostname()
  const where = elsewhere ? ` on ${holder.host}` : ""
  const advice = elsewhere
    ? `If that machine or container is gone, remove ${name}.`
    : `Wait for it to end, or ${otherwise}.`
  return `${holder.command} (process ${holder.pid}${where}) holds it. ${advice}`
}

function release(name: string, own: Holder): void {
  if (readHolder(name)?.token === own.token) removeIfThere(name)
}

function removeIfThere(name: string): void {
  try {
    unlinkSync(name)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}
