import { describe, expect, it } from "vitest"
import { FrameLog } from "../../../src/morph/node/FrameLog.ts"
import { readRun, type RunBoundary, type RunInputs, RunLog } from "../../../src/morph/node/RunLog.ts"
import { ownFolder } from "../../journal/journalRig.ts"

const folder = ownFolder()
const INPUTS: RunInputs = {
  version: 2,
  task: "xor",
  seed: 1,
  rows: "r",
  host: "{}",
  grafting: "{}",
  policy: "heuristic",
}

const boundary = (epoch: number): RunBoundary => ({
  epoch,
  hash: `h${epoch}`,
  grafts: `g${epoch}`,
  clock: [],
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

  it("of version 1 is refused with the remedy, and stays as it is", async () => {
    const path = folder.in("run.log")
    const { log } = await FrameLog.open(path)
    await log.append({ kind: 1, data: { version: 1, task: "xor", seed: 1 } })
    await log.close()
    await expect(RunLog.open(path, INPUTS)).rejects.toMatchObject({
      problems: [
        {
          path: "state",
          message: "run.log is of version 1, and this arqon reads version 2.",
          suggestion: "Name another folder: the same task and seed give the same run.",
        },
      ],
    })
    expect(readRun(path)).toMatchObject({ inputs: { version: 1 }, boundaries: [] })
  })

  it("is empty where there is none", () => {
    expect(readRun(folder.in("none"))).toEqual({ inputs: null, boundaries: [], commands: [] })
  })
})
