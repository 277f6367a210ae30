/**
 * The way of digests between threads: bounded queues in shared memory, one lane for each thread that reports, all of them
 * emptied by the engine's thread. One needs it where the engine runs in a worker; in one thread a digest waits for nobody. Fill
 * `inbox`, then `push()`; the engine's thread calls `take`.
 *
 * A thread may be terminated between any two instructions, so nothing here takes two steps to be true: a producer writes a digest
 * and then publishes it by one store, the taker copies it and then takes it by one compare-and-exchange, which fails where the
 * producer has dropped that digest meanwhile. A queue that several producers share cannot be had that way: one that is
 * terminated between claiming a place and publishing it would stop all others. Hence the lanes.
 *
 * A lane is a lease. It is claimed by the first push of a thread, and `reclaim` gives it back when it has been idle; its owner then
 * claims one again. The first lane is kept for the thread that made the engine.
 */
import { BACKPRESSURE, DIGEST_WIDTH } from "./codes.ts"
import { outOfRange } from "./outOfRange.ts"

/** What became of a pushed digest. */
export const LANE_TAKEN = 0
/** An old digest was dropped for want of room, or this one, where no lane was free. */
export const LANE_DROPPED = 1
/** Not taken for want of room, under BACKPRESSURE. */
export const LANE_FULL = 2

/** Threads that report at a time, and digests that wait in a lane other than the first. */
const LANES = 64
const SHARED_CAPACITY = 1024

// Words of the header; each group has its own cache line.
/** Digests that the taker has finished. */
const WORD_DONE = 0
/** Digests of threads without a lane: dropped, refused. */
const WORD_HOMELESS = 16
const WORD_NEXT_ID = 18
/** Rises when the sleeper is to wake up. */
const WORD_BELL = 32
/** So many digests wake it; AWAKE while it does not sleep. */
const WORD_WAKE_AT = 33
/** Digests since it sleeps. */
const WORD_SINCE = 34
const HEADER_WORDS = 48
const AWAKE = 0x7fffffff

// Words of a lane: the producer's line, then the line that the taker writes.
/** FREE, the owner's id (even), or that plus one while the owner is pushing. */
const OWNER = 0
const TAIL = 1
const DROPPED = 2
const REFUSED = 3
const HEAD = 16
const LANE_WORDS = 32
const FREE = 0

export class DigestLanes {
  readonly buffer: SharedArrayBuffer
  readonly capacity: number
  /** DROP_OLDEST or BACKPRESSURE. */
  readonly policy: number
  /** The digest about to be pushed, positions `DIGEST_*`; this thread's own. It keeps its content. */
  readonly inbox = new Float64Array(DIGEST_WIDTH)
  /** The word that `ring` moves, and where it stood when `sleep` was called last. */
  readonly bell: Int32Array<SharedArrayBuffer>
  bellAt = 0
  private readonly words: Int32Array
  private readonly block: Float64Array
  /** Of this thread's lane: its words, its first double, its capacity less one; -1 words while it has none. */
  private laneAt = -1
  private blockAt = 0
  private mask = 0
  private readonly id: number
  /** Whether this is the thread that the first lane is kept for. */
  private readonly first: boolean
  /** Tails as `reclaim` saw them last. */
  private readonly seen = new Int32Array(LANES)
  /** The lane that `take` looks at first. */
  private turn = 0

  /**
   * A thread's own end of lanes that `create` made, by the same numbers. `capacity` is that of the first lane, a power of two from
   * 16 to 2^20; anything else is a RangeError.
   */
  constructor(buffer: SharedArrayBuffer, capacity: number, policy: number, first = false) {
    const bytes = DigestLanes.byteLength(capacity)
    if (buffer.byteLength < bytes)
      throw outOfRange(
        "buffer",
        `${bytes} bytes long at least, for lanes of ${capacity} digests`,
        buffer.byteLength,
      )
    this.buffer = buffer
    this.capacity = capacity
    this.policy = policy
    this.first = first
    const words = HEADER_WORDS + LANES * LANE_WORDS
    this.words = new Int32Array(buffer, 0, words)
    this.bell = new Int32Array(buffer, WORD_BELL * 4, 1)
    this.block = new Float64Array(buffer, words * 4)
    this.inbox.fill(Number.NaN)
    this.id = (Atomics.add(this.words, WORD_NEXT_ID, 2) + 2) | 0
  }

