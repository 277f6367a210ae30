import { Queue, Worker } from "bullmq"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { bullWorkerConcurrency } from "../../src/adapters/bullmq.ts"
import { FakeEngine, finish, until, Works } from "./FakeEngine.ts"
import { startRedis } from "./startRedis.ts"

let redis: Awaited<ReturnType<typeof startRedis>>
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describe("a BullMQ worker", () => {
  it("has as many jobs active as the knob says, and is measured", async () => {
    const connection = { host: "127.0.0.1", port: redis.port }
    const queue = new Queue("mail", { connection })
    const works = new Works()
    const worker = new Worker(
      "mail",
      async (job) => {
        await works.start()
        if (job.data.fail === true) throw new Error("no such address")
      },
      { connection, concurrency: 2 },
    )
    const adapter = bullWorkerConcurrency(worker, { digest: { everyCount: 3, everyUs: 1_000 } })
    const engine = new FakeEngine(adapter)
    expect(engine.values.concurrency).toBe(2)
    const attached = attach(engine, adapter)
    const next = (): void => over.shift()?.()
    const over: Array<() => void> = []
    const all = Array.from({ length: 20 }, () => new Promise<void>((resolve) => over.push(resolve)))
    worker.on("completed", next)
    worker.on("failed", next)

    await queue.addBulk(Array.from({ length: 20 }, (_, i) => ({ name: "send", data: { fail: i % 5 === 0 } })))
    await until(() => works.running === 2)
    engine.set({ concurrency: 5 })
    works.end()
    await until(() => works.running === 5)
    await finish(works, all)
    expect(works.most).toBe(5)
    expect(adapter.meter.inFlight).toBe(0)
    expect(engine.digests.length).toBeGreaterThan(0)
    expect(engine.digests.some((digest) => (digest.errorRate ?? 0) > 0)).toBe(true)
    attached.stop()
    await worker.close()
    await queue.close()
  })
})
