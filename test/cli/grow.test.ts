/** `arqon grow`: what a run shows, keeps, goes on with, repeats and refuses. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { describe, expect, it, vi } from "vitest"
import { FrameLog } from "../../src/morph/node/FrameLog.ts"
import { ReportLog } from "../../src/morph/node/ReportLog.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()

/** On xor the eight units are enough, so these runs are short and grow nothing. */
const grow = (epochs: number, ...more: ReadonlyArray<string>) =>
  desk.run("grow", "--task", "xor", "--epochs", String(epochs), ...more)

describe("arqon grow", () => {
  it("shows progress on stderr and the end on stdout", async () => {
    const { code, stdout, stderr } = await grow(40, "--seed", "5")
    expect(code).toBe(0)
    expect(stderr).toMatch(/^\[20\/40\] loss [\d.]+, [\d.]+ % right, 42 parameters$/m)
    expect(stderr).toMatch(/^\[40\/40\] /m)
    expect(stdout).toMatch(
      /^task {5}xor, seed 5, 40 epochs\ntest {5}loss [\d.]+, [\d.]+ % right\nsize {5}42 /,
    )
  })

  it("compiles a blueprint for a shape of its kind, and refuses what is none", async () => {
    const of = async (...given: ReadonlyArray<string>) => {
      const { code, stdout } = await desk.run("grow", "compile", ...given, "--json")
      return {
        code,
        ...(JSON.parse(stdout) as { readonly shape: ReadonlyArray<number>; readonly text: string }),
      }
    }
    expect(await of("linear", "--rows", "2", "--channels", "3")).toMatchObject({ code: 0, shape: [2, 3] })
    expect(await of("depthwise1d", "--rows", "2", "--channels", "3")).toMatchObject({ shape: [2, 16, 3] })
    expect(await of("conv3", "--shape", "[1,4,4,2]")).toMatchObject({ shape: [1, 4, 4, 2] })
    expect(await of("linear", "--shape", "2,3", "--mode", "aggressive")).toMatchObject({ mode: "aggressive" })
    const refused = await desk.run("grow", "compile", "conv3", "--shape", "[4]")
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain("shape: must be 2 to 4 whole numbers")
    expect((await desk.run("grow", "compile", "conv3", "--shape", "[4,8]")).stderr).toContain("takes 3 axes")
  })

  it("goes on with a run to the same end as one without a break, and shows, verifies and repeats it", async () => {
    const whole = await grow(30, "--json", "--quiet")
    expect((await grow(12, "--state", "kept", "--quiet")).stderr).toBe("")
    const second = await grow(30, "--state", "kept", "--json")
    expect(second.stderr).toContain("Going on from epoch 12.")
    expect(second.stdout).toBe(whole.stdout)
    const { fingerprint } = JSON.parse(whole.stdout) as { fingerprint: string }
    const shown = await desk.run("grow", "show", "kept")
    expect(shown.stdout).toContain("task     xor, seed 1, 30 epochs\nlast     ")
    expect(shown.stdout).toContain(`hash ${fingerprint}`)
    expect(await desk.run("grow", "verify", "kept")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Whole: 30 boundaries and 0 reports"),
    })
    expect(await desk.run("grow", "replay", "kept", "--json")).toMatchObject({
      code: 0,
      stdout: '{"verdict":"identical","epoch":null}\n',
    })
    const other = await grow(30, "--state", "kept", "--seed", "2")
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("holds a run of xor with seed 1, and this is xor with seed 2"),
    })
  })

  it("finds a changed record, and a folder without one", async () => {
    await grow(3, "--state", "kept", "--quiet")
    const path = desk.path("kept/run.log")
    const bytes = readFileSync(path)
    bytes[bytes.indexOf("epoch") + 8] ^= 1
    writeFileSync(path, bytes)
    for (const command of ["verify", "show"]) {
      const { code, stdout, stderr } = await desk.run("grow", command, "kept")
      expect(code).not.toBe(0)
      expect(stdout + stderr).toContain("run.log is damaged at byte")
    }
    expect(await desk.run("grow", "show", "elsewhere")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("elsewhere holds no run"),
    })
  })

  it("finds a changed last record, which is not cut off before the next run", async () => {
    await grow(3, "--state", "kept", "--quiet")
    const path = desk.path("kept/run.log")
    const bytes = readFileSync(path)
    bytes[bytes.lastIndexOf("epoch") + 8] ^= 1
    writeFileSync(path, bytes)
    expect(await desk.run("grow", "verify", "kept")).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^Torn: the last \d+ bytes of run.log are no whole record\./),
    })
    expect(readFileSync(path)).toEqual(bytes)
    await grow(3, "--state", "kept", "--quiet")
    expect(await desk.run("grow", "verify", "kept")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Whole: 3 boundaries"),
    })
  })

  it("says so where the record is longer than the run that is asked for, and trains nothing", async () => {
    const first = await grow(5, "--state", "kept", "--quiet")
    const second = await grow(2, "--state", "kept")
    expect(second.stderr).toContain("The record has 5 epochs, so there is nothing left to train.")
    expect(second.stdout).toBe(first.stdout)
  })

  it("that is killed keeps its reports and checkpoints, and goes on from there", async () => {
    const args = ["grow", "--task", "spirals", "--state", "kept"]
    const run = desk.start([...args, "--epochs", "1000000", "--quiet"])
    await vi.waitUntil(
      () =>
        ReportLog.read(desk.path("kept/reports.log")).length > 0 &&
        existsSync(desk.path("kept/checkpoint-00000002")),
      { timeout: 60_000 },
    )
    run.child.kill("SIGKILL")
    await run.ended
    const shown = JSON.parse((await desk.run("grow", "show", "kept", "--json")).stdout) as {
      boundaries: ReadonlyArray<unknown>
      reports: ReadonlyArray<unknown>
    }
    expect(shown.reports.length).toBeGreaterThan(0)
    expect((await desk.run("grow", "show", "kept")).stdout).toMatch(
      /^report c1 {2}graft residualMlp in hidden1, epochs (\d+) to \d+: /m,
    )
    const { length } = shown.boundaries
    const second = await desk.run(...args, "--epochs", String(length + 5), "--json")
    expect(second.stderr).toContain(`Going on from epoch ${length}.`)
    expect(JSON.parse(second.stdout)).toMatchObject({ epoch: length + 5 })
    expect(await desk.run("grow", "verify", "kept")).toMatchObject({ code: 0 })
    expect(await desk.run("grow", "replay", "kept")).toMatchObject({
      stdout: `Identical: host, grafts and decisions of all ${length + 5} boundaries.\n`,
    })
  })

  it("is steered from a studio while it is kept, and its record repeats with the commands", async () => {
    const run = desk.start(["grow", "--task", "xor", "--epochs", "1000000", "--state", "kept", "--studio"])
    const [, url] = await run.seen(/The studio is at (http:\S+)/)
    const { origin, searchParams } = new URL(url)
    const germinate = (socket: string) =>
      fetch(`${origin}/api/growth/actions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${searchParams.get("token") ?? ""}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({
          growth: "grow",
          action: "germinate",
          socket,
          blueprint: "linear",
          reason: "to see it grow",
          confirm: true,
        }),
      })
    expect([(await germinate("hidden1")).status, (await germinate("hidden9")).status]).toEqual([200, 409])
    await run.seen(/hidden1: germinated to training/)
    run.child.kill("SIGINT")
    expect((await run.ended).code).toBe(130)
    const { stdout } = await desk.run("grow", "show", "kept")
    expect(stdout).toMatch(/^\d+ {2}asked: germinate linear in hidden1 \(.*to see it grow.*\)$/m)
    expect(stdout).toMatch(/^\d+ {2}asked: germinate linear in hidden9 \(.*\), refused: /m)
    expect(await desk.run("grow", "replay", "kept")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Identical: /),
    })
  })

  it("refuses a folder without a name, which is not the working directory", async () => {
    for (const state of [["--state", ""], ["--state="]])
      expect(await grow(3, ...state)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("--state must be a path; no value was given."),
      })
    expect(readdirSync(desk.folder)).toEqual([])
  })

  it("refuses to repeat a run of version 1, and one whose rows it does not know", async () => {
    for (const [inputs, message] of [
      [{ version: 1, task: "xor", seed: 1 }, "run.log is of version 1"],
      [{ version: 2, task: "own", seed: 1 }, 'holds a run of "own", whose rows are not here'],
    ] as const) {
      const { log } = await FrameLog.open(desk.path("run.log"))
      await log.append({ kind: 1, data: inputs })
      await log.close()
      expect(await desk.run("grow", "replay", ".")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(message),
      })
      rmSync(desk.path("run.log"))
    }
  })

  it("shows a run in a studio until it is stopped, and one that was kept boundary by boundary", async () => {
    const kept = await grow(12, "--state", "kept", "--json", "--quiet")
    for (const [source, args] of [
      ["live", ["grow", "--task", "xor", "--epochs", "12", "--studio", "--json"]],
      ["recorded", ["grow", "show", "kept", "--studio"]],
    ] as const) {
      const run = desk.start(args)
      const [, url] = await run.seen(/The studio is at (http:\S+)/)
      if (source === "live") await run.seen(/The run is over/)
      const { origin, searchParams } = new URL(url)
      const headers = { authorization: `Bearer ${searchParams.get("token") ?? ""}` }
      const ask = async (path: string) => (await fetch(`${origin}${path}`, { headers })).json()
      expect(await ask("/api/session")).toMatchObject({
        engines: [],
        growths: [{ id: "grow", name: "xor, seed 1", source }],
      })
      const { rows, ended } = (await ask("/api/growth?after=10")) as {
        rows: ReadonlyArray<{ epoch: number }>
        ended: boolean
      }
      expect([rows.map(({ epoch }) => epoch), ended]).toEqual([[11, 12], true])
      expect(await ask("/api/growth/frame?at=3")).toMatchObject({ epoch: 3 })
      expect(await ask("/api/growth?growth=other")).toMatchObject({
        message: 'There is no growing host "other" here.',
      })
      run.child.kill("SIGINT")
      const { code, stdout } = await run.ended
      expect([code, stdout]).toEqual([0, source === "live" ? kept.stdout : ""])
    }
  })
})
