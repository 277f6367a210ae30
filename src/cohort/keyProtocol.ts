/**
 * What a process that uses keys of a fleet and the fleet's owners say to each other: digests go in batches, and a key that is followed is told
 * where to stand.
 */
import type { DigestInput } from "../domain/Digest.ts"
import { attempt, unreadable } from "../domain/readInput.ts"
import {
  about,
  list,
  maybe,
  number,
  object,
  oneOf,
  type Reading,
  readShape,
  record,
  type ShapeType,
  whole,
} from "../domain/Shape.ts"
import type { Pair } from "./order.ts"
import { PairShape, PROTOCOL, type Role, ROLES, word } from "./protocol.ts"

/** A digest for a key. `at`: under what it was measured, where its sender follows the key. */
export type KeyDigest = readonly [key: string, digest: DigestInput, at: Pair | null]

/** What became of digests, by number. */
export interface DigestCounts {
  readonly taken: number
  /** The bucket has `maxEngines` already, and this key is not among them. */
  readonly full: number
  /** No digest, or no key. */
  readonly invalid: number
  /** Measured under another owner, or before the key was loaded again. */
  readonly late: number
}

/** What a follower of a key is told. */
export interface KeyAnswer {
  readonly key: string
  readonly at: Pair
  readonly role: Role
  readonly values: Readonly<Record<string, number>>
  readonly base: Readonly<Record<string, number>>
  readonly baseline: Readonly<Record<string, number>>
}

/** A digest as its key takes it. Its sender has another clock, and says by `at` alone what it was measured under. */
export function readingOf(digest: DigestInput, generation: number | null): DigestInput {
  if (typeof digest !== "object" || digest === null) return digest
  const foreign = digest.timestampUs !== undefined || digest.generation !== undefined
  if (!foreign && generation === null) return digest
  return { ...digest, timestampUs: undefined, generation: generation ?? undefined }
}

/** Digests, and followed keys, in one request. */
export const MOST_IN_REQUEST = 500

const few = {
  holds: ({ length }: ReadonlyArray<unknown>) => length <= MOST_IN_REQUEST,
  json: { maxItems: MOST_IN_REQUEST },
}
const key = about(word("a key", 256), "The key of the fleet.")

/** What a process says of the keys of a fleet that it works with. */
export const FleetReportShape = about(
  object({
    protocol: about(whole(PROTOCOL, PROTOCOL), "Version of this protocol."),
    table: about(word("a word", 32), "Hash of the knobs."),
    digests: about(
      list(
        object({
          key,
          at: about(maybe(PairShape), "Under what it was measured, where the key is followed."),
          objective: about(number(), "What is minimised or maximised."),
          latencyP99Us: about(maybe(number()), "99th percentile of the latency, microseconds."),
          throughputRps: about(maybe(number()), "Requests a second."),
          errorRate: about(maybe(number()), "Share of failed work, 0 to 1."),
          constraintMargin: about(maybe(number()), "Below 0 the constraint is broken."),
          extras: about(maybe(record(number())), "Further channels by name."),
        }),
        { expected: `at most ${MOST_IN_REQUEST} digests`, ...few },
      ),
      "What was measured since the last report.",
    ),
    follow: about(
      list(key, { expected: `at most ${MOST_IN_REQUEST} keys`, ...few }),
      "Keys to be told of. After two seconds without an answer: the base, a minute later the baseline.",
    ),
  }),
  "What a process reports of keys of a fleet of Arqon, and which of them it follows.",
)
export interface FleetReport extends ShapeType<typeof FleetReportShape> {}

const values = record(number())
const count = whole(0, Number.MAX_SAFE_INTEGER)

/** What a gateway answers to it. */
export const FleetAnswerShape = about(
  object({
    protocol: about(whole(PROTOCOL, PROTOCOL), "Version of this protocol."),
    taken: about(count, "Digests that count."),
    full: about(count, "Digests of keys that a full bucket has no room for."),
    invalid: about(count, "Digests that are none."),
    late: about(count, "Digests that were measured under another owner."),
    unreachable: about(count, "Digests whose owner cannot be reached."),
    keys: about(
      list(
        object({
          key,
          at: PairShape,
          role: about(oneOf(ROLES), "What the key is in the midst of."),
          values: about(values, "What to run now."),
          base: about(values, "What to run when there is no answer for two seconds."),
          baseline: about(values, "What to run a minute after that."),
        }),
      ),
      "The followed keys whose owner can be reached.",
    ),
  }),
  "What a gateway of Arqon answers to a report of keys.",
)
export interface FleetAnswer extends ShapeType<typeof FleetAnswerShape> {}

const reading =
  <T>(read: (input: unknown) => Reading<T>) =>
  (input: unknown): Reading<T> =>
    attempt(() => read(input)) ?? { ok: false, problems: [unreadable()] }

/** A report, or all that is wrong with it. Total: no input makes it throw. */
export const readFleetReport = reading((input) => readShape(FleetReportShape, input, { excess: "drop" }))

/** An answer, or all that is wrong with it. Total: no input makes it throw. */
export const readFleetAnswer = reading((input) => readShape(FleetAnswerShape, input, { excess: "drop" }))
