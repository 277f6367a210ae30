/** The agent in a service: a service never waits for its tuner, and no call of a request meets an error of the agent. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { ConfigError, DigestError } from "../../src/domain/errors.ts"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import { createReplica, type Replica } from "../../src/replica/createReplica.ts"
import { RefusedReport, type Transport } from "../../src/replica/transport.ts"
import { createTuner } from "../../src/replica/createTuner.ts"

const params = { batch: { min: 1, max: 101, initial: 21 } }
const nobody = { transport: () => Promise.reject(new Error("nobody is there")) }
const make = (over: object = {}): Replica<"batch"> =>
  createReplica({ tuner: "t", at: nobody, params, ...over })

const ANSWER = {
  protocol: 1,
  at: [1, 1],
  role: "base",
  values: { batch: 21 },
  base: { batch: 21 },
  baseline: { batch: 21 },
  leaseMs: 2000,
  baselineAfterMs: 60_000,
  reportMs: 500,
  settleMs: 0,
  emergencyMargin: -0.5,
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

describe("a replica that nobody answers", () => {
  it("starts on its own values when `startWithinMs` is over, and goes on asking", async () => {
    const replica = make({ startWithinMs: 700 })
    let started = false
    replica.start().then(
      () => (started = true),
      () => expect.fail("start rejected"),
    )
    await vi.advanceTimersByTimeAsync(699)
    expect(started).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(replica.values.batch).toBe(21)
    expect(replica.getSnapshot()).toMatchObject({
      status: "running",
      state: "fallen",
      confirmed: 0,
      answered: 0,
    })
    expect(replica.getSnapshot().failed).toBeGreaterThan(50)
    await replica.stop()
  })

  it("gives every tracked call its own result or error, before the start, while it runs and after the end", async () => {
    const replica = make()
    const calls = async (): Promise<void> => {
      expect(replica.track(() => 7)).toBe(7)
      expect(await replica.track(() => Promise.resolve("late"))).toBe("late")
      expect(() => replica.track(() => expect.fail("mine"))).toThrow("mine")
    }
    await calls()
    void replica.start()
    await calls()
    await replica.stop()
    await calls()
  })

  it("keeps to itself what a subscriber throws", async () => {
    const replica = make()
    replica.subscribe(() => expect.fail("a subscriber"))
    const seen: Array<string> = []
    replica.subscribe({ next: ({ status }) => seen.push(status), complete: () => seen.push("complete") })
    void replica.start()
    await replica.stop()
    expect(seen).toEqual(["running", "stopped", "complete"])
    expect(replica.getSnapshot().faults).toBe(2)
  })

  it("notifies a subscriber that was added during a notification from the next one on", async () => {
    const replica = make()
    let notified = 0
    const add = (): void => {
      notified++
      if (notified < 1000) replica.subscribe(add)
    }
    replica.subscribe(add)
    void replica.start()
    expect(notified).toBe(1)
    await replica.stop()
    expect(notified).toBeGreaterThan(2)
    expect(notified).toBeLessThan(10)
  })

  it("sends no report again that was refused as malformed", async () => {
    const sent: Array<{ readonly seq: number }> = []
    const refusing = {
      transport: (report: { readonly seq: number }) => {
        sent.push(report)
        return Promise.reject(new RefusedReport(400, { error: "this is no report" }))
      },
    }
    const replica = make({ at: refusing })
    void replica.start()
    await vi.advanceTimersByTimeAsync(1_600)
    expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, i) => i))
    expect(sent.length).toBeGreaterThan(2)
    expect(replica.getSnapshot().failure).toBe("the tuner answered 400: this is no report")
    await replica.stop()
  })

  it("asks again when the owner wants to be asked again, within a minute", async () => {
    const sentMs: Array<number> = []
    let retryAfterMs = 3000
    const busy = {
      transport: () => {
        sentMs.push(Math.round(performance.now()))
        return Promise.reject(new RefusedReport(429, { error: "too many reports", retryAfterMs }))
      },
    }
    const begun = Math.round(performance.now())
    const replica = make({ at: busy })
    void replica.start()
    await vi.advanceTimersByTimeAsync(6_500)
    expect(sentMs.map((ms) => ms - begun)).toEqual([0, 3000, 6000])
    expect(replica.getSnapshot().failure).toBe("the tuner answered 429: too many reports")
    retryAfterMs = 1e12
    await vi.advanceTimersByTimeAsync(70_000)
    expect(sentMs.map((ms) => ms - begun).slice(3)).toEqual([9000, 69_000])
    await replica.stop()
  })

  it("says goodbye after the report that is under way, so that no report follows its goodbye", async () => {
    const sent: Array<boolean | undefined> = []
    const settle: Array<(answer: unknown) => void> = []
    const slow = {
      transport: (report: { readonly leaving?: boolean }) => {
        sent.push(report.leaving)
        return new Promise((resolve) => settle.push(resolve))
      },
    }
    const replica = make({ at: slow })
    void replica.start()
    await vi.advanceTimersByTimeAsync(10)
    const stopped = replica.stop()
    expect(replica.stop()).toBe(stopped)
    await vi.advanceTimersByTimeAsync(500)
    expect(sent).toEqual([undefined])
    settle[0](ANSWER)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toEqual([undefined, true])
    settle[1](ANSWER)
    await stopped
  })

  it("says goodbye all the same when the report under way never ends", async () => {
    const sent: Array<boolean | undefined> = []
    const stuck = {
      transport: (report: { readonly leaving?: boolean }) => {
        sent.push(report.leaving)
        return report.leaving === true ? Promise.resolve(ANSWER) : new Promise(() => {})
      },
    }
    const replica = make({ at: stuck })
    void replica.start()
    await vi.advanceTimersByTimeAsync(10)
    const stopped = replica.stop()
    await vi.advanceTimersByTimeAsync(2_000)
    await stopped
    expect(sent).toEqual([undefined, true])
  })

  it("shows one object until something changes", async () => {
    const replica = make({ at: { transport: () => Promise.resolve(ANSWER) } })
    const idle = replica.getSnapshot()
    expect(replica.getSnapshot()).toBe(idle)
    await replica.start()
    const running = replica.getSnapshot()
    expect(running).not.toBe(idle)
    expect(replica.getSnapshot()).toBe(running)
    await vi.advanceTimersByTimeAsync(600)
    expect(replica.getSnapshot().answered).toBe(2)
    expect(replica.getSnapshot().values).toBe(running.values)
    await replica.stop()
  })

  it("refuses a listener that is none, and tells one that comes late that nothing follows", async () => {
    const replica = make()
    for (const none of [undefined, null, 7, "next"])
      expect(() => replica.subscribe(none as never)).toThrow(TypeError)
    await replica.stop()
    let ended = 0
    replica.subscribe({ complete: () => ended++ })
    expect(ended).toBe(1)
  })

  it("refuses a digest that is none, and a write to its values", () => {
    const replica = make()
    expect(() => replica.observe({ objectve: 1 } as never)).toThrow(DigestError)
    expect(() => Object.assign(replica.values, { batch: 3 })).toThrow(TypeError)
  })
})

describe("replicas and a tuner in one process", () => {
  const tunerOf = (over: object = {}) =>
    createTuner({
      name: "t",
      engine: { params, guardrails: { preset: "aggressive", rangePerMinute: 1, pathPerMinute: 100 } },
      ...over,
    })
  const cost = (batch: number): number => ((batch - 71) / 100) ** 2

  it("are tuned together, and rest on one base when the tuner stops", async () => {
    const tuner = tunerOf()
    void tuner.start()
    const all = Array.from({ length: 6 }, (_, i) => make({ at: tuner, name: `r${i}`, zone: `z${i % 2}` }))
    await Promise.all(all.map((one) => one.start()))
    const work = setInterval(() => {
      for (const one of all) {
        one.digest.fill(Number.NaN)
        one.digest[DIGEST_OBJECTIVE] = cost(one.values.batch)
        one.observeDigest()
      }
    }, 40)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(tuner.status()).toMatchObject({ design: "split", safeMode: null, epoch: 1 })
    expect(cost(tuner.status().base["batch"])).toBeLessThan(cost(21) / 10)
    expect(tuner.replicas().map(({ replica, silent }) => [replica, silent])).toEqual(
      all.map((_, i) => [`r${i}`, false]),
    )
    // Nothing more is measured, so the stage stays open until all have confirmed it. Each then holds the base that it was told last.
    clearInterval(work)
    while (!tuner.replicas().every(({ current }) => current)) await vi.advanceTimersByTimeAsync(50)
    void tuner.stop()
    await vi.advanceTimersByTimeAsync(3_000)
    expect(new Set(all.map((one) => one.values.batch)).size).toBe(1)
    expect(all[0].getSnapshot().state).toBe("holding")
    await vi.advanceTimersByTimeAsync(60_000)
    expect(all.map((one) => one.getSnapshot().state)).toEqual(all.map(() => "fallen"))
    await Promise.all(all.map((one) => one.stop()))
  })

  it("take no answer that was under way when they stopped", async () => {
    let answer: (body: unknown) => void = () => {}
    const tuner = tunerOf()
    void tuner.start()
    const held = { transport: () => new Promise<unknown>((resolve) => (answer = resolve)) }
    const replica = make({ at: held })
    void replica.start()
    await vi.advanceTimersByTimeAsync(10)
    const values = { batch: 26 }
    const late = answer
    void replica.stop()
    late({ ...ANSWER, values, base: values })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(replica.values.batch).toBe(21)
    void tuner.stop()
  })

  it("tell a tuner that restarted under its old epoch that they follow something newer", async () => {
    const before = tunerOf({ epoch: 3 })
    const after = tunerOf({ epoch: 2 })
    void before.start()
    void after.start()
    let now = before
    const replica = make({ at: { transport: (...sent: Parameters<Transport>) => now.transport(...sent) } })
    await replica.start()
    await vi.advanceTimersByTimeAsync(1_500)
    now = after
    await vi.advanceTimersByTimeAsync(1_500)
    const known = before.replicas()[0].confirmed
    expect(known[0]).toBe(3)
    expect(after.replicas().map(({ refused, seen }) => ({ refused, seen }))).toEqual([
      { refused: "older", seen: known },
    ])
    // Long after the lease is over, when it stands on its baseline, too: this is when a person looks for the epoch.
    await vi.advanceTimersByTimeAsync(200_000)
    expect(after.replicas().map(({ confirmed, seen }) => ({ confirmed, seen }))).toEqual([
      { confirmed: [0, 0], seen: known },
    ])
    now = before
    await vi.advanceTimersByTimeAsync(1_500)
    expect(before.replicas().map(({ refused, seen }) => ({ refused, seen }))).toEqual([
      { refused: null, seen: null },
    ])
    await replica.stop()
    void before.stop()
    void after.stop()
  })

  it("say goodbye when they stop, and rest on their base", async () => {
    const tuner = tunerOf()
    void tuner.start()
    const replica = make({ at: tuner })
    await replica.start()
    expect(tuner.replicas()).toHaveLength(1)
    await replica.stop()
    expect(tuner.replicas()).toHaveLength(0)
    expect(replica.getSnapshot()).toMatchObject({ failed: 0, failure: null })
    expect(replica.values.batch).toBe(tuner.status().base["batch"])
  })

  it("drive the adapters of an engine", async () => {
    const limiter = inFlightLimiter()
    const tuner = createTuner({ name: "t", engine: { params: limiter.params } })
    void tuner.start()
    const replica = createReplica({ tuner: "t", at: tuner, params: limiter.params })
    const attached = attach(replica, limiter)
    await replica.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await limiter.run(() => Promise.resolve("done"))).toBe("done")
    attached.stop()
    await replica.stop()
    void tuner.stop()
  })

  it("are refused by a tuner with other knobs, and stay on their own values", async () => {
    const tuner = tunerOf()
    void tuner.start()
    const replica = make({ at: tuner, params: { batch: { min: 1, max: 100, initial: 5 } } })
    void replica.start()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(tuner.replicas()).toEqual([])
    expect(replica.getSnapshot()).toMatchObject({ state: "fallen", answered: 0, values: { batch: 5 } })
    await replica.stop()
    void tuner.stop()
  })
})

describe("options that cannot be", () => {
  const problemsOf = (make: () => unknown): ReadonlyArray<string> => {
    try {
      make()
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
      throw error
    }
    return []
  }

  it("are all named at once", () => {
    const at = ["https://one", "ftp://two"]
    const bad = { tuner: "", at, params: { batch: { min: 2, max: 1 } }, startWithinMs: -1 }
    expect(problemsOf(() => createReplica(bad))).toEqual([
      "at[1]",
      "params.batch.min",
      "startWithinMs",
      "tuner",
    ])
    const over = {
      name: "",
      zone: "z".repeat(65),
      version: 7,
      token: "two\nlines",
      trace: 7,
      startWithinMs: 2 ** 31,
    }
    expect(problemsOf(() => make({ ...over, at: ["http://", "https://user:secret@host"] }))).toEqual([
      "at[0]",
      "at[1]",
      "name",
      "startWithinMs",
      "token",
      "trace",
      "version",
      "zone",
    ])
    expect(problemsOf(() => make({ zonee: "a" }))).toEqual(["zonee"])
    // A tuner whose token is misspelt or empty would take reports from everybody, or from nobody.
    const tuner = { name: "t", engine: { params } }
    for (const over of [{ token: "" }, { token: 7 }, { tokn: "secret" }])
      expect(problemsOf(() => createTuner({ ...tuner, ...over } as never))).toEqual(Object.keys(over))
    for (const nothing of [undefined, null, 7] as Array<never>) {
      expect(problemsOf(() => createTuner(nothing))).toEqual(["engine", "name"])
      expect(problemsOf(() => createReplica(nothing))).toEqual(["at", "params", "tuner"])
    }
    const engine = { params: { batch: { min: 2, max: 1 } }, journal: {}, rules: [] }
    expect(problemsOf(() => createTuner({ name: "", engine, epoch: 0, replicas: { leaseMs: 1 } }))).toEqual([
      "engine.journal",
      "engine.journal",
      "engine.params.batch.min",
      "engine.rules",
      "epoch",
      "name",
      "replicas.leaseMs",
    ])
  })
})
