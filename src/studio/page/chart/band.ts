/**
 * The tuned readings of a time line as a band: how they ranged over the latest few, and their mean. Single readings jump between the two sides
 * of the base, and a line through them would show the probes, not what they add up to.
 */
import type { Track } from "../core/Track.ts"

/** Readings that make a point of the band. */
const WIDE = 8

export interface Band {
  readonly low: ReadonlyArray<number | null>
  readonly middle: ReadonlyArray<number | null>
  readonly high: ReadonlyArray<number | null>
}

export function bandOf({ objective, low, high }: Track): Band {
  const recent: Array<number> = []
  const made = {
    low: [] as Array<number | null>,
    middle: [] as Array<number | null>,
    high: [] as Array<number | null>,
  }
  objective.forEach((value, row) => {
    if (value === null) {
      made.low.push(null)
      made.middle.push(null)
      made.high.push(null)
      return
    }
    recent.push(row)
    if (recent.length > WIDE) recent.shift()
    made.low.push(Math.min(...recent.map((one) => low[one] ?? value)))
    made.high.push(Math.max(...recent.map((one) => high[one] ?? value)))
    made.middle.push(recent.reduce((sum, one) => sum + (objective[one] ?? 0) / recent.length, 0))
  })
  return made
}
