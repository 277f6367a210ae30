/**
 * The audit on disk: one file a run, one JSON object a line. Batches are written whole; what the file system refuses is an
 * AuditError, and the trail offers the same batch again.
 */
import { closeSync, fdatasync, ftruncateSync, openSync, write, writeSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { AuditError } from "../../../domain/errors.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type { AuditSink } from "../../../engine/audit/AuditSink.ts"
import { messageOf } from "../../../system/messageOf.ts"
import { makePrivateFolder, PRIVATE } from "../../../system/privateFile.ts"

const NAME = "jsonLines"
/** Runs of one name in one directory, at most: a manual run repeated is written beside the first, never over it. */
const MOST_FILES = 10_000

const failure = (reason: AuditError["reason"], cause: unknown): AuditError =>
  new AuditError({ reason, sink: NAME, detail: messageOf(cause) })

const linesOf = (batch: ReadonlyArray<AuditRecord>): Buffer =>
  Buffer.from(batch.map((record) => `${JSON.stringify(record)}\n`).join(""), "utf8")

/** Opens `audit-<runId>.jsonl` under `directory`, which is made if need be; a name that is taken gets a number. */
export const openJsonLines = (directory: string, runId: string): Effect.Effect<AuditSink, AuditError> =>
  Effect.try({ try: () => open(directory, runId), catch: (cause) => failure("open", cause) })

function open(directory: string, runId: string): AuditSink {
  makePrivateFolder(directory)
  const { fd, path } = openNew(directory, runId)
  // Where the next batch begins: a batch that failed half way is cut off before it is offered again.
  let length = 0
  const cut = (): void => ftruncateSync(fd, length)
  const writeAll = (bytes: Buffer, from: number, done: (cause: Error | null) => void): void => {
    write(fd, bytes, from, bytes.length - from, length + from, (cause, count) => {
      if (cause !== null) done(cause)
      else if (from + count < bytes.length) writeAll(bytes, from + count, done)
      else {
        length += bytes.length
        done(null)
      }
    })
  }
  return {
    name: NAME,
    location: path,
    write: (batch) =>
      Effect.callback<void, AuditError>((resume) => {
        writeAll(linesOf(batch), 0, (cause) => {
          if (cause === null) resume(Effect.void)
          else resume(Effect.andThen(Effect.ignore(Effect.try(cut)), Effect.fail(failure("write", cause))))
        })
      }),
    writeNow: (batch) => {
      const bytes = linesOf(batch)
      try {
        for (let from = 0; from < bytes.length; ) {
          from += writeSync(fd, bytes, from, bytes.length - from, length + from)
        }
        length += bytes.length
        return null
      } catch (cause) {
        try {
          cut()
        } catch {
          // The disk refuses even that; the next attempt writes over the same place.
        }
        return failure("write", cause)
      }
    },
    close: Effect.callback<void, AuditError>((resume) => {
      fdatasync(fd, (cause) => {
        const end = Effect.try({ try: () => closeSync(fd), catch: (error) => failure("close", error) })
        resume(cause === null ? end : Effect.andThen(end, Effect.fail(failure("close", cause))))
      })
    }),
  }
}

function openNew(directory: string, runId: string): { readonly fd: number; readonly path: string } {
  for (let number = 1; number <= MOST_FILES; number++) {
    const path = join(directory, `audit-${runId}${number === 1 ? "" : `.${number}`}.jsonl`)
    try {
      return { fd: openSync(path, "wx", PRIVATE), path }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
    }
  }
  throw new Error(`there are ${MOST_FILES} files of run ${runId} in ${directory} already`)
}
