/**
 * The journal of an engine's `state`. Unlike one opened by hand it does not need a disk that can be written to now: where
 * that is full or read-only the engine starts all the same, frozen, and the journal is opened as soon as it can be. What is
 * a mistake (no directory, no permission, another engine in it) is refused at the start.
 */
import * as Effect from "effect/Effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { AuditError } from "../../domain/errors.ts"
import type { AuditSink } from "../../engine/audit/AuditSink.ts"
import { type JournalOptions, settled } from "./journalOptions.ts"
import { messageOf } from "../../system/messageOf.ts"
import { type JournalSink, openJournalFile } from "./openJournal.ts"
import { StateFileError } from "../../system/StateFileError.ts"

const NAME = "journal"

/**
 * What a disk says that cannot be written to for now, and what that is called. All of it may be over in a while; what a person has to
 * see to (a directory that is none, no permission) is not here.
 */
const FROZEN: Readonly<Record<string, string>> = {
  EROFS: "its file system is read-only",
  ENOSPC: "no space is left on its disk",
  EDQUOT: "its quota is used up",
  EFBIG: "its limit on the size of files is reached (ulimit -f)",
  EIO: "its disk reports errors",
  ENXIO: "its disk is gone",
  ENODEV: "its disk is gone",
  ESTALE: "its network file system has lost it",
  ETIMEDOUT: "its network file system does not answer",
  EMFILE: "this process has too many files open",
  ENFILE: "the system has too many files open",
  ENOMEM: "the system has no memory for it",
}

/** Why nothing can be written for now, in words; null for everything else that can go wrong. */
function cannotWrite(directory: string, cause: unknown): string | null {
  const code = (cause as { readonly code?: unknown } | null)?.code
  const word = typeof code === "string" ? FROZEN[code] : undefined
  return word === undefined
    ? null
    : `Nothing can be recorded in ${directory}: ${word} (${String(code)}). Adaptation waits until it can be written.`
}

/** More than the first batches take: with this much room a run can begin. */
const PROBE_BYTES = 64 * 1024

/** Throws what the disk does when it is asked for a little room. */
function probe(directory: string, options: JournalOptions): void {
  const { disk } = settled(options)
  const path = join(directory, `${NAME}.probe`)
  rmSync(path, { force: true })
  const fd = disk.create(path)
  try {
    disk.writeNow(fd, new Uint8Array(PROBE_BYTES), 0)
  } finally {
    disk.close(fd)
    rmSync(path, { force: true })
  }
}

class StateJournal {
  /** Why nothing can be written for now. */
  why: string | null = null
  private readonly directory: string
  private readonly options: JournalOptions
  private readonly unchanged: () => boolean
  private sink: JournalSink | null = null
  private closed = false

  constructor(directory: string, options: JournalOptions, unchanged: () => boolean) {
    this.directory = directory
    this.options = options
    this.unchanged = unchanged
  }

  get open(): JournalSink | null {
    return this.sink
  }

  /** Opens it, or notes why that cannot be now; rejects where it is no question of time. */
  async tryOpen(): Promise<void> {
    let sink: JournalSink | null = null
    try {
      sink = await openJournalFile(this.directory, this.options, () => this.check())
      probe(this.directory, this.options)
      this.sink = sink
      this.why = null
    } catch (cause) {
      if (sink !== null) await Effect.runPromise(Effect.ignore(sink.close))
      const why = cannotWrite(this.directory, cause)
      if (why === null) throw cause
      this.why = why
    }
    if (this.closed) await this.close()
  }

  async close(): Promise<void> {
    this.closed = true
    const { sink } = this
    this.sink = null
    if (sink !== null) await Effect.runPromise(sink.close)
  }

  /** Under the lock, before anything is written. */
  private check(): void {
    if (this.unchanged()) return
    throw new AuditError({
      reason: "open",
      sink: NAME,
      detail:
        `${this.directory} has changed since this engine was made: another engine wrote to it, or its files were edited. ` +
        "This engine would not begin where the plant was left. Make another one.",
    })
  }
}

const failure = (reason: AuditError["reason"], cause: unknown): AuditError =>
  cause instanceof AuditError ? cause : new AuditError({ reason, sink: NAME, detail: messageOf(cause) })

/**
 * Opens the journal for the records of one run. `unchanged` is asked under the lock: whether the directory is still as the
 * engine found it when it was made.
 */
export const openStateJournal = (
  directory: string,
  options: JournalOptions,
  unchanged: () => boolean = () => true,
): Effect.Effect<AuditSink, AuditError> =>
  Effect.tryPromise({
    try: async () => {
      const journal = new StateJournal(directory, options, unchanged)
      await journal.tryOpen()
      return sinkOf(directory, journal)
    },
    catch: (cause) =>
      cause instanceof StateFileError
        ? new AuditError({ reason: "open", sink: NAME, detail: `state: ${cause.message}` })
        : failure("open", cause),
  })

const sinkOf = (directory: string, journal: StateJournal): AuditSink => ({
  name: NAME,
  location: directory,
  exact: true,
  blocked: () => journal.why,
  write: (batch, exact) =>
    Effect.suspend(() => {
      const ready =
        journal.open === null
          ? Effect.tryPromise({ try: () => journal.tryOpen(), catch: (cause) => failure("open", cause) })
          : Effect.void
      return Effect.flatMap(ready, () =>
        journal.open === null
          ? new AuditError({ reason: "open", sink: NAME, detail: journal.why ?? "it has been closed" })
          : journal.open.write(batch, exact),
      )
    }),
  get writeNow() {
    return journal.open?.writeNow
  },
  close: Effect.tryPromise({ try: () => journal.close(), catch: (cause) => failure("close", cause) }),
})
