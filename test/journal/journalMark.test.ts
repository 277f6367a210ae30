/**
 * The mark beside a journal's segments: what has been synced and is not there any more is damage, what a loss of power or a kill
 * leaves at any moment is none.
 *
 * Root cause: only the segments themselves said how far they went. One that was overwritten whole behind a run that had ended looked
 * like one that was never begun, one that was overwritten behind its header looked torn, and one that was deleted had never been.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { basename, join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { lastStanding, readJournal, reportText, verifyJournal } from "../../src/platform/node/index.ts"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { MARK, readMark } from "../../src/journal/disk/journalMark.ts"
import { segmentPath } from "../../src/journal/disk/journalSegments.ts"
import { recover } from "../../src/journal/disk/recover.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { markBytes, readMarks, SLOT_BYTES } from "../../src/journal/format/SyncedMark.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"
import { type Recorded, record, sha256 } from "../engine/recordedRun.ts"
import { close, handledDisk, open, ownFolder, segmentsIn, withoutMark, writeAll } from "./journalRig.ts"

const folder = ownFolder()

const made = (options: Partial<EngineOptions<Knob>> = {}): ArqonEngine<Knob> =>
  createEngine({ params: knobs, seed: 42, clock: "manual", state: folder.path, ...options })
const found = (state = folder.path) =>
  recover(requireEngineConfig({ params: knobs, clock: "manual", state }), null)

async function ran(options: Partial<EngineOptions<Knob>> = {}): Promise<void> {
  const engine = made({ journal: { compress: "none" }, ...options })
  await engine.start()
  const next = drive(engine, { digests: 150 })
  engine.setBaseline()
  drive(engine, { digests: 60, from: next })
  await engine.stop()
}

const last = (): string => join(folder.path, segmentsIn(folder.path).at(-1) ?? "")
const markPath = (directory = folder.path): string => join(directory, MARK)
const recorded = (): Promise<Recorded> => record((engine) => void drive(engine, { digests: 60 }))

const FILLS = {
  zeros: (length: number) => Buffer.alloc(length),
  text: (length: number) => Buffer.alloc(length, "the quick brown fox\n"),
  noise: (length: number) =>
    Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256)),
} as const

/** Ways to lose what the last segment held, behind a run that had ended, so that nothing else tells of it. */
const losses: ReadonlyArray<readonly [string, (path: string) => void, string]> = [
  ...Object.entries(FILLS).flatMap(([name, fill]) => [
    [
      `is overwritten with ${name}`,
      (path: string) => writeFileSync(path, fill(statSync(path).size)),
      "even its header",
    ] as const,
    [
      `is overwritten with ${name} behind its header`,
      (path: string) => {
        const bytes = readFileSync(path)
        const header = 24 + bytes.readUInt32LE(20)
        writeFileSync(path, Buffer.concat([bytes.subarray(0, header), fill(bytes.length - header)]))
      },
      "on the disk for good",
    ] as const,
  ]),
  ["is deleted", (path) => rmSync(path), "is gone"],
  ["is empty", (path) => truncateSync(path, 0), "even its header"],
  [
    "ends before its last record",
    (path) => truncateSync(path, statSync(path).size - 100),
    "on the disk for good",
  ],
  [
    "ends at a frame",
    (path) => {
      let end = 0
      const bytes = readFileSync(path)
      scanSegment(bytes, sha256, ({ at, bytes: size, seq }) => void (seq < 200 && (end = at + size)))
      truncateSync(path, end)
    },
    "on the disk for good",
  ],
]

