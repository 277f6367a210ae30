/**
 * The table of commands and states of an engine of a fleet in docs/semantics.md, walked from outside and from inside every callback:
 * each command is carried out before it returns, or refused by name and changes nothing.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import {
  AuditError,
  type AuditSink,
  EngineStateError,
  FleetError,
  type FleetEngine,
} from "../../src/index.ts"
import { drive, fleetOf, STEP_US } from "./rig.ts"
import { commandTable } from "../docs/commandTable.ts"

const SECOND = 1_000_000

type Rig = Awaited<ReturnType<typeof started>>

async function started() {
  const hook: { sink: (() => void) | null; blocked: boolean } = { sink: null, blocked: false }
  const full = new AuditError({ reason: "write", sink: "rig", detail: "no room" })
  const sink: AuditSink = {
    name: "rig",
    write: () => Effect.suspend(() => (hook.blocked ? Effect.fail(full) : Effect.void)),
    writeNow: () => {
      hook.sink?.()
      return hook.blocked ? full : null
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

/** What becomes of a command, by command and state, as the page says it. */
const TABLE = commandTable('`fleet/commandTable.test.ts` "as the table says"')

const BUSY = Symbol("busy")

/** Each gives a look at whether it was done, or BUSY. */
const COMMANDS: Readonly<Record<string, (engine: FleetEngine) => (() => void) | typeof BUSY>> = {
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
  passivate: (engine) => {
    const said = engine.passivate()
    expect(engine.values).toEqual(engine.getSnapshot().base)
    if (said === "busy") return BUSY
    return () => expect(engine.getSnapshot().status).toBe("passive")
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
  halted: ({ fleet, engine, other, hook, step }) => {
    hook.blocked = true
    let next = step
    while (!fleet.getSnapshot().halted && next < 2000) {
      for (let i = 0; i < 50; i++) other.setBaseline()
      next = drive(fleet, [engine, other], 1, next)
    }
    expect(fleet.getSnapshot().halted).toBe(true)
    expect(engine.values).toEqual(engine.getSnapshot().base)
  },
  stopped: ({ engine }) => engine.stop(),
  "its fleet is stopped": ({ fleet }) => void fleet.stop(),
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
    // A fleet that is stopped takes none.
    try {
      other.observe(Object.defineProperty({ objective: 1 }, "objective", { enumerable: true, get: read }))
    } catch (error) {
      if (!(error instanceof EngineStateError)) throw error
    }
  },
}

/** Callbacks that are not called in a state. */
const SILENT: Readonly<Record<string, ReadonlyArray<string>>> = {
  halted: ["audit.subscribe", "a sink"],
  "its fleet is stopped": ["subscribe", "audit.subscribe", "a sink", "a digest that is read"],
}

/** What became of a command: "acts", "busy", or the reason of what it threw. */
function outcomeOf(ask: (engine: FleetEngine) => (() => void) | typeof BUSY, engine: FleetEngine): string {
  const before = engine.getSnapshot()
  try {
    const done = ask(engine)
    if (done === BUSY) return "busy"
    done()
    return "acts"
  } catch (error) {
    if (error instanceof FleetError || error instanceof EngineStateError) {
      expect(engine.getSnapshot()).toEqual(before)
      return error instanceof FleetError ? error.reason : `fleet ${error.reason}`
    }
    throw error
  }
}

describe("commands to an engine of a fleet", () => {
  it("all have a row in the table, for every state", () => {
    expect([...TABLE.keys()]).toEqual(Object.keys(COMMANDS))
    for (const outcomes of TABLE.values())
      expect([...outcomes.keys()].toSorted()).toEqual(Object.keys(STATES).toSorted())
  })

  for (const [state, enter] of Object.entries(STATES)) {
    for (const [command, ask] of Object.entries(COMMANDS)) {
      it.each(Object.entries(CALLBACKS))(
        `end before they return as the table says: ${command}, ${state}, in %s`,
        async (callback, arm) => {
          const rig = await started()
          enter(rig)
          const seen: Array<unknown> = []
          const call = (): void => {
            if (seen.length > 0) return
            seen.push("called")
            try {
              seen[0] = outcomeOf(ask, rig.engine)
            } catch (error) {
              seen[0] = error
            }
          }
          const over = state === "its fleet is stopped"
          arm(rig, call)
          if (!over) {
            rig.other.trip()
            rig.other.reset()
          }
          // Nobody hears of a fleet that is stopped, and nobody of records that cannot be written.
          const silent = SILENT[state]?.includes(callback) ?? false
          expect(seen).toEqual(silent ? [] : [TABLE.get(command)?.get(state)])
          rig.hook.blocked = false
          await rig.fleet.stop()
        },
      )
    }
  }
})

describe("listeners to the audit of a fleet", () => {
  it("get the records in the sinks' order, even if another listener gives commands", async () => {
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

  it("have separate digests if a getter of one reports another", async () => {
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
