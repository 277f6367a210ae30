/** A cluster in an Effect program: its scope starts and stops it however it ends, and refusals are in the error channel. */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { afterAll, describe, expect, it, vi } from "vitest"
import { Cluster, type ClusterService, ConfigError } from "../../src/cluster/index.effect.ts"
import { type ClusterOptions, sqlite, type Storage } from "../../src/cluster/index.ts"
import { FollowedKeys } from "../../src/replica/FollowedKeys.ts"
import { PLANT } from "./Troop.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-layer-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const optionsOn = (file: string) =>
  ({ storage: sqlite(join(folder, file)), tuners: { checkout: PLANT } }) satisfies ClusterOptions

/** A sink that counts how often it is closed. */
const countingSink = () => {
  const counted = { closed: 0 }
  const sink = {
    name: "counting",
    write: () => Effect.void,
    close: Effect.sync(() => void counted.closed++),
  }
  return { counted, fleets: { tenants: { engine: PLANT.engine, buckets: 1, sinks: [sink] } } }
}

const run = <A, E>(work: Effect.Effect<A, E>): Promise<A> => Effect.runPromise(work)

describe("Cluster.layer", () => {
  it("starts a cluster, carries out commands, and stops it with the scope: the next one goes on where it stood", async () => {
    const layer = Cluster.layer(optionsOn("scope.db"))
    const [left, done] = await run(
      Effect.gen(function* () {
        const cluster = yield* Cluster
        expect(yield* cluster.status).toMatchObject({ state: "running" })
        const tuner = yield* cluster.tuner("checkout")
        return [cluster, yield* tuner.pause({ by: "ada", note: "look", key: "p" })] as const
      }).pipe(Effect.provide(layer)),
    )
    expect(done).toMatchObject({ command: "pause", by: "ada", note: "look", key: "p", epoch: 1 })
    expect(await run(Effect.flip(left.status))).toMatchObject({ _tag: "ClusterError", reason: "notRunning" })
    await run(left.ended)
    await run(
      Effect.gen(function* () {
        const tuner = yield* (yield* Cluster).tuner("checkout")
        expect(yield* tuner.commands).toEqual([done])
        expect(yield* tuner.status).toMatchObject({ epoch: 2 })
        expect((yield* tuner.owners).turns).toMatchObject([{ epoch: 1 }, { epoch: 2, began: "wentOn" }])
        expect(yield* tuner.records).not.toEqual([])
      }).pipe(Effect.provide(layer)),
    )
  })

  it("begins and ends campaigns, and says what is wrong with one in the error channel", async () => {
    await run(
      Effect.gen(function* () {
        const { campaigns, campaign } = yield* Cluster
        expect(yield* campaigns.list()).toEqual([])
        expect(yield* Effect.flip(campaign("none").status())).toMatchObject({
          _tag: "CampaignError",
          reason: "unknown",
        })
        const refused = yield* Effect.flip(campaigns.start({ name: "", tuner: "chekout" } as never))
        expect(refused).toBeInstanceOf(ConfigError)
        expect(yield* campaigns.list()).toEqual([])
      }).pipe(Effect.provide(Cluster.layer(optionsOn("campaigns.db")))),
    )
  })

  it("waits for the end of a candidate no longer than it is let, and leaves it on trial", async () => {
    await run(
      Effect.gen(function* () {
        const cluster = yield* Cluster
        const tuner = yield* cluster.tuner("checkout")
        const fiber = yield* Effect.forkChild(tuner.rollOut({ rate: 0.6 }, { by: "ada", key: "out" }))
        while ((yield* tuner.status).canary === null) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        expect(yield* tuner.status).toMatchObject({ canary: { values: { rate: 0.6 }, end: null } })
        expect(yield* tuner.commands).toMatchObject([{ key: "out", end: null }])
      }).pipe(Effect.scoped, Effect.provide(Cluster.layer(optionsOn("waits.db")))),
    )
  })

  it("is one cluster for all that depend on it within one scope", async () => {
    class One extends Context.Service<One, ClusterService>()("test/One") {}
    class Two extends Context.Service<Two, ClusterService>()("test/Two") {}
    const layer = Cluster.layer(optionsOn("shared.db"))
    const both = Layer.mergeAll(
      Layer.effect(
        One,
        Effect.map(Cluster, (cluster) => cluster),
      ).pipe(Layer.provide(layer)),
      Layer.effect(
        Two,
        Effect.map(Cluster, (cluster) => cluster),
      ).pipe(Layer.provide(layer)),
    )
    // A second runner on the file would be refused.
    const [one, two] = await run(Effect.all([One, Two]).pipe(Effect.provide(both)))
    expect(one).toBe(two)
  })

  it("fails with every problem of its options, and opens nothing", async () => {
    const file = join(folder, "refused.db")
    const options = { storage: sqlite(file), tuners: { checkout: { engine: { params: {} } } }, tunrs: {} }
    const refused = await run(Effect.flip(Effect.scoped(Cluster.make(options))))
    expect(refused).toBeInstanceOf(ConfigError)
    expect((refused as ConfigError).problems.map(({ path }) => path)).toEqual([
      "tuners.checkout.engine.params",
      "tunrs",
    ])
    expect(existsSync(file)).toBe(false)
  })

  it("fails where its storage is another's, closes its sinks, and leaves the other alone", async () => {
    const { counted, fleets } = countingSink()
    await run(
      Effect.scoped(
        Effect.gen(function* () {
          const first = yield* Cluster.make(optionsOn("locked.db"))
          const second = Cluster.make({ ...optionsOn("locked.db"), fleets })
          expect(yield* Effect.flip(Effect.scoped(second))).toMatchObject({
            _tag: "StorageError",
            reason: "locked",
          })
          expect(counted.closed).toBe(1)
          expect(yield* (yield* first.tuner("checkout")).status).toMatchObject({ epoch: 1 })
        }),
      ),
    )
  })

  it("that is interrupted while its storage opens closes what is open by then", async () => {
    const { counted, fleets } = countingSink()
    const seen: Array<string> = []
    await run(
      Effect.gen(function* () {
        const opened = yield* Deferred.make<void>()
        const storage: Storage = {
          name: "a storage that never opens",
          migrate: true,
          connect: Layer.effectContext(
            Effect.andThen(
              Effect.acquireRelease(
                Effect.sync(() => void seen.push("open")),
                () => Effect.sync(() => void seen.push("closed")),
              ),
              Effect.andThen(Deferred.succeed(opened, undefined), Effect.never),
            ),
          ),
        }
        const starting = yield* Effect.forkChild(
          Effect.provide(Effect.asVoid(Cluster), Cluster.layer({ storage, fleets })),
        )
        yield* Deferred.await(opened)
        yield* Fiber.interrupt(starting)
      }),
    )
    expect(seen).toEqual(["open", "closed"])
    expect(counted.closed).toBe(1)
  })

  it("stops when the program that uses it is interrupted", async () => {
    const { counted, fleets } = countingSink()
    const options = { ...optionsOn("interrupted.db"), fleets }
    const [exit, cluster] = await run(
      Effect.gen(function* () {
        const runs = yield* Deferred.make<ClusterService>()
        const program = yield* Effect.forkChild(
          Effect.flatMap(Cluster, (cluster) =>
            Effect.andThen(Deferred.succeed(runs, cluster), Effect.never),
          ).pipe(Effect.provide(Cluster.layer(options))),
        )
        const cluster = yield* Deferred.await(runs)
        yield* Fiber.interrupt(program)
        return [yield* Fiber.await(program), cluster] as const
      }),
    )
    expect(Exit.hasInterrupts(exit)).toBe(true)
    expect(counted.closed).toBe(1)
    await run(cluster.ended)
    await run(Effect.scoped(Effect.asVoid(Cluster.make(options))))
  })

  it("fails for names that it does not have, for what a tuner refuses, and for a key of another command", async () => {
    await run(
      Effect.scoped(
        Effect.gen(function* () {
          const cluster = yield* Cluster.make(optionsOn("refusals.db"))
          const similar = /is not known here. Did you mean.*checkout/
          expect(String(yield* Effect.flip(cluster.tuner("chekout")))).toMatch(similar)
          expect(String(yield* Effect.flip(cluster.replica("chekout")))).toMatch(similar)
          expect(yield* Effect.flip(cluster.fleet("tenants"))).toBeInstanceOf(ConfigError)
          expect(yield* Effect.flip(cluster.replica("checkout", { name: "" }))).toBeInstanceOf(ConfigError)
          expect(yield* Effect.flip(cluster.drain(-1))).toBeInstanceOf(ConfigError)
          const tuner = yield* cluster.tuner("checkout")
          const refused = yield* Effect.flip(tuner.rollOut({ rate: 2 }))
          expect((refused as ConfigError).problems.map(({ path }) => path)).toContain("values.rate")
          yield* tuner.trip({ key: "mine" })
          expect(yield* Effect.flip(tuner.rollOut({ rate: 0.5 }, { key: "mine" }))).toMatchObject({
            _tag: "ClusterError",
            reason: "otherCommand",
          })
          const under = yield* Effect.forkChild(Effect.flip(tuner.reset()))
          yield* Effect.yieldNow
          yield* cluster.stop
          expect(yield* Fiber.join(under)).toMatchObject({ _tag: "ClusterError", reason: "notRunning" })
        }),
      ),
    )
  })

  it("has replicas and followed keys for as long as their scopes live", async () => {
    const follow = vi.spyOn(FollowedKeys.prototype, "follow")
    const fleets = { tenants: { engine: PLANT.engine, buckets: 1 } }
    await run(
      Effect.scoped(
        Effect.gen(function* () {
          const cluster = yield* Cluster.make({ ...optionsOn("parts.db"), fleets })
          const tuner = yield* cluster.tuner("checkout")
          const left = yield* Effect.scoped(
            Effect.gen(function* () {
              const replica = yield* cluster.replica("checkout", { name: "here" })
              expect(replica.getSnapshot()).toMatchObject({ status: "running", state: "following" })
              expect(yield* tuner.replicas).toMatchObject([{ replica: "here" }])
              return replica
            }),
          )
          expect(left.getSnapshot().status).toBe("stopped")
          expect(yield* tuner.replicas).toEqual([])

          const tenants = yield* cluster.fleet("tenants")
          const stop = yield* Effect.scoped(
            Effect.map(tenants.follow("acme"), (acme) => {
              expect({ ...acme.values }).toEqual({ rate: 0.2, share: 0.9 })
              const stop = vi.spyOn(acme, "stop")
              expect(stop).not.toHaveBeenCalled()
              return stop
            }),
          )
          expect(stop).toHaveBeenCalledOnce()
          tenants.observe("acme", { objective: 1 })
          yield* tenants.flush
          expect(yield* tenants.counts).toMatchObject({ taken: 1 })
          expect(yield* tenants.bucket("acme")).toMatchObject({ epoch: 1 })
          const acme = tenants.key("acme")
          expect(yield* acme.trip({ by: "ada" })).toMatchObject({ refused: null, by: "ada" })
          expect(yield* acme.status).toMatchObject({ commands: [{ command: "trip" }] })
        }),
      ),
    )
    follow.mockRestore()
  })
})
