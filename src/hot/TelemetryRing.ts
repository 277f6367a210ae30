/**
 * A ring of digests, 128 bytes each, in one interleaved buffer. One needs it between whoever measures and whoever
 * writes digests to the journal: pushing never waits and never allocates, and no digest is lost without being
 * counted. Fill `inbox`, then `push()`.
 */
import { BACKPRESSURE, DIGEST_WIDTH } from "./codes.ts"
import { outOfRange } from "./outOfRange.ts"

/** What `drain` hands out: sixteen doubles at `block[offset]`. Read them before pushing or returning, keep nothing. */
export type DigestVisitor = (block: Float64Array, offset: number) => void

// Imported bindings are looked up at every use; the module's own constants are compiled in.
const WIDTH = DIGEST_WIDTH
const REFUSE_WHEN_FULL = BACKPRESSURE
const HEAD = 0
const TAIL = 1
const DROPPED = 0
const REFUSED = 1

/** A ring of digests, 128 bytes each; what it cannot hold is counted. */
export class TelemetryRing {
  /** The digest about to be pushed, positions `DIGEST_*`. It keeps its content after a push. */
  readonly inbox = new Float64Array(WIDTH)
  readonly capacity: number
  /** DROP_OLDEST or BACKPRESSURE. */
  readonly policy: number
  private readonly block: Float64Array
  private readonly mask: number
  /** Positions count on for ever and wrap at 2^32, a multiple of every capacity, so their difference is the size. */
  private readonly cursor = new Uint32Array(2)
  private readonly lost = new Float64Array(2)

  /** `capacity` is a power of two, at most 2^23 (1 GiB); anything else is a RangeError. */
  constructor(capacity: number, policy: number) {
    if (
      !Number.isInteger(capacity) ||
      capacity < 1 ||
      capacity > 2 ** 23 ||
      (capacity & (capacity - 1)) !== 0
    ) {
      throw outOfRange("capacity", "a power of two up to 2^23", capacity)
    }
    this.capacity = capacity
    this.policy = policy
    this.mask = capacity - 1
    this.block = new Float64Array(capacity * WIDTH)
    this.inbox.fill(Number.NaN)
  }

  /** Digests waiting to be drained. */
  get size(): number {
    return (this.cursor[TAIL] - this.cursor[HEAD]) >>> 0
  }

  /** Oldest digests overwritten under DROP_OLDEST. */
  get dropped(): number {
    return this.lost[DROPPED]
  }

  /** Digests not taken under BACKPRESSURE. */
  get refused(): number {
    return this.lost[REFUSED]
  }

  /** Takes the inbox; false, and nothing taken, only when the ring is full under BACKPRESSURE. */
  push(): boolean {
    const cursor = this.cursor
    const tail = cursor[TAIL]
    if ((tail - cursor[HEAD]) >>> 0 === this.capacity) {
      if (this.policy === REFUSE_WHEN_FULL) {
        this.lost[REFUSED]++
        return false
      }
      this.lost[DROPPED]++
      cursor[HEAD]++
    }
    const block = this.block
    const inbox = this.inbox
    const at = (tail & this.mask) * WIDTH
    // Written out: a loop takes 2.3 times as long, `set` twice as long.
    block[at] = inbox[0]
    block[at + 1] = inbox[1]
    block[at + 2] = inbox[2]
    block[at + 3] = inbox[3]
    block[at + 4] = inbox[4]
    block[at + 5] = inbox[5]
    block[at + 6] = inbox[6]
    block[at + 7] = inbox[7]
    block[at + 8] = inbox[8]
    block[at + 9] = inbox[9]
    block[at + 10] = inbox[10]
    block[at + 11] = inbox[11]
    block[at + 12] = inbox[12]
    block[at + 13] = inbox[13]
    block[at + 14] = inbox[14]
    block[at + 15] = inbox[15]
    cursor[TAIL] = tail + 1
    return true
  }

  /**
   * Hands out what was waiting at the time of the call, oldest first, at most `max`; returns how many.
   *
   * A digest is off the ring before its visitor runs: a visitor that throws has had its digest, and one that pushes
   * is answered by the next drain.
   */
  drain(visit: DigestVisitor, max = this.capacity): number {
    const cursor = this.cursor
    const end = cursor[TAIL]
    let visited = 0
    // Pushes from inside a visitor may drop ahead of this loop: the head decides, not a count taken before.
    while (visited < max && (end - cursor[HEAD]) >>> 0 <= this.capacity && cursor[HEAD] !== end) {
      const offset = (cursor[HEAD] & this.mask) * WIDTH
      cursor[HEAD]++
      visited++
      visit(this.block, offset)
    }
    return visited
  }
}
