/**
 * The fast rollback: the last few good boundaries as copies of memory, within a fixed number of bytes. Needed because a checkpoint on
 * disk takes longer than a boundary may.
 */
export const RING_BYTES: number = 32 * 1024 * 1024
export const RING_SLOTS = 5

interface Slot {
  epoch: number
  words: Uint32Array
}

export class SnapshotRing {
  private readonly bytes: number
  private readonly slots: Array<Slot> = []

  constructor(bytes: number = RING_BYTES) {
    this.bytes = bytes
  }

  /** Epochs that can be returned to, oldest first. */
  get epochs(): ReadonlyArray<number> {
    return this.slots.map((slot) => slot.epoch)
  }

  /**
   * Keeps a copy. The oldest ones make room: for the count, and for the bytes. False where a single copy is larger than the ring, and
   * nothing was kept: then only the checkpoint on disk leads back.
   */
  push(epoch: number, words: Uint32Array): boolean {
    const most = Math.min(RING_SLOTS, Math.floor(this.bytes / Math.max(1, words.byteLength)))
    if (most === 0) return false
    // A host that grew has larger copies: the sum over all of them counts.
    let spare: Uint32Array | undefined
    while (this.slots.length > 0 && (this.slots.length >= most || this.held + words.byteLength > this.bytes))
      spare = this.slots.shift()?.words
    const copy = spare?.length === words.length ? spare : new Uint32Array(words.length)
    copy.set(words)
    this.slots.push({ epoch, words: copy })
    return true
  }

  /**
   * Takes the newest copy off that is older than `before` and hands it to `put`; later copies go too, because they are of a time that
   * did not happen. The epoch that was returned to, or null where there is no such copy.
   */
  restore(before: number, put: (words: Uint32Array) => void): number | null {
    const at = this.slots.findLastIndex((slot) => slot.epoch < before)
    if (at < 0) return null
    const { epoch, words } = this.slots[at]
    this.slots.length = at + 1
    put(words)
    return epoch
  }

  /** What was kept does not fit what is there now. */
  clear(): void {
    this.slots.length = 0
  }

  private get held(): number {
    return this.slots.reduce((sum, slot) => sum + slot.words.byteLength, 0)
  }
}
