/** A growing host as an Effect service: a scope owns it, refusals come up the error channel, and what breaks is started again. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { describe, expect, it, vi } from "vitest"
import { EngineFaultError } from "../../../src/domain/errors.ts"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createGrowth, type GrowthOptions, neuralHost, tasks } from "../../../src/morph/index.ts"
import { Growth, growthLayer, makeGrowth } from "../../../src/morph/index.effect.ts"
import { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  now: () => 0,
}

const why = "test"

/** The fingerprint of a host that nothing has happened to. */
async function undisturbed(epochs: number): Promise<string> {
  const growth = createGrowth(OPTIONS)
  await growth.start()
  await growth.run({ epochs })
  return growth.snapshot().fingerprint
}

/** Training breaks so many times, each time half-way through the epoch after `epoch`. */
function breaking(times: number, epoch: number) {
  const { trainEpoch } = NeuralHost.prototype
  let left = times
  return vi.spyOn(NeuralHost.prototype, "trainEpoch").mockImplementation(function (this: NeuralHost, at) {
    const loss = trainEpoch.call(this, at)
    if (at === epoch && left-- > 0) throw new Error("it broke")
    return loss
  })
}

describe("a growing host as an Effect service", () => {
  it("grows as createGrowth does, tells its events, and is stopped with its scope", async () => {
    const [events, snapshot] = await Effect.runPromise(
      Effect.gen(function* () {
        const growth = yield* Growth
        const listening = yield* Effect.forkChild(Stream.runCollect(Stream.take(growth.events, 4)), {
          startImmediately: true,
        })
        yield* growth.germinate("hidden1", { blueprint: "linear", why })
        yield* growth.run({ epochs: 2 })
        return [yield* Fiber.join(listening), yield* growth.snapshot] as const
      }).pipe(Effect.provide(growthLayer(OPTIONS))),
    )
    expect(events.map(({ type }) => type)).toEqual(["commanded", "boundary", "moved", "boundary"])
    expect(snapshot).toMatchObject({ status: "started", epoch: 2, sockets: [{ state: "training" }] })
    const stopped = await Effect.runPromise(Effect.scoped(makeGrowth(OPTIONS)))
    expect(stopped.actor.getSnapshot().value).toBe("stopped")
  })

  it("fails with what createGrowth refuses, and changes nothing", async () => {
    const options = { ...OPTIONS, seed: -1 }
    const refused = await Effect.runPromise(Effect.flip(Effect.scoped(makeGrowth(options))))
    expect(refused).toBeInstanceOf(GrowthError)
    const told = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const growth = yield* makeGrowth(OPTIONS)
          const pathOf = <A>(call: Effect.Effect<A, GrowthError | EngineFaultError>) =>
            Effect.map(Effect.flip(call), (error) =>
              error instanceof GrowthError ? error.problems[0].path : "",
            )
          return [
            yield* pathOf(growth.run({ epochs: -1 })),
            yield* pathOf(growth.cull("hidden1", { why: "" })),
            yield* pathOf(growth.predict(Float32Array.of(1))),
          ]
        }),
      ),
    )
    expect(told).toEqual(["epochs", "why", "rows"])
  })

  it("goes on from the last good boundary when training breaks, degraded and without a trace", async () => {
    const broken = breaking(1, 3)
    const [epochs, snapshot, restarts] = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const growth = yield* makeGrowth(OPTIONS)
          const seen: Array<readonly [number, string]> = []
          growth.actor.on("boundary", ({ boundary }) => seen.push([boundary.epoch, boundary.mode]))
          yield* growth.run({ epochs: 6 })
          return [seen, yield* growth.snapshot, yield* growth.restarts] as const
        }),
      ),
    )
    broken.mockRestore()
    expect(epochs.map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 5, 6])
    expect(epochs.map(([, mode]) => mode)).toContain("degraded")
    expect(restarts).toEqual([{ child: "training", reason: "threw", count: 1 }])
    expect(snapshot.fingerprint).toBe(await undisturbed(6))
  })

  it("halts when it breaks too often, fails with the fault, and goes on after a reset", async () => {
    const broken = breaking(4, 3)
    const [fault, halted, snapshot] = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const growth = yield* makeGrowth(OPTIONS)
          const fault = yield* Effect.flip(growth.run({ epochs: 6 }))
          const { mode } = yield* growth.snapshot
          const halted = [mode, String(yield* Effect.flip(growth.run({ epochs: 1 })))]
          yield* growth.reset({ why })
          yield* growth.run({ epochs: 3 })
          return [fault, halted, yield* growth.snapshot] as const
        }),
      ),
    )
    broken.mockRestore()
    expect(fault).toBeInstanceOf(EngineFaultError)
    expect(halted).toEqual(["halted", expect.stringContaining("The host is halted")])
    expect(snapshot).toMatchObject({ epoch: 6, fingerprint: await undisturbed(6) })
  })
})
