/** The deadline executive: what its queue and a dispatch cost. */
import { DeadlineExecutive } from "../../src/scheduler/DeadlineExecutive.ts"
import { SlotHeap } from "../../src/scheduler/SlotHeap.ts"
import type { Row, Section } from "./section.ts"

const ROUNDS = 7
const CALLS = 200_000

/** Least mean time of a call over several rounds, nanoseconds. */
function leastNs(call: (i: number) => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < CALLS; i++) call(i)
    least = Math.min(least, ((performance.now() - start) * 1e6) / CALLS)
  }
  return Math.round(least)
}

async function measure(): Promise<ReadonlyArray<Row>> {
  const heap = new SlotHeap(64)
  for (let slot = 0; slot < 32; slot++) heap.put(slot, slot % 4, slot)
  // Each call moves one of 32 slots to another place.
  const queue = leastNs((i) => heap.put(i % 32, 1, (i * 7_919) % 1_000_003))
  let now = 0
  const executive = new DeadlineExecutive({ nowNs: () => now })
  for (let i = 0; i < 8; i++)
    executive.add({ name: `task ${i}`, periodUs: 100, budgetUs: 1, run: () => undefined })
  const dispatch = leastNs(() => {
    now += 12_500
    executive.runDue()
  })
  return [
    { what: "moving a slot in the queue, 32 slots", value: queue, unit: "ns", most: 200 },
    { what: "a turn of the executive, one job", value: dispatch, unit: "ns", most: 5_000 },
  ]
}

export const scheduleSection: Section = { name: "schedule", title: "Deadlines", measure }
