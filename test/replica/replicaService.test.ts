/** The agent in an Effect program: its scope starts and stops it however it ends, and what a request calls stays a plain call. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import type { Report } from "../../src/cohort/protocol.ts"
import { ConfigError, DigestError } from "../../src/domain/errors.ts"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import * as underNode from "../../src/replica/index.effect.node.ts"
import { Replica, type ReplicaService } from "../../src/replica/index.effect.ts"
import type { ReplicaOptions } from "../../src/replica/replicaOptions.ts"

const params = { batch: { min: 1, max: 101, initial: 21 } }
const ANSWER = {
  protocol: 1,
  at: [1, 1],
  role: "base",
  values: { batch: 31 },
  base: { batch: 31 },
  baseline: { batch: 21 },
  leaseMs: 2000,
  baselineAfterMs: 60_000,
  reportMs: 500,
  settleMs: 0,
  emergencyMargin: -0.5,
}

/** An owner that answers, or nobody, and every report that was sent. */
const owner = (isThere: boolean) => {
  const reports: Array<Report> = []
  const options: ReplicaOptions<"batch"> = {
    tuner: "t",
    name: "r",
    params,
    startWithinMs: 700,
    at: {
      transport: (report) => {
        reports.push(report)
        return isThere ? Promise.resolve(ANSWER) : Promise.reject(new Error("nobody is there"))
      },
    },
  }
  return { reports, options }
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Runs it beside virtual time. */
const run = <A, E>(work: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(work)

describe("Replica.layer", () => {
  it("starts a replica, and says goodbye with the scope", async () => {
    const { reports, options } = owner(true)
    const Batched = Replica.named<"batch">()
    const left = await run(
      Effect.gen(function* () {
        const replica = yield* Batched
        expect(yield* Replica).toBe(replica)
        expect(replica.getSnapshot()).toMatchObject({ status: "running", state: "following" })
        expect(replica.values.batch).toBe(31)
        expect(replica.generation).toBe(replica.getSnapshot().generation)
        expect(replica.nowUs).toBe(performance.now() * 1000)
        expect(reports.map(({ leaving }) => leaving)).toEqual([undefined])
        return replica
      }).pipe(Effect.provide(Replica.layer(options))),
    )
    expect(left.getSnapshot().status).toBe("stopped")
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reports.map(({ leaving }) => leaving)).toEqual([undefined, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it("that is interrupted while nobody answers says goodbye too, and leaves no timer", async () => {
    const { reports, options } = owner(false)
    const starting = Effect.runFork(Effect.provide(Effect.asVoid(Replica), Replica.layer(options)))
    await vi.advanceTimersByTimeAsync(100)
    expect(reports.map(({ leaving }) => leaving)).toEqual([undefined])
    await run(Fiber.interrupt(starting))
    expect(Exit.hasInterrupts(await run(Fiber.await(starting)))).toBe(true)
    expect(reports.at(-1)?.leaving).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reports.filter(({ leaving }) => leaving !== true)).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("is there without an owner once `startWithinMs` is over", async () => {
    const { options } = owner(false)
    let replica: ReplicaService | null = null
    const scope = Scope.makeUnsafe()
    void run(Effect.map(Scope.provide(Replica.make(options), scope), (made) => (replica = made)))
    await vi.advanceTimersByTimeAsync(699)
    expect(replica).toBe(null)
    await vi.advanceTimersByTimeAsync(1)
    expect(replica).toMatchObject({ values: { batch: 21 } })
    await run(Scope.close(scope, Exit.void))
  })

  it("fails with every problem of its options, and asks nobody", async () => {
    const { reports, options } = owner(true)
    for (const { layer } of [Replica, underNode.Replica]) {
      const refused = await run(
        Effect.flip(
          Effect.provide(Effect.asVoid(Replica), layer({ ...options, tuner: "", zone: "z".repeat(65) })),
        ),
      )
      expect(refused).toBeInstanceOf(ConfigError)
      expect(refused.problems.map(({ path }) => path)).toEqual(["tuner", "zone"])
    }
    expect(reports).toEqual([])
  })
})

/** Uses a replica that an owner answers, then stops it; what its last report and the ones before say of its windows. */
async function measured(use: (replica: ReplicaService<"batch">) => Effect.Effect<void>) {
  const { reports, options } = owner(true)
  await run(Effect.scoped(Effect.flatMap(Replica.make(options), use)))
  return reports
    .flatMap(({ windows }) => windows)
    .map(({ n, sum, errors }) => ({ n, sum: Math.round(sum), errors }))
}

describe("the agent of an Effect program", () => {
  it("measures functions and promises by plain calls, as createReplica does", async () => {
    const windows = await measured((replica) =>
      Effect.sync(() => {
        expect(replica.track(() => 7)).toBe(7)
        expect(replica.observe({ objective: 5 })).toBe(true)
        expect(() => replica.observe({ objective: "5" as never })).toThrow(DigestError)
        replica.digest.fill(Number.NaN)
        replica.digest[DIGEST_OBJECTIVE] = 3
        expect(replica.observeDigest()).toBe(true)
      }),
    )
    expect(windows).toEqual([{ n: 3, sum: 8, errors: 0 }])
  })

  it("measures an effect until its end, with its own exit, and not one that is interrupted", async () => {
    const windows = await measured((replica) =>
      Effect.gen(function* () {
        // Virtual time passes while the work waits for it.
        const work = (ms: number) => Effect.promise(() => vi.advanceTimersByTimeAsync(ms))
        expect(yield* replica.trackEffect(Effect.as(work(4), "done"))).toBe("done")
        expect(yield* Effect.flip(replica.trackEffect(Effect.fail("mine")))).toBe("mine")
        const waiting = yield* Effect.forkChild(replica.trackEffect(Effect.never))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(waiting)
        // Reports are made a turn later.
        yield* work(0)
      }),
    )
    expect(windows).toEqual([{ n: 2, sum: 4_000 + 10_000_000, errors: 1 }])
  })

  it("has its states as a stream that ends with it", async () => {
    const { options } = owner(true)
    const scope = Scope.makeUnsafe()
    const { changes } = await run(Scope.provide(Replica.make(options), scope))
    const collecting = Effect.runFork(Stream.runCollect(changes))
    // The stream has subscribed by then.
    await vi.advanceTimersByTimeAsync(0)
    await run(Scope.close(scope, Exit.void))
    const seen = await run(Fiber.join(collecting))
    expect(seen.map(({ status }) => status)).toEqual(["stopped"])
    const late = await run(Stream.runCollect(changes))
    expect(late).toEqual([])
  })

  it("drives an adapter as an engine does", async () => {
    const limiter = inFlightLimiter()
    const { options } = owner(true)
    await run(
      Effect.scoped(
        Effect.gen(function* () {
          const replica = yield* Replica.make({ ...options, params: limiter.params })
          const attached = attach(replica, limiter)
          yield* Effect.promise(() => limiter.run(() => Promise.resolve()))
          attached.stop()
          expect(replica.values.inFlight).toBe(limiter.params.inFlight.initial)
        }),
      ),
    )
  })
})
