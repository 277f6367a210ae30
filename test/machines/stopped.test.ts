/**
 * Engines and hot paths that are stopped by XState's own means and not by the event `stop`: by their parent, by its end, by leaving the
 * state that invoked them, by `actor.stop()`.
 *
 * Root cause: the hot path heard of its own end (`xstate.stop`) and took it for nothing, so that a perturbation stayed on the plant for good.
 */
import { createActor, setup, stopChild } from "xstate"
import { describe, expect, it } from "vitest"
import { engineMachine } from "../../machines/engine.machine.ts"
import type { EngineInput } from "../../machines/engineContext.ts"
import { hotPathLogic } from "../../machines/hotPath.ts"
import { Opaque } from "../../machines/Opaque.ts"
import type { HotPath } from "../../src/hot/HotPath.ts"
import { DIGEST_US, hotPath, quadratic } from "./rig.ts"

/** A program of somebody's own: it has an engine while it serves, and lets it go in each of XState's ways. */
const program = setup({
  types: {
    context: {} as { readonly engine: EngineInput },
    events: {} as { type: "drop" } | { type: "leave" } | { type: "finish" },
    input: {} as EngineInput,
  },
  actors: { engine: engineMachine },
}).createMachine({
  id: "program",
  context: ({ input }) => ({ engine: input }),
  initial: "serving",
  states: {
    serving: {
      invoke: { id: "engine", src: "engine", input: ({ context }) => context.engine },
      on: {
        drop: { actions: stopChild("engine") },
        leave: "idle",
        finish: "done",
      },
    },
    idle: {},
    done: { type: "final" },
  },
})

const WAYS = ["drop", "leave", "finish", "stop"] as const

function served(digests: number) {
  const hot = hotPath()
  const actor = createActor(program, { input: { hot, seed: 42, names: ["a", "b"] } })
  actor.start()
  const engine = actor.getSnapshot().children["engine"]
  engine?.send({ type: "start", nowUs: 0 })
  for (let i = 0; i < digests; i++) {
    hot.observeObject({ objective: quadratic(hot, i), timestampUs: hot.nowUs + DIGEST_US })
    hot.audit.drain(() => undefined)
  }
  return { hot, actor }
}

const unitsOf = ({ config }: HotPath) => Array.from({ length: config.knobs }, (_, i) => config.unit(i))

describe("an engine that its program stops without a stop event", () => {
  it.each(WAYS)(
    "(%s) leaves the plant on its base at any moment of a cycle, and changes nothing else",
    (way) => {
      let perturbed = 0
      for (let digests = 1; digests < 60; digests++) {
        const { hot, actor } = served(digests)
        const { executor } = hot
        const base = Array.from(executor.base)
        const wasOnBase = executor.onBase
        const { returns } = executor
        if (!wasOnBase) perturbed++
        if (way === "stop") actor.stop()
        else actor.send({ type: way })
        expect(unitsOf(hot), `after ${digests} digests`).toEqual(base)
        expect(executor.onBase).toBe(true)
        expect(executor.returns - returns).toBe(wasOnBase ? 0 : 1)
        const { generation } = hot.config
        for (let i = 0; i < 30; i++)
          hot.observeObject({ objective: quadratic(hot, i), timestampUs: hot.nowUs + DIGEST_US })
        expect(hot.config.generation).toBe(generation)
      }
      expect(perturbed).toBeGreaterThan(10)
    },
  )
})

describe("the hot path's logic by itself", () => {
  it("restores the base when its actor is stopped, and records that", () => {
    const hot = hotPath()
    const { executor, config } = hot
    const actor = createActor(hotPathLogic, { input: { hot: new Opaque("hotPath", hot) } }).start()
    actor.send({ type: "begin", nowUs: 1_000_000, keepAsBaseline: false })
    const targets = executor.base.map((unit) => unit - 0.05)
    const proposal = { id: 1, nowUs: 1_000_000, expectedGeneration: config.generation, targets }
    actor.send({ type: "proposal", proposal: { _tag: "applyMinus", ...proposal }, replyTo: actor })
    expect(executor.onBase).toBe(false)
    const before = hot.audit.size
    actor.stop()
    expect([executor.onBase, unitsOf(hot)]).toEqual([true, Array.from(executor.base)])
    expect(hot.audit.size).toBe(before + 1)
  })
})