describe("a last segment that was synced, behind a run that had ended,", () => {
  it.each(losses)("freezes the next engine if it %s, until a person resets it", async (_, lose, words) => {
    await ran({ runId: "one" })
    await ran({ runId: "two" })
    expect(found()?.safeMode).toBeNull()
    expect(verifyJournal(folder.path).status).toBe("whole")
    const path = last()
    lose(path)
    const left = existsSync(path) ? readFileSync(path) : null
    const baseline = readJournal(folder.path, { kinds: ["baselineSet"] }).records.at(-1)?.values
    const report = verifyJournal(folder.path)
    expect(report.status).toBe("damaged")
    expect(reportText(report)).toContain(words)
    expect(lastStanding(folder.path)?.damage).toContain(words)
    const engine = made()
    expect(engine.getSnapshot().resumption?.baseline).toEqual(baseline)
    await engine.start()
    drive(engine, { digests: 20, from: 400 })
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      values: baseline,
      safeMode: { reason: "engineFault", exit: "manualReset" },
      fault: expect.stringContaining(basename(path)),
    })
    expect(engine.getSnapshot().fault).toContain(words)
    // The evidence stays as it is, and its name is given to nothing else.
    expect(existsSync(path) ? readFileSync(path) : null).toEqual(left)
    engine.reset("looked at it")
    await engine.stop()
    expect(found()?.safeMode).toBeNull()
  })

  it("freezes again until something newer was synced, however often the engine is killed before", async () => {
    await ran()
    rmSync(last())
    for (let i = 0; i < 3; i++) {
      // Made, its first segment too, and killed before a record was written.
      await close(await open(folder.path))
      expect(found()?.safeMode?.reason).toBe("engineFault")
    }
  })

  it("is also found if it was compressed meanwhile", async () => {
    await ran({ journal: { compress: "gzip" } })
    await close(await open(folder.path, { compress: "gzip" }))
    const packed = segmentsIn(folder.path).find((name) => name.endsWith(".gz")) ?? ""
    expect(found()?.safeMode).toBeNull()
    renameSync(join(folder.path, packed), join(folder.path, "elsewhere"))
    expect(found()?.safeMode?.detail).toContain(`${packed.replace(".gz", "")} is gone`)
  })

  it("is not a loss if the whole journal was removed, with its mark", async () => {
    await ran()
    for (const name of segmentsIn(folder.path)) rmSync(join(folder.path, name))
    expect(found()?.safeMode?.detail).toContain(`remove ${MARK} too`)
    withoutMark(folder.path)
    expect(found()).toBeNull()
  })
})

describe("a journal older than marks", () => {
  it("is opened unchanged, and gets a mark with its next sync", async () => {
    await ran()
    withoutMark(folder.path)
    const before = found()
    expect(before?.safeMode).toBeNull()
    truncateSync(last(), statSync(last()).size - 30)
    expect(found()).toMatchObject({ safeMode: null, from: { ended: false } })
    await ran()
    expect(readMark(folder.path)).toMatchObject({ number: 2 })
    expect(verifyJournal(folder.path).status).toBe("whole")
  })
})

