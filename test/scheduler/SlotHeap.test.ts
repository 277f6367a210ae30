import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SlotHeap } from "../../src/scheduler/SlotHeap.ts"

const CAPACITY = 12

describe("a heap of slots", () => {
  it("is empty at first, and its first key is Infinity", () => {
    const heap = new SlotHeap(3)
    expect([heap.size, heap.first, heap.firstKey]).toEqual([0, -1, Number.POSITIVE_INFINITY])
  })

  it("returns equal keys in the order of their slots", () => {
    const heap = new SlotHeap(4)
    for (const slot of [2, 0, 3, 1]) heap.put(slot, 1, 7)
    const order = []
    for (; heap.size > 0; heap.remove(heap.first)) order.push(heap.first)
    expect(order).toEqual([0, 1, 2, 3])
  })

  it("agrees with a sorted list, whatever is put, moved and removed", () => {
    const act = fc.record({
      slot: fc.nat(CAPACITY - 1),
      rank: fc.nat(3),
      key: fc.integer({ min: -4, max: 4 }),
      removes: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const heap = new SlotHeap(CAPACITY)
        const list = new Map<number, readonly [number, number]>()
        for (const { slot, rank, key, removes } of acts) {
          if (removes) {
            heap.remove(slot)
            list.delete(slot)
          } else {
            heap.put(slot, rank, key)
            list.set(slot, [rank, key])
          }
          const [first] = [...list].toSorted(([a, [ra, ka]], [b, [rb, kb]]) => ra - rb || ka - kb || a - b)
          expect(heap.size).toBe(list.size)
          expect(heap.first).toBe(first?.[0] ?? -1)
          expect(heap.firstKey).toBe(first?.[1][1] ?? Number.POSITIVE_INFINITY)
        }
      }),
    )
  })
})
