import Bottleneck from "bottleneck"
import pLimit from "p-limit"
import PQueue from "p-queue"
import { describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { bottleneckConcurrency, queueConcurrency } from "../../src/adapters/queues.ts"
import { FakeEngine, finish, until, Works } from "./FakeEngine.ts"

const limit = pLimit(3)
const queue = new PQueue({ concurrency: 3 })
const bottleneck = new Bottleneck({ maxConcurrent: 3 })

/** Bottleneck takes settings with its next turn. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

const subjects = [
  { name: "p-limit", adapter: queueConcurrency(limit), add: (work: () => Promise<number>) => limit(work) },
  {
    name: "p-queue",
    adapter: queueConcurrency(queue),
    add: (work: () => Promise<number>) => queue.add(work),
  },
  {
    name: "bottleneck",
    adapter: bottleneckConcurrency(bottleneck),
    add: (work: () => Promise<number>) => bottleneck.schedule(work),
  },
]

describe.each(subjects)("$name", ({ adapter, add }) => {
  it("runs as many at once as the knob says, measured under the live configuration", async () => {
    const engine = new FakeEngine(adapter)
    expect(engine.values.concurrency).toBe(3)
    const attached = attach(engine, adapter)
    const works = new Works()
    const all = Array.from({ length: 120 }, () => add(() => adapter.track(works.start)))
    await until(() => works.running === 3)
    engine.set({ concurrency: 6 })
    works.end()
    await until(() => works.running === 6)
    await finish(works, all)
    expect(works.most).toBe(6)
    expect(engine.digests.length).toBeGreaterThan(0)
    expect(new Set(engine.digests.map((digest) => digest.generation))).toEqual(new Set([2]))
    attached.stop()
  })

  it("runs fewer when the knob falls", async () => {
    const engine = new FakeEngine(adapter, { concurrency: 5 })
    const attached = attach(engine, adapter)
    engine.set({ concurrency: 2 })
    await settle()
    const works = new Works()
    const all = Array.from({ length: 8 }, () => add(() => adapter.track(works.start)))
    await until(() => works.running === 2)
    await finish(works, all)
    expect(works.most).toBe(2)
    attached.stop()
  })
})

describe("a queue that is tuned", () => {
  it("starts at its current size, even beyond the usual bounds, unless told otherwise", () => {
    const startOf = (adapter: { params: Record<string, { initial?: number | undefined; max: number }> }) => [
      adapter.params.concurrency.initial,
      adapter.params.concurrency.max,
    ]
    expect(startOf(queueConcurrency(pLimit(500)))).toEqual([500, 1_000])
    expect(startOf(queueConcurrency(pLimit(500), { max: 100 }))).toEqual([100, 100])
    expect(startOf(queueConcurrency(pLimit(2), { min: 4 }))).toEqual([4, 256])
    expect(startOf(queueConcurrency(pLimit(8), { initial: 5 }))).toEqual([5, 256])
    expect(startOf(queueConcurrency(new PQueue()))).toEqual([20, 256])
    expect(startOf(bottleneckConcurrency(new Bottleneck({ maxConcurrent: 2 })))).toEqual([2, 256])
    expect(startOf(bottleneckConcurrency(new Bottleneck()))).toEqual([20, 256])
  })

  it("gets whole numbers from one, whatever the knob's step", () => {
    const own = new PQueue({ concurrency: 8 })
    const adapter = queueConcurrency(own)
    const engine = new FakeEngine(adapter, { concurrency: 4.5 })
    attach(engine, adapter)
    expect(own.concurrency).toBe(5)
    engine.set({ concurrency: 0 })
    expect(own.concurrency).toBe(1)
    expect(adapter.meter.limit).toBe(1)
  })
})
