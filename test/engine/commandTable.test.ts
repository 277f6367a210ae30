/**
 * The table of commands and states in docs/semantics.md, walked from outside and from inside every callback: each command is carried
 * out before it returns, or throws the error that the table names and changes nothing.
 *
 * Root cause of what this guards: callbacks were called amid an event of the machine, where a command could only wait for the end of
 * the event, and some states of the machine had no answer to it.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { ArqonEngine, AuditSink, EngineOptions, SelectableVariant } from "../../src/index.ts"
import { AuditError, EngineStateError } from "../../src/index.ts"
import { breakRoot } from "./brokenActors.ts"
import { drive, type Knob, manual, wobble } from "./plant.ts"
import { commandTable } from "../docs/commandTable.ts"

type Engine = ArqonEngine<Knob>

/** What becomes of a command, by command and state, as the page says it. */
const TABLE = commandTable('`engine/commandTable.test.ts` "carries out"')

const variant = (name: string, batch: number): SelectableVariant => ({
  name,
  version: 1,
  state: "approved",
  values: { batch },
  constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.1 }],
  rollback: { to: "previous", afterBreaches: 1, quarantineUs: 0 },
})

interface Asked {
  /** Tells that it was done. */
  readonly check: () => void
  /** Of a call that gives a promise. */
  readonly ended?: Promise<void>
}

const COMMANDS: Readonly<Record<string, (engine: Engine) => Asked>> = {
  trip: (engine) => {
    engine.trip()
    return {
      check: () => {
        expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { exit: "manualReset" } })
        expect(engine.values).toEqual(engine.getSnapshot().base)
      },
    }
  },
  reset: (engine) => {
    engine.reset()
    return { check: () => expect(engine.getSnapshot().mode).toBe("adapting") }
  },
  rollback: (engine) => {
    engine.rollback()
    return { check: () => expect(engine.values).toEqual(engine.getSnapshot().baseline) }
  },
  setBaseline: (engine) => {
    engine.setBaseline()
    return { check: () => expect(engine.getSnapshot().baseline).toEqual(engine.getSnapshot().base) }
  },
  setGuardrails: (engine) => {
    engine.setGuardrails("conservative")
    return { check: () => expect(engine.getSnapshot().guardrails.preset).toBe("conservative") }
  },
  stopMeta: (engine) => {
    engine.stopMeta()
    return { check: () => expect(engine.getSnapshot().meta).toMatchObject({ phase: "stopped" }) }
  },
  "relocation.evict": (engine) => {
    expect(engine.relocation.evict(REGIME)).toBe(true)
    return { check: () => expect(engine.relocation.regimes().map(({ id }) => id)).not.toContain(REGIME) }
  },
  "relocation.offer": (engine) => {
    engine.relocation.offer([variant("new", 90)])
    return { check: () => expect(engine.getSnapshot().relocation?.offered).toBe(1) }
  },
  start: (engine) => ({ ended: engine.start(), check: () => {} }),
  stop: (engine) => ({
    ended: engine.stop(),
    check: () => {
      expect(engine.getSnapshot().status).toBe("stopped")
      expect(engine.values).toEqual(engine.getSnapshot().base)
    },
  }),
}

const RELOCATING: Partial<EngineOptions<Knob>> = {
  homeostasis: { windows: 4, cycles: 2, stableUs: 0, still: 0.3 },
  variants: { cooldownUs: 0, stay: 1, trials: 1 },
  meta: { depth: 1 },
  window: { digests: 2, us: 400_000, settleUs: 0 },
}

let reported = 0
/** Windows of a quiet plant. */
const stir = (engine: Engine, digests = 12): void => {
  for (let i = 0; i < digests && engine.getSnapshot().status === "running"; i++) {
    engine.tick(engine.nowUs + 20_000)
    if (engine.getSnapshot().status !== "running") return
    engine.observe({ objective: 1 + wobble(reported++, 0.01), errorRate: 0, throughputRps: 100 })
  }
}

/** What an engine has learnt that knows one regime. */
const learned = await (async () => {
  const engine = manual(RELOCATING)
  await engine.start()
  for (let i = 0; i < 200 && engine.relocation.regimes().length === 0; i++) stir(engine)
  await engine.stop()
  return engine.relocation.learned()
})()
const REGIME = learned.homeostasis.regimes[0]?.id ?? 0

