/** A growing host in a thread of its own: the same bits, and when the thread hangs or dies another one goes on, with a note and no gap. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, describe, expect, it } from "vitest"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import type { Growth, GrowthOptions } from "../../../src/morph/service/Growth.ts"
import type { GrowthEvent } from "../../../src/morph/service/GrowthEvent.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  // No time decides: a busy machine must not hold a gate.
  grafting: { G2: { boundaryMs: 1e6 } },
}

const folder = mkdtempSync(join(tmpdir(), "arqon-hot-"))
const flag = join(folder, "hang")
const growths: Array<Growth> = []

afterEach(async () => {
  rmSync(flag, { force: true })
  for (const growth of growths.splice(0)) await growth.stop()
})

const module = pathToFileURL(join(import.meta.dirname, "hanging/blueprints.ts"))
module.searchParams.set("flag", flag)

interface Lived {
  readonly growth: Growth
  readonly events: Array<GrowthEvent>
}

async function begun(options: Partial<GrowthOptions>): Promise<Lived> {
  const growth = createGrowth({ ...OPTIONS, ...options })
  growths.push(growth)
  const events: Array<GrowthEvent> = []
  growth.events$.subscribe((event) => events.push(event))
  await growth.start()
  return { growth, events }
}

/** A busy machine must not be taken for a hang; a real one keeps a core for so long. */
const HANG_MS = 3500
const inThread = (hangMs = HANG_MS): Promise<Lived> =>
  begun({ training: "thread", hangMs, blueprints: module })

const epochsOf = (events: ReadonlyArray<GrowthEvent>): ReadonlyArray<number> =>
  events.flatMap((event) => (event.type === "boundary" ? [event.boundary.epoch] : []))
const replacedAfter = (events: ReadonlyArray<GrowthEvent>): ReadonlyArray<number> =>
  events.flatMap((event) => (event.type === "replaced" ? [event.after] : []))
const upTo = (last: number): ReadonlyArray<number> => Array.from({ length: last }, (_, i) => i + 1)

/** A host in this thread, with the block that hangs made harmless, since the file is not there. */
async function undisturbed(blueprint: string | null, epochs: number): Promise<string> {
  const { blueprints } = (await import("./hanging/blueprints.ts")) as never
  const { growth } = await begun({ blueprints })
  if (blueprint !== null) await growth.germinate("hidden1", { blueprint, why: "test" })
  await growth.run({ epochs })
  return growth.snapshot().fingerprint
}

