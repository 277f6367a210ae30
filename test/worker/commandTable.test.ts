/**
 * The table of commands and states of an engine in a worker in docs/semantics.md: each command is carried out before it returns, or
 * throws the error that the table names and changes nothing. Asked from outside, and from inside a listener where one is called.
 */
import { afterEach, describe, expect, it } from "vitest"
import { EngineStateError } from "../../src/domain/errors.ts"
import { FAST, faulty, feed, type Placed, place } from "./rig.ts"
import { commandTable } from "../docs/commandTable.ts"

/** What becomes of a command, by command and state, as the page says it. */
const TABLE = commandTable('`worker/commandTable.test.ts` "as the table says"')

/** Looked up on the record: by then the engine may have gone on in its own thread. */
const recorded = (engine: Placed, kind: string): number =>
  engine.worker().status === "running" ? engine.audit.records().filter((one) => one.kind === kind).length : 0

/** Each is asked, and gives a look at whether it was done. What changes the state comes last. */
const COMMANDS: Readonly<Record<string, (engine: Placed) => () => void>> = {
  setBaseline: (engine) => {
    const before = recorded(engine, "baselineSet")
    engine.setBaseline()
    return () => expect(recorded(engine, "baselineSet")).toBeGreaterThan(before)
  },
  setGuardrails: (engine) => {
    engine.setGuardrails({ ...FAST.guardrails, maxStep: 0.0625 })
    return () => expect(engine.getSnapshot().guardrails.policy.maxStep).toBe(0.0625)
  },
  rollback: (engine) => {
    const before = recorded(engine, "rollback")
    engine.rollback()
    return () => expect(recorded(engine, "rollback")).toBeGreaterThan(before)
  },
  trip: (engine) => {
    engine.trip()
    return () => expect(engine.getSnapshot().mode).toBe("safe")
  },
  reset: (engine) => {
    const { status } = engine.worker()
    engine.reset()
    return () => {
      if (status === "frozen") expect(engine.worker().status).toBe("restarting")
      else expect(engine.getSnapshot().mode).toBe("adapting")
    }
  },
}

const opened: Array<Placed> = []
const started = async (runId = "whole", entry?: URL): Promise<Placed> => {
  const engine = place({ runId, startIsBaseline: true }, entry === undefined ? {} : { entry })
  opened.push(engine)
  await engine.start()
  return engine
}
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.stop()
})

const STATES: Readonly<Record<string, () => Promise<Placed>>> = {
  "before the start": async () => {
    const engine = place({ startIsBaseline: true })
    opened.push(engine)
    return engine
  },
  adapting: () => started(),
  "in SafeMode": async () => {
    const engine = await started()
    engine.trip()
    return engine
  },
  "between two workers": async () => {
    const engine = await started("exits-any-always", faulty)
    await feed(engine, () => engine.worker().status === "restarting")
    return engine
  },
  "died too often": async () => {
    const engine = await started("exits-any-always", faulty)
    await feed(engine, () => engine.worker().status === "frozen")
    return engine
  },
  stopped: async () => {
    const engine = await started()
    await engine.stop()
    return engine
  },
}

/** What became of a command: "acts", or the reason of what it threw. */
function outcomeOf(ask: (engine: Placed) => () => void, engine: Placed): string {
  const before = { values: { ...engine.values }, generation: engine.generation, safe: engine.safeMode }
  let done: () => void
  try {
    done = ask(engine)
  } catch (error) {
    if (!(error instanceof EngineStateError)) throw error
    expect({ values: { ...engine.values }, generation: engine.generation, safe: engine.safeMode }).toEqual(
      before,
    )
    return error.reason
  }
  done()
  return "acts"
}

describe("commands to an engine in a worker", () => {
  it("are all in the table, by every state", () => {
    expect([...TABLE.keys()].toSorted()).toEqual([...Object.keys(COMMANDS), "stop"].toSorted())
    for (const outcomes of TABLE.values()) expect([...outcomes.keys()]).toEqual(Object.keys(STATES))
  })

  it.each(Object.entries(STATES))("end before they return as the table says: %s", async (state, enter) => {
    const engine = await enter()
    for (const [command, ask] of Object.entries(COMMANDS))
      expect([command, outcomeOf(ask, engine)]).toEqual([command, TABLE.get(command)?.get(state)])
    expect(TABLE.get("stop")?.get(state)).toBe("acts")
    await engine.stop()
    expect(engine.worker().status).toBe("stopped")
  })

  it.each(["adapting", "in SafeMode"])("do the same from inside a listener: %s", async (state) => {
    const engine = await STATES[state]()
    const seen: Array<readonly [string, unknown]> = []
    const asked = engine.subscribe(() => {
      if (seen.length > 0) return
      for (const [command, ask] of Object.entries(COMMANDS)) seen.push([command, outcomeOf(ask, engine)])
    })
    await feed(engine, () => seen.length > 0)
    asked.unsubscribe()
    expect(seen).toEqual(Object.keys(COMMANDS).map((command) => [command, TABLE.get(command)?.get(state)]))
  })
})
