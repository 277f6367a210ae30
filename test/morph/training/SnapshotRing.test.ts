/** The ring of fast snapshots: the last ones within its bytes, and back bit for bit. */
import { describe, expect, it } from "vitest"
import { RING_SLOTS, SnapshotRing } from "../../../src/morph/training/SnapshotRing.ts"

const words = (value: number, length = 4): Uint32Array => new Uint32Array(length).fill(value)

/** What the ring puts back, or null. */
const restored = (ring: SnapshotRing, before: number): readonly [number, Uint32Array] | null => {
  let put: Uint32Array | null = null
  const epoch = ring.restore(before, (words) => {
    put = words.slice()
  })
  return epoch === null || put === null ? null : [epoch, put]
}

describe("the snapshot ring", () => {
  it("keeps the last five, and returns to the newest that is older than asked", () => {
    const ring = new SnapshotRing()
    for (let epoch = 0; epoch < 9; epoch++) expect(ring.push(epoch, words(epoch))).toBe(true)
    expect(ring.epochs).toEqual([4, 5, 6, 7, 8])
    expect(restored(ring, 7)).toEqual([6, words(6)])
    // What came after it did not happen.
    expect(ring.epochs).toEqual([4, 5, 6])
    expect(restored(ring, 4)).toBeNull()
    expect(ring.epochs).toHaveLength(3)
  })

  it("copies, so that memory that changes later changes no snapshot", () => {
    const ring = new SnapshotRing()
    const live = words(1)
    for (let epoch = 0; epoch <= RING_SLOTS; epoch++) ring.push(epoch, live)
    live.fill(2)
    expect(restored(ring, 99)).toEqual([RING_SLOTS, words(1)])
  })

  it("stays within its bytes, also when the host grew in between", () => {
    const ring = new SnapshotRing(100)
    for (let epoch = 0; epoch < 4; epoch++) ring.push(epoch, words(epoch, 8))
    expect(ring.epochs).toEqual([1, 2, 3])
    ring.push(4, words(4, 12))
    expect(ring.epochs).toEqual([3, 4])
    expect(restored(ring, 4)).toEqual([3, words(3, 8)])
  })

  it("says so where one copy is larger than all of it, and keeps what it had", () => {
    const ring = new SnapshotRing(40)
    ring.push(1, words(1, 8))
    expect(ring.push(2, words(2, 11))).toBe(false)
    expect(ring.epochs).toEqual([1])
  })
})
