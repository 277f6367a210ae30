/** Times as people write them, in the engine's own unit. A time means all that it names: 14:03 is that whole minute. */

const ZONE = "(Z|[+-]\\d{2}:?\\d{2})?"
const OF_DAY = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d+))?)?"
const CLOCK = new RegExp(`^${OF_DAY}${ZONE}$`, "i")
const DATE = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})(?:[T ]${OF_DAY} ?${ZONE})?$`, "i")
const SECONDS = /^\d+(?:\.\d+)?(?:\s*s)?$/

const SECOND_US = 1e6
const MINUTE_US = 60 * SECOND_US
const HOUR_MS = 3_600_000
/** Seconds in the year 5138: anything larger must be milliseconds. */
const MOST_SECONDS = 1e11

/** First and last microsecond of what was named. */
export interface TimeSpan {
  readonly fromUs: number
  readonly toUs: number
}

interface Day {
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly day: number
}

interface OfDay {
  readonly hours: number
  readonly minutes: number
  /** Within the minute. */
  readonly us: number
  /** How much of time it names. */
  readonly lengthUs: number
  /** East of UTC; null is the zone of this machine. */
  readonly offsetMinutes: number | null
}

/**
 * What `word` means, or null: a date with or without a time, a time of the day, or seconds, as in a run in manual time. Without a zone
 * it is local. A time of the day is the last one before `now`: at three in the morning, 23:40 was yesterday.
 */
export function parseTime(word: string, now: Date): TimeSpan | null {
  const trimmed = word.trim()
  if (SECONDS.test(trimmed)) {
    const seconds = Number.parseFloat(trimmed)
    const us = Math.round(seconds * SECOND_US)
    return seconds < MOST_SECONDS ? { fromUs: us, toUs: us } : null
  }
  const clock = CLOCK.exec(trimmed)
  if (clock !== null) {
    const time = ofDay(clock.slice(1))
    if (time === null) return null
    const today = spanOf(dayOf(now, time.offsetMinutes), time)
    if (today.fromUs <= now.getTime() * 1000) return today
    return spanOf(dayOf(new Date(now.getTime() - 24 * HOUR_MS), time.offsetMinutes), time)
  }
  const date = DATE.exec(trimmed)
  if (date === null) return null
  const day = { year: Number(date[1]), month: Number(date[2]) - 1, day: Number(date[3]) }
  const there = new Date(Date.UTC(day.year, day.month, day.day))
  if (there.getUTCMonth() !== day.month || there.getUTCDate() !== day.day) return null
  if (date[4] === undefined) {
    const fromUs = localMs(day, 0, 0) * 1000
    return { fromUs, toUs: localMs({ ...day, day: day.day + 1 }, 0, 0) * 1000 - 1 }
  }
  const time = ofDay(date.slice(4))
  return time === null ? null : spanOf(day, time)
}

function ofDay([h, m, s, fraction, zone]: ReadonlyArray<string | undefined>): OfDay | null {
  const [hours, minutes, seconds] = [Number(h), Number(m), Number(s ?? 0)]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const digits = (fraction ?? "").slice(0, 6)
  const us = seconds * SECOND_US + Number(digits.padEnd(6, "0"))
  const lengthUs = s === undefined ? MINUTE_US : SECOND_US / 10 ** digits.length
  return { hours, minutes, us, lengthUs, offsetMinutes: offsetOf(zone) }
}

function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined) return null
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  return hours === undefined ? 0 : (sign === "-" ? -1 : 1) * (60 * Number(hours) + Number(minutes))
}

/** The day that it is there. */
function dayOf(at: Date, offsetMinutes: number | null): Day {
  if (offsetMinutes === null) return { year: at.getFullYear(), month: at.getMonth(), day: at.getDate() }
  const there = new Date(at.getTime() + offsetMinutes * 60_000)
  return { year: there.getUTCFullYear(), month: there.getUTCMonth(), day: there.getUTCDate() }
}

const localMs = ({ year, month, day }: Day, hours: number, minutes: number): number =>
  new Date(year, month, day, hours, minutes).getTime()

function spanOf(day: Day, { hours, minutes, us, lengthUs, offsetMinutes }: OfDay): TimeSpan {
  const { year, month, day: date } = day
  if (offsetMinutes !== null) {
    const fromUs = Date.UTC(year, month, date, hours, minutes - offsetMinutes) * 1000 + us
    return { fromUs, toUs: fromUs + lengthUs - 1 }
  }
  const fromMs = localMs(day, hours, minutes)
  // Where clocks are put back an hour comes twice, and both are meant.
  const again = new Date(fromMs + HOUR_MS)
  const lastMs = again.getHours() === hours && again.getMinutes() === minutes ? again.getTime() : fromMs
  return { fromUs: fromMs * 1000 + us, toUs: lastMs * 1000 + us + lengthUs - 1 }
}
