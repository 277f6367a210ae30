/**
 * The fixed configuration that stands beside the engine, chosen as a careful person would who has a recording of a working
 * day and all the time in the world: of every pair of values the cheapest over that day, among those that were unsafe for as
 * few seconds as any. No tuner gets to see that day.
 */
import { Course, DAY_US } from "./course.ts"
import { knobs, sweepLimits, type Values } from "./service.ts"

/** Seed of the sample day: no week has it. */
const SAMPLE = 987_654
const EVERY_US = 60e6
/** Safe for as long as the safest, to within so many minutes. */
const SLACK_MINUTES = 5

export function calibrate(): Values {
  const course = new Course(SAMPLE, 7)
  const limits = knobs.limit.max + 1
  const losses = new Float64Array((knobs.batch.max + 1) * limits)
  const unsafe = new Float64Array(losses.length)
  // A Tuesday: days of a week differ by chance, and this is the first that is whole.
  for (let atUs = DAY_US; atUs < 2 * DAY_US; atUs += EVERY_US) {
    const conditions = course.conditions(atUs)
    for (let batch = knobs.batch.min; batch <= knobs.batch.max; batch++) {
      sweepLimits(conditions, batch, knobs.limit.max, (limit, loss, margin) => {
        losses[batch * limits + limit] += loss
        if (margin < 0) unsafe[batch * limits + limit]++
      })
    }
  }
  const pairs: Array<Values> = []
  for (let batch = knobs.batch.min; batch <= knobs.batch.max; batch++) {
    for (let limit = knobs.limit.min; limit <= knobs.limit.max; limit++) pairs.push({ batch, limit })
  }
  const at = ({ batch, limit }: Values): number => batch * limits + limit
  const least = Math.min(...pairs.map((pair) => unsafe[at(pair)]))
  const safe = pairs.filter((pair) => unsafe[at(pair)] <= least + SLACK_MINUTES)
  return safe.reduce((best, pair) => (losses[at(pair)] < losses[at(best)] ? pair : best))
}
