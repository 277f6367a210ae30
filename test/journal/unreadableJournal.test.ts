/**
 * Journals that cannot be read as they should be: a segment overwritten whole, a run without its start, archives that unpack to too
 * much, what a later version wrote, files and directories that cannot be opened.
 *
 * Root causes: recovery answered "nothing there" to whatever it could not read (a catch gave null, and bytes without a header passed
 * for a segment that was never begun), and a run said how it was started only with its first record, where that was the
 * record of the start.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { COMMAND_TRIP, COMMAND_RESET } from "../../src/hot/codes.ts"
import { RECORD_CODE, RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { AUDIT_KINDS } from "../../src/domain/records.ts"
import { TRIP_REASONS } from "../../src/domain/words.ts"
import { lastStanding, readJournal, reportText, verifyJournal } from "../../src/platform/node/index.ts"
import {
  compressClosed,
  listSegments,
  MOST_UNPACKED,
  readSegment,
  segmentPath,
} from "../../src/journal/disk/journalSegments.ts"
import { recover } from "../../src/journal/disk/recover.ts"
import { SinkQueues } from "../../src/engine/audit/SinkQueues.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import type { JournalHeader } from "../../src/journal/format/JournalHeader.ts"
import { NO_FRAME, UNSEARCHABLE, findFrame } from "../../src/journal/format/frames.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { NOWHERE } from "../../src/journal/format/Standing.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"
import { headerOf, record, type Recorded, segmentOf, sha256 } from "../engine/recordedRun.ts"
import { close, open, ownFolder, segmentsIn, writeAll } from "./journalRig.ts"

const folder = ownFolder()

const made = (options: Partial<EngineOptions<Knob>> = {}): ArqonEngine<Knob> =>
  createEngine({ params: knobs, seed: 42, clock: "manual", state: folder.path, ...options })

const settings = (state = folder.path) => requireEngineConfig({ params: knobs, clock: "manual", state })
const found = (state?: string) => recover(settings(state), null)

/** What the last segment is, and its bytes. */
function lastSegment(): { readonly path: string; readonly name: string; readonly bytes: Buffer } {
  const name = segmentsIn(folder.path).at(-1) ?? ""
  const path = join(folder.path, name)
  return { path, name, bytes: readFileSync(path) }
}

/** A life with a baseline of its own, over several segments. */
async function lived(
  act: (engine: ArqonEngine<Knob>) => void = () => {},
  sync: "interval" | "never" = "interval",
): Promise<void> {
  const engine = made({ journal: { segmentBytes: 4000, compress: "none", sync } })
  await engine.start()
  const next = drive(engine, { digests: 150 })
  engine.setBaseline()
  drive(engine, { digests: 60, from: next })
  act(engine)
  await engine.stop()
}

/** Frozen until a person lets it go, with words about this file. */
const frozenFor = (...words: ReadonlyArray<string>): object => ({
  safeMode: {
    reason: "engineFault",
    exit: "manualReset",
    deadlineUs: null,
    detail: expect.stringMatching(new RegExp(`${words.join(".*")}.*arqon audit verify .*reset\\(\\)`)),
  },
})

const KINDS = {
  zeros: (length: number) => Buffer.alloc(length),
  text: (length: number) => Buffer.alloc(length, "the quick brown fox\n"),
  noise: (length: number) =>
    Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256)),
} as const
const kinds = Object.entries(KINDS)