describe("the mark itself", () => {
  it("freezes the next engine if it cannot be read, until the next sync replaces it", async () => {
    const spoil: ReadonlyArray<(path: string) => void> = [
      (path) => writeFileSync(path, FILLS.noise(1024)),
      (path) => truncateSync(path, 0),
      (path) => {
        rmSync(path)
        symlinkSync(path, path)
      },
    ]
    for (const spoilt of spoil) {
      await ran()
      spoilt(markPath())
      expect(found()?.safeMode?.detail).toContain(MARK)
      expect(verifyJournal(folder.path)).toMatchObject({
        status: "damaged",
        problems: [{ kind: "unopenable", file: MARK }],
      })
      await close(await open(folder.path))
      expect(found()?.safeMode?.detail).toContain(MARK)
      const engine = made()
      await engine.start()
      engine.reset("looked at it")
      await engine.stop()
      expect(found()?.safeMode).toBeNull()
    }
  })

  it("survives any torn second slot, with the claim of the first one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: SLOT_BYTES }), fc.nat(), (garbage, bytes) => {
        const mark = { number: 3, bytes: 100, seq: 7, state: new Uint8Array(32).fill(5) }
        const later = { ...mark, bytes: 101 + bytes, seq: 9 }
        const placed = markBytes(mark)
        expect(readMarks(Buffer.concat([placed, garbage]))).toEqual(mark)
        const grown = markBytes(later)
        expect(readMarks(Buffer.concat([placed, grown]))).toEqual(later)
        const torn = Buffer.concat([placed, garbage, grown.subarray(garbage.length)])
        expect([mark, later]).toContainEqual(readMarks(torn))
        expect(readMarks(Buffer.concat([garbage, grown.subarray(garbage.length), placed]))?.number ?? 3).toBe(
          3,
        )
      }),
    )
  })

  it("that the disk refuses is retried before anything more is accepted", async () => {
    const { words, records } = await recorded()
    const half = words.length >> 1
    const handled = handledDisk()
    const sink = await open(folder.path, { disk: handled.disk, sync: "batch" })
    handled.failing = "place"
    await writeAll(sink, { words: words.slice(0, half), records: records.slice(0, half) }, half)
    expect(sink.state()).toMatchObject({ writtenSeq: half, syncedSeq: half })
    expect(readMark(folder.path)).toMatchObject({ number: 0, bytes: 0 })
    const rest = { words: words.slice(half), records: records.slice(half) }
    await expect(writeAll(sink, rest)).rejects.toMatchObject({ _tag: "AuditError", reason: "write" })
    expect(sink.state()).toMatchObject({ writtenSeq: half })
    handled.failing = null
    await writeAll(sink, rest)
    expect(readMark(folder.path)).toMatchObject({ seq: words.length, number: 1 })
    await close(sink)
    expect(verifyJournal(folder.path)).toMatchObject({ status: "whole", records: words.length })
  })
})

/**
 * A disk that notes, before and after each of its acts, what a kill would leave, and what a loss of power would: of each segment what
 * was synced of it, with any of the rest; of the mark what was placed, and any of its later slots.
 */
function rememberingDisk(directory: string, remember: (before: string) => void) {
  const paths = new Map<number, string>()
  const synced = new Map<string, number>()
  const acting = <T>(name: string, act: () => T): T => {
    remember(name)
    const result = act()
    remember(`${name}, done`)
    return result
  }
  const noteSync = (fd: number): void => {
    const path = paths.get(fd)
    if (path !== undefined) synced.set(path, statSync(path).size)
  }
  const made = (path: string, fd: number): number => {
    paths.set(fd, path)
    return fd
  }
  const disk: JournalDisk = {
    ...nodeDisk,
    create: (path) => acting("create", () => made(path, nodeDisk.create(path))),
    place: (path, bytes) => acting("place", () => made(path, nodeDisk.place(path, bytes))),
    write: async (fd, bytes, at) => {
      remember("write")
      // Half of it, and the rest.
      await nodeDisk.write(fd, bytes.subarray(0, bytes.length >> 1), at)
      remember("half written")
      await nodeDisk.write(fd, bytes, at)
      remember("written")
    },
    writeNow: (fd, bytes, at) => acting("writeNow", () => nodeDisk.writeNow(fd, bytes, at)),
    sync: async (fd) => {
      remember("sync")
      await nodeDisk.sync(fd)
      noteSync(fd)
      remember("synced")
    },
    syncNow: (fd) =>
      acting("syncNow", () => {
        nodeDisk.syncNow(fd)
        noteSync(fd)
      }),
  }
  return { disk, synced, directory }
}

/** The files of a journal at one moment: one that is compressed or removed in between belongs to another. */
function snapshot(from: string, to: string): ReadonlyArray<string> {
  for (;;) {
    rmSync(to, { recursive: true, force: true })
    mkdirSync(to)
    const names = readdirSync(from).filter((name) => name.startsWith("journal-") || name === MARK)
    try {
      for (const name of names) copyFileSync(join(from, name), join(to, name))
      return names
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    }
  }
}

