/** Recorded runs and solver runs in a studio, over real HTTP, from real files. */
import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { getInitialSnapshot, getNextSnapshot, setup } from "xstate"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { createEngine, createSolver } from "../../../src/index.node.ts"
import { curveOf } from "../../../src/study/convergence.ts"
import { convergenceSvg } from "../../../src/cli/plot/svgChart.ts"
import { machineConfigs } from "../../../src/studio/server/machineDefinitions.ts"
import type { SolverRun } from "../../../src/studio/protocol/solverProtocol.ts"
import type { Frames, History, Session } from "../../../src/studio/protocol/protocol.ts"
import { openStudio } from "../../../src/studio/server/openStudio.ts"
import { recordedEngines } from "../../../src/studio/server/RecordedEngine.ts"
import { solverRun } from "../../../src/studio/server/solverRuns.ts"
import { useDesk } from "../../cli/rig.ts"
import { roughRun } from "../page/roughRun.ts"
import { ask, post } from "./rig.ts"

const desk = useDesk()

/** A run of so many windows in manual time, tripped in its middle. */
async function recordRun(windows: number, digests = true) {
  const engine = createEngine({
    params: { speed: { min: 0, max: 1 } },
    seed: 5,
    clock: "manual",
    window: { digests: 1, settleUs: 0 },
    guardrails: "aggressive",
    state: desk.path("state"),
    audit: { digests },
  })
  await engine.start()
  const seen: Array<{ atUs: number; mode: string; value: number }> = []
  for (let i = 1; i <= windows; i++) {
    const atUs = i * 100_000
    engine.observe({ timestampUs: atUs, objective: (engine.values.speed - 0.8) ** 2 })
    engine.tick(atUs)
    if (i === Math.floor(windows / 2)) engine.trip("smoke")
    if (i === Math.floor(windows / 2) + 10) engine.reset()
    seen.push({ atUs, mode: engine.getSnapshot().mode, value: engine.values.speed })
  }
  await engine.stop()
  return { runId: engine.runId, seen }
}

async function shelf(
  engines: ReturnType<typeof recordedEngines>,
  solvers: ReadonlyMap<string, () => unknown> = new Map(),
) {
  const studio = await openStudio({ engines, solvers }, { token: false })
  onTestFinished(() => studio.stop())
  const get = async <T>(path: string): Promise<T> => (await ask(studio.url, path)).json() as T
  return { url: studio.url, get }
}

