/**
 * State directories that are none, or none for this process: the start is refused with the field, what is there and what to do, and
 * nothing is changed.
 *
 * Root cause: whatever making a folder threw was handed on as Node words it (EEXIST for a file, ENOENT for a link to nowhere), and
 * Node's own way of making folders on the way down never ends where the system lets nobody make one.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import { knobs } from "../engine/plant.ts"
import { ownFolder } from "./journalRig.ts"

const folder = ownFolder()

const NO_FOLDER = "it exists and is not a folder: name another path, or move it away."
const NOWHERE = (target: string): string =>
  `it is a dangling link (${target}): make the folder that it points to, or remove the link.`

/** What stands there, the path that is given, the path that is to blame and what is said of it, by the folder of the test. */
const cases: ReadonlyArray<{
  readonly name: string
  readonly make: (at: string) => void
  readonly state: (at: string) => string
  readonly blamed: (at: string) => string
  readonly words: (at: string) => string
}> = [
  {
    name: "a file",
    make: (at) => writeFileSync(join(at, "state"), "a file"),
    state: (at) => join(at, "state"),
    blamed: (at) => join(at, "state"),
    words: () => NO_FOLDER,
  },
  {
    name: "below a file",
    make: (at) => writeFileSync(join(at, "state"), "a file"),
    state: (at) => join(at, "state", "of", "mine"),
    blamed: (at) => join(at, "state"),
    words: () => NO_FOLDER,
  },
  {
    name: "a link to a file",
    make: (at) => {
      writeFileSync(join(at, "file"), "a file")
      symlinkSync(join(at, "file"), join(at, "state"))
    },
    state: (at) => join(at, "state"),
    blamed: (at) => join(at, "state"),
    words: () => NO_FOLDER,
  },
  {
    name: "a link to nowhere",
    make: (at) => symlinkSync(join(at, "nowhere"), join(at, "state")),
    state: (at) => join(at, "state"),
    blamed: (at) => join(at, "state"),
    words: (at) => NOWHERE(join(at, "nowhere")),
  },
  {
    name: "below a link to nowhere",
    make: (at) => symlinkSync(join(at, "nowhere"), join(at, "state")),
    state: (at) => join(at, "state", "of", "mine"),
    blamed: (at) => join(at, "state"),
    words: (at) => NOWHERE(join(at, "nowhere")),
  },
  {
    name: "a link to itself",
    make: (at) => symlinkSync(join(at, "state"), join(at, "state")),
    state: (at) => join(at, "state"),
    blamed: (at) => join(at, "state"),
    words: (at) => NOWHERE(join(at, "state")),
  },
  {
    name: "a name too long",
    make: () => {},
    state: (at) => join(at, "x".repeat(300)),
    blamed: (at) => join(at, "x".repeat(300)),
    words: () => "its name is too long: name another path.",
  },
]

describe("an invalid state directory", () => {
  it.each(cases)("($name) is refused at the start, and may be fixed and started again", async (one) => {
    one.make(folder.path)
    const engine = createEngine({ params: knobs, clock: "manual", state: one.state(folder.path) })
    await expect(engine.start()).rejects.toMatchObject({
      _tag: "AuditError",
      reason: "open",
      sink: "journal",
      detail: `state: ${one.blamed(folder.path)} could not be written: ${one.words(folder.path)}`,
    })
    expect(engine.getSnapshot()).toMatchObject({ status: "idle", generation: 1 })
    const [blamed, state] = [one.blamed(folder.path), one.state(folder.path)]
    if (one.name === "a name too long") return
    expect(lstatSync(blamed).isDirectory()).toBe(false)
    rmSync(blamed)
    const again = createEngine({ params: knobs, clock: "manual", state })
    await again.start()
    await again.stop()
    expect(existsSync(join(state, "journal.mark"))).toBe(true)
  })

  it("does not search endlessly if the system lets nobody create one", async () => {
    // Linux alone has such a place.
    const state = existsSync("/proc/self") ? "/proc/arqon/state" : "/dev/null/state"
    const engine = createEngine({ params: knobs, clock: "manual", state })
    await expect(engine.start()).rejects.toMatchObject({
      _tag: "AuditError",
      message: expect.stringMatching(/state: .*: name another path/),
    })
  })

  it("is refused as a configuration if it is not a path", () => {
    for (const state of ["", " ", "a\0b", "x".repeat(4097)])
      expect(() => createEngine({ params: knobs, state })).toThrow(
        "state: must be a path of 1 to 4096 characters",
      )
    expect(() => createEngine({ params: knobs, state: folder.in("x".repeat(200)) })).not.toThrow()
  })
})

describe("a state directory that this process may not use", () => {
  it.each([
    ["look into", 0o000],
    ["write in", 0o500],
  ])("(%s) is refused at the start with what to do", (_, mode) => {
    const state = folder.in("state")
    mkdirSync(state)
    chmodSync(folder.path, 0o755)
    chmodSync(state, mode)
    const script = join(import.meta.dirname, "startedEngine.ts")
    const node = ["--disable-warning=ExperimentalWarning", script, state, "nobody"]
    const said = spawnSync(process.execPath, node, { encoding: "utf8" })
    chmodSync(state, 0o700)
    expect([said.stderr, said.stdout]).toEqual(["", expect.any(String)])
    expect(JSON.parse(said.stdout)).toEqual({
      refused:
        `The audit sink journal failed to open: state: ${state} could not be written: permission denied: ` +
        "let the user of this process read and write there, or name another path.",
    })
  })
})
