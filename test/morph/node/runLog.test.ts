import { describe, expect, it } from "vitest"
import { readRun, type RunBoundary, RunLog } from "../../../src/morph/node/RunLog.ts"
import { ownFolder } from "../../journal/journalRig.ts"

const folder = ownFolder()
const INPUTS = { version: 1, task: "xor", seed: 1 } as const

const boundary = (epoch: number): RunBoundary => ({
  epoch,
  hash: `h${epoch}`,
  loss: epoch === 3 ? "NaN" : 1 / epoch,
  accuracy: null,
  parameters: 42,
  mode: "operational",
  moves: [],
  proposal: null,
  refusal: null,
})

describe("the record of a run", () => {
  it("gives back inputs and boundaries, and goes on behind them", async () => {
    const path = folder.in("run.log")
    for (const part of [
      [1, 2, 3],
      [4, 5],
    ]) {
      const log = await RunLog.open(path, INPUTS)
      for (const epoch of part) await log.add(boundary(epoch))
      await log.close()
    }
    expect(readRun(path)).toEqual({ inputs: INPUTS, boundaries: [1, 2, 3, 4, 5].map(boundary), commands: [] })
  })

  it("of a killed run lacks at most the last 24 boundaries", async () => {
    const path = folder.in("run.log")
    const log = await RunLog.open(path, INPUTS)
    for (let epoch = 1; epoch <= 74; epoch++) await log.add(boundary(epoch))
    expect(readRun(path).boundaries).toHaveLength(50)
    await log.close()
  })

  it("refuses other inputs and keeps its own", async () => {
    const path = folder.in("run.log")
    await (await RunLog.open(path, INPUTS)).close()
    for (const other of [
      { ...INPUTS, task: "moons" },
      { ...INPUTS, seed: 2 },
    ])
      await expect(RunLog.open(path, other)).rejects.toMatchObject({ _tag: "GrowthError" })
    expect(readRun(path).inputs).toEqual(INPUTS)
  })

  it("is empty where there is none", () => {
    expect(readRun(folder.in("none"))).toEqual({ inputs: null, boundaries: [], commands: [] })
  })
})