  /** New and empty lanes, and the end of the thread that the first one is kept for. */
  static create(capacity: number, policy: number): DigestLanes {
    const buffer = new SharedArrayBuffer(DigestLanes.byteLength(capacity))
    const lanes = new DigestLanes(buffer, capacity, policy, true)
    lanes.words[WORD_WAKE_AT] = AWAKE
    return lanes
  }

  static byteLength(capacity: number): number {
    if (!Number.isInteger(Math.log2(capacity)) || capacity < 16 || capacity > 2 ** 20)
      throw outOfRange("capacity", "a power of two from 16 to 2^20", capacity)
    const digests = capacity + (LANES - 1) * othersOf(capacity)
    return (HEADER_WORDS + LANES * LANE_WORDS) * 4 + digests * DIGEST_WIDTH * 8
  }

  /** Digests waiting in all lanes; while others push or take, one moment's answer. */
  get size(): number {
    const { words } = this
    let size = 0
    for (let at = HEADER_WORDS; at < words.length; at += LANE_WORDS)
      size += (Atomics.load(words, at + TAIL) - Atomics.load(words, at + HEAD)) | 0
    return size
  }

  /** Digests dropped for want of room, modulo 2^32. */
  get dropped(): number {
    return (this.sum(DROPPED) + Atomics.load(this.words, WORD_HOMELESS)) >>> 0
  }

  /** Digests not taken for want of room, modulo 2^32. */
  get refused(): number {
    return (this.sum(REFUSED) + Atomics.load(this.words, WORD_HOMELESS + 1)) >>> 0
  }

  /** Takes the inbox: LANE_TAKEN, LANE_DROPPED or LANE_FULL. From any thread; never waits, never allocates. */
  push(): number {
    const { words, block, inbox, id } = this
    // Busy while it pushes: a lane is not reclaimed under its owner's hands.
    if (this.laneAt < 0 || Atomics.compareExchange(words, this.laneAt + OWNER, id, id + 1) !== id) {
      if (!this.claim()) return this.turnAway()
    }
    const { laneAt, mask } = this
    const tail = words[laneAt + TAIL]
    const head = Atomics.load(words, laneAt + HEAD)
    let outcome = LANE_TAKEN
    if (((tail - head) | 0) > mask) {
      if (this.policy === BACKPRESSURE) {
        Atomics.add(words, laneAt + REFUSED, 1)
        Atomics.store(words, laneAt + OWNER, id)
        return LANE_FULL
      }
      // It fails where the taker was faster; then there is room all the same.
      if (Atomics.compareExchange(words, laneAt + HEAD, head, (head + 1) | 0) === head) {
        Atomics.add(words, laneAt + DROPPED, 1)
        outcome = LANE_DROPPED
      }
    }
    const at = this.blockAt + (tail & mask) * DIGEST_WIDTH
    // Written out: a loop takes twice as long.
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
    Atomics.store(words, laneAt + TAIL, (tail + 1) | 0)
    Atomics.store(words, laneAt + OWNER, id)
    const wakeAt = Atomics.load(words, WORD_WAKE_AT)
    if (wakeAt !== AWAKE && Atomics.add(words, WORD_SINCE, 1) + 1 >= wakeAt) this.ring()
    return outcome
  }

  /** Wakes the taker if it sleeps, whatever waits: for a digest that cannot wait for others. */
  ring(): void {
    const { words } = this
    // One bell for one sleep.
    if (Atomics.exchange(words, WORD_WAKE_AT, AWAKE) === AWAKE) return
    Atomics.add(words, WORD_BELL, 1)
    Atomics.notify(words, WORD_BELL)
  }

  /**
   * Copies the oldest digest of a lane into `out`, the first eleven positions, lanes in turn; false when none waits anywhere. Say
   * `done` when it is dealt with. For one thread at a time.
   */
  take(out: Float64Array): boolean {
    for (let i = 0; i < LANES; i++) {
      const lane = (this.turn + i) % LANES
      if (this.takeFrom(lane, out)) {
        this.turn = lane
        return true
      }
    }
    return false
  }

  /** The digest taken last is dealt with. */
  done(): void {
    Atomics.add(this.words, WORD_DONE, 1)
  }

