/** Real producers in real threads: apart from the rest, because they take seconds. */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { BACKPRESSURE, DIGEST_WIDTH, DROP_OLDEST } from "../../src/hot/codes.ts"
import { DigestLanes, LANE_DROPPED, LANE_FULL, LANE_TAKEN } from "../../src/hot/DigestLanes.ts"

const CHANNELS = 11

describe("DigestLanes between threads", () => {
  const start = async (
    lanes: DigestLanes,
    producer: number,
    count: number,
    gate: SharedArrayBuffer,
  ): Promise<Worker> => {
    const { buffer, capacity, policy } = lanes
    const worker = new Worker(new URL("./laneProducer.ts", import.meta.url), {
      workerData: { buffer, capacity, policy, producer, count, gate },
    })
    await once(worker, "message")
    return worker
  }
  const open = (gate: SharedArrayBuffer): void => {
    const word = new Int32Array(gate)
    Atomics.store(word, 0, 1)
    Atomics.notify(word, 0)
  }

  /** Takes until `over` says so and nothing waits; what every producer's digests showed. */
  const consume = async (lanes: DigestLanes, over: () => boolean) => {
    const out = new Float64Array(DIGEST_WIDTH)
    const last = new Map<number, number>()
    const seen = { taken: 0, torn: 0, backwards: 0 }
    for (let done = false; !done; ) {
      const ended = over()
      for (let i = 0; i < 10_000 && lanes.take(out); i++) {
        lanes.done()
        seen.taken++
        for (let c = 2; c < CHANNELS; c++) if (out[c] !== out[1]) seen.torn++
        if (out[1] <= (last.get(out[0]) ?? 0)) seen.backwards++
        last.set(out[0], out[1])
      }
      done = ended && lanes.size === 0
      await new Promise((resolve) => setImmediate(resolve))
    }
    return seen
  }

  it.each([
    ["dropping the oldest", DROP_OLDEST],
    ["with backpressure", BACKPRESSURE],
  ])(
    "from three producers, %s, are never torn, in order, and counted where not handed out",
    async (_, policy) => {
      const lanes = DigestLanes.create(64, policy)
      const gate = new SharedArrayBuffer(4)
      const count = 40_000
      const workers = await Promise.all([1, 2, 3].map((producer) => start(lanes, producer, count, gate)))
      let ended = 0
      const outcomes = workers.map(async (worker): Promise<ReadonlyArray<number>> => {
        const [told] = (await once(worker, "message")) as [ReadonlyArray<number>]
        ended++
        return told
      })
      open(gate)
      const seen = await consume(lanes, () => ended === 3)
      const told = await Promise.all(outcomes)
      await Promise.all(workers.map((worker) => worker.terminate()))
      expect({ torn: seen.torn, backwards: seen.backwards }).toEqual({ torn: 0, backwards: 0 })
      expect(seen.taken + lanes.dropped + lanes.refused).toBe(3 * count)
      expect(told.reduce((sum, one) => sum + one[LANE_FULL], 0)).toBe(lanes.refused)
      expect(told.reduce((sum, one) => sum + one[LANE_DROPPED], 0)).toBe(lanes.dropped)
      expect(lanes.dropped + lanes.refused).toBeGreaterThan(0)
    },
  )

  it("are not blocked by a producer that is terminated while pushing", async () => {
    const lanes = DigestLanes.create(64, DROP_OLDEST)
    for (let round = 0; round < 12; round++) {
      const gate = new SharedArrayBuffer(4)
      const workers = [
        await start(lanes, 1, Number.POSITIVE_INFINITY, gate),
        await start(lanes, 2, Number.POSITIVE_INFINITY, gate),
      ]
      open(gate)
      let gone = false
      const taking = consume(lanes, () => gone)
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.all(workers.map((worker) => worker.terminate()))
      gone = true
      expect((await taking).torn).toBe(0)
      expect(lanes.settleTaken()).toBeGreaterThanOrEqual(0)
      lanes.inbox.fill(round)
      expect(lanes.push()).toBe(LANE_TAKEN)
      const out = new Float64Array(DIGEST_WIDTH)
      expect(lanes.take(out)).toBe(true)
      lanes.done()
      expect({ next: out[0], more: lanes.take(out) }).toEqual({ next: round, more: false })
    }
  })
})