describe("a growing host in a thread of its own", () => {
  it("comes to the same bits as here, and answers from its last boundary", async () => {
    const [one, other] = [await inThread(), await begun({})]
    for (const { growth } of [one, other]) {
      await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
      await growth.run({ epochs: 30 })
    }
    expect(one.growth.snapshot()).toEqual(other.growth.snapshot())
    const row = Float32Array.of(0.5, -0.5)
    expect(one.growth.predict(row)).toEqual(other.growth.predict(row))
    expect(one.growth.parts().map(({ name }) => name)).toEqual(other.growth.parts().map(({ name }) => name))
  })

  it.each(["spinsOnce", "dies"])(
    "goes on in another thread from the last good boundary after a graft that %s, without a gap and without a trace",
    async (blueprint) => {
      const { growth, events } = await inThread(blueprint === "dies" ? 60_000 : HANG_MS)
      await growth.germinate("hidden1", { blueprint, why: "test" })
      await growth.run({ epochs: 4 })
      writeFileSync(flag, "")
      expect((await growth.run({ epochs: 1 }))?.mode).toBe("degraded")
      await growth.run({ epochs: 5 })
      expect(replacedAfter(events)).toEqual([4])
      expect(epochsOf(events)).toEqual(upTo(10))
      expect(growth.metrics()).toContain("arqon_growth_replacements_total 1\n")
      expect(growth.snapshot().fingerprint).toBe(await undisturbed(blueprint, 10))
    },
  )

  it("culls a graft that hangs it twice in one place, and trains on as if it had not been there", async () => {
    const { growth, events } = await inThread()
    await growth.germinate("hidden1", { blueprint: "spins", why: "test" })
    await growth.run({ epochs: 4 })
    writeFileSync(flag, "")
    const last = await growth.run({ epochs: 3 })
    expect(replacedAfter(events)).toEqual([4, 4])
    expect(epochsOf(events)).toEqual(upTo(7))
    expect(last?.sockets[0].state).toBe("embargoed")
    expect(last?.mode).toBe("conservative")
    expect(growth.snapshot().fingerprint).toBe(await undisturbed(null, 7))
  })

  it("refuses the command that hung it, halts after three replacements, and goes on after a reset", async () => {
    const { growth, events } = await inThread()
    await growth.run({ epochs: 2 })
    writeFileSync(flag, "")
    for (let i = 0; i < 4; i++)
      await expect(
        growth.germinate("hidden1", { blueprint: "hangsInTraining", why: "test" }),
      ).rejects.toThrow(i === 0 ? `it has not answered for ${HANG_MS} ms` : "germinate")
    await expect(growth.run({ epochs: 1 })).rejects.toThrow("halted")
    expect(replacedAfter(events)).toEqual([2, 2, 2, 2])
    await growth.reset({ why: "the block is gone" })
    await growth.run({ epochs: 3 })
    expect(epochsOf(events)).toEqual(upTo(5))
    expect(growth.snapshot().fingerprint).toBe(await undisturbed(null, 5))
  })

  it("loses a background thread to a blueprint that builds without end, and nothing else", async () => {
    // The next command begins another background thread, which needs its time on a busy machine.
    const { growth, events } = await begun({ training: "thread", hangMs: 6000, blueprints: module })
    await growth.run({ epochs: 2 })
    writeFileSync(flag, "")
    await expect(growth.germinate("hidden1", { blueprint: "endlessBuild", why: "test" })).rejects.toThrow(
      '"endlessBuild" did not come back from its quarantine',
    )
    rmSync(flag)
    expect(replacedAfter(events)).toEqual([])
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    expect((await growth.run({ epochs: 5 }))?.mode).toBe("operational")
    expect(growth.snapshot().sockets[0]).toMatchObject({ blueprint: "linear" })
  })

  it.each([
    ["slow", inThread],
    ["memoryHog", inThread],
    // Without blueprints of its own the thread begins within the command, which needs its time.
    ["deadlock", () => begun({ training: "thread", hangMs: 4000 })],
  ])("loses a background thread to the fault %s, and nothing else", async (blueprint, begin) => {
    const { growth, events } = await begin()
    await growth.run({ epochs: 2 })
    await expect(growth.germinate("hidden1", { blueprint, why: "test" })).rejects.toThrow(
      `"${blueprint}" did not come back from its quarantine`,
    )
    expect(replacedAfter(events)).toEqual([])
    await growth.run({ epochs: 3 })
    expect(growth.snapshot().fingerprint).toBe(await undisturbed(null, 5))
  })

  it("refuses what a thread cannot get, every problem at once", () => {
    const wrong = { training: "thread", blueprints: [], now: () => 0, hangMs: 0 } as const
    const problems = problemsOf(() => createGrowth({ ...OPTIONS, ...wrong }))
    expect(problems.map(({ path }) => path)).toEqual(["blueprints", "hangMs", "now"])
    const [misspelt] = problemsOf(() => createGrowth({ ...OPTIONS, training: "tread" as never }))
    expect(misspelt.suggestion).toContain("thread")
    expect(problemsOf(() => createGrowth({ ...OPTIONS, blueprints: module }))[0].path).toBe("blueprints")
  })

  it("refuses a module without blueprints, and then nothing is held", async () => {
    const empty = pathToFileURL(join(import.meta.dirname, "policies/none.ts"))
    const growth = createGrowth({ ...OPTIONS, training: "thread", blueprints: empty })
    growths.push(growth)
    await expect(growth.start()).rejects.toThrow("blueprints")
  })
})
