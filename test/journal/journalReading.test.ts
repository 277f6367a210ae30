/** What a person asks of a journal: some of its records, why a knob changed, and what is coming in right now. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { ArqonEngine, AuditRecord, Window } from "../../src/index.ts"
import {
  exportJournal,
  lastStanding,
  readJournal,
  recordLine,
  tailJournal,
  timeText,
  whyChanged,
} from "../../src/platform/node/index.ts"
import { bowl, drive, type Knob, wobble } from "../engine/plant.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { record, sha256 } from "../engine/recordedRun.ts"
import { close, open, ownFolder, runInto, segmentsIn, writeAll, UNSYNCED } from "./journalRig.ts"

const folder = ownFolder()

/** So often that a window is full before the next apply is let through: what comes in between belongs to none. */
const withMargins = (engine: ArqonEngine<Knob>, digests: number, from = 0): number => {
  for (let i = from; i < from + digests; i++) {
    const timestampUs = (i + 1) * 7_000
    engine.tick(timestampUs)
    engine.observe({
      objective: bowl(engine.values) + wobble(i, 0.01),
      constraintMargin: 0.2 + wobble(i, 0.1),
      timestampUs,
    })
  }
  return from + digests
}

describe("a filter", () => {
  it("keeps what matches all of its conditions", async () => {
    await runInto(folder.path, (engine) => {
      const next = drive(engine, { digests: 197 })
      // Amid a perturbation: what becomes the baseline is not what is live.
      engine.setBaseline()
      expect(engine.getSnapshot().values).not.toEqual(engine.getSnapshot().base)
      engine.trip("a look")
      engine.reset()
      drive(engine, { digests: 100, from: next })
    })
    const all = readJournal(folder.path).records
    const seqs = (records: ReadonlyArray<AuditRecord>) => records.map(({ seq }) => seq)
    const same = (
      filter: Parameters<typeof readJournal>[1],
      keep: (record: AuditRecord) => boolean,
    ): void => {
      const kept = all.filter(keep)
      expect(kept.length).toBeGreaterThan(0)
      expect(kept.length).toBeLessThan(all.length)
      expect(seqs(readJournal(folder.path, filter).records)).toEqual(seqs(kept))
    }
    same({ kinds: ["apply", "rollback"] }, ({ kind }) => kind === "apply" || kind === "rollback")
    same({ fromUs: 1e6, toUs: 2e6 }, ({ atUs }) => atUs >= 1e6 && atUs <= 2e6)
    same({ fromSeq: 10, toSeq: 20 }, ({ seq }) => seq >= 10 && seq <= 20)
    same({ last: 7 }, ({ seq }) => seq > all.length - 7)
    same({ kinds: ["safeModeEntered"], fromUs: 1 }, ({ kind }) => kind === "safeModeEntered")
    expect(readJournal(folder.path, { run: "another" }).records).toEqual([])
    expect(readJournal(folder.path, { run: "manual-42", last: 0 }).records).toEqual([])
    // A knob: the records after which its live value is another than before.
    let live: number | null | undefined
    const changed = all.filter(({ values, kind }) => {
      if (values === undefined || kind === "baselineSet") return false
      const before = live
      live = values["batch"]
      return before !== undefined && before !== live
    })
    expect(changed.length).toBeGreaterThan(10)
    expect(seqs(readJournal(folder.path, { knob: "batch" }).records)).toEqual(seqs(changed))
    expect(readJournal(folder.path, { knob: "no such" }).records).toEqual([])
  })

  it("shows each record in one line", async () => {
    await runInto(folder.path, (engine) => engine.trip("a look"))
    const lines = readJournal(folder.path).records.map(recordLine)
    expect(lines.find((line) => line.includes("safeModeEntered"))).toMatch(
      /^\d+ {2}0\.000000 s {2}safeModeEntered {2}g\d+ {2}manualTrigger {2}batch=\d+ timeout=[\d.]+ {2}"a look"$/,
    )
    expect(lines.find((line) => line.includes("proposal"))).toMatch(
      / {2}proposal .* {2}in unit space: {2}batch=[\d.]{1,8} timeout=[\d.]{1,8}$/,
    )
    expect(timeText(1_795_000_000_123_456)).toBe("2026-11-18T11:06:40.123456Z")
    expect(timeText(1_500_000)).toBe("1.500000 s")
  })
})

