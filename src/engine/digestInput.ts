/**
 * Digests as objects: checked for type, written into the hot path's inbox by position. What is wrong in kind (a string,
 * an unknown field) is the caller's mistake and refused with an error; what is wrong in value (NaN, too late) is the
 * plant's and is judged and counted by the hot path.
 */
import { RESERVED_CHANNELS } from "../domain/Config.ts"
import {
  DIGEST_ERROR_RATE,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
} from "../hot/codes.ts"
import { MAX_TIME_US } from "../hot/RateWindow.ts"
import { type DigestObject, type Unwritten, writeDigest } from "../hot/writeDigest.ts"
import { DigestError } from "../domain/errors.ts"
import { FAILURE_US, type Sample } from "../telemetry/samples.ts"
import { didYouMean, problem, show } from "../domain/problems.ts"
import type { Problem } from "../domain/errors.ts"

/** Why this is no time, or null. */
export function timeError(nowUs: unknown): DigestError | null {
  if (typeof nowUs === "number" && nowUs >= 0 && nowUs <= MAX_TIME_US) return null
  const invalid = problem(
    ["nowUs"],
    `must be a number of microseconds from 0 to ${MAX_TIME_US} (the year 2112, counted from 1970), got ${show(nowUs)}.`,
    "Use Date.now() * 1000.",
  )
  return new DigestError({ problems: [invalid] })
}

/** Writes `input` over an empty digest, or returns why it is none; then what lies in the inbox means nothing. */
export function readDigest(
  inbox: Float64Array,
  input: unknown,
  extras: ReadonlyArray<string>,
): DigestError | null {
  if (typeof input !== "object" || input === null) {
    return refuse([
      problem(["digest"], `must be an object, got ${show(input)}.`, "Report { objective: 12.3 }."),
    ])
  }
  const unwritten = writeDigest(inbox, input as DigestObject, extras)
  // NaN as the objective is a digest that was invalid; no objective at all is none. Looked at only then: see `writeDigest`.
  const missing = Number.isNaN(inbox[DIGEST_OBJECTIVE]) && (input as DigestObject)["objective"] === undefined
  if (unwritten === null && !missing) return null
  const problems = (unwritten ?? []).map(([path, value]) => problemOf(path, value, extras))
  return refuse(
    missing ? [...problems, problem(["objective"], "is missing.", "Report { objective: 12.3 }.")] : problems,
  )
}

/** Writes the digest of one finished call over an empty one: the shorter the better, and failing is dear. */
export function writeSample(inbox: Float64Array, sample: Sample, objective: "minimize" | "maximize"): void {
  const { startedUs, durationUs, ok } = sample
  const loss = durationUs + (ok ? 0 : FAILURE_US)
  inbox[DIGEST_OBJECTIVE] = objective === "maximize" ? -loss : loss
  inbox[DIGEST_LATENCY_P99_US] = durationUs
  inbox[DIGEST_ERROR_RATE] = ok ? 0 : 1
  if (startedUs !== undefined) inbox[DIGEST_TIMESTAMP_US] = startedUs + durationUs
}

/** Why a field of a digest, or an extra channel, could not be written. */
function problemOf(path: Unwritten[0], value: unknown, extras: ReadonlyArray<string>): Problem {
  const [field, name] = path
  if (name !== undefined) {
    return extras.includes(name)
      ? problem(path, `must be a number, got ${show(value)}.`)
      : problem(path, "is not named in the configuration.", didYouMean(name, extras))
  }
  if (field === "extras") return problem(path, `must be an object, got ${show(value)}.`)
  return RESERVED_CHANNELS.includes(field)
    ? problem(path, `must be a number, got ${show(value)}.`)
    : problem(path, "is not a field of a digest.", didYouMean(field, [...RESERVED_CHANNELS, ...extras]))
}

const refuse = (problems: ReadonlyArray<Problem>): DigestError => new DigestError({ problems })