describe("a last segment that was overwritten whole", () => {
  it.each(kinds)("(%s) freezes the next engine on the last baseline that can be read", async (_, fill) => {
    await lived((engine) => engine.setBaseline())
    const { path, name, bytes } = lastSegment()
    const earlier = readJournal(folder.path).runs[0].segments.at(-2)
    expect(earlier).toMatchObject({ sealed: true, ended: false })
    writeFileSync(path, fill(bytes.length))
    const { status, problems } = verifyJournal(folder.path)
    expect([status, problems]).toEqual([
      "damaged",
      [expect.objectContaining({ file: name, kind: "damaged" })],
    ])
    const baseline = readJournal(folder.path, { kinds: ["baselineSet"] }).records.at(-1)?.values
    const engine = made()
    expect(engine.getSnapshot()).toMatchObject({ values: baseline, baseline, resumption: frozenFor(name) })
    expect(lastStanding(folder.path)?.damage).toContain(name)
    await engine.start()
    drive(engine, { digests: 50, from: 400 })
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      values: baseline,
      fault: expect.stringContaining(`${name}: not even its header can be read`),
    })
    engine.reset("looked at it")
    await engine.stop()
    // The evidence stays, whatever becomes of it; the run after it stands on its own.
    const kept = listSegments(folder.path).find(({ path: at }) => at.startsWith(path))
    expect(Buffer.from((kept && readSegment(kept)) ?? []).equals(fill(bytes.length))).toBe(true)
    expect(found()).toMatchObject({ safeMode: null, from: { ended: true } })
  })

  it.each(kinds)(
    "(%s) also freezes it after a run that was cut short, and if it is the only segment",
    async (_, fill) => {
      await lived(() => {}, "never")
      const newest = segmentPath(folder.path, (listSegments(folder.path).at(-1)?.number ?? 0) + 1)
      // Behind a run that had ended nothing was promised in it.
      writeFileSync(newest, fill(900))
      expect(found()).toMatchObject({ safeMode: null, from: { ended: true } })
      rmSync(newest)
      const { path, bytes } = lastSegment()
      truncateSync(path, bytes.length - 30)
      expect(found()).toMatchObject({ safeMode: null, from: { ended: false } })
      writeFileSync(newest, fill(900))
      expect(found()).toMatchObject(frozenFor("journal-0"))
      for (const name of segmentsIn(folder.path))
        if (join(folder.path, name) !== newest) rmSync(join(folder.path, name))
      expect(found()).toMatchObject({
        ...frozenFor("journal-0"),
        start: {},
        baseline: null,
        from: { run: null },
      })
      expect(lastStanding(folder.path)).toMatchObject({
        run: null,
        baseline: null,
        damage: expect.any(String),
      })
    },
  )

  it("is distinguished from a header cut off at any byte by a kill", async () => {
    await lived(() => {}, "never")
    const { path, bytes } = lastSegment()
    const { problems } = scanSegment(bytes, sha256)
    expect(problems).toEqual([])
    const header = 24 + bytes.readUInt32LE(20)
    for (let length = 0; length < header; length++) {
      truncateSync(path, 0)
      writeFileSync(path, bytes.subarray(0, length))
      expect(found()?.safeMode, `cut at ${length}`).toBeNull()
    }
    // Its first bytes alone, with anything else behind them, nobody ever wrote.
    for (const [, fill] of kinds) {
      writeFileSync(path, Buffer.concat([bytes.subarray(0, 8), fill(bytes.length - 8)]))
      expect(found()).toMatchObject(frozenFor("journal-0"))
    }
  })
})

describe("a record before that of the start", () => {
  it("hides nothing: the run is read, and its open SafeMode opens again", async () => {
    const core = new EngineCore({ settings: settings(), runId: "early", readClock: null })
    const sink = await open(folder.path)
    core.trail.attach(new SinkQueues([sink]))
    core.hot.journalCommand(COMMAND_TRIP)
    core.trail.pump()
    core.hot.journalCommand(COMMAND_RESET)
    core.life.begin()
    for (let i = 1; i < 40; i++) {
      core.tick(20_000 * i)
      core.observe({ objective: i % 7 })
    }
    core.send({ type: "trip", note: "leave it alone" })
    await close(sink)
    const { runs, problems, records } = readJournal(folder.path)
    expect(problems).toEqual([])
    expect(runs).toMatchObject([{ run: "early", start: { knobs }, records: records.length }])
    expect(records.slice(0, 3).map(({ kind }) => kind)).toEqual(["command", "command", "engineStarted"])
    expect(JSON.parse(JSON.stringify(records))).toEqual(JSON.parse(JSON.stringify(core.trail.records())))
    expect(found()).toMatchObject({ safeMode: { reason: "manualTrigger" }, from: { run: "early" } })
  })

  it("is refused by the journal if it does not state how the run was started", async () => {
    const run = await record((engine) => void drive(engine, { digests: 20 }))
    const sink = await open(folder.path)
    const late: Recorded = { words: run.words.slice(1), records: run.records.slice(1) }
    await expect(writeAll(sink, late)).rejects.toMatchObject({
      _tag: "AuditError",
      reason: "write",
      detail: expect.stringContaining("record 2 came before the one that says how the run was started"),
    })
    await writeAll(sink, run)
    await close(sink)
    expect(verifyJournal(folder.path)).toMatchObject({ status: "whole", records: run.words.length })
  })
})