describe("an export", () => {
  it("has the matching records as lines of JSON", async () => {
    const engine = await runInto(folder.path, (one) => void drive(one, { digests: 60 }))
    const lines: Array<string> = []
    const { written, problems } = exportJournal(folder.path, (line) => lines.push(line), { kinds: ["apply"] })
    const applies = engine.audit.records().filter(({ kind }) => kind === "apply")
    expect(lines).toEqual(applies.map((record) => `${JSON.stringify(record)}\n`))
    expect([written, problems]).toEqual([applies.length, []])
  })
})

describe("the state of the last run", () => {
  it("is what the engine itself reported, wherever it was cut off", async () => {
    const snapshots = new Map<number, ReturnType<ArqonEngine<Knob>["getSnapshot"]>>()
    await runInto(
      folder.path,
      (engine) => {
        for (let i = 0; i < 6; i++) {
          drive(engine, { digests: 23, from: 23 * i })
          if (i === 2) engine.setBaseline()
          if (i === 3) engine.trip("a look")
          if (i === 5) engine.reset()
          const snapshot = engine.getSnapshot()
          snapshots.set(snapshot.audit.written, snapshot)
        }
      },
      UNSYNCED,
    )
    const path = join(folder.path, segmentsIn(folder.path)[0])
    const bytes = readFileSync(path)
    const { runs } = readJournal(folder.path)
    expect(lastStanding(folder.path)).toMatchObject({
      run: "manual-42",
      ended: true,
      safeMode: null,
      start: runs[0].start,
    })
    const ends: Array<[number, number]> = []
    scanSegment(bytes, sha256, ({ seq, at, bytes: size }) => ends.push([seq, at + size]))
    for (const [seq, end] of ends) {
      const snapshot = snapshots.get(seq)
      if (snapshot === undefined) continue
      writeFileSync(path, bytes.subarray(0, end + 3))
      const { values, baseline, safeMode, generation } = snapshot
      expect(lastStanding(folder.path)).toMatchObject({
        ended: false,
        generation,
        live: values,
        baseline,
        safeMode: safeMode === null ? null : { reason: safeMode.reason, sinceUs: safeMode.sinceUs },
      })
      snapshots.delete(seq)
    }
    expect(snapshots.size).toBe(0)
    writeFileSync(path, "")
    expect(lastStanding(folder.path)).toBeNull()
  })
})

