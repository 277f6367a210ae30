/** A run on disk: replaced whole, saved no more often than it must be, and held by one process at a time. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"
import { writeDocument } from "../../src/cli/writeDocument.ts"
import { temporaryOf } from "../../src/system/privateFile.ts"
import { RunText, StateFile } from "../../src/study/StateFile.ts"

let folder = ""
let path = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-state-"))
  path = join(folder, "run.json")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The lock stays when it is let go, and is empty. */
const filesIn = (where: string): ReadonlyArray<string> =>
  readdirSync(where).filter((name) => !name.startsWith("run.json.lock"))
const modeOf = (file: string): number => statSync(file).mode & 0o777

const options = { command: "a test", brief: false, patienceMs: 0 }
const open = () => StateFile.open(path, options)
const makeSolver = () => createSolver({ seed: 1, budget: 500, bounds: { x: { min: 0, max: 1 } } })

describe("a state file", () => {
  it("contains the run as it was when the write began, as a document that reads back", async () => {
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
    expect(filesIn(folder)).toEqual(["run.json"])
  })

  it("combines saves that come during a write into the next one", async () => {
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

  it("reports a failed write, leaves nothing of it, and can write again", async () => {
    const solver = makeSolver()
    const file = await open()
    // A folder in its place: nothing can be renamed to that.
    mkdirSync(path)
    await expect(file.save(() => solver.state())).rejects.toMatchObject({
      _tag: "StateFileError",
      reason: "write",
    })
    expect(filesIn(folder)).toEqual(["run.json"])
    rmdirSync(path)
    await file.save(() => solver.state())
    expect(readFileSync(path, "utf8")).toContain("run_id")
    await file.close()
  })

  it("ignores and removes what a killed process left half written", async () => {
    const torn = temporaryOf(path)
    const another = temporaryOf(join(folder, "run.json.bak"))
    writeFileSync(torn, '{"history": [')
    writeFileSync(another, "of another file")
    const file = await open()
    expect(file.read()).toBeNull()
    expect([existsSync(torn), existsSync(another)]).toEqual([false, true])
    await file.close()
  })

  // Root cause: its new content went to a name that anybody could know before, and whatever link stood there was followed.
  it("is written through a new file with an unguessable name", async () => {
    const victim = join(folder, "victim")
    writeFileSync(victim, "precious")
    symlinkSync(victim, join(folder, ".run.json.tmp"))
    expect(new Set(Array.from({ length: 100 }, () => temporaryOf(path)))).toHaveProperty("size", 100)
    const file = await open()
    await file.save(() => makeSolver().state())
    await file.close()
    expect(readFileSync(victim, "utf8")).toBe("precious")
    expect(lstatSync(path).isFile()).toBe(true)
  })

  it("and its folder are accessible to its owner alone, and an existing folder is not changed", async () => {
    chmodSync(folder, 0o755)
    path = join(folder, "own", "run.json")
    const file = await open()
    await file.save(() => makeSolver().state())
    await file.close()
    expect([folder, join(folder, "own"), path].map(modeOf)).toEqual([0o755, 0o700, 0o600])
  })

  it("treats an empty file as none, and creates missing folders", async () => {
    path = join(folder, "deep", "down", "run.json")
    const file = await open()
    await file.save(() => makeSolver().state())
    await file.close()
    writeFileSync(path, "")
    const again = await open()
    expect(again.read()).toBeNull()
    await again.close()
  })

  it.each([
    ["a link", () => symlinkSync(join(folder, "real.json"), path), "name the file that it points to"],
    ["a folder", () => mkdirSync(path), "it is a folder"],
  ])("is refused where %s stands in its place, and that stays", async (_, put, why) => {
    const real = join(folder, "real.json")
    writeFileSync(real, "")
    put()
    await expect(open()).rejects.toMatchObject({ reason: "write", message: expect.stringContaining(why) })
    await expect(writeDocument(path, "text")).rejects.toMatchObject({ reason: "write" })
    expect([readFileSync(real, "utf8"), lstatSync(path).isFile()]).toEqual(["", false])
  })

  it("is found through a link to its folder, as the same file", async () => {
    const other = join(folder, "other")
    symlinkSync(folder, other)
    const file = await open()
    await expect(StateFile.open(join(other, "run.json"), options)).rejects.toMatchObject({ reason: "locked" })
    await file.close()
  })
})

describe("the text of a run", () => {
  it("is the JSON of the run, and formats each entry once", () => {
    const text = new RunText()
    let reads = 0
    const entry = { toJSON: () => ({ read: ++reads }) }
    const other = { value: 2 }
    expect(JSON.parse(text.of({ history: [entry] }))).toEqual({ history: [{ read: 1 }] })
    expect(JSON.parse(text.of({ history: [entry, other] }))).toEqual({ history: [{ read: 1 }, other] })
    expect(JSON.parse(new RunText().of({ history: [] }))).toEqual({ history: [] })
  })
})
