/**
 * Tier 1's actor dies at the very moment at which it should carry out what the runaway guard asks for. Root cause of what this holds: the
 * guard had let SafeMode go and went on, the latch never heard of it, and waited for the guard for good.
 */
import { describe, expect, it } from "vitest"
import { enqueueActions } from "xstate"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { engineMachine } from "../../machines/engine.machine.ts"
import { hotPathLogic } from "../../machines/hotPath.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"

type Acted = "retreat" | "world" | "blame" | "release"

const MOMENTS = ["before", "after", "on the way"] as const

/** An engine whose Tier 1 actor dies of the first such act, before or after it has carried it out; or its root, on the way there. */
function dyingOf(act: Acted, when: (typeof MOMENTS)[number]) {
  let died = 0
  const hotPath = Object.create(hotPathLogic, {
    transition: {
      value: ((snapshot, event, scope) => {
        const last = when !== "on the way" && died === 0 && event.type === "guard" && event.act === act
        if (last) died++
        if (last && when === "before") throw new Error("Tier 1's actor broke")
        const next = hotPathLogic.transition(snapshot, event, scope)
        if (last) throw new Error("Tier 1's actor broke")
        return next
      }) satisfies typeof hotPathLogic.transition,
    },
  }) as typeof hotPathLogic
  const settings = requireEngineConfig({
    params: { x: { min: 0, max: 1, initial: 0.5 } },
    seed: 1,
    clock: "manual",
    window: { digests: 1, us: 1_000_000, settleUs: 0 },
    guardrails: { cooldownUs: 1_000_000, rollbacksPerHour: 1000 },
  })
  const machine = engineMachine.provide({
    actors: { hotPath },
    actions: {
      obeyGuard: enqueueActions(({ event, enqueue }) => {
        if (event.type !== "guardActed") return
        if (when === "on the way" && died === 0 && event.act === act) {
          died++
          throw new Error("the engine's machine broke")
        }
        const { type: _, window: __, ...told } = event
        enqueue.sendTo("hotPath", { ...told, type: "guard" })
      }),
    },
  })
  const core = new EngineCore({ settings, runId: "dying", readClock: null, machine })
  core.life.begin()
  let nowUs = 0
  const run = (windows: number, level: () => number): void => {
    for (let i = 0; i < windows; i++) {
      nowUs += 100_000
      core.manualTick(nowUs)
      core.observe({ timestampUs: nowUs, objective: level() + 0.1 * Math.sin(nowUs) })
    }
  }
  return { core, run, deaths: () => died }
}

describe("a death of Tier 1's actor in an act of the guard", () => {
  it.each(
    (["retreat", "world", "blame", "release"] as const).flatMap((act) =>
      MOMENTS.map((when) => [act, when] as const),
    ),
  )("(%s, %s) leaves nobody waiting for good", (act, when) => {
    const { core, run, deaths } = dyingOf(act, when)
    const atBaseline = (): boolean => core.values["x"] === core.snapshot().baseline?.["x"]
    run(60, () => 10)
    // A world that got worse, or a tuned configuration that did.
    const level = act === "world" ? () => 60 : () => (atBaseline() ? 10 : 60)
    for (let i = 0; i < 2_000 && deaths() === 0; i++) run(1, level)
    expect(deaths()).toBe(1)
    run(100, () => 10)
    const { cycles } = core.snapshot().counters
    run(400, () => 10)
    expect(core.snapshot().mode).toBe("adapting")
    expect(core.snapshot().counters.cycles).toBeGreaterThan(cycles)
    core.life.end()
  })
})
