/**
 * An engine that is restored while the runaway guard has the plant on trial. Root cause of what this holds: a restore puts the plant on
 * its baseline, and a guard that had it on the start went on to judge the start by windows of the baseline.
 */
import { type Actor, createActor, type Snapshot } from "xstate"
import { expect, it } from "vitest"
import { engineMachine } from "../../machines/engine.machine.ts"
import { makeHotPath } from "../../machines/makeHotPath.ts"
import type { HotPath } from "../../src/hot/HotPath.ts"

type Engine = Actor<typeof engineMachine>

const WINDOW_US = 100_000

/** Lets windows of one digest close, until the guard's state holds `word`. */
function run(
  engine: Engine,
  hot: HotPath,
  windows: number,
  level: (unit: number) => number,
  word = "nothing",
): void {
  for (let i = 0; i < windows && !guardState(engine).includes(word); i++) {
    const timestampUs = hot.nowUs + WINDOW_US
    const objective = level(hot.config.unit(0)) + 0.1 * Math.sin(timestampUs * 7)
    engine.send({ type: "digest", digest: { timestampUs, objective } })
    hot.audit.drain(() => undefined)
  }
}

const guardState = (engine: Engine): string =>
  JSON.stringify(engine.getSnapshot().children.guard?.getSnapshot().value)

function baselineOf({ config }: HotPath): number {
  const out = new Float64Array(1)
  config.baselineUnits(out)
  return out[0]
}

it("an engine persisted with the plant on its start tries the baseline again, where the restore put it", () => {
  const { hot } = makeHotPath({
    knobs: { a: { min: 0, max: 1, initial: 0.5 } },
    window: { windowDigests: 1, windowUs: 1_000_000, settleUs: 0 },
    manualTime: true,
  })
  const engine = createActor(engineMachine, { input: { hot, seed: 1 } }).start()
  engine.send({ type: "start", nowUs: 0 })
  run(engine, hot, 4_000, (unit) => 10 + 40 * (unit - 0.1) ** 2)
  run(engine, hot, 400, () => 60, "onStart")
  expect(guardState(engine)).toContain("onStart")
  expect(hot.config.unit(0)).toBe(0.5)

  const text = JSON.stringify(engine.getPersistedSnapshot())
  const snapshot = JSON.parse(text) as Snapshot<unknown>
  const restored = createActor(engineMachine, { snapshot } as Parameters<
    typeof createActor<typeof engineMachine>
  >[1]).start()
  const other = restored.getSnapshot().context.hot.get()
  expect(other.config.unit(0)).toBe(baselineOf(hot))
  expect(guardState(restored)).toContain("onBaseline")
  // The baseline is what is judged: it is better there, and the plant stays.
  run(restored, other, 60, () => 10, "holding")
  expect(guardState(restored)).toContain("holding")
  expect(baselineOf(other)).toBe(baselineOf(hot))
})
