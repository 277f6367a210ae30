/** Commands to an engine of a fleet, by its state and from inside every callback: carried out before they return, or refused by name. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type AuditSink, EngineStateError, FleetError, type FleetEngine } from "../../../src/index.ts"
import { drive, fleetOf, STEP_US } from "./rig.ts"

const SECOND = 1_000_000

type Rig = Awaited<ReturnType<typeof started>>

async function started() {
  const hook: { sink: (() => void) | null } = { sink: null }
  const sink: AuditSink = {
    name: "rig",
    write: () => Effect.void,
    writeNow: () => {
      hook.sink?.()
      return null
    },
    close: Effect.void,
  }
  const fleet = fleetOf({ sinks: [sink] })
  await fleet.start()
  const engine = fleet.spawn("a")
  const other = fleet.spawn("b")
  const step = drive(fleet, [engine, other], 60)
  return { fleet, engine, other, hook, step }
}

const COMMANDS: Readonly<Record<string, (engine: FleetEngine) => () => void>> = {
  trip: (engine) => {
    engine.trip()
    return () => expect(engine.getSnapshot()).toMatchObject({ mode: "safe" })
  },
  reset: (engine) => {
    engine.reset()
    return () => expect(engine.getSnapshot()).toMatchObject({ mode: "adapting" })
  },
  rollback: (engine) => {
    engine.rollback()
    return () => expect(engine.values).toEqual(engine.getSnapshot().baseline)
  },
  setBaseline: (engine) => {
    engine.setBaseline()
    return () => expect(engine.getSnapshot().baseline).toEqual(engine.getSnapshot().base)
  },
  stop: (engine) => {
    engine.stop()
    return () => expect(engine.getSnapshot().status).toBe("stopped")
  },
}

const STATES: Readonly<Record<string, (rig: Rig) => void>> = {
  awake: () => {},
  resting: ({ engine }) => expect(engine.passivate()).toBe("busy"),
  "in SafeMode": ({ engine }) => engine.trip(),
  "put away": ({ fleet, engine }) => {
    fleet.tick(10_000 * SECOND)
    fleet.tick(20_000 * SECOND)
    expect(engine.getSnapshot().status).toBe("passive")
  },
}

const CALLBACKS: Readonly<Record<string, (rig: Rig, call: () => void) => void>> = {
  "no callback": (_, call) => call(),
  subscribe: ({ fleet }, call) => void fleet.subscribe(call),
  "audit.subscribe": ({ fleet }, call) => void fleet.audit.subscribe(call),
  "a sink": ({ hook }, call) => void (hook.sink = call),
  "a digest that is read": ({ other }, call) => {
    const read = (): number => {
      call()
      return 1
    }
    other.observe(Object.defineProperty({ objective: 1 }, "objective", { enumerable: true, get: read }))
  },
}

describe("commands to an engine of a fleet", () => {
  for (const [state, enter] of Object.entries(STATES)) {
    for (const [command, ask] of Object.entries(COMMANDS)) {
      it.each(Object.entries(CALLBACKS))(
        `carry out ${command} before it returns, ${state}, in %s`,
        async (_, arm) => {
          const rig = await started()
          enter(rig)
          const seen: Array<unknown> = []
          arm(rig, () => {
            if (seen.length > 0) return
            seen.push("called")
            try {
              ask(rig.engine)()
            } catch (error) {
              seen.push(error)
            }
          })
          rig.other.trip()
          rig.other.reset()
          expect(seen).toEqual(["called"])
          await rig.fleet.stop()
        },
      )
    }
  }

  it.each(Object.entries(COMMANDS))(
    "refuse %s by name once it, or its fleet, is stopped",
    async (name, ask) => {
      const { fleet, engine, other } = await started()
      engine.stop()
      if (name !== "stop") expect(() => ask(engine)).toThrow(new FleetError({ reason: "stopped", key: "a" }))
      await fleet.stop()
      if (name !== "stop") expect(() => ask(other)).toThrow(EngineStateError)
      else expect(() => ask(other)).not.toThrow()
    },
  )
})

describe("whoever listens to the audit of a fleet", () => {
  it("hears the records in the sinks' order, also where another one gives commands", async () => {
    const { fleet, engine, other, step } = await started()
    const heard: ReadonlyArray<Array<string>> = [[], []]
    let given = 0
    heard.forEach((records, i) =>
      fleet.audit.subscribe(({ run, seq }) => {
        records.push(`${run} ${seq}`)
        if (i === 0 && given++ % 7 === 3) other.setBaseline()
      }),
    )
    const from = fleet.audit.records().length
    drive(fleet, [engine, other], 200, step)
    await fleet.stop()
    const all = fleet.audit
      .records()
      .slice(from)
      .map(({ run, seq }) => `${run} ${seq}`)
    expect(given).toBeGreaterThan(10)
    for (const records of heard) expect(records).toEqual(all)
  })

  it("has a digest of its own where a getter of one reports another", async () => {
    const { fleet, engine, other, step } = await started()
    fleet.tick((step + 10) * STEP_US)
    other.observe(
      Object.defineProperty({ constraintMargin: 1, objective: 1 }, "objective", {
        enumerable: true,
        get: () => {
          engine.observe({ objective: 2, constraintMargin: -9 })
          return 1
        },
      }),
    )
    expect(engine.getSnapshot().mode).toBe("safe")
    expect(other.getSnapshot().mode).toBe("adapting")
    await fleet.stop()
  })
})
