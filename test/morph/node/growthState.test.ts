/** A growing host in a folder: it goes on in another process as if nothing had happened, and refuses what is not its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it, vi } from "vitest"
import { FrameLog } from "../../../src/morph/node/FrameLog.ts"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { createGrowth, replayGrowth } from "../../../src/morph/node/createGrowth.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { readRun, type RunInputs, RunLog } from "../../../src/morph/node/RunLog.ts"
import { createGrowth as inBrowser } from "../../../src/morph/service/createGrowth.ts"
import type { GrowthOptions } from "../../../src/morph/service/Growth.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { ownFolder } from "../../journal/journalRig.ts"
import { driven, OPTIONS } from "./keptRun.ts"

const folder = ownFolder()
const DYING = join(import.meta.dirname, "dyingRun.ts")
const END = 60

async function killedAt(path: string, epoch: number): Promise<void> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", DYING, path, String(epoch)],
    {
      stdio: "inherit",
    },
  )
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null]
  expect(signal).toBe("SIGKILL")
}

const problemsIn = (call: Promise<unknown>): Promise<GrowthError["problems"]> =>
  call.then(
    () => [],
    (cause: unknown) => {
      if (!(cause instanceof GrowthError)) throw cause
      return cause.problems
    },
  )

const contents = (path: string): ReadonlyArray<string> =>
  readdirSync(path)
    .filter((name) => !name.startsWith("growth.lock"))
    .map((name) => `${name} ${readFileSync(join(path, name)).toString("hex")}`)

describe("a growing host with a state folder", () => {
  it("that is killed goes on from its last good boundary, and its record repeats to the bit from the beginning", async () => {
    const path = folder.in("run")
    const repeated = async (): Promise<number> => {
      const trained = vi.spyOn(NeuralHost.prototype, "trainEpoch")
      const growth = createGrowth({ ...OPTIONS, state: path })
      await growth.start()
      const { length } = trained.mock.calls
      trained.mockRestore()
      expect(growth.snapshot().epoch).toBe(readRun(join(path, "run.log")).boundaries.length)
      await growth.stop()
      return length
    }
    // The command after epoch 9 was on the disk before epoch 10 began; there is no checkpoint yet.
    await killedAt(path, 12)
    expect(await repeated()).toBeGreaterThanOrEqual(9)
    await (await driven(path, 30)).stop()
    // The stop left a checkpoint at 30, and the command after 33 was the last.
    await killedAt(path, 40)
    const behind = await repeated()
    expect(behind).toBeGreaterThanOrEqual(3)
    expect(behind).toBeLessThanOrEqual(10)
    await (await driven(path, END)).stop()
    expect(await replayGrowth(path, OPTIONS)).toEqual({ boundaries: END, differentFrom: null })
    const { boundaries } = readRun(join(path, "run.log"))
    expect(boundaries.map((one) => one.epoch)).toEqual(Array.from({ length: END }, (_, i) => i + 1))
  })

  it("goes on through a block that was kept as if it had not been stopped, and its record repeats", async () => {
    const grows: GrowthOptions = {
      host: neuralHost({ inputs: 2, hidden: [8], classes: 2, activation: "tanh" }),
      data: tasks.spirals({ turns: 1.5, seed: 42 }),
      seed: 42,
      now: () => 0,
    }
    const state = folder.in("kept block")
    const whole = createGrowth(grows)
    await whole.start()
    await whole.run({ epochs: 140 })
    for (const epochs of [40, 60, 40]) {
      const growth = createGrowth({ ...grows, state })
      await growth.start()
      await growth.run({ epochs })
      await growth.stop()
    }
    const last = createGrowth({ ...grows, state })
    await last.start()
    const { sockets, fingerprint } = last.snapshot()
    // One block was kept, 40 boundaries before the end at least, and the host has learnt through it since.
    expect(sockets.map(({ state }) => state)).toContain("fossilized")
    expect(fingerprint).toBe(whole.snapshot().fingerprint)
    expect(last.reports).toEqual(whole.reports)
    await last.stop()
    const kept = readRun(join(state, "run.log")).boundaries.findIndex(({ moves }) =>
      moves.some(({ to }) => to === "fossilized"),
    )
    expect(kept).toBeLessThan(100)
    expect(await replayGrowth(state, grows)).toEqual({ boundaries: 140, differentFrom: null })
  })

  it("comes to the same bits and reports whether it is stopped between or not", async () => {
    const fixed = { ...OPTIONS, now: () => 0 }
    const runs = [[END], [7, 25, 31, END]].map(async (stops, i) => {
      const state = folder.in(`run ${i}`)
      let seen: unknown = null
      for (const stop of stops) {
        const growth = createGrowth({ ...fixed, state })
        await growth.start()
        await growth.run({ epochs: stop - growth.snapshot().epoch })
        const { status, ...snapshot } = growth.snapshot()
        expect(status).toBe("started")
        seen = { snapshot, reports: growth.reports }
        await growth.stop()
      }
      return { seen, record: readRun(join(state, "run.log")).boundaries }
    })
    const [whole, parts] = await Promise.all(runs)
    expect(parts).toEqual(whole)
    expect((whole.seen as { readonly reports: ReadonlyArray<unknown> }).reports.length).toBeGreaterThan(0)
  })

  it("is repeated with the commands of people, and differs from where one of them is missing", async () => {
    const path = folder.in("run")
    await (await driven(path, 14)).stop()
    const { inputs, boundaries, commands } = readRun(join(path, "run.log"))
    expect(commands.map(({ after, command, refused }) => [after, command?.type, refused === null])).toEqual([
      [2, "germinate", true],
      [4, "cull", false],
      [9, "adjust", true],
    ])
    const without = folder.in("without")
    mkdirSync(without)
    const log = await RunLog.open(join(without, "run.log"), inputs as RunInputs)
    for (const boundary of boundaries) await log.add(boundary)
    await log.command(commands[2])
    await log.close()
    expect(await replayGrowth(without, OPTIONS)).toEqual({ boundaries: 14, differentFrom: 3 })
  })

  it.each<[string, Partial<GrowthOptions>, string]>([
    [
      "host",
      { host: neuralHost({ inputs: 2, hidden: [9], classes: 2, batch: 32 }) },
      "belongs to another host",
    ],
    ["seed", { seed: 5 }, "holds a run of spirals with seed 1001, and this is spirals with seed 5"],
    ["data", { data: tasks.spirals({ rows: 128, seed: 1002 }) }, "other options: rows"],
    ["policy", { policy: "manual" }, "other options: policy"],
  ])("refuses the folder of another %s, and leaves it as it is", async (_, other, message) => {
    const path = folder.in("run")
    await (await driven(path, 3)).stop()
    const before = contents(path)
    const problems = await problemsIn(createGrowth({ ...OPTIONS, ...other, state: path }).start())
    expect(problems).toEqual([
      expect.objectContaining({ path: "state", message: expect.stringContaining(message) }),
    ])
    expect(contents(path)).toEqual(before)
    await (await driven(path, 4)).stop()
  })

  it("refuses a second one on its folder until it has stopped", async () => {
    const path = folder.in("run")
    const first = await driven(path, 2)
    const second = createGrowth({ ...OPTIONS, state: path })
    expect((await problemsIn(second.start()))[0].path).toBe("state")
    await first.stop()
    await second.start()
    expect(second.snapshot().epoch).toBe(2)
    await second.stop()
  })

  it("refuses a folder all of whose checkpoints were changed", async () => {
    const path = folder.in("run")
    await (await driven(path, 30)).stop()
    const changed = folder.in("changed")
    cpSync(path, changed, { recursive: true })
    for (const name of readdirSync(changed).filter((one) => one.startsWith("checkpoint-"))) {
      const bytes = readFileSync(join(changed, name))
      bytes[bytes.length - 9] ^= 1
      writeFileSync(join(changed, name), bytes)
    }
    const [problem] = await problemsIn(createGrowth({ ...OPTIONS, state: changed }).start())
    expect(problem.message).toContain("was changed")
  })

  it.each([
    ["ENOSPC", "no space is left on the disk."],
    ["EROFS", "the file system is read-only."],
  ])(
    "on a disk that answers %s refuses commands and epochs by field, and goes on from what was written",
    async (code, said) => {
      const path = folder.in(code)
      const growth = await driven(path, 30)
      const rows = Float32Array.of(0.3, -0.2)
      const failing = (): Promise<never> =>
        Promise.reject(
          Object.assign(new Error("by the hand of a test"), { code, errno: -1, syscall: "write" }),
        )
      const append = vi.spyOn(FrameLog.prototype, "append").mockImplementation(failing)
      const refused = [
        {
          path: "state",
          message: `${path} cannot be written: ${said}`,
          suggestion:
            "The run does not go on without its record. Make room, and start it again: it goes on from what was written.",
        },
      ]
      const before = growth.predict(rows)
      expect(await problemsIn(growth.adjust({ rate: 0.01, why: "test" }))).toEqual(refused)
      // What comes later would stand behind a gap.
      append.mockRestore()
      expect(await problemsIn(growth.adjust({ rate: 0.02, why: "test" }))).toEqual(refused)
      expect(await problemsIn(growth.run({ epochs: 1 }))).toEqual(refused)
      expect(growth.predict(rows)).toEqual(before)
      expect(await problemsIn(growth.stop())).toEqual(refused)
      const next = await driven(path, 40)
      await next.stop()
      expect(await replayGrowth(path, OPTIONS)).toEqual({ boundaries: 40, differentFrom: null })
    },
  )

  it("is refused at the door where its folder is none, or there are no folders", () => {
    for (const state of ["", 5])
      expect(() => createGrowth({ ...OPTIONS, state } as never)).toThrow(/state: must be a folder/)
    expect(() => inBrowser({ ...OPTIONS, state: "./growth" })).toThrow(/state: there are no folders here/)
  })
})
