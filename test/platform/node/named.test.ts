/** The name that people give an engine: wherever it is told of later, it is told of by that name, and it decides nothing. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type AuditRecord, ConfigError, createEngine, createFleet } from "../../../src/index.node.ts"
import {
  readJournal,
  replayJournal,
  reportText,
  verifyJournal,
  whyChanged,
} from "../../../src/platform/node/index.ts"
import { recordedEngines } from "../../../src/studio/server/RecordedEngine.ts"
import { drive, knobs, manual } from "../../engine/plant.ts"
import { ownFolder, runInto } from "../../journal/journalRig.ts"

const folder = ownFolder()
const NAME = 'Bücher "search"'

const problemsOf = (name: unknown): ReadonlyArray<string> => {
  try {
    createEngine({ params: knobs, name } as never)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path }) => path)
    throw error
  }
}

describe("a name", () => {
  it("is any text of 1 to 64 characters that a page and a terminal can show", () => {
    const letter = fc.constantFrom("a", "Z", "9", "._-/", "\\", '"', "'", "{}<>", "ßü", "工")
    const name = fc
      .array(fc.oneof(letter, fc.constant(" ")), { minLength: 1, maxLength: 64 })
      .map((all) => all.join(""))
    fc.assert(
      fc.property(name, (text) => {
        fc.pre(text.trim() === text && text !== "")
        expect(problemsOf(text)).toEqual([])
        expect(manual({ name: text }).name).toBe(text)
      }),
    )
    for (const wrong of ["", " a", "a ", "x".repeat(65), 7, null, {}])
      expect(problemsOf(wrong)).toEqual(["name"])
    // Control characters, line ends, marks of direction, what has no shape, half a character.
    for (const hidden of [
      "\u0000",
      "\n",
      "\u001b",
      "\u009b",
      "\u2028",
      "\u202e",
      "\u200b",
      "\ud800",
      "\ufffe",
    ])
      expect(problemsOf(`a${hidden}b`)).toEqual(["name"])
  })

  it("is refused for engines of a fleet, which have keys", () => {
    expect(() => createFleet({ engine: { params: knobs, name: "a" } } as never)).toThrow(/named by its key/)
  })
})

describe("an engine that has one", () => {
  it("shows it in its snapshot, its records and on every sample of its metrics", async () => {
    const engine = manual({ name: NAME })
    await engine.start()
    drive(engine, { digests: 30 })
    expect([engine.name, engine.getSnapshot().name]).toEqual([NAME, NAME])
    const records = engine.audit.records()
    expect(records.length).toBeGreaterThan(3)
    for (const record of records) expect(record.name).toBe(NAME)
    const samples = engine
      .metrics()
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
    for (const line of samples) expect(line).toContain('engine="Bücher \\"search\\""')
    await engine.stop()
  })

  it("is found by it in the journal, and decides the same as without it", async () => {
    const run = (name?: string): Promise<unknown> =>
      runInto(
        folder.path,
        (engine) => void drive(engine, { digests: 300 }),
        {},
        {
          runId: name === undefined ? "first" : "second",
          ...(name === undefined ? {} : { name }),
        },
      )
    await run()
    await run(NAME)
    const { runs } = readJournal(folder.path)
    expect(runs.map(({ settings }) => settings?.name)).toEqual([null, NAME])
    expect(reportText(verifyJournal(folder.path))).toMatch(
      /^ {2}run first \(arqon .*\n {2}run second of "Bücher \\"search\\"" \(arqon /m,
    )
    const named = readJournal(folder.path, { run: NAME }).records
    const other = readJournal(folder.path, { run: "first" }).records
    const bare = (record: AuditRecord): object => ({ ...record, name: null, run: null, start: null })
    expect(named.map(bare)).toEqual(other.map(bare))
    expect(named.every(({ name, run: id }) => name === NAME && id === "second")).toBe(true)
    expect(other.every((record) => !("name" in record))).toBe(true)
    expect(replayJournal(folder.path, { run: NAME })).toMatchObject({ verdict: "identical", run: "second" })
    expect(whyChanged(folder.path, "timeout", null, { run: NAME })?.run).toBe("second")
    expect(recordedEngines(folder.path).map((one) => one.entry().name)).toEqual([NAME, "first"])
  })

  it("also has it in a worker", async () => {
    const engine = createEngine({ params: knobs, clock: "manual", placement: "worker", name: NAME })
    expect([engine.name, engine.getSnapshot().name]).toEqual([NAME, NAME])
    await engine.start()
    expect(engine.metrics()).toContain('arqon_generation{engine="Bücher \\"search\\""} ')
    await engine.stop()
  })
})