describe("nonsensical content of a journal", () => {
  const spoilt: ReadonlyArray<
    readonly [string, (header: JournalHeader) => Partial<JournalHeader>, string, boolean]
  > = [
    ["a run without its start", () => ({ start: null }), "does not say how run manual-42 was started", true],
    [
      "knobs that are none",
      ({ start }) => ({ start: { ...start, knobs: { batch: null, timeout: 7 } } }),
      "does not know the knobs",
      false,
    ],
    [
      "knobs that are not those of the records",
      ({ start }) => ({ start: { ...start, knobs: { batch: knobs.batch } } }),
      "does not know the knobs",
      false,
    ],
    [
      "a resumption in another form",
      ({ start }) => ({ start: { ...start, resume: { from: "elsewhere" } } }),
      "cannot read what its run had resumed",
      false,
    ],
    [
      "a segment amid a run that does not say where it stood",
      () => ({ segment: 2 }),
      "where the run was",
      false,
    ],
    [
      "SafeMode for a reason of a later version",
      () => ({ segment: 2, standing: { ...NOWHERE, trips: [{ code: TRIP_REASONS.length, atUs: 1 }] } }),
      "SafeMode was open for a reason",
      false,
    ],
  ]

  it.each(spoilt)("freezes the next engine: %s", async (_, spoil, words, damaged) => {
    const run = await record((engine) => {
      drive(engine, { digests: 40 })
      engine.trip("for the night")
    })
    const header = headerOf(run)
    const path = segmentPath(folder.path, 1)
    writeFileSync(path, segmentOf(run, { ...header, ...spoil(header) }))
    expect(found()).toMatchObject(frozenFor("journal-00000001.arqj", words))
    const report = verifyJournal(folder.path)
    expect(report.status).toBe(damaged ? "damaged" : "whole")
    if (damaged) expect(reportText(report)).toContain("startless: journal-00000001.arqj, from record 1")
    const engine = made()
    await engine.start()
    drive(engine, { digests: 20, from: 400 })
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", fault: expect.stringContaining(words) })
    engine.reset()
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", fault: null })
    await engine.stop()
    expect(found()?.safeMode).toBeNull()
  })

  it("freezes it: a record of a kind that only a later version knows", async () => {
    const run = await record((engine) => void drive(engine, { digests: 20 }))
    const strange = run.records.map(({ numbers }, i) => {
      const copy = numbers.slice()
      if (i === 9) copy[RECORD_KIND] = AUDIT_KINDS.length
      if (i === 9) copy[RECORD_CODE] = 0
      return { numbers: copy }
    })
    writeFileSync(segmentPath(folder.path, 1), segmentOf({ ...run, records: strange }, headerOf(run)))
    expect(found()).toMatchObject(frozenFor("journal-00000001.arqj", "record 10 is of a kind"))
  })

  it("leaves the previous run to begin from, and what follows readable", async () => {
    await lived()
    const baseline = readJournal(folder.path, { kinds: ["baselineSet"] }).records.at(-1)?.values
    const run = await record((engine) => void drive(engine, { digests: 40 }))
    const next = (listSegments(folder.path).at(-1)?.number ?? 0) + 1
    const header = { ...headerOf(run), run: "headless", start: null }
    const half = (from: number, to: number): Recorded => ({
      words: run.words.slice(from, to),
      records: run.records.slice(from, to),
    })
    writeFileSync(segmentPath(folder.path, next), segmentOf(half(0, 30), header))
    expect(found()).toMatchObject({ ...frozenFor(`journal-0000000?${next}`), start: baseline, baseline })
    // A later segment of it says how it was started: from there on it is read.
    const later = { ...headerOf(run), run: "headless", segment: 2, firstSeq: 31 }
    writeFileSync(segmentPath(folder.path, next + 1), segmentOf(half(30, 50), later))
    const { records, problems } = readJournal(folder.path, { run: "headless" })
    expect(records.map(({ seq }) => seq)).toEqual(run.words.slice(30, 50).map(({ seq }) => seq))
    expect(problems).toContainEqual(expect.objectContaining({ kind: "startless", seq: 1 }))
  })
})

describe("files that cannot be opened", () => {
  it("freeze the next engine: a directory that cannot be listed, a dangling link, an empty archive", async () => {
    const loop = join(folder.path, "loop")
    symlinkSync(loop, loop)
    expect(found(loop)).toMatchObject({
      ...frozenFor("cannot be read .ELOOP"),
      start: {},
      from: { run: null },
    })
    rmSync(loop)
    await lived()
    const { path } = lastSegment()
    rmSync(path)
    symlinkSync(join(folder.path, "nowhere"), path)
    expect(found()).toMatchObject(frozenFor("is a link to a file that does not exist"))
    rmSync(path)
    writeFileSync(`${path}.zst`, zstdCompressSync(new Uint8Array(0)))
    expect(found()).toMatchObject(frozenFor("it is an empty archive"))
  })

  it("are no reason to begin elsewhere: the engine must be created again", async () => {
    const early = made({ state: folder.in("state") })
    expect(early.getSnapshot().resumption).toBeNull()
    const run = await record((engine) => void drive(engine, { digests: 20 }))
    await close(await open(folder.in("state")))
    writeFileSync(segmentPath(folder.in("state"), 2), segmentOf(run, { ...headerOf(run), start: null }))
    await expect(early.start()).rejects.toMatchObject({
      _tag: "AuditError",
      message: expect.stringContaining("has changed since this engine was made"),
    })
    expect(early.getSnapshot().status).toBe("idle")
  })
})

