/**
 * Which calls duel, and which side takes which. Two calls that follow one another make a pair, and a coin decides which of them the
 * candidate answers. With keys two users make a pair: each stays on its side for the life of the graft, and counts once in each stage,
 * by the first calls of both that come close enough together.
 */
import type { PairRow, Side } from "./Channels.ts"
import type { Coins } from "./Coins.ts"

/** Calls of a pair that are further apart saw different loads, and are not compared. */
const APART_MS = 5_000
/** Keys that are remembered. A new one beyond that does not duel: the incumbent answers it, and on probation the candidate. */
export const MOST_KEYS = 50_000
/** Pairs that wait for the end of the window; where there are so many they are judged before. */
export const FULL = 4_096

class Pair {
  readonly number: number
  /** What takes longer than this counts as failed, on either side. */
  readonly limitMs: number
  at: number
  stage = 0
  candidate: Side | null = null
  incumbent: Side | null = null
  candidateAt = 0
  incumbentAt = 0

  constructor(number: number, limitMs: number, at: number) {
    this.number = number
    this.limitMs = limitMs
    this.at = at
  }
}

/** A call's place in a pair. */
export interface Seat {
  readonly pair: Pair
  readonly isCandidate: boolean
}

export class Duels {
  private readonly coins: Coins
  private readonly tooMany: () => void
  private readonly seats = new Map<string, Seat>()
  /** A pair that still wants its second half. */
  private open: Pair | null = null
  private begun = 0
  private stage = 1
  private rows: Array<PairRow> = []
  /** Calls of users that there was no room for. */
  turnedAway = 0

  constructor(coins: Coins, tooMany: () => void = () => {}) {
    this.coins = coins
    this.tooMany = tooMany
  }

  /** Users of a pair count again: what follows is judged by itself. */
  newStage(): void {
    this.stage++
    this.open = null
    this.rows = []
  }

  /**
   * A place for a call, or null where it does not duel. `share` of all calls duel; half of those are the candidate's. A user who had the
   * candidate's answers keeps them where the share would not reach that far.
   */
  enter(key: string | null, share: number, now: () => number, limitMs: number): Seat | null {
    if (key === null) return this.coins.next() < share ? this.seat(now(), limitMs) : null
    const known = this.seats.get(key)
    if (this.coins.ofKey(key) >= share) return known?.isCandidate === true ? known : null
    if (known !== undefined) return known
    if (this.seats.size >= MOST_KEYS) {
      this.turnedAway++
      this.tooMany()
      return null
    }
    const seat = this.seat(now(), limitMs, true)
    this.seats.set(key, seat)
    return seat
  }

  /** Whether this user has had the candidate's answers. */
  isCandidates(key: string | null): boolean {
    return key !== null && this.seats.get(key)?.isCandidate === true
  }

  private seat(nowMs: number, limitMs: number, isForLife = false): Seat {
    const { open } = this
    if (open !== null && (isForLife || nowMs - open.at <= APART_MS)) {
      this.open = null
      return { pair: open, isCandidate: !this.coins.isCandidateFirst(open.number) }
    }
    const pair = new Pair(this.begun++, limitMs, nowMs)
    this.open = pair
    return { pair, isCandidate: this.coins.isCandidateFirst(pair.number) }
  }

  /** What a call of a pair came to. */
  note({ pair, isCandidate }: Seat, side: Side, beganMs: number): void {
    if (pair.stage === this.stage) return
    if (isCandidate) {
      pair.candidate = side
      pair.candidateAt = beganMs
    } else {
      pair.incumbent = side
      pair.incumbentAt = beganMs
    }
    const { candidate, incumbent } = pair
    if (candidate === null || incumbent === null) return
    if (Math.abs(pair.candidateAt - pair.incumbentAt) > APART_MS) return
    pair.stage = this.stage
    pair.candidate = pair.incumbent = null
    this.rows.push({ pair: pair.number, candidate, incumbent })
  }

  get waiting(): number {
    return this.rows.length
  }

  /** The pairs that are complete since the last call. */
  take(): ReadonlyArray<PairRow> {
    const { rows } = this
    this.rows = []
    return rows
  }
}
