/**
 * Invariant 13, over faults at random moments: whatever dies, trips or ends, and in whatever order, the plant stands on its
 * base when the call in which it happened returns, and an engine that has ended leaves it there.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { runEngine } from "../../src/engine/runEngine.ts"
import { breakRoot, brokenRig, type BrokenRig, faults } from "./brokenActors.ts"

const inRange = (rig: BrokenRig): boolean => {
  const { timeout, batch } = rig.snapshot().values
  return timeout >= 0 && timeout <= 10 && batch >= 1 && batch <= 256
}

/** Things that take the plant off its perturbation by the time they return. */
const blows = {
  trip: ({ core }) => core.send({ type: "trip" }),
  rollback: ({ core }) => core.send({ type: "rollback" }),
  "fiber dies": ({ core }) =>
    void core.recovery.childDied({ child: "clock", reason: "threw", detail: "it broke" }),
  "root dies": ({ core }) => breakRoot(core.actor),
  defect: ({ core }) => core.recovery.fault("a defect"),
} satisfies Readonly<Record<string, (rig: BrokenRig) => void>>
type Blow = keyof typeof blows

const quiet = fc.integer({ min: 0, max: 40 })
const step = fc.oneof(
  fc.record({ what: fc.constant("run" as const), digests: quiet, silent: fc.boolean() }),
  fc.record({ what: fc.constant("fault" as const), fault: fc.constantFrom(...faults), digests: quiet }),
  fc.record({
    what: fc.constant("blow" as const),
    blow: fc.constantFrom(...(Object.keys(blows) as Array<Blow>)),
  }),
  fc.record({ what: fc.constant("reset" as const) }),
)

const deaths = (rig: BrokenRig): number =>
  rig.snapshot().counters.restarts.reduce((sum, { count }) => sum + count, 0)

describe("nothing leaves the plant perturbed", () => {
  it("no fault in any actor, at any moment, in any order", () => {
    let perturbed = 0
    let restarted = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), fc.array(step, { maxLength: 12 }), (seed, steps) => {
        const rig = brokenRig({ seed })
        rig.run(30)
        const onBase = (): void => expect(rig.snapshot().values).toEqual(rig.snapshot().base)
        for (const one of steps) {
          if (one.what === "run") rig.run(one.digests, one.silent)
          else if (one.what === "reset") rig.core.send({ type: "reset" })
          else if (one.what === "fault") {
            const before = deaths(rig)
            rig.broken.now = one.fault
            for (let i = 0; i < one.digests; i++) {
              rig.run(1)
              if (deaths(rig) > before) onBase()
            }
          } else {
            if (JSON.stringify(rig.snapshot().values) !== JSON.stringify(rig.snapshot().base)) perturbed++
            blows[one.blow](rig)
            onBase()
          }
          expect(inRange(rig)).toBe(true)
          // An engine that adapts and a latch that is open are never the same engine.
          if (rig.core.actor.getSnapshot().status === "active" && rig.broken.now === null)
            expect(rig.core.actor.getSnapshot().hasTag("safe")).toBe(rig.snapshot().mode === "safe")
        }
        restarted += deaths(rig)
        rig.core.life.end()
        onBase()
        const { written, dropped } = rig.core.trail.state()
        expect([dropped, rig.core.trail.records().at(-1)?.seq]).toEqual([0, written])
      }),
      { numRuns: 150 },
    )
    expect(perturbed).toBeGreaterThan(20)
    expect(restarted).toBeGreaterThan(50)
  })

  it("no Tier 1 that ignores a latch that opens by itself", () => {
    let opened = 0
    for (let digests = 5; digests < 40; digests++) {
      const rig = brokenRig()
      rig.run(digests)
      rig.broken.now = "hotPath hangs"
      for (let tick = 0; tick < 200; tick++) {
        rig.run(1, true)
        const safe = rig.core.actor.getSnapshot().hasTag("safe")
        expect(rig.snapshot().mode === "safe").toBe(safe)
        if (!safe) continue
        opened++
        expect(rig.snapshot().values).toEqual(rig.snapshot().base)
        break
      }
      rig.core.life.end()
    }
    // Elsewhere the silence of Tier 1 is noticed before the latch opens.
    expect(opened).toBeGreaterThan(20)
  })

  it("no end of a scope, whatever fails at that moment", async () => {
    let perturbed = 0
    for (const fault of faults) {
      for (let digests = 5; digests < 25; digests += 3) {
        const scope = Scope.makeUnsafe()
        const rig = brokenRig({ begin: false })
        await Effect.runPromise(Scope.provide(runEngine(rig.core, {}), scope))
        rig.run(digests)
        rig.broken.now = fault
        const { values, base } = rig.snapshot()
        if (JSON.stringify(values) !== JSON.stringify(base)) perturbed++
        await Effect.runPromise(Scope.close(scope, Exit.die("the program died")))
        expect(rig.snapshot().values).toEqual(rig.snapshot().base)
        expect(rig.snapshot().status).toBe("stopped")
      }
    }
    expect(perturbed).toBeGreaterThan(20)
  })
})
