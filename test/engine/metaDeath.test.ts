/**
 * The death of a meta level's actor. What it had on trial would be taken back by nobody, so the gains are those of the configuration
 * from then on.
 */
import { expect, it, vi } from "vitest"
import type * as MetaContext from "../../machines/metaContext.ts"
import { createEngine } from "../../src/index.node.ts"
import { normal, uniform } from "../meta/plant.ts"

const broken = vi.hoisted(() => ({ now: false }))

vi.mock("../../machines/metaContext.ts", async (original) => {
  const real = await original<typeof MetaContext>()
  const judged: typeof real.judged = (...given) => {
    if (broken.now) throw new Error("the judge broke")
    return real.judged(...given)
  }
  return { ...real, judged }
})

it("opens SafeMode, and after it the tuner goes on with the gains of the configuration and no meta level", async () => {
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: 0.5 }, y: { min: 0, max: 1, initial: 0.5 } },
    seed: 5,
    clock: "manual",
    window: { digests: 1, us: 5_000_000, settleUs: 0 },
    gains: { prove: false },
    guard: false,
    meta: { depth: 1 },
  })
  await engine.start()
  const noise = normal.bind(null, uniform(5))
  const drive = (done: () => boolean): void => {
    for (let i = 0; i < 20_000 && !done(); i++) {
      const timestampUs = engine.nowUs + 500_000
      const angle = timestampUs / 1e8
      const { x, y } = engine.values
      const away = (x - 0.5 - 0.3 * Math.cos(angle)) ** 2 + (y - 0.5 - 0.3 * Math.sin(angle)) ** 2
      engine.tick(timestampUs)
      engine.observe({ timestampUs, objective: 1 + 4 * away + 0.02 * noise() })
    }
    expect(done()).toBe(true)
  }
  const gainsOfCycle = (): unknown => {
    const { kernel, pace } = engine.actor.getSnapshot().children.cycle?.getSnapshot().context ?? {}
    const { floor, trustTarget } = kernel?.get().settings ?? {}
    return { floor, trustTarget, windows: pace?.windows ?? 1 }
  }
  const configured = engine.getSnapshot().meta?.gains
  drive(() => engine.getSnapshot().meta?.phase === "trying")
  expect(gainsOfCycle()).not.toEqual(configured)
  broken.now = true
  drive(() => engine.getSnapshot().mode === "safe")
  broken.now = false
  const { fault, values, baseline, safeMode } = engine.getSnapshot()
  expect(fault).toContain("meta: Error: the judge broke")
  expect(safeMode?.reason).toBe("engineFault")
  expect(values).toEqual(baseline)
  engine.reset()
  const { applies } = engine.getSnapshot().counters
  drive(() => engine.getSnapshot().counters.applies > applies + 20)
  expect(engine.getSnapshot()).toMatchObject({
    mode: "adapting",
    meta: { phase: "stopped", gains: configured },
  })
  expect(gainsOfCycle()).toEqual(configured)
  engine.stopMeta()
  expect(gainsOfCycle()).toEqual(configured)
  await engine.stop()
})
