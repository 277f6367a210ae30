/** Children that are fibers: order, restarts, and what happens when one is given up. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import { type ChildSpec, startChildren } from "../../src/engine/supervision/supervise.ts"
import type { Death } from "../../src/engine/supervision/Supervision.ts"

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

describe("children under a supervisor", () => {
  it.effect("starts in order and stops in reverse, each before the one it needs", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const spec = (name: string): ChildSpec => ({
        name,
        start: Effect.sync(() => void told.push(`start ${name}`)),
        stop: Effect.sync(() => void told.push(`stop ${name}`)),
        run: Effect.onInterrupt(Effect.never, () => Effect.sync(() => void told.push(`interrupt ${name}`))),
      })
      const scope = yield* Scope.make()
      const port = { died: () => "escalate" as const, released: Effect.never }
      yield* startChildren([spec("a"), spec("b")], scope, port)
      yield* settle
      assert.deepStrictEqual(told, ["start a", "start b"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(told.slice(2), ["stop b", "interrupt b", "stop a", "interrupt a"])
    }),
  )

  it.effect("restarts only the child that died, until it gives up, and again when released", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const deaths: Array<Death> = []
      const runs = { good: 0, bad: 0, ending: 0 }
      const released = Latch.makeUnsafe(false)
      const port = {
        died: (death: Death) => {
          deaths.push(death)
          return deaths.filter(({ child }) => child === death.child).length % 3 === 0 ? "escalate" : "restart"
        },
        released: released.await,
      } as const
      const count = (name: keyof typeof runs) => Effect.sync(() => void runs[name]++)
      yield* startChildren(
        [
          { name: "good", run: Effect.andThen(count("good"), Effect.never) },
          { name: "bad", run: Effect.andThen(count("bad"), Effect.die(new Error("broke"))) },
          { name: "ending", run: count("ending") },
        ],
        scope,
        port,
      )
      yield* settle
      assert.deepStrictEqual(runs, { good: 1, bad: 3, ending: 3 })
      assert.deepInclude(deaths, { child: "bad", reason: "threw", detail: "bad: Error: broke" })
      assert.deepInclude(deaths, { child: "ending", reason: "ended", detail: "ending: it ended" })
      released.openUnsafe()
      yield* Effect.yieldNow
      released.closeUnsafe()
      yield* settle
      assert.strictEqual(runs.good, 1)
      assert.isAtLeast(runs.bad, 6)
      yield* Scope.close(scope, Exit.void)
    }),
  )
})