describe("why a knob changed", () => {
  it("is explained for every update with the windows that the cycle read", async () => {
    const windows: Array<Window> = []
    let applies: ReadonlyArray<AuditRecord> = []
    const engine = await runInto(folder.path, (one) => {
      one.windows$.subscribe((window) => void windows.push(window))
      withMargins(one, 1200)
      applies = one.audit.records().filter(({ kind }) => kind === "apply")
    })
    expect(engine.getSnapshot().counters.windowsExpired).toBe(0)
    let seen = 0
    for (const [i, apply] of applies.entries()) {
      if (apply.action !== "update" || i < 2) continue
      const before = applies[i - 1].values?.["timeout"]
      const change = whyChanged(folder.path, "timeout", apply.atUs)
      if (apply.values?.["timeout"] === before) continue
      seen++
      expect(change).toMatchObject({
        knob: "timeout",
        seq: apply.seq,
        atUs: apply.atUs,
        action: "update",
        from: before,
        to: apply.values?.["timeout"],
        proposal: { proposal: apply.proposal, kind: "proposal" },
        causes: [],
      })
      const sides = applies.slice(i - 2, i)
      for (const evidence of change?.windows ?? []) {
        const side = sides.find(({ generation }) => generation === evidence.generation)
        const window = windows.find(({ generation }) => generation === evidence.generation)
        expect(side?.action).toBe(evidence.side === "plus" ? "applyPlus" : "applyMinus")
        expect(evidence.value).toBe(side?.values?.["timeout"])
        expect(evidence.objective).toBe(window?.objective)
        expect(evidence.constraintMargin).toBe(window?.constraintMargin)
        expect(evidence.digests).toBe(5)
      }
      expect(change?.windows).toHaveLength(2)
      const moved = change?.base.from !== change?.base.to
      const why = moved ? "the base moved" : "both sides of the base were measured, and it stayed"
      const [first] = change?.text.split("\n") ?? []
      expect(first).toMatch(/^timeout went from [\d.]+ to [\d.]+ at /)
      expect(first.endsWith(`, because ${why}.`)).toBe(true)
      expect(change?.text).toContain("read: plus side")
      expect(change?.text).toContain(
        `applied: record ${apply.seq} of run manual-42, generation ${apply.generation}`,
      )
    }
    expect(seen).toBeGreaterThan(5)
  })

  it("is explained for a safety action with its cause", async () => {
    await runInto(folder.path, (engine) => {
      drive(engine, { digests: 33 })
      engine.trip("maintenance at three")
    })
    const { records } = readJournal(folder.path, { kinds: ["rollback"], knob: "timeout" })
    const change = whyChanged(folder.path, "timeout", records[0].atUs)
    expect(change).toMatchObject({ action: "returnToBase", proposal: null, windows: [], seq: records[0].seq })
    expect(change?.causes.map(({ kind, action, reason, note }) => [kind, action ?? reason, note])).toEqual([
      ["command", "trip", undefined],
      ["safeModeEntered", "manualTrigger", "maintenance at three"],
    ])
    expect(change?.text).toContain('"maintenance at three"')
  })

  it("is the last change before the requested time, and nothing before the first", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 200 }))
    const changes = readJournal(folder.path, { knob: "batch", kinds: ["apply"] }).records
    const [first, second] = changes
    expect(whyChanged(folder.path, "batch", second.atUs - 1)?.seq).toBe(first.seq)
    expect(whyChanged(folder.path, "batch", first.atUs - 1)).toBeNull()
    expect(whyChanged(folder.path, "batch", new Date(1e12))?.seq).toBe(
      readJournal(folder.path, { knob: "batch" }).records.at(-1)?.seq,
    )
    expect(whyChanged(folder.path, "no such", 1e12)).toBeNull()
    expect(whyChanged(folder.path, "batch", 1e12, { run: "another" })).toBeNull()
  })
})

describe("following a journal", () => {
  it("yields existing and new records, once each and in order, across segments and compression", async () => {
    const run = await record((engine: ArqonEngine<Knob>) => void drive(engine, { digests: 300 }))
    const sink = await open(folder.path, { segmentBytes: 3000, compress: "zstd" })
    const part = (from: number, to: number) => ({
      words: run.words.slice(from, to),
      records: run.records.slice(from, to),
    })
    await writeAll(sink, part(0, 100))
    const ending = new AbortController()
    const seen: Array<number> = []
    let written = 100
    for await (const { seq } of tailJournal(folder.path, { signal: ending.signal, pollMs: 1 })) {
      seen.push(seq)
      if (seq < written) continue
      if (written === run.words.length) ending.abort()
      const to = Math.min(run.words.length, written + 60)
      await writeAll(sink, part(written, to))
      written = to
    }
    expect(seen).toEqual(run.words.map(({ seq }) => seq))
    expect(sink.state().segment).toBeGreaterThan(4)
    await close(sink)
  })

  it("can begin with the last few matches", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 200 }))
    const applies = readJournal(folder.path, { kinds: ["apply"] }).records
    const ending = new AbortController()
    const seen: Array<number> = []
    for await (const { seq } of tailJournal(folder.path, {
      kinds: ["apply"],
      last: 3,
      signal: ending.signal,
      pollMs: 1,
    })) {
      seen.push(seq)
      if (seen.length === 3) ending.abort()
    }
    expect(seen).toEqual(applies.slice(-3).map(({ seq }) => seq))
  })
})
