/**
 * The bottleneck of the benchmarked service: so many slots that wait, nothing that computes, so that two shared cores measure the
 * limiter and not each other. Whoever is inside makes the others slower: beyond `slots` requests inside, every service time grows by
 * `contention` times the overhang, so throughput collapses (locks, caches and swap do the like). Drawn from a seed: the same
 * requests take the same time.
 */
export interface BackendShape {
  readonly slots: number
  /** Mean of a service time with no contention. */
  readonly meanMs: number
  /** How service times spread about it; "half": half of it is fixed, half exponential. */
  readonly times: keyof typeof TIMES
  /** Growth of the service time when as many wait as are served. */
  readonly contention: number
}

const exponential = (random: () => number): number => -Math.log(1 - random())

/** Spreads of service times about a mean of 1, from none to one request in ten that takes eleven times as long as the others. */
export const TIMES = {
  fixed: () => 1,
  half: (random: () => number) => 0.5 + 0.5 * exponential(random),
  exponential,
  lognormal: (random: () => number) =>
    Math.exp(0.8 * Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random()) - 0.32),
  heavy: (random: () => number) => (random() < 0.9 ? 0.5 : 5.5) * exponential(random),
} as const

export const SHAPE: BackendShape = { slots: 16, meanMs: 100, times: "half", contention: 0.3 }

/** Requests a second that the slots can do without contention. */
export const capacityRps = ({ slots, meanMs }: BackendShape): number => (slots * 1_000) / meanMs

/** A small generator (mulberry32), so that every limiter is given the same service times. */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export class Backend {
  private readonly waiting: Array<() => void> = []
  private readonly shape: BackendShape
  private readonly random: () => number
  private readonly later: (ms: number, then: () => void) => void
  private serving = 0

  constructor(shape: BackendShape, seed: number, later: (ms: number, then: () => void) => void) {
    this.shape = shape
    this.random = generator(seed)
    this.later = later
  }

  /** Serves one request; `done` is called when it is finished. */
  serve(done: () => void): void {
    if (this.serving < this.shape.slots) this.begin(done)
    else this.waiting.push(done)
  }

  private begin(done: () => void): void {
    this.serving++
    const { contention, meanMs, slots, times } = this.shape
    const overhang = Math.max(0, this.serving + this.waiting.length - slots) / slots
    const drawn = TIMES[times](this.random)
    this.later(meanMs * drawn * (1 + contention * overhang), () => {
      this.serving--
      const next = this.waiting.shift()
      if (next !== undefined) this.begin(next)
      done()
    })
  }
}
