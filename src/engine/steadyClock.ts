/** The time of an engine or a fleet that keeps its own: a file apart, so that a fleet does not bring an engine's statecharts along. */
import type * as Clock from "effect/Clock"

/**
 * Microseconds since 1970 that never jump with the wall clock: where it stood, and monotonic time since. Where even monotonic
 * time goes back (a machine that was moved), it goes on from where it was: held until then it would stand for hours.
 *
 * `steadyMs` is the monotonic time where the clock's own is not wanted: that is a bigint, 70 bytes a reading. After a year a
 * double still tells four nanoseconds apart.
 */
export function steadyClock(clock: Clock.Clock, steadyMs?: () => number): () => number {
  const nanosNow = (): number =>
    steadyMs === undefined ? Number(clock.monotonicTimeNanosUnsafe()) : steadyMs() * 1e6
  // In an array: a double that a closure holds is garbage every time it changes.
  const cells = new Float64Array(3)
  cells[ORIGIN_US] = clock.currentTimeMillisUnsafe() * 1000
  cells[ORIGIN_NANOS] = nanosNow()
  cells[LAST_US] = cells[ORIGIN_US]
  return () => {
    const nanos = nanosNow()
    const nowUs = cells[ORIGIN_US] + Math.floor((nanos - cells[ORIGIN_NANOS]) / 1000)
    if (nowUs >= cells[LAST_US]) cells[LAST_US] = nowUs
    else {
      cells[ORIGIN_NANOS] = nanos
      cells[ORIGIN_US] = cells[LAST_US]
    }
    return cells[LAST_US]
  }
}

const ORIGIN_US = 0
const ORIGIN_NANOS = 1
const LAST_US = 2
