/**
 * A cliff next to where the plant runs best. Root cause of the file: an emergency under a probe ended the window before it was read, the
 * tuner learnt nothing and asked for the same probe after every SafeMode, until a person had to be called every few minutes.
 */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"
import type { AuditRecord } from "../../src/domain/AuditRecord.ts"

const SECOND = 1_000_000
const HOUR_S = 3600

interface Day {
  readonly rollbacksUs: ReadonlyArray<number>
  readonly calls: number
  readonly meanLoss: number
  readonly lowest: number
}

/** So many hours with a digest a second; `marginOf` says how a batch does. */
async function live(hours: number, seed: number, marginOf: (batch: number) => number): Promise<Day> {
  const engine = createEngine({
    params: { batch: { min: 1, max: 32, scale: "log", step: 1, initial: 4 } },
    seed,
    clock: "manual",
    window: { us: 30 * SECOND, settleUs: 0 },
  })
  const rollbacksUs: Array<number> = []
  let calls = 0
  engine.audit.subscribe(({ kind, atUs }: AuditRecord) => {
    if (kind === "rollback" && engine.getSnapshot().safeMode !== null) rollbacksUs.push(atUs)
  })
  await engine.start()
  let loss = 0
  let lowest = 32
  for (let second = 0; second < hours * HOUR_S; second++) {
    engine.tick(second * SECOND)
    const { batch } = engine.values
    loss += batch
    lowest = Math.min(lowest, batch)
    engine.observe({
      objective: batch + 0.1 * Math.sin(second * 1.7),
      constraintMargin: marginOf(batch),
      timestampUs: second * SECOND + SECOND - 1,
    })
    if (second % 10 === 0 && engine.getSnapshot().safeMode?.exit === "manualReset") {
      calls++
      engine.reset()
    }
  }
  await engine.stop()
  return { rollbacksUs, calls, meanLoss: loss / (hours * HOUR_S), lowest }
}

describe("a cliff beside the best configuration", () => {
  it("is probed occasionally, but never so often that a person is needed", async () => {
    const { rollbacksUs, calls, meanLoss, lowest } = await live(2, 1, (batch) => (batch >= 2 ? 0.7 : -1))
    expect(lowest).toBe(1)
    expect(rollbacksUs.length).toBeGreaterThan(1)
    // Four an hour are what a balanced policy forgives.
    expect(rollbacksUs.length).toBeLessThanOrEqual(8)
    expect(calls).toBe(0)
    expect(meanLoss).toBeLessThan(3.5)
  })
})
