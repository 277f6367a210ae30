/**
 * Which messages have been accepted, so that none is accepted twice. An id is kept for 300 seconds, five times as long as a message is
 * fresh. Time is an argument, and it may jump: with the ids that it forgets the ledger keeps when the youngest of them was issued, and
 * whatever is not younger counts as seen. So a message that was accepted once is refused for ever, whatever the clock does. A full ledger
 * accepts nothing new until something has expired.
 */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"

/** How long an id is kept. */
export const NONCE_KEPT_MS = 300_000
/** How many ids are kept at once, by default. */
export const MOST_NONCES = 100_000

/** What bounds a ledger. */
export interface NonceLedgerOptions {
  /** Ids kept at once; each takes about 100 bytes. */
  readonly most?: number
  /** Whatever was issued by then counts as seen. A ledger starts empty, so after a restart give it the time of the start. */
  readonly seenUntilMs?: number
}

interface Seen {
  readonly issuedAtMs: number
  readonly forgetAtMs: number
}

/** Why a message is not new: it came before, it is older than what the ledger forgot, or there is no room to remember it. */
export type NotNew = "seen" | "forgotten" | "full"

/** Remembers which messages were accepted. */
export class NonceLedger {
  private readonly seen = new Map<string, Seen>()
  private readonly most: number
  private seenUntilMs: number

  /** Throws `GrowthError`. */
  constructor({ most = MOST_NONCES, seenUntilMs = -1 }: NonceLedgerOptions = {}) {
    const problems: Array<Problem> = []
    if (!Number.isSafeInteger(most) || most < 1)
      problems.push({ path: "most", message: `must be a whole number from 1, not ${most}.` })
    if (!Number.isFinite(seenUntilMs))
      problems.push({ path: "seenUntilMs", message: `must be a time in milliseconds, not ${seenUntilMs}.` })
    if (problems.length > 0) throw new GrowthError({ problems })
    this.most = most
    this.seenUntilMs = seenUntilMs
  }

  get size(): number {
    return this.seen.size
  }

  /** Remembers the id and gives null, or says why it is not new. */
  take(id: string, issuedAtMs: number, nowMs: number): NotNew | null {
    this.forget(nowMs)
    if (this.seen.has(id)) return "seen"
    if (issuedAtMs <= this.seenUntilMs) return "forgotten"
    if (this.seen.size >= this.most) return "full"
    this.seen.set(id, { issuedAtMs, forgetAtMs: nowMs + NONCE_KEPT_MS })
    return null
  }

  /** In the order they came in; after a jump of the clock an early one may make later ones wait, which is safe. */
  private forget(nowMs: number): void {
    for (const [id, { issuedAtMs, forgetAtMs }] of this.seen) {
      if (forgetAtMs > nowMs) return
      this.seen.delete(id)
      this.seenUntilMs = Math.max(this.seenUntilMs, issuedAtMs)
    }
  }
}
