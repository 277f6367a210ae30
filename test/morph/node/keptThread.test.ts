/** A run that trains in a thread and is kept: what happened to the thread is on its record, and the run is repeated without it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createGrowth, replayGrowth } from "../../../src/morph/node/createGrowth.ts"
import { GrowthKeeper } from "../../../src/morph/node/GrowthKeeper.ts"
import { makeGrowth } from "../../../src/morph/node/growthLayer.ts"
import { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { readRun } from "../../../src/morph/node/RunLog.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { makerOf } from "../../../src/morph/service/makerOf.ts"
import { policySlot } from "../../../src/morph/service/policySlot.ts"
import type { GrowthOptions } from "../../../src/morph/service/Growth.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  // No time decides: a busy machine must not hold a gate.
  grafting: { G2: { boundaryMs: 1e6 } },
}

const folder = mkdtempSync(join(tmpdir(), "arqon-kept-thread-"))
const flag = join(folder, "hang")
const state = join(folder, "run")

afterEach(() => {
  for (const path of [flag, state]) rmSync(path, { recursive: true, force: true })
})

const blueprints = pathToFileURL(join(import.meta.dirname, "hanging/blueprints.ts"))
blueprints.searchParams.set("flag", flag)

const betweenIn = (path: string) =>
  readRun(join(path, "run.log")).commands.map(({ after, command, culled, refused }) => ({
    after,
    asked: command?.type ?? null,
    culled: culled === true,
    refused: refused !== null,
  }))

describe("a run that trains in a thread and is kept", () => {
  it("records that its thread hung and what was culled for it, is repeated, and goes on in this thread", async () => {
    const inThread: GrowthOptions = { ...OPTIONS, training: "thread", hangMs: 1500, blueprints, state }
    const one = createGrowth(inThread)
    await one.start()
    await one.germinate("hidden1", { blueprint: "spins", why: "test" })
    await one.run({ epochs: 4 })
    writeFileSync(flag, "")
    await one.run({ epochs: 3 })
    await one.adjust({ rate: 0.02, why: "test" })
    const last = await one.run({ epochs: 30 })
    const stood = one.snapshot()
    await one.stop()
    rmSync(flag)

    expect(betweenIn(state)).toEqual([
      { after: 0, asked: "germinate", culled: false, refused: false },
      { after: 4, asked: null, culled: true, refused: false },
      { after: 7, asked: "adjust", culled: false, refused: false },
    ])
    const { boundaries } = readRun(join(state, "run.log"))
    expect(
      boundaries.flatMap(({ epoch, alarm }) => (alarm === undefined ? [] : [[epoch, alarm.level]])),
    ).toEqual([[5, "conservative"]])
    expect(await replayGrowth(state, inThread)).toEqual({ boundaries: 37, differentFrom: null })

    const { blueprints: own } = (await import("./hanging/blueprints.ts")) as never
    const other = createGrowth({ ...OPTIONS, blueprints: own, state })
    await other.start()
    expect(other.snapshot()).toEqual({ ...stood, status: "started" })
    expect((await other.run({ epochs: 1 }))?.epoch).toBe((last?.epoch ?? 0) + 1)
    await other.stop()
  })

  it("goes on in this thread after boundaries that broke off, halts, is reset, and is repeated", async () => {
    const { trainEpoch } = NeuralHost.prototype
    let left = 4
    const broken = vi.spyOn(NeuralHost.prototype, "trainEpoch").mockImplementation(function (
      this: NeuralHost,
      at,
    ) {
      const loss = trainEpoch.call(this, at)
      if (at === 3 && left-- > 0) throw new Error("it broke")
      return loss
    })
    const snapshot = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const growth = yield* makeGrowth({ ...OPTIONS, state })
          yield* Effect.flip(growth.run({ epochs: 6 }))
          expect(String(yield* Effect.flip(growth.run({ epochs: 1 })))).toContain("halted")
          yield* growth.reset({ why: "test" })
          yield* growth.run({ epochs: 3 })
          return yield* growth.snapshot
        }),
      ),
    )
    broken.mockRestore()
    expect(snapshot.epoch).toBe(6)
    expect(await replayGrowth(state, OPTIONS)).toEqual({ boundaries: 6, differentFrom: null })
  })

  it("hears again an alarm that halted it, wherever it was stopped then", async () => {
    const slot = policySlot(OPTIONS, null)
    const maker = makerOf(OPTIONS, slot, () => 0, {})
    const parts = { now: () => 0, policy: slot.source }
    const open = async () => {
      const keeper = new GrowthKeeper(state)
      return { keeper, core: await keeper.open(maker, parts) }
    }
    const first = await open()
    first.keeper.boundary(first.core.next())
    first.core.emergency.raise("halt", "hotDied", 1)
    expect(() => first.core.next()).toThrow("halted")
    await first.keeper.close()

    const second = await open()
    expect(second.core.mode).toBe("halted")
    second.core.reset("a person", "looked at it")
    await second.keeper.command({ type: "reset", why: "looked at it" }, null)
    second.keeper.boundary(second.core.next())
    await second.keeper.close()
    expect(await replayGrowth(state, OPTIONS)).toEqual({ boundaries: 2, differentFrom: null })
  })
})
