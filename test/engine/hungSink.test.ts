/**
 * Sinks that never answer when an engine is stopped. Root causes of the file: a write that nobody answers could not be interrupted, so
 * `stop` waited for it for ever; so it did for a sink that does not close; and a sink that was in trouble kept those behind it from
 * being written to the end and closed.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { AuditError, type AuditSink, Engine } from "../../src/index.effect.ts"
import { knobs } from "./plant.ts"

const gone = new AuditError({ reason: "write", sink: "first", detail: "gone" })

/** One after another: a sink in trouble, and what `stop` says of it (null: nothing). */
const troubles: ReadonlyArray<readonly [string, Partial<AuditSink>, RegExp | null]> = [
  ["never answers", { write: () => Effect.never }, /records were left unwritten/],
  ["fails for ever", { write: () => Effect.fail(gone) }, /left unwritten .*gone/],
  ["never closes", { close: Effect.never }, null],
  ["dies as it is closed", { close: Effect.die("a defect") }, null],
]

for (const [what, trouble, says] of troubles) {
  it.effect(`stops within seconds if a sink ${what}, and other sinks have every record`, () =>
    Effect.gen(function* () {
      const kinds: Array<string> = []
      let closed = 0
      const first: AuditSink = {
        name: "first",
        write: () => Effect.void,
        close: Effect.void,
        ...trouble,
      }
      const second: AuditSink = {
        name: "second",
        write: (batch) => Effect.sync(() => batch.forEach(({ kind }) => void kinds.push(kind))),
        close: Effect.sync(() => void closed++),
      }
      const engine = yield* Engine.make({ params: knobs }, { sinks: [first, second] })
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.forkChild(Effect.exit(engine.stop))
      yield* TestClock.adjust("11 seconds")
      const end = yield* Fiber.join(stopping)
      if (says === null) assert.strictEqual(end._tag, "Success")
      else assert.match(String(end), says)
      assert.strictEqual(kinds.at(-1), "engineStopped")
      assert.strictEqual(closed, 1)
    }),
  )
}
