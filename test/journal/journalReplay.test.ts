/** A journal on disk, run again: the whole way from an engine through files and back. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import { RECORD_POINT } from "../../src/hot/AuditRing.ts"
import { readJournal, replayJournal, verifyJournal, whatIfJournal } from "../../src/platform/node/index.ts"
import { bowl, drive, knobs, wobble } from "../engine/plant.ts"
import { record } from "../engine/recordedRun.ts"
import { close, open, ownFolder, runInto, segmentsIn, writeAll } from "./journalRig.ts"

const folder = ownFolder()

describe("a replay of a journal", () => {
  it("repeats a run over many segments, and confirms it", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 800 }), { segmentBytes: 5000 })
    const { verdict, run, decisions, inputs, text } = replayJournal(folder.path)
    expect([verdict, run]).toEqual(["identical", "manual-42"])
    expect(inputs).toBeGreaterThanOrEqual(800)
    expect(text).toBe(
      `Run manual-42 repeats itself: ${inputs} inputs led to ${decisions} decisions, each of them as recorded, bit for bit.\n`,
    )
  })

  it("repeats a run in the system's own time", async () => {
    const engine = createEngine({
      params: knobs,
      seed: 3,
      state: folder.path,
      tickUs: 1000,
      window: { us: 20_000, settleUs: 0 },
    })
    await engine.start()
    for (let i = 0; i < 400; i++) {
      engine.observe({ objective: bowl(engine.values) + wobble(i, 0.01) })
      // Lets the engine's own clock and its writers have their turns.
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    engine.trip("enough")
    await engine.stop()
    expect(replayJournal(folder.path)).toMatchObject({
      verdict: "identical",
      run: engine.runId,
      difference: null,
    })
  })

  it("takes the named run, or the last", async () => {
    for (const seed of [1, 2, 1]) {
      await runInto(folder.path, (engine) => void drive(engine, { digests: 50 * seed }), {}, { seed })
    }
    expect(replayJournal(folder.path)).toMatchObject({ run: "manual-1", verdict: "identical" })
    const named = replayJournal(folder.path, { run: "manual-2" })
    expect(named).toMatchObject({ run: "manual-2", verdict: "identical" })
    expect(named.inputs).toBeGreaterThan(replayJournal(folder.path, { run: "manual-1" }).inputs)
    expect(replayJournal(folder.path, { run: "none" })).toMatchObject({
      run: null,
      verdict: "unable",
      text: "Not replayed: the journal has no run none.\n",
    })
    expect(replayJournal(folder.in("."), { run: "none" }).verdict).toBe("unable")
  })

  it("repeats an interrupted run up to its end, wherever that is", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 60 }), { compress: "none" })
    const [name] = segmentsIn(folder.path)
    const path = join(folder.path, name)
    const bytes = readFileSync(path)
    const { runs } = readJournal(folder.path)
    let torn = 0
    for (let length = bytes.length - 1; length > bytes.length - 2000; length -= 37) {
      writeFileSync(path, bytes.subarray(0, length))
      const { verdict, inputs, text } = replayJournal(folder.path)
      expect(verdict).toBe("identical")
      expect(inputs).toBeGreaterThan(0)
      if (text.startsWith("The journal is not whole")) torn++
      expect(readJournal(folder.path).runs[0].records).toBeLessThanOrEqual(runs[0].records)
    }
    expect(torn).toBeGreaterThan(40)
  })

  it("shows the first difference with both sides", async () => {
    const run = await record((engine) => void drive(engine, { digests: 100 }))
    const at = run.words.findLastIndex(({ kind }) => kind === "apply")
    // As an engine whose code decided otherwise would have written it: the journal is whole, the decision another.
    const records = run.records.map((one, i) => (i === at ? { numbers: one.numbers.slice() } : one))
    records[at].numbers[RECORD_POINT + 1] = 0.25
    const sink = await open(folder.path)
    await writeAll(sink, { words: run.words, records })
    await close(sink)
    expect(verifyJournal(folder.path).status).toBe("whole")
    const { verdict, difference, text } = replayJournal(folder.path)
    expect(verdict).toBe("different")
    expect(difference).toMatchObject({
      seq: at + 1,
      field: "point.timeout",
      recorded: { values: { timeout: 2.5 } },
    })
    expect(difference?.replayed).toEqual(run.words[at])
    expect(text).toContain(`record ${at + 1} differs in point.timeout:\n  recorded: ${at + 1}  `)
    expect(text).toContain("timeout=2.5\n  replayed: ")
  })
})

describe("a what-if", () => {
  it("is shown next to the record in a table", async () => {
    await runInto(
      folder.path,
      (engine) => void drive(engine, { digests: 600 }),
      {},
      { guardrails: "aggressive" },
    )
    const {
      recorded: then,
      replayed: now,
      text,
      run,
    } = whatIfJournal(folder.path, { guardrails: "conservative" })
    expect(run).toBe("manual-42")
    expect(now?.applies["update"]).toBeLessThan(then?.applies["update"] ?? 0)
    const lines = text.split("\n")
    expect(lines.slice(0, 2)).toEqual([
      "Run manual-42 again, the plant answering as it did then, with",
      '  guardrails "conservative" instead of "aggressive"',
    ])
    const updates = lines
      .find((line) => line.includes("apply update"))
      ?.trim()
      .split(/ {2,}/)
    expect(updates).toEqual(["apply update", String(then?.applies["update"]), String(now?.applies["update"])])
    expect(whatIfJournal(folder.path, { seed: -1 }).text).toContain("cannot be replayed")
    expect(whatIfJournal(folder.path, {}, { run: "none" })).toMatchObject({ run: null, recorded: null })
  })
})
