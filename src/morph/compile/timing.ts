/** How long two ways to do the same take, measured in turns so that a busy machine hits both. */

/** What a turn of each should last at least, ms: long beside a reading of the clock. */
const TURN_MS = 0.1
/** Calls of the first look, which are also its warm-up. */
const FIRST = 8
const MOST_CALLS = 4096

/** Of one call, ms. */
export interface Timed {
  /** The shortest turn: what it takes where nothing comes between. */
  readonly least: number
  readonly median: number
  readonly most: number
}

const lasting = (work: () => void, calls: number, now: () => number): number => {
  const began = now()
  for (let i = 0; i < calls; i++) work()
  return (now() - began) / calls
}

/** What a round of a warm-up lasts at least, ms, and rounds without a gain after which it is over. */
const ROUND_MS = 2
const STEADY = 3
const MOST_ROUNDS = 20

/**
 * Runs until it gets no faster. An engine compiles WebAssembly twice: at once, and for good what has run for a while, which is twice as
 * fast and comes from another thread.
 */
export function warm(way: () => void, now: () => number): void {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0, steady = 0; round < MOST_ROUNDS && steady < STEADY; round++) {
    const began = now()
    let calls = 0
    // A clock that stands still ends it too.
    do for (let i = 0; i < FIRST; i++, calls++) way()
    while (now() - began < ROUND_MS && calls < MOST_CALLS)
    const each = (now() - began) / calls
    steady = each < 0.97 * best ? 0 : steady + 1
    best = Math.min(best, each)
  }
}

export function inTurns(
  ways: ReadonlyArray<() => void>,
  turns: number,
  now: () => number,
): ReadonlyArray<Timed> {
  const calls = ways.map((way) => {
    lasting(way, FIRST, now)
    const once = lasting(way, FIRST, now)
    return once > 0 ? Math.min(MOST_CALLS, Math.max(1, Math.ceil(TURN_MS / once))) : MOST_CALLS
  })
  const times = ways.map((): Array<number> => [])
  for (let turn = 0; turn < turns; turn++)
    for (let i = 0; i < ways.length; i++) {
      // Whoever comes first finds other caches.
      const at = turn % 2 === 0 ? i : ways.length - 1 - i
      times[at].push(lasting(ways[at], calls[at], now))
    }
  return times.map((taken) => {
    const sorted = taken.toSorted((a, b) => a - b)
    return { least: sorted[0], median: sorted[turns >> 1], most: sorted[turns - 1] }
  })
}