/** An engine, and who may be called back by it. */
interface Rig {
  readonly engine: Engine
  /** What the sink and the inspector do. */
  hook: { sink: (() => void) | null; inspect: (() => void) | null; blocked: boolean }
}

function rigOf(blocked = false): Rig {
  const hook: Rig["hook"] = { sink: null, inspect: null, blocked }
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
  const engine = manual({
    ...RELOCATING,
    audit: { digests: true, capacity: 64 },
    learned,
    sinks: [sink],
    inspect: () => hook.inspect?.(),
  })
  return { engine, hook }
}

async function started(blocked = false): Promise<Rig> {
  const rig = rigOf(blocked)
  await rig.engine.start()
  rig.engine.setBaseline()
  return rig
}

/** An engine in each of the states of the table. */
const STATES: Readonly<Record<string, () => Promise<Rig>>> = {
  "before the start": async () => rigOf(),
  "while it starts": async () => {
    const rig = rigOf()
    void rig.engine.start().then(undefined, () => undefined)
    expect(rig.engine.getSnapshot().status).toBe("idle")
    return rig
  },
  adapting: async () => {
    const rig = await started()
    stir(rig.engine)
    expect(rig.engine.getSnapshot().mode).toBe("adapting")
    return rig
  },
  relocating: async () => {
    const rig = await started()
    rig.engine.relocation.offer([variant("old", 120)])
    const is = () => rig.engine.actor.getSnapshot().matches({ running: "relocating" })
    for (let i = 0; i < 400 && !is(); i++) stir(rig.engine, 1)
    expect(is()).toBe(true)
    return rig
  },
  "in SafeMode": async () => {
    const rig = await started()
    stir(rig.engine)
    rig.engine.trip()
    return rig
  },
  "audit full": async () => {
    const rig = await started(true)
    for (let i = 0; i < 400 && rig.engine.getSnapshot().mode === "adapting"; i++) stir(rig.engine)
    expect(rig.engine.getSnapshot().safeMode?.exit).toBe("auditDrained")
    return rig
  },
  "died too often": async () => {
    const rig = await started()
    stir(rig.engine)
    for (let death = 0; death < 4; death++) {
      breakRoot(rig.engine.actor)
      rig.engine.tick(rig.engine.nowUs + 1000)
    }
    expect(rig.engine.actor.getSnapshot().status).toBe("error")
    return rig
  },
  stopped: async () => {
    const rig = await started()
    stir(rig.engine)
    void rig.engine.stop()
    return rig
  },
}

/** How a function of a user's is called back: each arms one, and may make the engine call it. */
const CALLBACKS: Readonly<Record<string, (rig: Rig, call: () => void) => void>> = {
  "no callback": (_, call) => call(),
  subscribe: ({ engine }, call) => void engine.subscribe(call),
  "audit.subscribe": ({ engine }, call) => void engine.audit.subscribe(call),
  windows$: ({ engine }, call) => void engine.windows$.subscribe(call),
  "actor.subscribe": ({ engine }, call) => void engine.actor.subscribe({ next: call, error: call }),
  "a subscriber of an actor within": ({ engine }, call) =>
    void engine.actor.getSnapshot().children.hotPath?.subscribe({ next: call, error: call }),
  "system.inspect": ({ engine }, call) => void engine.actor.system.inspect(call),
  inspect: ({ hook }, call) => void (hook.inspect = call),
  "a sink": ({ hook }, call) => void (hook.sink = call),
  "a digest that is read": ({ engine }, call) => {
    if (engine.getSnapshot().status !== "running") return
    const read = () => {
      call()
      return 1
    }
    // Where the call has stopped it, there is nobody left to take the digest.
    try {
      engine.observe(Object.defineProperty({ objective: 1 }, "objective", { enumerable: true, get: read }))
    } catch (error) {
      if (!(error instanceof EngineStateError)) throw error
    }
  },
}

/** What became of a command: "acts", or the reason or the tag of what it threw. */
const outcomeOf = (error: unknown): string => {
  if (error instanceof EngineStateError) return error.reason
  if (error instanceof AuditError) return "AuditError"
  throw error
}

