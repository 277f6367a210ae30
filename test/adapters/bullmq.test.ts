import { DelayedError, type Job, Queue, RateLimitError, Worker } from "bullmq"
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
  it("runs as many jobs as the knob says, and is measured", async () => {
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
    // Redis hands jobs out in its own time, and the meter drops up to ten unfair stretches in a row. So there are
    // more jobs than it can drop, and every job of the later ones fails.
    const jobs = Array.from({ length: 60 }, (_, i) => ({ name: "send", data: { fail: i >= 10 } }))
    const all = jobs.map(() => new Promise<void>((resolve) => over.push(resolve)))
    worker.on("completed", next)
    worker.on("failed", next)

    await queue.addBulk(jobs)
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

  it("counts nothing in flight after jobs are delayed, rate limited, throw immediately or fail", async () => {
    const connection = { host: "127.0.0.1", port: redis.port }
    const queue = new Queue("steps", { connection })
    let ended = 0
    const ends: Record<string, (job: Job, token: string | undefined) => unknown> = {
      off: async (job, token) => {
        await job.moveToDelayed(Date.now() + 3_600_000, token)
        throw new DelayedError()
      },
      limited: async () => {
        await queue.rateLimit(1)
        throw new RateLimitError()
      },
      reject: () => Promise.reject(new Error("down")),
      throw: () => {
        throw new Error("at once")
      },
      well: () => Promise.resolve("sent"),
    }
    const worker = new Worker(
      "steps",
      (job, token) => {
        ended++
        // A second attempt of what was rate limited goes well.
        return ends[job.name === "limited" && ended > 5 ? "well" : job.name](job, token) as Promise<unknown>
      },
      { connection, concurrency: 4 },
    )
    const adapter = bullWorkerConcurrency(worker)
    const failures: Array<string> = []
    worker.on("failed", (_job, error) => failures.push(error.message))
    const well = new Promise<unknown>((resolve) => worker.on("completed", (_job, result) => resolve(result)))
    await queue.addBulk(Object.keys(ends).map((name) => ({ name, data: {} })))
    expect(await well).toBe("sent")
    await until(() => ended >= 5 && failures.length === 2 && adapter.meter.inFlight === 0)
    expect(failures.sort()).toEqual(["at once", "down"])
    await worker.close()
    await queue.close()
  })
})
