/** The other faces of a fleet: an actor of XState's, a service of Effect's, and the sinks its audit goes to. */
import { it as effectIt } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it } from "vitest"
import { assign, createActor, setup } from "xstate"
import {
  type AuditRecord,
  type AuditSink,
  AuditError,
  fleetLogic,
  type FleetReport,
} from "../../src/index.ts"
import { Fleet } from "../../src/fleet/FleetService.ts"
import { drive, fleetOf, params } from "./rig.ts"

describe("a fleet as an actor", () => {
  it("receives keys and digests from a machine, and reports events and refusals to it", async () => {
    const fleet = fleetOf()
    await fleet.start()
    const machine = setup({
      types: { context: {} as { readonly heard: ReadonlyArray<string> }, events: {} as FleetReport },
      actors: { fleet: fleetLogic },
    }).createMachine({
      context: { heard: [] },
      invoke: { id: "fleet", src: "fleet", input: { fleet } },
      on: {
        fleet: { actions: assign({ heard: ({ context, event }) => [...context.heard, event.event.type] }) },
        fleetRefused: {
          actions: assign({
            heard: ({ context, event }) => [...context.heard, `refused ${event.command.type}`],
          }),
        },
      },
    })
    const actor = createActor(machine).start()
    const child = actor.getSnapshot().children.fleet
    child?.send({ type: "spawn", key: "a" })
    child?.send({ type: "spawn", key: "a" })
    child?.send({ type: "observe", key: "b", digest: { objective: 1, timestampUs: 5 } })
    child?.send({ type: "trip", key: "a", note: "by a machine" })
    child?.send({ type: "stopEngine", key: "a" })
    expect(actor.getSnapshot().context.heard.filter((type) => type !== "baselineSet")).toEqual([
      "spawned",
      "refused spawn",
      "spawned",
      "tripped",
      "stopped",
    ])
    expect(fleet.list().engines).toMatchObject([{ key: "b", counters: { digests: 1 } }])
    actor.stop()
    fleet.spawn("c")
    expect(fleet.size).toBe(2)
    await fleet.stop()
  })
})

describe("a fleet in an Effect program", () => {
  effectIt.effect(
    "ticks on Effect's clock, streams its events, and leaves every plant on its base with its scope",
    () =>
      Effect.gen(function* () {
        const engine = yield* Effect.scoped(
          Effect.gen(function* () {
            const fleet = yield* Fleet.make({ engine: { params, window: { us: 1_000_000 } } })
            const events = yield* fleet.events.pipe(
              Stream.filter(({ type }) => type !== "baselineSet"),
              Stream.take(3),
              Stream.runCollect,
              Effect.forkChild,
            )
            yield* Effect.yieldNow
            const engine = fleet.spawn("a")
            yield* TestClock.adjust("3 seconds")
            expect(engine.getSnapshot().status).toBe("resting")
            yield* TestClock.adjust("6 minutes")
            expect((yield* Fiber.join(events)).map(({ type }) => type)).toEqual([
              "spawned",
              "rested",
              "passivated",
            ])
            engine.observe({ objective: 1 })
            expect({ ...engine.values }).not.toEqual(engine.getSnapshot().base)
            return engine
          }),
        )
        expect({ ...engine.values }).toEqual(engine.getSnapshot().base)
      }),
  )

  effectIt.effect("refuses a bad configuration in the error channel", () =>
    Effect.gen(function* () {
      const error = yield* Effect.scoped(Fleet.make({ engine: { params: {} } })).pipe(Effect.flip)
      expect(error._tag).toBe("ConfigError")
    }),
  )
})

/** Takes records only while it is open. */
class Gate implements AuditSink {
  readonly name = "gate"
  open = true
  readonly taken: Array<AuditRecord> = []
  readonly close = Effect.void
  readonly write = (batch: ReadonlyArray<AuditRecord>): Effect.Effect<void, AuditError> =>
    Effect.suspend(() => {
      const error = this.writeNow(batch)
      return error === null ? Effect.void : Effect.fail(error)
    })
  readonly writeNow = (batch: ReadonlyArray<AuditRecord>): AuditError | null => {
    if (!this.open) return new AuditError({ reason: "write", sink: "gate", detail: "closed" })
    this.taken.push(...batch)
    return null
  }
}

describe("the audit of a fleet", () => {
  it("goes to its sinks with the engine's name, every record once", async () => {
    const sink = new Gate()
    const fleet = fleetOf({ name: "tenants", sinks: [sink] })
    await fleet.start()
    const engines = ["a", "b"].map((key) => fleet.spawn(key))
    drive(fleet, engines, 500)
    await fleet.stop()
    for (const key of ["a", "b"]) {
      const seqs = sink.taken.filter(({ run }) => run === `tenants/${key}`).map(({ seq }) => seq)
      expect(seqs.length).toBeGreaterThan(50)
      expect(seqs).toEqual(seqs.map((_, i) => i + 1))
    }
  })

  it("that cannot be written halts every engine on its base, and they resume without loss once it can", async () => {
    const sink = new Gate()
    const fleet = fleetOf({ sinks: [sink] })
    const seen: Array<string> = []
    fleet.subscribe(({ type }) => {
      if (type === "halted" || type === "released") seen.push(type)
    })
    await fleet.start()
    const engines = Array.from({ length: 40 }, (_, i) => fleet.spawn(`t${i}`))
    sink.open = false
    let step = 0
    while (!fleet.getSnapshot().halted && step < 5_000) step = drive(fleet, engines, 1, step)
    expect(seen).toEqual(["halted"])
    for (const engine of engines) expect({ ...engine.values }).toEqual(engine.getSnapshot().base)
    const still = engines.map(({ generation }) => generation)
    expect(engines[0].observe({ objective: 1, timestampUs: step * 20_000 })).toBe(false)
    step = drive(fleet, engines, 50, step)
    expect(engines.map(({ generation }) => generation)).toEqual(still)
    sink.open = true
    await fleet.stop()
    const records = sink.taken.length
    expect(records).toBe(fleet.audit.state().written)
    expect(fleet.audit.state().dropped).toBe(0)
    expect(new Set(sink.taken.map(({ run, seq }) => `${run} ${seq}`)).size).toBe(records)
  })
})
