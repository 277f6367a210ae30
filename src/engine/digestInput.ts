/**
 * Digests as objects: checked for type, written into the hot path's inbox by position. What is wrong in kind (a string,
 * an unknown field) is the caller's mistake and refused with an error; what is wrong in value (NaN, too late) is the
 * plant's and is judged and counted by the hot path.
 */
import { RESERVED_CHANNELS } from "../domain/Config.ts"
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_ERROR_RATE,
  DIGEST_EXTRA_0,
  DIGEST_GENERATION,
  DIGEST_LATENCY_P99_US,
  DIGEST_OBJECTIVE,
  DIGEST_THROUGHPUT_RPS,
  DIGEST_TIMESTAMP_US,
} from "../hot/codes.ts"
import { MAX_TIME_US } from "../hot/RateWindow.ts"
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

const NO_PLACE = -1

/** Where a field lies. Comparing names that the compiler knows is faster than looking one up. */
function placeOf(field: string): number {
  switch (field) {
    case "objective":
      return DIGEST_OBJECTIVE
    case "timestampUs":
      return DIGEST_TIMESTAMP_US
    case "generation":
      return DIGEST_GENERATION
    case "latencyP99Us":
      return DIGEST_LATENCY_P99_US
    case "throughputRps":
      return DIGEST_THROUGHPUT_RPS
    case "errorRate":
      return DIGEST_ERROR_RATE
    case "constraintMargin":
      return DIGEST_CONSTRAINT_MARGIN
    default:
      return NO_PLACE
  }
}

/** Writes an empty digest of this generation: everything else absent. Its stamp is the caller's to write, from a cell. */
export function emptyDigest(inbox: Float64Array, generation: number): void {
  // By position, as the codes of a digest have it. Written out, as in DigestLanes: a loop takes as long as all the rest.
  const absent = Number.NaN
  inbox[0] = absent
  inbox[1] = generation
  inbox[2] = absent
  inbox[3] = absent
  inbox[4] = absent
  inbox[5] = absent
  inbox[6] = absent
  inbox[7] = absent
  inbox[8] = absent
  inbox[9] = absent
  inbox[10] = absent
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

/** Writes `input` over an empty digest, or returns why it is none; then what lies in the inbox means nothing. */
export function writeDigest(
  inbox: Float64Array,
  input: unknown,
  extras: ReadonlyArray<string>,
): DigestError | null {
  if (typeof input !== "object" || input === null) {
    return refuse([
      problem(["digest"], `must be an object, got ${show(input)}.`, "Report { objective: 12.3 }."),
    ])
  }
  let problems: Array<Problem> | null = null
  for (const key in input) {
    const value = (input as Record<string, unknown>)[key]
    if (value === undefined) continue
    const place = placeOf(key)
    if (place !== NO_PLACE && typeof value === "number") inbox[place] = value
    else problems = [...(problems ?? []), ...extraOrProblem(inbox, key, value, extras)]
  }
  // NaN as the objective is a digest that was invalid; no objective at all is none.
  if ((input as Record<string, unknown>).objective === undefined) {
    problems = [...(problems ?? []), problem(["objective"], "is missing.", "Report { objective: 12.3 }.")]
  }
  return problems === null || problems.length === 0 ? null : refuse(problems)
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

function extraOrProblem(
  inbox: Float64Array,
  key: string,
  value: unknown,
  extras: ReadonlyArray<string>,
): ReadonlyArray<Problem> {
  if (key !== "extras") {
    if (placeOf(key) !== NO_PLACE) return [problem([key], `must be a number, got ${show(value)}.`)]
    return [problem([key], "is not a field of a digest.", didYouMean(key, [...RESERVED_CHANNELS, ...extras]))]
  }
  if (typeof value !== "object" || value === null) {
    return [problem(["extras"], `must be an object, got ${show(value)}.`)]
  }
  return Object.entries(value).flatMap(([name, reading]) => {
    const place = extras.indexOf(name)
    if (place < 0)
      return [problem(["extras", name], "is not named in the configuration.", didYouMean(name, extras))]
    if (typeof reading === "number") inbox[DIGEST_EXTRA_0 + place] = reading
    else if (reading !== undefined)
      return [problem(["extras", name], `must be a number, got ${show(reading)}.`)]
    return []
  })
}

const refuse = (problems: ReadonlyArray<Problem>): DigestError => new DigestError({ problems })
