/** Every command takes a note, a text or who asks and why, and it stands on the command's record on every face of an engine. */
import { assert, describe, it as effectIt } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { createActor } from "xstate"
import { createEngine, createFleet, fleetLogic, type Note } from "../../src/index.ts"
import { workerEntry } from "../../src/platform/node/workerEntry.ts"
import { placeInWorker } from "../../src/worker/placeInWorker.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { type AuditRecord, Engine } from "../../src/index.effect.ts"

const options = { params: { speed: { min: 0, max: 1 } }, seed: 1, clock: "manual" } as const

const NOTES: ReadonlyArray<readonly [Note, string]> = [
  ["the cache is full", "the cache is full"],
  [{ note: "the cache is full" }, "the cache is full"],
  [{ by: "ada" }, "by ada"],
  [{ by: "ada", note: "the cache is full" }, "by ada: the cache is full"],
]

/** In an order in which each of them leads to a record. */
const STEERING = ["setBaseline", "trip", "reset", "rollback"] as const
const RECORDS = ["baselineSet", "safeModeEntered", "safeModeExited", "rollback"]

const noted = (records: ReadonlyArray<AuditRecord>) =>
  records.filter(({ note }) => note !== undefined).map(({ kind, note }) => [kind, note])

const expected = (text: string, more: ReadonlyArray<string> = []) =>
  [...RECORDS, ...more].map((kind) => [kind, text])

describe("a note", () => {
  for (const [note, text] of NOTES) {
    const as = JSON.stringify(note)

    it(`is on the record of each command of an engine: ${as}`, async () => {
      const engine = createEngine(options)
      await engine.start()
      for (const command of STEERING) engine[command](note)
      engine.setGuardrails("aggressive", note)
      expect(noted(engine.audit.records())).toEqual(expected(text, ["guardrailsSet"]))
      await engine.stop()
    })

    it(`is on the record of each command of an engine in a worker: ${as}`, async () => {
      const engine = placeInWorker(
        requireEngineConfig({ ...options, placement: "worker" }),
        {},
        { entry: workerEntry },
      )
      await engine.start()
      for (const command of STEERING) engine[command](note)
      engine.setGuardrails("aggressive", note)
      expect(noted(engine.audit.records())).toEqual(expected(text, ["guardrailsSet"]))
      await engine.stop()
    })

    effectIt.effect(`stands on the record of each command in an Effect program: ${as}`, () =>
      Effect.gen(function* () {
        const engine = yield* Engine.make(options)
        for (const command of STEERING) yield* engine[command](note)
        yield* engine.setGuardrails("aggressive", note)
        assert.deepStrictEqual(noted(yield* engine.auditRecords), expected(text, ["guardrailsSet"]))
      }),
    )

    it(`is on the record of each command of a fleet's engine: ${as}`, async () => {
      const fleet = createFleet({ engine: options })
      await fleet.start()
      const engine = fleet.spawn("one")
      for (const command of STEERING) engine[command](note)
      engine.passivate(note)
      expect(noted(fleet.audit.records())).toEqual(expected(text, ["command"]))
      await fleet.stop()
    })

    it(`is on the record of each command that a machine sends to a fleet: ${as}`, async () => {
      const fleet = createFleet({ engine: options })
      await fleet.start()
      fleet.spawn("one")
      const actor = createActor(fleetLogic, { input: { fleet } }).start()
      for (const type of [...STEERING, "passivate"] as const) actor.send({ type, key: "one", note })
      expect(noted(fleet.audit.records())).toEqual(expected(text, ["command"]))
      actor.stop()
      await fleet.stop()
    })
  }
})

effectIt.effect("an Effect of a command does nothing before it runs, and again each time it does", () =>
  Effect.gen(function* () {
    const engine = yield* Engine.make(options)
    const rollback = engine.rollback({ by: "ada" })
    assert.strictEqual((yield* engine.snapshot).counters.rollbacks, 0)
    yield* rollback
    yield* rollback
    assert.strictEqual((yield* engine.snapshot).counters.rollbacks, 2)
  }),
)

effectIt.effect("a program that names its knobs gets them from a layer that has them", () =>
  Effect.gen(function* () {
    const { values, snapshot } = yield* Engine.named<"speed">()
    assert.strictEqual((yield* snapshot).base.speed, 0.25)
    // The same engine by both names.
    assert.strictEqual((yield* Engine).values, values)
  }).pipe(Effect.provide(Engine.layer({ ...options, params: { speed: { min: 0, max: 1, initial: 0.25 } } }))),
)
