/** What a person says while the runaway guard has seen something, through the whole engine. */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"

const DIGEST_US = 100_000

type Engine = ReturnType<typeof createEngine<"x">>

/** An engine whose plant shows `level`, whatever it runs on unless it is asked, one window a digest. */
async function engineAt(options: { readonly rollbacksPerHour?: number } = {}): Promise<{
  readonly engine: Engine
  readonly run: (windows: number, level: number | ((engine: Engine) => number)) => void
}> {
  const engine = createEngine({
    guardrails: { ...options },
    params: { x: { min: 0, max: 1, initial: 0.5 } },
    seed: 1,
    clock: "manual",
    window: { digests: 1, us: 1_000_000, settleUs: 0 },
  })
  await engine.start()
  let nowUs = 0
  const run = (windows: number, level: number | ((engine: Engine) => number)): void => {
    for (let i = 0; i < windows; i++) {
      nowUs += DIGEST_US
      engine.tick(nowUs)
      const at = typeof level === "number" ? level : level(engine)
      engine.observe({ timestampUs: nowUs, objective: at + 0.1 * Math.sin(nowUs) })
    }
  }
  return { engine, run }
}

describe("a baseline set by hand in SafeMode", () => {
  // Root cause: the guard kept the levels of the tuned configuration when SafeMode opened, and took them for the baseline's.
  it("is not expected to deliver what the previous configuration did", async () => {
    const { engine, run } = await engineAt()
    run(60, 10)
    for (let i = 0; i < 200 && engine.getSnapshot().guard?.phase !== "suspicious"; i++) run(1, 60)
    run(5, 60)
    expect(engine.getSnapshot().guard?.phase).toBe("suspicious")
    engine.trip()
    engine.rollback()
    engine.setBaseline()
    engine.reset()
    const { expected } = engine.getSnapshot().guard!
    expect(Math.abs(expected! - 10)).toBeLessThan(0.5)
    await engine.stop()
  })
})

describe("one blame too many in an hour", () => {
  // Root cause: the latch began to wait for a person and told nobody; the guard, whose hold ended, said that all was well.
  it("is recorded, and the guard watches the stay and asks for a person until one resets it", async () => {
    const { engine, run } = await engineAt({ rollbacksPerHour: 0 })
    run(60, 10)
    const ruin = ({ values, getSnapshot }: Engine): number =>
      values.x === getSnapshot().baseline?.x ? 10 : 60
    const told = () => engine.audit.records().filter(({ kind }) => kind === "resetDemanded")
    for (let i = 0; i < 500 && told().length === 0; i++) run(1, ruin)
    expect(told()).toMatchObject([{ reason: "objectiveRegression", values: engine.values }])
    expect(engine.getSnapshot()).toMatchObject({
      safeMode: { reason: "objectiveRegression", exit: "manualReset" },
      guard: { phase: "holding", text: expect.stringMatching(/SafeMode waits for a person\.$/) },
    })
    run(100, ruin)
    expect(engine.getSnapshot().guard).toMatchObject({
      phase: "watching",
      text: expect.stringMatching(
        /^Where SafeMode or a rollback put the plant.* SafeMode waits for a person\.$/,
      ),
    })
    expect(told()).toHaveLength(1)
    engine.reset()
    // The cooldown of the rollback still runs.
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", guard: { phase: "watching" } })
    await engine.stop()
  })

  it("shows that the guard is idle while SafeMode is open for another reason", async () => {
    const { engine, run } = await engineAt()
    run(60, 10)
    engine.trip("a look")
    expect(engine.getSnapshot().guard?.text).toBe("SafeMode waits for a person; the guard stands by.")
    engine.reset()
    run(1, 10)
    engine.observe({ objective: 10, constraintMargin: -2, timestampUs: engine.nowUs + 200_000 })
    expect(engine.getSnapshot()).toMatchObject({
      safeMode: { reason: "constraintEmergency", exit: "timer" },
      guard: { phase: "standingBy", text: "SafeMode is open; the guard stands by." },
    })
    await engine.stop()
  })
})