describe("a recorded run in a studio", () => {
  it("shows the state of the engine at each moment", async () => {
    const { runId, seen } = await recordRun(200)
    const { get } = await shelf(recordedEngines(desk.path("state")))
    for (const i of [20, 99, 105, 150, 199]) {
      const { frames } = await get<Frames>(`/api/replay/frames?engine=${runId}&at=${seen[i].atUs}`)
      expect(frames).toHaveLength(1)
      const [frame] = frames
      expect([i, frame.atUs, frame.mode]).toEqual([i, seen[i].atUs, seen[i].mode])
      // The trip of the moment itself comes after its window.
      expect(frame.snapshot?.values["speed"]).toBe(frame.values["speed"])
      const [root] = frame.states?.actors ?? []
      expect(root.active).toContain(frame.mode === "safe" ? "engine.running.safe" : "engine.running.adapting")
      expect(frame.budgets?.knobs.map(({ knob }) => knob)).toEqual(["speed"])
    }
  })

  it("has its history, its marks and evenly spaced frames", async () => {
    const { runId, seen } = await recordRun(200)
    const { get } = await shelf(recordedEngines(desk.path("state")))
    const history = await get<History>(`/api/history?engine=${runId}`)
    expect(history.marks.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["start", "trip", "exit", "stop"]),
    )
    expect(history.marks.find(({ kind }) => kind === "trip")?.text).toBe("manual trigger: smoke")
    const { total, frames } = await get<Frames>(
      `/api/replay/frames?engine=${runId}&limit=10&from=5000000&to=15000000`,
    )
    expect(frames).toHaveLength(10)
    expect(total).toBeGreaterThan(90)
    expect(frames.every(({ atUs }) => atUs >= 5e6 && atUs <= 15e6)).toBe(true)
    expect(frames.at(-1)?.atUs).toBe(seen[149].atUs)
  })

  it("shows configurations and SafeMode without journaled digests, and states why there is no more", async () => {
    const { runId } = await recordRun(100, false)
    const { get } = await shelf(recordedEngines(desk.path("state")))
    const { frames } = await get<Frames>(`/api/replay/frames?engine=${runId}`)
    expect(new Set(frames.map(({ mode }) => mode))).toEqual(new Set(["adapting", "safe"]))
    expect(frames.every(({ states }) => states === null)).toBe(true)
    const { engines } = await get<Session>("/api/session")
    expect(engines[0].recording?.withoutStates).toContain("digests")
  })

  it("can be viewed but not changed", async () => {
    const { runId } = await recordRun(20)
    const { url, get } = await shelf(recordedEngines(desk.path("state")))
    const session = await get<Session>("/api/session")
    expect(session).toMatchObject({
      readOnly: true,
      capabilities: { actions: [], live: false, replay: true },
      engines: [{ id: runId, source: "recorded", readOnly: true, recording: { ended: true } }],
    })
    const trip = await post(url, "/api/actions", {
      engine: runId,
      action: "trip",
      reason: "x",
      confirm: true,
    })
    expect(trip.status).toBe(403)
    expect((await ask(url, `/api/events?engine=${runId}`)).status).toBe(400)
    const found = await get<{ records: ReadonlyArray<unknown> }>(`/api/audit?engine=${runId}&text=smoke`)
    expect(found.records).toHaveLength(1)
  })
})

describe("a solver run in a studio", () => {
  it("marks what `arqon plot` marks: every failure, and every reading beyond the same frame", () => {
    const state = roughRun()
    desk.write("marked.json", state)
    const run = solverRun(desk.path("marked.json"), "marked.json")
    const { history } = state
    const curve = curveOf(history, "minimize", { x: 10, y: 8 })
    expect(run.frame).toMatchObject({ min: curve?.y.min, max: curve?.y.max, log: curve?.y.log })
    expect(run.history.filter(({ value }) => value === null)).toHaveLength(curve?.failed.length ?? 0)
    const beyond = run.history.filter((one) => one.beyond)
    // What failed has no place, and what is absurd none in the frame.
    expect(beyond.map(({ value }) => value)).toContain(1e9)
    const svg = curve === null ? "" : convergenceSvg(curve, { title: "", detail: "" })
    const open = [
      ...svg.matchAll(/<path d="([^"]*)" class="l-\w+" stroke="[^"]*" fill="none" opacity="0\.45"/g),
    ]
    expect(open.flatMap(([, path]) => path.match(/M/g) ?? [])).toHaveLength(beyond.length)
    expect(run.history.filter(({ value }) => value === null).length).toBeGreaterThan(3)
  })

  it("shows readings, the best so far, the findings and the importance of parameters", async () => {
    const solver = createSolver({
      seed: 3,
      budget: 60,
      bounds: { x: { min: -1, max: 1 }, y: { min: -1, max: 1 } },
    })
    for (let batch; (batch = solver.ask()) !== null; ) {
      solver.tell(batch.map((params) => ({ params, value: params.x ** 2 + 0.01 * params.y ** 2 })))
    }
    desk.write("run.json", solver.state())
    const path = desk.path("run.json")
    const { get, url } = await shelf([], new Map([["run.json", () => solverRun(path, "run.json")]]))
    expect((await get<Session>("/api/session")).solvers).toEqual(["run.json"])
    const run = await get<SolverRun>("/api/solver?file=run.json")
    expect(run).toMatchObject({ minimize: true, budget: 60, counts: { told: 60, failed: 0, pending: 0 } })
    expect(run.best?.params).toEqual(solver.best?.params)
    expect(run.classification?.label).toBe(solver.classification?.label)
    let best = Number.POSITIVE_INFINITY
    for (const reading of run.history) {
      best = Math.min(best, reading.value ?? best)
      expect(reading.best).toBe(best)
    }
    expect(run.importance?.alone["x"]).toBeGreaterThan(run.importance?.alone["y"] ?? 1)
    expect((await ask(url, "/api/solver?file=../run.json")).status).toBe(404)
  })
})

