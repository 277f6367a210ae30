/** A run on disk: replaced whole, saved no more often than it must be, and held by one process at a time. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"
import { temporaryOf } from "../../src/node/atomicFile.ts"
import { lockFile } from "../../src/node/lockFile.ts"
import { processStart } from "../../src/node/processIdentity.ts"
import { RunText, StateFile } from "../../src/node/StateFile.ts"

let folder = ""
let path = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-state-"))
  path = join(folder, "run.json")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const options = { command: "a test", brief: false, patienceMs: 0 }
const open = () => StateFile.open(path, options)
const makeSolver = () => createSolver({ seed: 1, budget: 500, bounds: { x: { min: 0, max: 1 } } })

describe("a state file", () => {
  it("holds what the run was when the write began, as a document that reads back", async () => {
    const solver = makeSolver()
    const file = await open()
    expect(file.read()).toBeNull()
    for (let i = 0; i < 20; i++) {
      const [trial] = solver.askTrials(1) ?? []
      solver.tell({ id: trial.id, value: i })
      if (i % 5 === 0) await file.save(() => solver.state())
    }
    await file.save(() => solver.state())
    await file.close()
    expect(parseSolverState(JSON.parse(readFileSync(path, "utf8")))).toEqual(solver.state())
    expect(readdirSync(folder)).toEqual(["run.json"])
  })

  it("lets saves that come during a write share the next one", async () => {
    const solver = makeSolver()
    const file = await open()
    let writes = 0
    const save = () =>
      file.save(() => {
        writes++
        return solver.state()
      })
    const first = save()
    // Asked for in the moment between two writes: it must wait with the others and not begin a third beside them.
    const between = first.then(save)
    const saves: Array<Promise<void>> = []
    for (let i = 0; i < 100; i++) {
      solver.tell({ id: solver.askTrials(1)?.[0].id ?? -1, value: i })
      saves.push(save())
    }
    await Promise.all([first, between, ...saves])
    expect(writes).toBe(2)
    expect(JSON.parse(readFileSync(path, "utf8")).history).toHaveLength(100)
    await file.close()
  })

  it("says so when a write fails, leaves the file as it was, and can write again", async () => {
    const solver = makeSolver()
    const file = await open()
    await file.save(() => solver.state())
    const before = readFileSync(path, "utf8")
    mkdirSync(temporaryOf(path))
    await expect(file.save(() => solver.state())).rejects.toMatchObject({
      _tag: "StateFileError",
      reason: "write",
    })
    expect(readFileSync(path, "utf8")).toBe(before)
    rmSync(temporaryOf(path), { recursive: true })
    solver.tell({ id: solver.askTrials(1)?.[0].id ?? -1, value: 1 })
    await file.save(() => solver.state())
    expect(readFileSync(path, "utf8")).not.toBe(before)
    await file.close()
  })

  it("takes no notice of what a killed process left half written, and removes it", async () => {
    writeFileSync(temporaryOf(path), '{"history": [')
    const file = await open()
    expect(file.read()).toBeNull()
    expect(existsSync(temporaryOf(path))).toBe(false)
    await file.close()
  })

  it("takes an empty file for none, and makes folders that are not there", async () => {
    path = join(folder, "deep", "down", "run.json")
    const file = await open()
    await file.save(() => makeSolver().state())
    await file.close()
    writeFileSync(path, "")
    const again = await open()
    expect(again.read()).toBeNull()
    await again.close()
  })

  it("stays a link where it is one", async () => {
    const real = join(folder, "real.json")
    writeFileSync(real, "")
    symlinkSync(real, path)
    const file = await open()
    await file.save(() => makeSolver().state())
    await expect(StateFile.open(real, options)).rejects.toMatchObject({ reason: "locked" })
    await file.close()
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, "utf8")).toContain("run_id")
  })
})

describe("the text of a run", () => {
  it("is the JSON of the run, and turns each entry into text once", () => {
    const text = new RunText()
    let reads = 0
    const entry = { toJSON: () => ({ read: ++reads }) }
    const other = { value: 2 }
    expect(JSON.parse(text.of({ history: [entry] }))).toEqual({ history: [{ read: 1 }] })
    expect(JSON.parse(text.of({ history: [entry, other] }))).toEqual({ history: [{ read: 1 }, other] })
    expect(JSON.parse(new RunText().of({ history: [] }))).toEqual({ history: [] })
  })
})

const holder = (fields: object = {}) =>
  JSON.stringify({
    pid: process.pid,
    start: processStart(process.pid),
    host: hostname(),
    token: "a-token",
    command: "arqon run",
    brief: false,
    ...fields,
  })
/** Larger than any pid there is. */
const NOBODY = 2 ** 30

describe("a lock", () => {
  it("is held by one, and free again after", async () => {
    const first = await lockFile(path, options)
    await expect(lockFile(path, options)).rejects.toThrow(`a test (process ${process.pid}) holds it`)
    first.release()
    first.release()
    const second = await lockFile(path, options)
    second.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ["of a process that is gone", { pid: NOBODY }],
    ["of a process whose pid another one has now", { start: "an earlier boot/1" }],
    // Root cause: it had its name on the disk before its content was there, and then nobody dared to remove it.
    ["that a loss of power has emptied", ""],
    ["that a loss of power has left as zeros", "\0".repeat(200)],
  ])("%s is taken over", async (_, left) => {
    writeFileSync(`${path}.lock`, typeof left === "string" ? left : holder(left))
    const lock = await lockFile(path, options)
    expect(readFileSync(`${path}.lock`, "utf8")).toContain("a test")
    lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it("is taken over even where a process died while it did so", async () => {
    writeFileSync(`${path}.lock`, holder({ pid: NOBODY }))
    writeFileSync(`${path}.lock.a-token`, holder({ pid: NOBODY, token: "another" }))
    const lock = await lockFile(path, options)
    lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ["of another machine", holder({ host: "elsewhere", pid: NOBODY }), "on elsewhere"],
    ["that is no lock of ours", "something", "not a lock that arqon wrote"],
    ["of a living process", holder(), "arqon run (process"],
  ])("%s is left alone", async (_, content, message) => {
    writeFileSync(`${path}.lock`, content)
    await expect(lockFile(path, options)).rejects.toThrow(message)
    expect(readFileSync(`${path}.lock`, "utf8")).toBe(content)
    expect(readdirSync(folder)).toEqual(["run.json.lock"])
  })

  it("is waited for where its holder lets go in a moment", async () => {
    const first = await lockFile(path, { ...options, brief: true })
    const second = lockFile(path, { ...options, patienceMs: 10_000 })
    first.release()
    const lock = await second
    lock.release()
  })

  it("goes to one of many that find it stale at the same time", async () => {
    writeFileSync(`${path}.lock`, holder({ pid: NOBODY }))
    const racers = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [resolve(import.meta.dirname, "lockRacer.ts"), path], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    )
    const answers = await Promise.all(
      racers.map(async ({ stdout }) => {
        const [answer] = (await once(stdout.setEncoding("utf8"), "data")) as [string]
        return answer.trim()
      }),
    )
    for (const { stdin } of racers) stdin.end()
    await Promise.all(racers.map((racer) => once(racer, "close")))
    expect(answers.filter((answer) => answer === "won")).toHaveLength(1)
    expect(readdirSync(folder)).toEqual([])
  })
})
