/**
 * What every segment of a journal begins with: whose records follow, what it takes to run them again, and the place in the
 * chain of segments. Each segment says all of it, so that it can be read when those before it are gone.
 */

import { foreignCall } from "../../engine/calls/foreignCall.ts"

/** The end of the segment before, as the one after it saw it. */
export interface JournalLink {
  readonly run: string
  readonly segment: number
  /** Number of its last record; 0 where it has none. */
  readonly lastSeq: number
  /** State of its chain after its last whole frame: 64 hexadecimal digits. */
  readonly hash: string
  /** Bytes behind that frame that were cut off as torn when this segment was begun. */
  readonly cutBytes: number
}

export interface JournalHeader {
  readonly run: string
  /** Version of the engine that wrote it. */
  readonly engine: string
  /** Counts the segments of the run from 1. */
  readonly segment: number
  /** Number of the first record that follows. */
  readonly firstSeq: number
  /** How many knobs a point has. */
  readonly knobs: number
  /** Wall clock at the beginning, ISO 8601. The engine's own time is in the records. */
  readonly createdAt: string
  /** As the record of the start has it: configuration, knob table, seed. Null if the journal began during a run. */
  readonly start: Readonly<Record<string, unknown>> | null
  /** Null for the first segment in a directory. */
  readonly previous: JournalLink | null
  /** Where the run stood when the segment was begun (`readStanding`); absent in the first one of a run. */
  readonly standing?: unknown
}

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const object = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function isLink(value: unknown): value is JournalLink {
  return (
    object(value) &&
    typeof value["run"] === "string" &&
    whole(value["segment"]) &&
    whole(value["lastSeq"]) &&
    whole(value["cutBytes"]) &&
    typeof value["hash"] === "string" &&
    /^[0-9a-f]{64}$/.test(value["hash"])
  )
}

function isHeader(value: unknown): value is JournalHeader {
  return (
    object(value) &&
    typeof value["run"] === "string" &&
    typeof value["engine"] === "string" &&
    typeof value["createdAt"] === "string" &&
    whole(value["segment"]) &&
    whole(value["firstSeq"]) &&
    whole(value["knobs"]) &&
    value["knobs"] <= 65_535 &&
    (value["start"] === null || object(value["start"])) &&
    (value["previous"] === null || isLink(value["previous"]))
  )
}

export const headerBytes = (header: JournalHeader): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(header))

/** The header that the bytes hold, or null. */
export function readHeader(bytes: Uint8Array): JournalHeader | null {
  const value = parsed(new TextDecoder().decode(bytes))
  return isHeader(value) ? value : null
}

const parsed = (text: string): unknown =>
  foreignCall<string, unknown>(
    (bytes) => JSON.parse(bytes),
    text,
    () => null,
  )
