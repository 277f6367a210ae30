/** How records are kept in a database: options of `createCluster` and of `postgresJournal`. */
import { hash as nodeHash } from "node:crypto"
import type { Problem } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { unknownOptions } from "../../replica/replicaProblems.ts"
import { packageVersion } from "../../system/version.ts"
import type { RecordsPlace } from "../records/recordsSink.ts"
import type { RecordsFormat } from "../records/RecordsWriter.ts"
import type { Storage } from "../Storage.ts"

/** How records are kept in a database. */
export interface RecordsOptions {
  /** A new segment is begun beyond so many bytes (default 16 MiB), and after a day. */
  readonly segmentBytes?: number
}

const SEGMENT_BYTES = 16 * 1024 * 1024
const LEAST_SEGMENT = 4096
/** A reader has one in memory. */
const MOST_SEGMENT = 64 * 1024 * 1024

/** What is wrong with `records` of a cluster; false and true are right. */
export function recordsProblems(given: boolean | RecordsOptions | undefined): ReadonlyArray<Problem> {
  if (given === undefined || typeof given === "boolean") return []
  if (typeof given !== "object" || given === null)
    return [problem(["records"], "must be true, false or an object.")]
  return [...unknownOptions(given, ["segmentBytes"], ["records"]), ...segmentProblems(given, ["records"])]
}

/** What is wrong with the size of segments, among other options. */
export const segmentProblems = (
  { segmentBytes = SEGMENT_BYTES }: RecordsOptions,
  path: ReadonlyArray<string>,
): ReadonlyArray<Problem> =>
  Number.isInteger(segmentBytes) && segmentBytes >= LEAST_SEGMENT && segmentBytes <= MOST_SEGMENT
    ? []
    : [problem([...path, "segmentBytes"], `must be a whole number from ${LEAST_SEGMENT} to ${MOST_SEGMENT}.`)]

/** What the platform adds to the options. */
export const recordsFormat = ({ segmentBytes = SEGMENT_BYTES }: RecordsOptions): RecordsFormat => ({
  hash: (bytes) => nodeHash("sha256", bytes, "buffer"),
  version: packageVersion(),
  segmentBytes,
})

/** Where a cluster keeps the records of its tuners; null where it keeps none. */
export const recordsPlace = (
  { name: storage }: Storage,
  given: boolean | RecordsOptions | undefined,
): RecordsPlace | null =>
  given === undefined || given === false
    ? null
    : { storage, format: recordsFormat(given === true ? {} : given) }
