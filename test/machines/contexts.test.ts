/**
 * XState makes every new context with `Object.assign({}, context, change)`. What V8 copies so becomes a hash table once it has more
 * than nineteen properties, and costs 5 us instead of 70 ns, several times a window.
 */
import { setFlagsFromString } from "node:v8"
import { runInThisContext } from "node:vm"
import type { AnyActorRef } from "xstate"
import { expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"

setFlagsFromString("--allow-natives-syntax")
const isFast = runInThisContext("(value) => %HasFastProperties(value)") as (value: object) => boolean

/** The contexts in a tree of actors, by the actors' names. */
function contextsOf(name: string, actor: AnyActorRef): Readonly<Record<string, object>> {
  const { context, children = {} } = actor.getSnapshot()
  const below = Object.entries(children).map(([id, child]) => contextsOf(id, child as AnyActorRef))
  return Object.assign({}, context === undefined ? {} : { [name]: context }, ...below)
}

it("keeps copied contexts of an engine with every option as objects", async () => {
  const engine = createEngine({
    params: { a: { min: 0, max: 1 }, b: { min: 1, max: 64, scale: "log", step: 1 } },
    seed: 3,
    clock: "manual",
    window: { us: 1_000_000, settleUs: 0 },
    comparison: {},
    homeostasis: {},
  })
  await engine.start()
  for (let i = 1; i < 2_000; i++) {
    const timestampUs = i * 100_000
    engine.tick(timestampUs)
    engine.observe({ timestampUs, objective: engine.values.a, constraintMargin: 1, throughputRps: 100 })
  }
  const contexts = contextsOf("engine", engine.actor)
  expect(Object.keys(contexts).toSorted()).toEqual(["cycle", "engine", "guard", "latch", "relocation"])
  for (const name in contexts)
    expect([name, isFast(Object.assign({}, contexts[name], {}))]).toEqual([name, true])
  await engine.stop()
})
