/** A lifetime ends once, whoever asks for its end: who comes second waits until the first is through, and hears the same. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { AuditError } from "../../src/domain/errors.ts"
import { openLifetime } from "../../src/engine/lifetime.ts"
import { Supervision } from "../../src/engine/supervision/Supervision.ts"

const left = new AuditError({ reason: "close", sink: "slow", detail: "3 records were left unwritten" })

describe("a lifetime", () => {
  it.effect("ends once for two callers, and both learn what was left unwritten", () =>
    Effect.gen(function* () {
      let finished = 0
      const finish = Effect.andThen(
        Effect.sleep(1000),
        Effect.suspend(() => {
          finished++
          return Effect.fail(left)
        }),
      )
      const { stop, flush, begin } = yield* openLifetime(finish)
      yield* begin([flush], new Supervision(), { died: () => "escalate", released: Effect.never })
      const first = yield* Effect.forkChild(Effect.exit(stop))
      const second = yield* Effect.forkChild(Effect.exit(stop))
      yield* TestClock.adjust(999)
      assert.strictEqual(first.pollUnsafe(), undefined)
      assert.strictEqual(second.pollUnsafe(), undefined)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(
        [yield* Fiber.join(first), yield* Fiber.join(second)],
        [Exit.fail(left), Exit.fail(left)],
      )
      assert.strictEqual(finished, 1)
    }).pipe(Effect.scoped),
  )
})
