/** Times as people write them, in the engine's own unit. */

const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/
const SECONDS = /^\d+(?:\.\d+)?(?:\s*s)?$/

/**
 * Microseconds of what `word` means, or null: a date with or without a time, a time of the day that `now` is in (local), or
 * seconds, as in a run in manual time.
 */
export function parseTime(word: string, now: Date): number | null {
  const trimmed = word.trim()
  const clock = CLOCK.exec(trimmed)
  if (clock !== null) {
    const [hours, minutes, seconds] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)]
    if (hours > 23 || minutes > 59 || seconds >= 60) return null
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate(), hours, minutes)
    return day.getTime() * 1000 + Math.round(seconds * 1e6)
  }
  if (SECONDS.test(trimmed)) return Math.round(Number.parseFloat(trimmed) * 1e6)
  // Left to itself, Date.parse finds a date in almost anything.
  const atMs = DATE.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  return Number.isNaN(atMs) ? null : atMs * 1000
}