describe("an archive that unpacks to more than any segment", () => {
  it.each([
    ["zst", zstdCompressSync],
    ["gz", gzipSync],
  ] as const)(
    "(%s) is not unpacked further by any reader, and freezes the next engine",
    async (end, pack) => {
      await lived()
      const bomb = pack(new Uint8Array(MOST_UNPACKED + 1))
      expect(bomb.length).toBeLessThan(MOST_UNPACKED / 500)
      const { path, name } = lastSegment()
      rmSync(path)
      writeFileSync(`${path}.${end}`, bomb)
      const words = `it unpacks to more than ${MOST_UNPACKED} bytes`
      expect(found()).toMatchObject(frozenFor(`${name}.${end}`, words))
      expect(verifyJournal(folder.path)).toMatchObject({
        status: "damaged",
        problems: [{ kind: "unopenable", file: `${name}.${end}`, detail: expect.stringContaining(words) }],
      })
      expect(readJournal(folder.path).records.length).toBeGreaterThan(100)
    },
  )

  it("is never made: a longer segment stays as it is", async () => {
    const [long, short] = [1, 2].map((number) => segmentPath(folder.path, number))
    for (const path of [long, short]) writeFileSync(path, "x")
    truncateSync(long, MOST_UNPACKED + 1)
    await compressClosed(folder.path, 3, "zstd", () => true)
    expect(segmentsIn(folder.path)).toEqual(["journal-00000001.arqj", "journal-00000002.arqj.zst"])
    expect(statSync(long).size).toBe(MOST_UNPACKED + 1)
  })

  it("cannot be configured: segments that could not be read back are refused", () => {
    expect(() => made({ journal: { segmentBytes: 2 ** 31 } })).toThrow(/journal\.segmentBytes/)
    expect(() => made({ journal: { segmentBytes: 2 ** 30 } })).not.toThrow()
  })

  it("does not replace the segment itself if both exist", async () => {
    await lived()
    const { path, bytes } = lastSegment()
    writeFileSync(`${path}.zst`, "half an archive")
    expect(verifyJournal(folder.path).status).toBe("whole")
    await close(await open(folder.path, { compress: "none" }))
    expect(existsSync(`${path}.zst`)).toBe(false)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
})

describe("bytes that look like frames at every offset", () => {
  it("are not summed endlessly, and count as damage, not as a torn tail", async () => {
    const run = await record((engine) => void drive(engine, { digests: 5 }))
    const whole = segmentOf(run)
    // Each fourth byte begins what says that it is a record of almost a megabyte.
    const bait = new Uint8Array(2 * 1024 * 1024)
    for (let i = 0; i < bait.length; i += 4) bait.set([2, 0, 15, 0], i)
    const view = new DataView(bait.buffer)
    const budget = { left: 100 * 983_042 }
    // Whatever was spent on one search is not there for the next: all of a segment costs no more.
    expect(findFrame(bait.subarray(0, 4096), view, 0, budget)).toBe(NO_FRAME)
    expect(findFrame(bait, view, 0, budget)).toBe(UNSEARCHABLE)
    expect(findFrame(bait.subarray(0, 1_000_000), view, 0, budget)).toBe(UNSEARCHABLE)
    const { problems } = scanSegment(Buffer.concat([whole, bait]), sha256)
    expect(problems).toMatchObject([{ kind: "damaged", at: whole.length, bytes: bait.length }])
  })
})

describe("unreadable learned data", () => {
  it("is set aside and reported, or left unchanged if that fails", async () => {
    const path = join(folder.path, "learned.json")
    const told = async (): Promise<ReadonlyArray<string>> => {
      const engine = made({ homeostasis: {}, resume: false })
      await engine.start()
      const notes = engine.audit
        .records()
        .flatMap(({ note = "" }) => (note.includes("learned:") ? [note] : []))
      await engine.stop()
      return notes
    }
    // Nobody can read a link to itself.
    symlinkSync(path, path)
    expect(await told()).toEqual([
      expect.stringMatching(/cannot be read \(.*ELOOP.*set aside, started empty/),
    ])
    expect(JSON.parse(readFileSync(path, "utf8"))).toHaveProperty("homeostasis")
    expect(await told()).toEqual([])
    rmSync(`${path}.unreadable`)
    mkdirSync(join(`${path}.unreadable`, "taken"), { recursive: true })
    writeFileSync(path, "what was learnt, half of it")
    expect(await told()).toEqual([expect.stringContaining("nothing is kept, because it cannot be set aside")])
    expect(readFileSync(path, "utf8")).toBe("what was learnt, half of it")
  })
})
