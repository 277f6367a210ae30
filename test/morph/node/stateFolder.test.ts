import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { KEPT_MS } from "../../../src/morph/node/ReportLog.ts"
import { openStateFolder } from "../../../src/morph/node/stateFolder.ts"
import type { GrowthReport } from "../../../src/morph/policy/reports.ts"
import { ReportWindows } from "../../../src/morph/policy/reports.ts"
import { ownFolder } from "../../journal/journalRig.ts"
import { GERMINATE } from "../policy/packets.ts"
import { contentOf } from "./checkpointContent.ts"

const folder = ownFolder()
const HOST = "neural 2-8-2 tanh"
const HOLDER = join(import.meta.dirname, "holdingFolder.ts")

const report = (command: string): GrowthReport => ({
  command,
  type: "optimiser",
  socket: null,
  blueprint: null,
  outcome: "aborted",
  from: 7,
  to: 7,
  before: 0.5,
  after: Number.NaN,
  policy: "heuristic",
  why: "stopped",
})

/** Every file of the folder with its bytes, but for the lock's. */
const contents = (path: string): ReadonlyArray<string> =>
  readdirSync(path)
    .filter((name) => !name.startsWith("growth.lock"))
    .map((name) => `${name} ${readFileSync(join(path, name)).toString("hex")}`)

const refusal = (opened: Promise<unknown>): Promise<unknown> =>
  opened.then(
    () => null,
    (cause: unknown) => cause,
  )

describe("a state folder", () => {
  it("gives back checkpoint and reports", async () => {
    const path = folder.in("growth")
    const first = await openStateFolder(path, HOST, 0)
    expect([first.last, first.reports.reports]).toEqual([null, []])
    await first.checkpoints.save(7, contentOf(7))
    expect(await first.reports.append(report("7.1"), 5)).toBe(true)
    await first.close()
    const second = await openStateFolder(path, HOST, 10)
    expect(second.last).toEqual({ boundary: 7, content: contentOf(7) })
    expect(second.reports.reports).toEqual([report("7.1")])
    await second.close()
  })

  it("of another host is refused, with both names, and stays as it was", async () => {
    const path = folder.in("growth")
    await (await openStateFolder(path, HOST, 0)).close()
    const before = contents(path)
    const cause = await refusal(openStateFolder(path, "neural 3-4-2 relu", 0))
    expect(cause).toBeInstanceOf(GrowthError)
    expect((cause as GrowthError).problems).toEqual([
      {
        path: "state",
        message: `${path} belongs to another host: it was made with ${HOST}, and this is neural 3-4-2 relu.`,
        suggestion: "Name another folder, or give the host that it was made with.",
      },
    ])
    expect(contents(path)).toEqual(before)
    await (await openStateFolder(path, HOST, 0)).close()
  })

  it("whose host.json was deleted is refused, and stays as it was", async () => {
    const path = folder.in("growth")
    await (await openStateFolder(path, HOST, 0)).close()
    rmSync(join(path, "host.json"))
    const before = contents(path)
    expect(await refusal(openStateFolder(path, "neural 3-4-2 relu", 0))).toMatchObject({
      problems: [
        {
          path: "state",
          message: expect.stringMatching(/no host.json that says which host it belongs to/),
          suggestion: "Restore it from a copy, or name another folder.",
        },
      ],
    })
    expect(contents(path)).toEqual(before)
  })

  it("whose host cannot be read is refused", async () => {
    const path = folder.in("growth")
    await (await openStateFolder(path, HOST, 0)).close()
    writeFileSync(join(path, "host.json"), "{")
    expect(await refusal(openStateFolder(path, HOST, 0))).toBeInstanceOf(GrowthError)
  })

  it("in use by this process or by another is refused, says by whom, and is free when that one is gone", async () => {
    const path = folder.in("growth")
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", HOLDER, path], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    await once(child.stdout, "data")
    const cause = await refusal(openStateFolder(path, HOST, 0))
    expect(cause).toBeInstanceOf(GrowthError)
    expect((cause as GrowthError).message).toContain(`process ${child.pid} on`)
    child.kill("SIGKILL")
    await once(child, "exit")
    const mine = await openStateFolder(path, HOST, 0)
    expect(await refusal(openStateFolder(path, HOST, 0))).toBeInstanceOf(GrowthError)
    await mine.close()
    await (await openStateFolder(path, HOST, 0)).close()
  })

  it("that cannot be made is refused with the reason", async () => {
    writeFileSync(folder.in("file"), "")
    const cause = await refusal(openStateFolder(join(folder.in("file"), "growth"), HOST, 0))
    expect(cause).toBeInstanceOf(GrowthError)
    expect((cause as GrowthError).message).toContain("is not a folder")
  })
})

describe("the reports of a state folder", () => {
  it("are one for each command, though it is reported twice at once or after a restart", async () => {
    const path = folder.in("growth")
    const first = await openStateFolder(path, HOST, 0)
    const answers = await Promise.all([
      first.reports.append(report("7.1"), 1),
      first.reports.append(report("7.1"), 1),
      first.reports.append(report("8.1"), 1),
    ])
    expect(answers).toEqual([true, false, true])
    await first.close()
    const second = await openStateFolder(path, HOST, 2)
    expect(await second.reports.append(report("8.1"), 2)).toBe(false)
    expect(second.reports.reports.map(({ command }) => command)).toEqual(["7.1", "8.1"])
    await second.close()
  })

  it("are one after a restart in the middle of a window, wherever the last checkpoint was", async () => {
    const losses = [0.9, 0.8, 0.7]
    for (const [checkpoint, crash] of [
      [0, 1],
      [1, 2],
      [0, 3],
      [2, 3],
    ]) {
      const path = folder.in(`growth ${checkpoint} ${crash}`)
      const run = async (windows: ReportWindows, from: number, to: number): Promise<void> => {
        const state = await openStateFolder(path, HOST, 0)
        for (let i = from; i < to; i++) {
          for (const one of windows.measure(11 + i, losses[i])) await state.reports.append(one, 0)
        }
        await state.close()
      }
      const whole = new ReportWindows()
      whole.begin("10.1", GERMINATE, 10, 1, "heuristic")
      await run(whole, 0, checkpoint)
      const saved = JSON.parse(JSON.stringify(whole.snapshot()))
      await run(whole, checkpoint, crash)
      await run(new ReportWindows(saved), checkpoint, losses.length)
      const state = await openStateFolder(path, HOST, 0)
      expect(state.reports.reports).toMatchObject([{ command: "10.1", from: 10, to: 13, outcome: "success" }])
      await state.close()
    }
  })

  it("are kept for a day, in a file that does not grow for ever", async () => {
    const path = folder.in("growth")
    const first = await openStateFolder(path, HOST, 0)
    await Promise.all(Array.from({ length: 258 }, (_, i) => first.reports.append(report(`a${i}`), 0)))
    expect(first.reports.reports).toHaveLength(258)
    await first.reports.append(report("young"), KEPT_MS)
    expect(first.reports.reports).toEqual([report("young")])
    expect(readFileSync(join(path, "reports.log")).length).toBeLessThan(1000)
    await first.close()
    const second = await openStateFolder(path, HOST, 2 * KEPT_MS)
    expect(second.reports.reports).toEqual([])
    await second.close()
  })
})
