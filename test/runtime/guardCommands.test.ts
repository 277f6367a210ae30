/** What a person says while the runaway guard has seen something, through the whole engine. */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"

const DIGEST_US = 100_000

/** An engine whose plant shows `level`, whatever it runs on, one window a digest. */
async function engineAt(): Promise<{
  readonly engine: ReturnType<typeof createEngine<"x">>
  readonly run: (windows: number, level: number) => void
}> {
  const engine = createEngine({
    params: { x: { min: 0, max: 1, initial: 0.5 } },
    seed: 1,
    clock: "manual",
    window: { digests: 1, us: 1_000_000, settleUs: 0 },
  })
  await engine.start()
  let nowUs = 0
  const run = (windows: number, level: number): void => {
    for (let i = 0; i < windows; i++) {
      nowUs += DIGEST_US
      engine.tick(nowUs)
      engine.observe({ timestampUs: nowUs, objective: level + 0.1 * Math.sin(nowUs) })
    }
  }
  return { engine, run }
}

describe("a baseline that is set by hand in SafeMode", () => {
  // Root cause: the guard kept the levels of the tuned configuration when SafeMode opened, and took them for the baseline's.
  it("is not taken to deliver what the configuration before it did", async () => {
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
