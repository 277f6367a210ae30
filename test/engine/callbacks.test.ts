/**
 * Functions of a user's that throw, fail later, or give back garbage: the engine goes on, counts them by what they are, and
 * says so once in the audit. One that loops for ever holds the thread and cannot be met from within it.
 */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type AuditSink, createFleet } from "../../src/index.ts"
import { AuditError } from "../../src/index.effect.ts"
import { Listeners } from "../../src/engine/calls/Listeners.ts"
import { drive, manual } from "./plant.ts"

const thrower = (): never => {
  throw new Error("mine")
}

describe("callbacks", () => {
  it("that throw are counted by kind, named in the metrics, and recorded once in the audit", async () => {
    const engine = manual({ inspect: thrower, audit: { memory: 20_000 } })
    await engine.start()
    engine.subscribe(thrower)
    engine.audit.subscribe(thrower)
    engine.subscribe({ complete: thrower, error: thrower })
    drive(engine, { digests: 500 })
    const { counters, mode, fault } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(fault).toBeNull()
    expect(counters.cycles).toBeGreaterThan(10)
    expect(counters.restarts).toEqual([])
    for (const name of ["subscriber", "audit", "inspector"]) {
      expect(counters.callbackFailures[name]).toBeGreaterThan(20)
      expect(engine.metrics()).toContain(
        `arqon_listener_failure_total{listener="${name}"} ${counters.callbackFailures[name]}\n`,
      )
    }
    const told = engine.audit.records().filter(({ action }) => action === "callbackFailed")
    expect(told).toHaveLength(3)
    expect(new Set(told.map(({ note }) => note))).toEqual(
      new Set(["audit: Error: mine", "inspector: Error: mine", "subscriber: Error: mine"]),
    )
    await engine.stop()
    expect(engine.getSnapshot().values).toEqual(engine.getSnapshot().base)
    expect(engine.getSnapshot().counters.callbackFailures["ending"]).toBe(1)
  })

  it("may return anything", async () => {
    // Not written as one word: what looks like a promise by mistake is a mistake, and here it is meant.
    const then = ["th", "en"].join("")
    const garbage: ReadonlyArray<unknown> = [
      null,
      Object.create(null),
      Symbol("garbage"),
      { [then]: "no function" },
      {
        [then]: () => {
          throw new Error("no promise")
        },
      },
      {
        get [then](): never {
          throw new Error("no property")
        },
      },
      Promise.reject(Object.create(null)),
      new Promise(() => {}),
    ]
    for (const value of garbage) {
      const listeners = new Listeners<number>("any")
      const details: Array<string> = []
      listeners.onFirstFailure = (detail) => details.push(detail)
      listeners.add(() => value)
      listeners.notify(1)
      listeners.notify(2)
      await Promise.resolve()
      await Promise.resolve()
      expect(listeners.failures).toBe(details.length === 0 ? 0 : 2)
      for (const detail of details) expect(detail).toMatch(/^any: (Error: no|something that cannot be read)/)
    }
  })

  it("may throw anything", () => {
    for (const value of [undefined, null, 0, "text", Object.create(null), { toString: thrower }]) {
      const listeners = new Listeners<number>("any")
      listeners.add(() => {
        throw value
      })
      expect(() => listeners.notify(1)).not.toThrow()
      expect(listeners.failures).toBe(1)
    }
  })
})

describe("a digest that throws while it is read", () => {
  it("throws to its caller, without an observation or a trip", async () => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 100 })
    const hostile = {
      get objective(): number {
        throw new Error("mine")
      },
    }
    const before = engine.getSnapshot()
    expect(() => engine.observe(hostile)).toThrow("mine")
    expect(engine.getSnapshot()).toEqual(before)
    drive(engine, { digests: 100, from: 100 })
    expect(engine.getSnapshot().counters.digests.valid).toBeGreaterThan(before.counters.digests.valid)
    await engine.stop()
  })
})

describe("a sink", () => {
  const sinks: ReadonlyArray<readonly [string, AuditSink["write"]]> = [
    ["throws at once", thrower],
    ["gives back no effect", (() => undefined) as unknown as AuditSink["write"]],
    ["gives back a promise", (() => Promise.reject(new Error("late"))) as unknown as AuditSink["write"]],
    ["dies", () => Effect.die("dead")],
    ["fails", () => Effect.fail(new AuditError({ reason: "write", sink: "bad", detail: "gone" }))],
  ]
  for (const [what, write] of sinks) {
    it(`that ${what} is retried, counted, and affects nothing else`, async () => {
      const taken: Array<number> = []
      const good: AuditSink = {
        name: "good",
        write: (batch) => Effect.sync(() => void taken.push(...batch.map(({ seq }) => seq))),
        close: Effect.void,
      }
      let calls = 0
      const bad: AuditSink = {
        name: "bad",
        write: (batch, exact) => (calls++ === 0 ? write(batch, exact) : Effect.void),
        close: Effect.void,
      }
      const engine = manual({ sinks: [bad, good] })
      await engine.start()
      drive(engine, { digests: 200 })
      await engine.stop()
      const { mode, counters, audit } = engine.getSnapshot()
      expect(mode).toBe("adapting")
      expect(counters.restarts).toEqual([])
      expect(audit.sinks.map(({ failures }) => failures)).toEqual([1, 0])
      expect(engine.metrics()).toContain('arqon_audit_sink_failure_total{sink="bad"} 1')
      expect(taken).toEqual(taken.map((_, i) => i + 1))
      expect(taken).toHaveLength(audit.written)
    })
  }

  it("that is invalid is refused at the start with every problem, by a fleet and by an engine", async () => {
    const given = [
      "sqlite",
      { name: "mine", write: () => Effect.void },
    ] as unknown as ReadonlyArray<AuditSink>
    const engine = manual({ sinks: given })
    const fleet = createFleet({ engine: { params: { speed: { min: 0, max: 1 } } }, sinks: given })
    for (const one of [engine, fleet]) {
      await expect(one.start()).rejects.toThrow(/sinks\[0\][\s\S]*sinks\[1\]\.close: must be an Effect/)
      await one.stop()
    }
    const lonely = manual({ sinks: given[1] as unknown as ReadonlyArray<AuditSink> })
    await expect(lonely.start()).rejects.toThrow(/sinks: must be a list/)
  })

  it("needs a unique name", async () => {
    const sink: AuditSink = { name: "twin", write: () => Effect.void, close: Effect.void }
    const engine = manual({ sinks: [sink, sink] })
    await expect(engine.start()).rejects.toThrow(/twin.*appears twice/)
    expect(engine.getSnapshot().status).toBe("idle")
  })
})
