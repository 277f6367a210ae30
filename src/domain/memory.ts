/**
 * How much memory an option may ask for. Needed wherever a size is accepted: a number that fits its own range can still mean
 * gigabytes together with another one, such as the capacity of a ring and the number of knobs.
 */
import type { Problem } from "./errors.ts"
import { problem } from "./problems.ts"

/** The most that any single option may ask for: 1 GiB. */
export const MOST_BYTES = 2 ** 30

/** Of a record of the audit as an object: itself, and the values of its knobs by name. Estimates on the high side. */
export const recordBytes = (knobs: number): number => 400 + 40 * knobs
/** Of a record in the audit's ring, which is numbers alone: see AuditRing. */
export const ringRecordBytes = (knobs: number): number => 8 * (12 + Math.max(4, knobs))
/** Of a regime that is remembered. */
export const regimeBytes = (knobs: number): number => 400 + 80 * knobs
/** Of an evaluation of a solver: its trial, its point, its place in the history. */
export const evaluationBytes = (parameters: number): number => 500 + 40 * parameters

/** A problem where `count` pieces of so many bytes are more than an option may ask for. Total over any input. */
export function sizeProblems(
  path: ReadonlyArray<string>,
  count: unknown,
  bytesEach: number,
  beside: string,
): ReadonlyArray<Problem> {
  // What is no number at all is refused for that.
  if (typeof count !== "number" || !Number.isFinite(count) || count * bytesEach <= MOST_BYTES) return []
  const asked = ((count * bytesEach) / 2 ** 30).toPrecision(2)
  const most = Math.floor(MOST_BYTES / bytesEach)
  return [
    problem(
      path,
      `asks for ${asked} GiB with ${beside}; an option may ask for 1 GiB.`,
      most >= 1 ? `Take at most ${most}.` : "Split it.",
    ),
  ]
}