describe("commands by state", () => {
  it("all have a row in the table", () => {
    expect([...TABLE.keys()].toSorted()).toEqual(Object.keys(COMMANDS).toSorted())
    for (const outcomes of TABLE.values()) expect([...outcomes.keys()]).toEqual(Object.keys(STATES))
  })

  for (const [state, engineIn] of Object.entries(STATES)) {
    for (const [command, ask] of Object.entries(COMMANDS)) {
      it(`carries out ${command} before it returns or throws what the table names, ${state}`, async () => {
        let called = 0
        for (const arm of Object.values(CALLBACKS)) {
          const rig = await engineIn()
          const { engine } = rig
          const wrong: Array<unknown> = []
          const outcome: { ended: Promise<string> | null } = { ended: null }
          arm(rig, () => {
            if (outcome.ended !== null) return
            const before = engine.getSnapshot()
            outcome.ended = Promise.resolve("acts")
            try {
              const asked = ask(engine)
              asked.check()
              if (asked.ended !== undefined) outcome.ended = asked.ended.then(() => "acts", outcomeOf)
            } catch (error) {
              // What a callback throws is counted by the engine and heard by nobody.
              try {
                outcome.ended = Promise.resolve(outcomeOf(error))
                expect(engine.getSnapshot()).toEqual(before)
              } catch (unexpected) {
                wrong.push(unexpected)
              }
            }
          })
          stir(engine)
          expect(wrong).toEqual([])
          if (outcome.ended === null) continue
          called++
          rig.hook.blocked = false
          expect(await outcome.ended).toBe(TABLE.get(command)?.get(state))
          void engine.stop().then(undefined, () => undefined)
        }
        const running = state === "adapting" || state === "relocating" || state === "in SafeMode"
        expect(called).toBe(running ? Object.keys(CALLBACKS).length : called)
        expect(called).toBeGreaterThan(0)
      })
    }
  }
})

describe("a trip in the first callback", () => {
  const safe = (engine: Engine) =>
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "manualTrigger" } })

  it.each(
    Object.keys(CALLBACKS).filter((name) => name !== "no callback" && name !== "a digest that is read"),
  )("of the start holds, in %s", async (name) => {
    const rig = rigOf()
    const { engine } = rig
    let tripped = 0
    let applies = 0
    CALLBACKS[name](rig, () => {
      if (engine.getSnapshot().status !== "running" || tripped > 0) return
      tripped++
      engine.trip()
      safe(engine)
      applies = engine.getSnapshot().counters.applies
    })
    await engine.start()
    stir(engine, 60)
    expect(tripped).toBe(1)
    safe(engine)
    expect(engine.getSnapshot().counters.applies).toBe(applies)
    await engine.stop()
  })

  it.each(["subscribe", "audit.subscribe", "actor.subscribe", "a sink"])(
    "that the machine broke holds, in %s, and the restart does not let it go",
    async (name) => {
      const rig = await started()
      const { engine } = rig
      stir(engine)
      let tripped = false
      const { applies } = engine.getSnapshot().counters
      CALLBACKS[name](rig, () => {
        if (tripped) return
        tripped = true
        engine.trip()
        safe(engine)
      })
      breakRoot(engine.actor)
      engine.tick(engine.nowUs + 1000)
      expect(tripped).toBe(true)
      stir(engine, 200)
      safe(engine)
      expect(engine.getSnapshot().counters.applies).toBe(applies)
      engine.reset()
      expect(engine.getSnapshot().mode).toBe("adapting")
      await engine.stop()
    },
  )
})

describe("audit listeners", () => {
  it("get the records in the sinks' order, even if another one gives commands", async () => {
    const written: Array<number> = []
    const sink: AuditSink = {
      name: "order",
      write: () => Effect.void,
      writeNow: (batch) => {
        for (const { seq } of batch) written.push(seq)
        if (written.length === 40) engine.setBaseline()
        return null
      },
      close: Effect.void,
    }
    const engine = manual({ sinks: [sink] })
    const heard: ReadonlyArray<Array<number>> = [[], [], []]
    heard.forEach((seqs, i) =>
      engine.audit.subscribe(({ seq }) => {
        seqs.push(seq)
        if (i === 1 && seq % 10 === 3) engine.setBaseline()
        if (i === 1 && seq === 20) engine.trip()
        if (i === 2 && seq === 24) engine.reset()
      }),
    )
    await engine.start()
    drive(engine, { digests: 300 })
    await engine.stop()
    expect(written.length).toBeGreaterThan(60)
    expect(written).toEqual(written.map((_, i) => i + 1))
    for (const seqs of heard) expect(seqs).toEqual(written)
  })
})
