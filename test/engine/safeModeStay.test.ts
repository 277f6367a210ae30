/**
 * Root cause: the guard watched the place where SafeMode holds the plant only after it was opened for the objective. After a rule was
 * violated, the plant stood on a baseline that was earned at night, while the load of the day ruined it for hours.
 */
import { describe, expect, it } from "vitest"
import { createEngine, type EngineOptions } from "../../src/index.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const SECOND_US = 1_000_000
const DAY = 8_000
const END = 12_000

/** Waiting grows steeply where the load is near what the workers can do; workers cost. At night a few are best. */
const costOf = (workers: number, second: number): number => {
  const load = second < DAY ? 2 : 14
  const busy = load / workers
  return (
    0.1 * workers +
    (busy < 0.95 ? busy / (1 - busy) : 19 + 100 * (busy - 0.95)) +
    0.02 * gaussianAt(5, second)
  )
}

/** Cost of each second of a night and a day. */
async function run(options: Partial<EngineOptions<"workers">>) {
  const engine = createEngine({
    params: { workers: { min: 3, max: 64, step: 1, initial: 24 } },
    seed: 3,
    clock: "manual",
    window: { digests: 5, us: 20 * SECOND_US, settleUs: 0 },
    ...options,
  })
  await engine.start()
  const workers: Array<number> = []
  for (let second = 0; second < END; second++) {
    const timestampUs = (second + 1) * SECOND_US
    engine.tick(timestampUs)
    workers.push(engine.values.workers)
    engine.observe({ timestampUs, objective: costOf(engine.values.workers, second) })
  }
  const openings = engine.audit
    .records()
    .filter(({ kind, atUs }) => kind === "safeModeEntered" && atUs > DAY * SECOND_US)
  const baseline = engine.audit.records().some(({ kind, atUs }) => kind === "guard" && atUs < DAY * SECOND_US)
  const { mode } = engine.getSnapshot()
  await engine.stop()
  return { workers, reasons: openings.map(({ reason }) => reason), baseline, mode }
}

describe("SafeMode that waits for a person on a baseline that has become bad", () => {
  it("goes to the person's configuration after a rule was violated, and stays open", async () => {
    const { workers, reasons, baseline, mode } = await run({ rules: ["objective < 10"] })
    expect(baseline).toBe(true)
    expect(workers[DAY - 1]).toBeLessThan(12)
    expect(reasons[0]).toBe("ruleViolated")
    expect(mode).toBe("safe")
    // What stands at the end is bearable, and has been for most of the day.
    const ruined = workers.filter((count, second) => second >= DAY && costOf(count, second) > 10).length
    expect(costOf(workers[END - 1], END - 1)).toBeLessThan(10)
    expect(ruined).toBeLessThan((END - DAY) / 4)
  })

  it("does not move what a person has stopped", async () => {
    const engine = createEngine({
      params: { workers: { min: 3, max: 64, step: 1, initial: 24 } },
      seed: 3,
      clock: "manual",
      window: { digests: 5, us: 20 * SECOND_US, settleUs: 0 },
    })
    await engine.start()
    let stopped = 0
    for (let second = 0; second < END; second++) {
      const timestampUs = (second + 1) * SECOND_US
      engine.tick(timestampUs)
      if (second === DAY) {
        engine.trip("somebody looks")
        stopped = engine.values.workers
      }
      if (second > DAY) expect(engine.values.workers).toBe(stopped)
      engine.observe({ timestampUs, objective: costOf(engine.values.workers, second) })
    }
    await engine.stop()
  })
})