  /** After the taker's death: digests that it had taken and not dealt with. The next taker begins even, and awake. */
  settleTaken(): number {
    const { words } = this
    Atomics.store(words, WORD_WAKE_AT, AWAKE)
    const lost = (this.sum(HEAD) - this.sum(DROPPED) - Atomics.load(words, WORD_DONE)) | 0
    Atomics.add(words, WORD_DONE, lost)
    return lost
  }

  /**
   * The taker is about to sleep until `digests` of them wait: false when so many do already. Wait for `bell` to leave `bellAt`,
   * with `Atomics.wait` or `waitAsync`.
   */
  sleep(digests: number): boolean {
    const { words } = this
    this.bellAt = Atomics.load(words, WORD_BELL)
    Atomics.store(words, WORD_SINCE, 0)
    Atomics.store(words, WORD_WAKE_AT, digests)
    // A publisher that had not seen the word yet is in the sizes; one that had counts itself. Some do both and wake us early.
    const waiting = this.size
    if (Atomics.add(words, WORD_SINCE, waiting) + waiting < digests) return true
    Atomics.store(words, WORD_WAKE_AT, AWAKE)
    return false
  }

  /** Gives back every lane that has been empty and untouched since the last call; the taker's affair, once in a while. */
  reclaim(): void {
    const { words, seen } = this
    for (let lane = 1; lane < LANES; lane++) {
      const at = HEADER_WORDS + lane * LANE_WORDS
      const owner = Atomics.load(words, at + OWNER)
      const tail = Atomics.load(words, at + TAIL)
      const idle = tail === seen[lane] && tail === Atomics.load(words, at + HEAD)
      seen[lane] = tail
      if (owner !== FREE && (owner & 1) === 0 && idle) Atomics.compareExchange(words, at + OWNER, owner, FREE)
    }
  }

  /** Finds a lane, busy already; false when every one has its thread. */
  private claim(): boolean {
    const { words, id, capacity } = this
    const others = othersOf(capacity)
    for (let lane = this.first ? 0 : 1; lane < (this.first ? 1 : LANES); lane++) {
      const at = HEADER_WORDS + lane * LANE_WORDS
      if (Atomics.compareExchange(words, at + OWNER, FREE, id + 1) !== FREE) continue
      this.laneAt = at
      this.mask = (lane === 0 ? capacity : others) - 1
      this.blockAt = this.startOf(lane)
      return true
    }
    return false
  }

  private turnAway(): number {
    if (this.policy === BACKPRESSURE) {
      Atomics.add(this.words, WORD_HOMELESS + 1, 1)
      return LANE_FULL
    }
    Atomics.add(this.words, WORD_HOMELESS, 1)
    return LANE_DROPPED
  }

  private takeFrom(lane: number, out: Float64Array): boolean {
    const { words, block } = this
    const laneAt = HEADER_WORDS + lane * LANE_WORDS
    const mask = (lane === 0 ? this.capacity : othersOf(this.capacity)) - 1
    for (;;) {
      const head = Atomics.load(words, laneAt + HEAD)
      if (Atomics.load(words, laneAt + TAIL) === head) return false
      const at = this.startOf(lane) + (head & mask) * DIGEST_WIDTH
      out[0] = block[at]
      out[1] = block[at + 1]
      out[2] = block[at + 2]
      out[3] = block[at + 3]
      out[4] = block[at + 4]
      out[5] = block[at + 5]
      out[6] = block[at + 6]
      out[7] = block[at + 7]
      out[8] = block[at + 8]
      out[9] = block[at + 9]
      out[10] = block[at + 10]
      // It fails where the producer dropped this one, and may have written over it: then the copy is of no use.
      if (Atomics.compareExchange(words, laneAt + HEAD, head, (head + 1) | 0) === head) return true
    }
  }

  /** Where the digests of a lane begin, in doubles. */
  private startOf(lane: number): number {
    return lane === 0 ? 0 : (this.capacity + (lane - 1) * othersOf(this.capacity)) * DIGEST_WIDTH
  }

  private sum(word: number): number {
    const { words } = this
    let sum = 0
    for (let at = HEADER_WORDS; at < words.length; at += LANE_WORDS)
      sum = (sum + Atomics.load(words, at + word)) | 0
    return sum
  }
}

/** Digests that fit into a lane other than the first. */
const othersOf = (capacity: number): number => (capacity < SHARED_CAPACITY ? capacity : SHARED_CAPACITY)