describe("the remains of a kill or power loss", () => {
  it.each(["batch", "interval", "never"] as const)(
    "at any moment of a run with rotation, compression and retention is no damage (sync %s)",
    async (sync) => {
      const home = folder.in("home")
      const copy = folder.in("copy")
      const seen: Array<string> = []
      let moments = 0
      let lastAcknowledged = 0
      const check = (moment: string): void => {
        const end = lastStanding(copy)
        expect(end?.damage ?? null, moment).toBeNull()
        expect(verifyJournal(copy).status, moment).not.toBe("damaged")
      }
      const remember = (moment: string): void => {
        if (!existsSync(home)) return
        moments++
        seen.push(moment)
        // A kill: everything that was written is there.
        const names = snapshot(home, copy)
        check(`killed at ${moments}: ${moment}`)
        const { records } = readJournal(copy, { last: 1 })
        expect(records[0]?.seq ?? 0).toBeGreaterThanOrEqual(lastAcknowledged)
        // A loss of power: what was not synced is gone, zeros, or something else.
        for (const [i, name] of names.entries()) {
          if (!name.endsWith(".arqj")) continue
          const path = join(home, name)
          const kept = disk.synced.get(path) ?? 0
          const bytes = readFileSync(join(copy, name))
          if (sync === "never" && i < names.length - 2) continue
          const tail = bytes.length - kept
          const rest = [Buffer.alloc(0), FILLS.zeros(tail), FILLS.noise(tail >> 1)][(moments + i) % 3]
          writeFileSync(join(copy, name), Buffer.concat([bytes.subarray(0, kept), rest]))
        }
        if (existsSync(markPath(copy)) && moments % 2 === 0) truncateSync(markPath(copy), SLOT_BYTES)
        if (sync !== "never") check(`without power at ${moments}: ${moment}`)
      }
      const disk = rememberingDisk(home, remember)
      const options = { sync, segmentBytes: 3000, compress: "gzip", keepSegments: 3 } as const
      for (const run of ["one", "two"]) {
        const { words, records } = await record((engine) => void drive(engine, { digests: 90 }), {
          runId: run,
        })
        const sink = await open(home, { ...options, disk: disk.disk })
        for (let i = 0; i < words.length; i += 24) {
          await writeAll(sink, { words: words.slice(i, i + 24), records: records.slice(i, i + 24) }, 24)
          lastAcknowledged = words[Math.min(i + 24, words.length) - 1].seq
        }
        if (run === "one") await close(sink)
        lastAcknowledged = 0
      }
      expect(moments).toBeGreaterThan(60)
      expect(new Set(seen)).toContain("half written")
      if (sync !== "never") expect(new Set(seen)).toContain("place, done")
      expect(existsSync(markPath(home))).toBe(sync !== "never")
      expect(segmentsIn(home).some((name) => name.endsWith(".gz"))).toBe(true)
    },
  )

  it("are set aside in a segment without a sync, also after a run that was cut short", async () => {
    const { words, records } = await recorded()
    const sink = await open(folder.path, { sync: "batch" })
    await writeAll(sink, { words, records })
    const home = folder.in("cut")
    mkdirSync(home)
    for (const name of [...segmentsIn(folder.path), MARK]) copyFileSync(folder.in(name), join(home, name))
    await close(sink)
    for (const fill of Object.values(FILLS)) {
      const newest = segmentPath(home, 2)
      writeFileSync(newest, fill(900))
      expect(found(home)).toMatchObject({ safeMode: null, from: { ended: false } })
      await close(await open(home))
      expect(existsSync(`${newest}.torn`)).toBe(true)
      for (const name of segmentsIn(home).slice(1)) rmSync(join(home, name))
    }
  })
})

describe("a journal that is read while it is written", () => {
  it("never looks damaged", async () => {
    const { words, records } = await recorded()
    const sink = await open(folder.path, { sync: "batch" })
    for (let i = 0; i < words.length; i += 10) {
      await writeAll(sink, { words: words.slice(i, i + 10), records: records.slice(i, i + 10) })
      expect(lastStanding(folder.path)?.damage).toBeNull()
      expect(verifyJournal(folder.path).status).not.toBe("damaged")
    }
    await close(sink)
  })
})
