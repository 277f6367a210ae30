/**
 * The one writer of digests that come as objects: where each field lies is said here and nowhere else. Everything that takes such a
 * digest (hot path, engine, fleet, worker, streams) empties a block and writes the fields over it; what cannot be written is the
 * caller's to refuse or to ignore.
 */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_GENERATION,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_TIMESTAMP_US,
} from "./codes.ts"

/** A digest as an object, whatever is in it; extra channels by name. */
export type DigestObject = Readonly<Record<string, unknown>>
/** What could not be written: a field or an extra channel that is no number or has no place, and its value. */
export type Unwritten = readonly [path: readonly [string] | readonly [string, string], value: unknown]

/** Extra channels by position: the names for a caller whose extras are a list. */
export const EXTRA_POSITIONS: ReadonlyArray<string> = ["0", "1", "2", "3"]

/**
 * Writes an empty digest of this generation: everything else a caller may give is absent. Its stamp is the caller's to write, from a
 * cell. Written out, as `copyDigest` is: a loop takes as long as all the rest.
 */
export function emptyDigest(block: Float64Array, generation: number): void {
  const absent = Number.NaN
  block[0] = absent
  block[1] = generation
  block[2] = absent
  block[3] = absent
  block[4] = absent
  block[5] = absent
  block[6] = absent
  block[7] = absent
  block[8] = absent
  block[9] = absent
  block[10] = absent
}

/** Copies what a caller may give; time of receipt and validity are the hot path's to write. */
export function copyDigest(from: Float64Array, to: Float64Array): void {
  to[0] = from[0]
  to[1] = from[1]
  to[2] = from[2]
  to[3] = from[3]
  to[4] = from[4]
  to[5] = from[5]
  to[6] = from[6]
  to[7] = from[7]
  to[8] = from[8]
  to[9] = from[9]
  to[10] = from[10]
}

/**
 * Writes the fields of `digest` over an empty one, `extras` naming the extra channels in the order of their positions; returns what
 * could not be written, or null. A field that is undefined is absent.
 *
 * Each field is read by its name and written where it is read: a fraction that is read by a variable key, or handed on, is
 * allocated.
 */
export function writeDigest(
  block: Float64Array,
  digest: DigestObject,
  extras: ReadonlyArray<string>,
): ReadonlyArray<Unwritten> | null {
  let unwritten: Array<Unwritten> | null = null
  for (const field in digest) {
    let value: unknown
    switch (field) {
      case "objective":
        value = digest["objective"]
        if (typeof value !== "number") break
        block[DIGEST_OBJECTIVE] = value
        continue
      case "timestampUs":
        value = digest["timestampUs"]
        if (typeof value !== "number") break
        block[DIGEST_TIMESTAMP_US] = value
        continue
      case "generation":
        value = digest["generation"]
        if (typeof value !== "number") break
        block[DIGEST_GENERATION] = value
        continue
      case "latencyP99Us":
        value = digest["latencyP99Us"]
        if (typeof value !== "number") break
        block[DIGEST_LATENCY_P99_US] = value
        continue
      case "throughputRps":
        value = digest["throughputRps"]
        if (typeof value !== "number") break
        block[DIGEST_THROUGHPUT_RPS] = value
        continue
      case "errorRate":
        value = digest["errorRate"]
        if (typeof value !== "number") break
        block[DIGEST_ERROR_RATE] = value
        continue
      case "constraintMargin":
        value = digest["constraintMargin"]
        if (typeof value !== "number") break
        block[DIGEST_CONSTRAINT_MARGIN] = value
        continue
      default:
        value = digest[field]
    }
    unwritten = writeOther(block, field, value, extras, unwritten)
  }
  return unwritten
}

/** The extra channels; anything else could not be written. */
function writeOther(
  block: Float64Array,
  field: string,
  value: unknown,
  extras: ReadonlyArray<string>,
  before: Array<Unwritten> | null,
): Array<Unwritten> | null {
  if (value === undefined) return before
  if (field !== "extras" || typeof value !== "object" || value === null)
    return [...(before ?? []), [[field], value]]
  let unwritten = before
  for (const name of Object.keys(value)) {
    const reading = (value as DigestObject)[name]
    const index = extras.indexOf(name)
    const known = index >= 0 && index < EXTRA_POSITIONS.length
    if (known && typeof reading === "number") block[DIGEST_EXTRA_0 + index] = reading
    else if (!known || reading !== undefined) unwritten = [...(unwritten ?? []), [[field, name], reading]]
  }
  return unwritten
}