describe("the statecharts as files", () => {
  it("are configurations that XState accepts, with the same transitions as the machines", () => {
    const safeMode = machineConfigs().find(({ id }) => id === "safeMode")
    const guards = { demandsReset: () => true, demandsDrain: () => false, demandsRecovery: () => false }
    const machine = setup({ guards }).createMachine(JSON.parse(JSON.stringify(safeMode)))
    const start = getInitialSnapshot(machine, undefined)
    expect(start.value).toBe("armed")
    expect(getNextSnapshot(machine, start, { type: "trip" }).value).toEqual({ open: "untilReset" })
  })

  it("are printed by the command, whole or one at a time", async () => {
    const all = await desk.run("machines", "export")
    expect(JSON.parse(all.stdout)).toHaveLength(machineConfigs().length)
    const one = await desk.run("machines", "export", "--format", "mermaid", "--machine", "safeMode")
    expect(one.stdout).toMatch(/^stateDiagram-v2\n/)
    const none = await desk.run("machines", "export", "--machine", "safeMod")
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("safeMode")])
  })
})

describe("arqon studio", () => {
  it("serves a journal until it is stopped", async () => {
    const { runId } = await recordRun(20)
    const running = desk.start(["studio", "--journal", "state"])
    await running.seen(/Ctrl-C/)
    running.child.kill("SIGTERM")
    const { code, stdout } = await running.ended
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^The studio is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\da-f]{48}\n$/),
    ])
    expect(runId).toBe("manual-5")
  })

  it("prints no given token, and none if none is required", async () => {
    await recordRun(20)
    desk.write("token", "0123456789abcdef\n")
    for (const flags of [["--token-file", "token"], ["--no-token"]]) {
      const running = desk.start(["studio", "--journal", "state", ...flags])
      await running.seen(/Ctrl-C/)
      running.child.kill("SIGTERM")
      const { stdout } = await running.ended
      expect([flags, stdout]).toEqual([flags, expect.stringMatching(/:\d+\/\n$/)])
    }
  })

  it("opens a browser through a private file, so that no command line has the token", async () => {
    await recordRun(20)
    for (const opener of ["xdg-open", "open"]) {
      desk.script(
        opener,
        'cp "${1#file://}" page.html',
        'echo "$@" > command.part',
        "mv command.part command",
      )
    }
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv("PATH", `${desk.folder}:${process.env["PATH"]}`)
    const running = desk.start(["studio", "--journal", "state", "--open"])
    await expect.poll(() => existsSync(desk.path("command"))).toBe(true)
    const file = fileURLToPath(desk.read("command").trim())
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700])
    running.child.kill("SIGTERM")
    const { stdout } = await running.ended
    const [link] = /http:\S+token=\S+/.exec(stdout) ?? []
    expect(desk.read("page.html")).toContain(`url=${link}"`)
    expect(existsSync(dirname(file))).toBe(false)
  })

  it("names what is missing", async () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
      [["studio"], /nothing to show/],
      [["studio", "--journal", "nowhere"], /nowhere/],
      [["studio", "--demo", "--host", "0.0.0.0", "--no-token"], /token/],
      [["studio", "--demo", "--no-token", "--token-file", "none"], /contradict/],
      [["studio", "--demo", "--token-file", "none"], /cannot be read/],
    ]
    for (const [args, told] of cases) {
      const { code, stderr } = await desk.run(...args)
      expect([args, code !== 0, told.test(stderr)]).toEqual([args, true, true])
    }
  })
})
