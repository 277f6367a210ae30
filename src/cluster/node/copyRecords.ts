/**
 * Records in a database as a directory: each segment becomes a file as an engine's `state` has it, so that everything that reads a journal
 * reads records. What came in meanwhile is added by copying again.
 */
import { appendFileSync, existsSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { didYouMean, problem, tidy } from "../../domain/problems.ts"
import { segmentPath } from "../../journal/disk/journalSegments.ts"
import { makePrivateFolder, PRIVATE } from "../../system/privateFile.ts"
import type { OwnedThing } from "../owners.ts"
import { bucketOf } from "../Fleets.ts"
import { optionsOf, unknownOptions } from "../../replica/replicaProblems.ts"
import { KeyJournal } from "../records/KeyJournal.ts"
import { batchesAfter, hasRecords, type RecordPlace, recorded } from "../records/recordRows.ts"
import { fleetSizes } from "../settings.ts"
import { recordsFormat } from "./recordsOptions.ts"
import { ready, type Storage } from "../Storage.ts"
import { storageFailure } from "../storageFailure.ts"
import { storageProblems } from "../storageProblems.ts"

/** Options of `copyRecords`. */
export interface CopyRecordsOptions {
  readonly storage: Storage
  /**
   * Of a tuner, of an engine with `postgresJournal`, or of a fleet, with a `key`. `tuner:checkout` says which, where two are there;
   * `bucket:tenants/3` is the journal of all keys of a bucket.
   */
  readonly name: string
  /** A key of a fleet: only its records are copied. */
  readonly key?: string
  /** Is made where it is missing. It must hold no journal. */
  readonly directory: string
  /** Ends the copying early; what is there by then is whole up to a batch. */
  readonly signal?: AbortSignal
}

/** A copy of records that follows them. */
export interface CopiedRecords {
  readonly kind: OwnedThing["kind"]
  readonly name: string
  /** Of a key: the directory within `directory` that has the journal of its bucket, whose chain proves its records; else null. */
  readonly chain: string | null
  /** Adds what was recorded since; how many batches. */
  readonly update: () => Promise<number>
  /** Leaves the database; the directory stays. */
  readonly close: () => Promise<void>
}

/** Where the journal of a key's bucket is copied to. */
const BUCKET = "bucket"
/** Batches that are asked for at once. */
const PAGE = 64
/** Files of an epoch; the numbers of the files are those of epoch and segment. */
const SEGMENTS = 1_000_000

const fileOf = (directory: string, { epoch, segment }: RecordPlace): string =>
  segmentPath(directory, epoch * SEGMENTS + segment)

const OPTIONS = ["storage", "name", "key", "directory", "signal"]

/** A name of something, where one is needed. */
const wordProblems = (path: string, given: unknown): ReadonlyArray<Problem> =>
  typeof given === "string" && given !== "" ? [] : [problem([path], "must be a string that is not empty.")]

const copyProblems = (options: CopyRecordsOptions): ReadonlyArray<Problem> => {
  const { storage, name, key, directory, signal } = options
  return [
    ...storageProblems(storage),
    ...wordProblems("name", name),
    ...(key === undefined ? [] : wordProblems("key", key)),
    ...wordProblems("directory", directory),
    ...(signal === undefined || signal instanceof AbortSignal
      ? []
      : [problem(["signal"], "must be an AbortSignal.")]),
    ...unknownOptions(options, OPTIONS),
  ]
}

/** Copies the records of a name into a directory. Rejects with a StorageError, or a ConfigError where there are none. */
export async function copyRecords(options: CopyRecordsOptions): Promise<CopiedRecords> {
  const problems = copyProblems(optionsOf(options))
  if (problems.length > 0) throw new ConfigError({ problems: tidy(problems) })
  const { storage, name, key, directory, signal } = options
  const runtime = ManagedRuntime.make(ready(storage))
  const ask = <A>(work: (sql: SqlClient) => Effect.Effect<A, SqlError>): Promise<A> =>
    runtime.runPromise(
      Effect.flatMap(SqlClient, (sql) =>
        Effect.mapError(work(sql), (error) => storageFailure(storage.name, error)),
      ),
    )
  const close = (): Promise<void> => runtime.dispose()
  try {
    const thing =
      key === undefined
        ? named(name, await ask(recorded), storage.name)
        : await ask((sql) => bucketWith(sql, name, key)).then((bucket) => keyed(bucket, name, storage.name))
    const chain = key === undefined ? null : join(directory, BUCKET)
    const journal = key === undefined ? null : new KeyJournal(key, recordsFormat({}).hash)
    makePrivateFolder(directory)
    if (chain !== null) makePrivateFolder(chain)
    const whole = chain ?? directory
    let last: RecordPlace = { epoch: 0, segment: 0, part: 0 }
    const update = async (): Promise<number> => {
      let count = 0
      for (;;) {
        const batches = await ask((sql) => batchesAfter(sql, thing, last, PAGE))
        for (const batch of batches) {
          const file = fileOf(whole, batch)
          if (last.epoch === 0 && existsSync(file))
            throw new ConfigError({
              problems: [
                problem(["directory"], "must be a directory without a journal. Give a new one to each copy."),
              ],
            })
          appendFileSync(file, batch.frames, { mode: PRIVATE })
          for (const part of journal?.take(batch, batch.frames) ?? [])
            appendFileSync(segmentPath(directory, part.file), part.bytes, { mode: PRIVATE })
          last = batch
        }
        count += batches.length
        if (batches.length < PAGE || signal?.aborted === true) return count
      }
    }
    await update()
    if (journal?.isEmpty === true) keyed({ fleets: [name], bucket: null }, name, storage.name)
    return { kind: thing.kind, name: thing.name, chain, update, close }
  } catch (cause) {
    await close()
    throw cause
  }
}

/** The bucket of a key, if records are kept of it; what else there is of a fleet. */
const bucketWith = (
  sql: SqlClient,
  fleet: string,
  key: string,
): Effect.Effect<{ readonly fleets: ReadonlyArray<string>; readonly bucket: OwnedThing | null }, SqlError> =>
  Effect.gen(function* () {
    const fleets = yield* fleetSizes(sql)
    const buckets = fleets.get(fleet)
    if (buckets === undefined) return { fleets: [...fleets.keys()], bucket: null }
    const thing = { kind: "bucket", name: `${fleet}/${bucketOf(key, buckets)}` } as const
    return { fleets: [...fleets.keys()], bucket: (yield* hasRecords(sql, thing)) ? thing : null }
  })

function keyed(
  { fleets, bucket }: { readonly fleets: ReadonlyArray<string>; readonly bucket: OwnedThing | null },
  fleet: string,
  storage: string,
): OwnedThing {
  if (bucket !== null) return bucket
  throw new ConfigError({
    problems: [
      fleets.includes(fleet)
        ? problem(
            ["key"],
            `must be a key that records are kept of: nothing of it is in ${storage}.`,
            "Set `records` of the cluster, and not to `none` of the fleet.",
          )
        : problem(["name"], `must be a fleet of ${storage}.`, didYouMean(fleet, fleets)),
    ],
  })
}

const KIND = /^(tuner|bucket|engine):(.*)$/s

/** What a person means. */
function named(given: string, all: ReadonlyArray<OwnedThing>, storage: string): OwnedThing {
  const [, kind, rest] = KIND.exec(given) ?? [null, null, given]
  const found = all.filter((one) => one.name === rest && (kind === null || one.kind === kind))
  const [first] = found
  if (found.length === 1) return first
  const refuse = (message: string, suggestion: string | null): never => {
    throw new ConfigError({ problems: [problem(["name"], message, suggestion)] })
  }
  if (found.length === 0 && all.some((one) => one.kind === "bucket" && one.name.startsWith(`${rest}/`)))
    return refuse(
      "must come with a key, because it is a fleet.",
      "The records of a fleet are read by key: `--key acme`.",
    )
  if (found.length > 1)
    return refuse(
      `must be one of ${found.map((one) => `${one.kind}:${one.name}`).join(", ")}: both have records.`,
      null,
    )
  const names = all.map((one) => one.name)
  return refuse(
    names.length === 0
      ? `must be a name that records are kept of, and ${storage} has none. Set \`records\` of the cluster.`
      : `must be a name that records are kept of: ${JSON.stringify(given)} has none in ${storage}.`,
    didYouMean(rest, names),
  )
}
