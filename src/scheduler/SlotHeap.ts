/**
 * A binary heap of slots in flat arrays, smallest first: by rank, then by key, then by slot. It knows where each slot stands,
 * so that a cancelled slot leaves at once and no dead entry has to be skipped later. Operations cost O(log n) and allocate
 * nothing. Source: Williams, "Algorithm 232: Heapsort", CACM 7 (1964).
 */
export class SlotHeap {
  private readonly slots: Uint16Array
  private readonly places: Int32Array
  private readonly ranks: Uint8Array
  private readonly keys: Float64Array
  private count = 0

  /** Holds the slots 0 to `capacity` - 1, each at most once. */
  constructor(capacity: number) {
    this.slots = new Uint16Array(capacity)
    this.places = new Int32Array(capacity).fill(-1)
    this.ranks = new Uint8Array(capacity)
    this.keys = new Float64Array(capacity)
  }

  get size(): number {
    return this.count
  }

  /** The first slot; -1 if the heap is empty. */
  get first(): number {
    return this.count === 0 ? -1 : this.slots[0]
  }

  /** The key of the first slot; Infinity if the heap is empty. */
  get firstKey(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.keys[this.slots[0]]
  }

  /** Inserts a slot, or moves it to where its new rank and key belong. */
  put(slot: number, rank: number, key: number): void {
    let place = this.places[slot]
    if (place < 0) place = this.count++
    this.ranks[slot] = rank
    this.keys[slot] = key
    this.rise(slot, place)
    this.sink(slot, this.places[slot])
  }

  /** Takes a slot out, wherever it stands. Nothing happens if it is not in the heap. */
  remove(slot: number): void {
    const place = this.places[slot]
    if (place < 0) return
    this.places[slot] = -1
    this.count--
    if (place === this.count) return
    const moved = this.slots[this.count]
    this.rise(moved, place)
    this.sink(moved, this.places[moved])
  }

  private before(a: number, b: number): boolean {
    if (this.ranks[a] !== this.ranks[b]) return this.ranks[a] < this.ranks[b]
    return this.keys[a] === this.keys[b] ? a < b : this.keys[a] < this.keys[b]
  }

  private stand(slot: number, place: number): void {
    this.slots[place] = slot
    this.places[slot] = place
  }

  private rise(slot: number, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.before(slot, this.slots[above])) break
      this.stand(this.slots[above], place)
      place = above
    }
    this.stand(slot, place)
  }

  private sink(slot: number, from: number): void {
    let place = from
    for (;;) {
      let below = 2 * place + 1
      if (below >= this.count) break
      if (below + 1 < this.count && this.before(this.slots[below + 1], this.slots[below])) below++
      if (!this.before(this.slots[below], slot)) break
      this.stand(this.slots[below], place)
      place = below
    }
    this.stand(slot, place)
  }
}
