/**
 * The limiters that ours is compared with, written from their published descriptions: Gradient2 and Vegas as Netflix runs them
 * (concurrency-limits), with their default numbers. Each hears of every finished request and says the limit.
 */
export interface Peer {
  /** How many requests may be in flight. */
  readonly limit: number
  /** A request finished: how long it took, and how many were in flight when it started. */
  finished(rttMs: number, inFlight: number): void
}

/** A limit that stays. */
export const fixed = (limit: number): Peer => ({ limit, finished: () => undefined })

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

/** Gradient2: how much longer a request takes than requests did over the long run, within a tolerance, plus a little queue. */
export class Gradient2 implements Peer {
  private estimate: number
  private longMs = 0
  private samples = 0

  constructor(initial: number) {
    this.estimate = initial
  }

  get limit(): number {
    return Math.floor(this.estimate)
  }

  finished(rttMs: number, inFlight: number): void {
    const WARM_UP = 10
    const LONG = 600
    this.samples++
    this.longMs +=
      this.samples <= WARM_UP
        ? (rttMs - this.longMs) / this.samples
        : ((rttMs - this.longMs) * 2) / (LONG + 1)
    if (this.longMs / rttMs > 2) this.longMs *= 0.95
    if (inFlight < this.estimate / 2) return
    const gradient = clamp((1.5 * this.longMs) / rttMs, 0.5, 1)
    const next = this.estimate * gradient + 4
    this.estimate = clamp(0.8 * this.estimate + 0.2 * next, 20, 200)
  }
}

/** Vegas: how many requests seem to wait, from the shortest time seen; a few may, in proportion to the logarithm of the limit. */
export class Vegas implements Peer {
  private estimate: number
  private leastMs = Number.POSITIVE_INFINITY
  private untilProbe: number
  private readonly random: () => number

  constructor(initial: number, random: () => number) {
    this.estimate = initial
    this.random = random
    this.untilProbe = this.probeAfter()
  }

  get limit(): number {
    return Math.floor(this.estimate)
  }

  finished(rttMs: number, inFlight: number): void {
    if (--this.untilProbe <= 0) {
      this.untilProbe = this.probeAfter()
      this.leastMs = rttMs
      return
    }
    if (rttMs < this.leastMs) {
      this.leastMs = rttMs
      return
    }
    if (inFlight * 2 < this.estimate) return
    const step = Math.max(1, Math.log10(this.estimate))
    const queue = Math.ceil(this.estimate * (1 - this.leastMs / rttMs))
    if (queue <= step) this.estimate += 6 * step
    else if (queue < 3 * step) this.estimate += step
    else if (queue > 6 * step) this.estimate -= step
    this.estimate = clamp(this.estimate, 1, 1_000)
  }

  /** The shortest time is forgotten now and then, or it would hold for ever. */
  private probeAfter(): number {
    return 30 * this.estimate * (0.5 + this.random() / 2)
  }
}

/** AIMD: one more while the limit is used, a tenth less when a request takes longer than the time-out. */
export class Aimd implements Peer {
  private estimate: number
  private readonly timeoutMs: number

  constructor(initial: number, timeoutMs: number) {
    this.estimate = initial
    this.timeoutMs = timeoutMs
  }

  get limit(): number {
    return Math.floor(this.estimate)
  }

  finished(rttMs: number, inFlight: number): void {
    if (rttMs > this.timeoutMs) this.estimate *= 0.9
    else if (inFlight * 2 >= this.estimate) this.estimate += 1
    this.estimate = clamp(this.estimate, 20, 200)
  }
}
