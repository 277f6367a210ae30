/**
 * The journal on a real disk: what an engine decided is there, in order and unchanged, over segments, compression, runs
 * that were cut off anywhere, and disks that fail and come back.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it, vi } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import { openJournal, readJournal, reportText, verifyJournal } from "../../src/platform/node/index.ts"
import { listSegments, readSegment } from "../../src/journal/disk/journalSegments.ts"
import { lastStanding } from "../../src/journal/read/lastStanding.ts"
import { nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { temporaryOf } from "../../src/system/privateFile.ts"
import { drive, knobs } from "../engine/plant.ts"
import { everyKind, record } from "../engine/recordedRun.ts"
import { close, handledDisk, open, ownFolder, runInto, segmentsIn, writeAll, UNSYNCED } from "./journalRig.ts"

const folder = ownFolder()
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe("the journal of a run", () => {
  it("is what `state` creates: every record with its digests, and the start with the whole configuration", async () => {
    const state = folder.in("state")
    const engine = createEngine({
      params: knobs,
      seed: 42,
      clock: "manual",
      state,
      audit: { memory: 100_000 },
    })
    await engine.start()
    everyKind(engine)
    await engine.stop()
    const reading = readJournal(state)
    expect(plain(reading.records)).toEqual(plain(engine.audit.records()))
    expect(reading.problems).toEqual([])
    expect(reading.runs).toMatchObject([
      {
        run: "manual-42",
        firstSeq: 1,
        lastSeq: reading.records.length,
        ended: true,
        start: { seed: 42, knobs },
      },
    ])
    expect(engine.audit.state().sinks).toMatchObject([
      { name: "journal", location: state, waiting: 0, failures: 0, written: reading.records.length },
    ])
    expect(new Set(reading.records.map(({ kind }) => kind))).toContain("digest")
  })

  it("is also kept in system time, and omits digests if configured", async () => {
    const engine = createEngine({ params: knobs, state: folder.path, runId: "r", audit: { digests: false } })
    await engine.start()
    for (let i = 0; i < 50; i++) engine.observe({ objective: 1 })
    await engine.stop()
    const kinds = readJournal(folder.path).records.map(({ kind }) => kind)
    expect(kinds).not.toContain("digest")
    expect(kinds[0]).toBe("engineStarted")
    expect(kinds.at(-1)).toBe("engineStopped")
  })

  it("follows earlier ones, chained to them", async () => {
    for (let run = 0; run < 3; run++)
      await runInto(folder.path, (engine) => void drive(engine, { digests: 40 }))
    const { runs, problems } = readJournal(folder.path)
    expect(problems).toEqual([])
    expect(runs).toHaveLength(3)
    expect(runs.every(({ run, ended }) => run === "manual-42" && ended)).toBe(true)
    rmSync(join(folder.path, segmentsIn(folder.path)[1]))
    const report = verifyJournal(folder.path)
    expect(report).toMatchObject({ status: "damaged", problems: [{ kind: "broken", seq: 1 }] })
    // The oldest may be gone: that is what retention does.
    rmSync(join(folder.path, segmentsIn(folder.path)[0]))
    expect(verifyJournal(folder.path)).toMatchObject({ status: "whole", beginsLater: true })
  })

  it("is checked against a head that was saved elsewhere", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 40 }))
    const { head } = verifyJournal(folder.path)
    expect(verifyJournal(folder.path, { head: head ?? "" }).status).toBe("whole")
    const others = folder.in("others")
    await runInto(others, (engine) => void drive(engine, { digests: 41 }))
    expect(verifyJournal(others, { head: head ?? "" })).toMatchObject({
      status: "damaged",
      headDiffers: true,
    })
  })

  it("is refused to a second engine while the first has it, and free again afterwards", async () => {
    const first = await open(folder.path)
    const second = createEngine({ params: knobs, state: folder.path, clock: "manual" })
    await expect(second.start()).rejects.toMatchObject({
      _tag: "AuditError",
      reason: "open",
      detail: expect.stringMatching(
        new RegExp(`in use: an engine in .* \\(process ${process.pid} on .*\\) holds it`),
      ),
    })
    await close(first)
    await second.start()
    await second.stop()
    expect(readJournal(folder.path).runs).toHaveLength(1)
  })

  it("is refused to another process, with the name of the holder", async () => {
    const first = await open(folder.path)
    const script = `
      import * as Effect from "effect/Effect"
      import { openJournal } from "${join(import.meta.dirname, "../../src/journal/disk/openJournal.ts")}"
      const error = await Effect.runPromise(Effect.flip(openJournal(${JSON.stringify(folder.path)})))
      process.stdout.write(error.message)
    `
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: join(import.meta.dirname, "../.."),
      encoding: "utf8",
    })
    expect(said).toContain(`process ${process.pid}`)
    expect(said).toContain("give every engine a state directory of its own")
    expect(said).toContain("failed to open")
    await close(first)
  })
})

describe("segments", () => {
  it.each(["zstd", "gzip", "none"] as const)(
    "are begun anew beyond their size, kept as %s, and read as one",
    async (compress) => {
      const engine = await runInto(folder.path, (one) => void drive(one, { digests: 400 }), {
        segmentBytes: 4000,
        compress,
      })
      const { records, runs, problems } = readJournal(folder.path)
      expect(plain(records)).toEqual(plain(engine.audit.records()))
      expect(problems).toEqual([])
      expect(runs).toHaveLength(1)
      const names = segmentsIn(folder.path)
      expect(names.length).toBeGreaterThan(4)
      expect(runs[0].segments.every(({ sealed }) => sealed)).toBe(true)
      expect(runs[0].segments.filter(({ ended }) => ended)).toEqual(runs[0].segments.slice(-1))
      const end = { zstd: ".arqj.zst", gzip: ".arqj.gz", none: ".arqj" }[compress]
      // What a run leaves uncompressed when it ends, the next one that opens the directory compresses.
      await close(await open(folder.path, { compress }))
      const old = segmentsIn(folder.path).slice(0, names.length)
      for (const name of compress === "none" ? names : old.slice(0, 1)) expect(name.endsWith(end)).toBe(true)
      expect(verifyJournal(folder.path).status).toBe("whole")
    },
  )

  it("are rotated when they are old", async () => {
    vi.useFakeTimers({ toFake: ["performance"] })
    try {
      const sink = await open(folder.path, { segmentUs: 1_000_000, compress: "none" })
      const run = await record(everyKind)
      const part = (from: number, to: number) => ({
        words: run.words.slice(from, to),
        records: run.records.slice(from, to),
      })
      await writeAll(sink, part(0, 5))
      vi.advanceTimersByTime(999)
      await writeAll(sink, part(5, 8))
      expect(sink.state().segment).toBe(1)
      vi.advanceTimersByTime(1)
      await writeAll(sink, part(8, run.words.length))
      expect(sink.state().segment).toBe(2)
      await close(sink)
    } finally {
      vi.useRealTimers()
    }
    expect(readJournal(folder.path).runs[0].segments.map(({ lastSeq }) => lastSeq)[0]).toBe(8)
  })

  it("are removed, oldest first, as retention requires, but never the one in use", async () => {
    const limits = { segmentBytes: 3000, compress: "none", keepSegments: 3 } as const
    const run = await record((engine) => void drive(engine, { digests: 400 }))
    const sink = await open(folder.path, limits)
    await writeAll(sink, run)
    await close(sink)
    const { removedSegments, segment } = sink.state()
    expect(segment).toBeGreaterThan(6)
    expect(removedSegments).toBe(segment - 3)
    expect(segmentsIn(folder.path)).toHaveLength(3)
    const { records, beginsLater, problems } = readJournal(folder.path)
    expect([beginsLater, problems]).toEqual([true, []])
    expect(records.at(-1)?.seq).toBe(run.words.length)
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => records[0].seq + i))
    // Nothing but the one in use is left when nothing is to be kept.
    const strict = await open(folder.path, { ...limits, keepSegments: 0 })
    await writeAll(strict, await record(everyKind))
    await close(strict)
    expect(segmentsIn(folder.path)).toHaveLength(1)
    expect(readJournal(folder.path).records[0].kind).toBe("engineStarted")
  })

  // Root cause: what was too much was removed as soon as another segment was begun. A process that was killed before it wrote to that,
  // or a disk that took no more, left a directory that knew no baseline.
  it("are not removed before the current one states where the run is", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 100 }))
    const before = lastStanding(folder.path)
    expect(before?.baseline).toMatchObject({ batch: expect.any(Number) })
    await close(await open(folder.path, { keepSegments: 1 }))
    expect(lastStanding(folder.path)).toEqual(before)

    const handle = { broken: false }
    const write: typeof nodeDisk.write = (...args) =>
      handle.broken && args[2] === 0 ? Promise.reject(new Error("no more")) : nodeDisk.write(...args)
    const limits = {
      segmentBytes: 3000,
      keepSegments: 1,
      compress: "none",
      disk: { ...nodeDisk, write },
    } as const
    const run = await record((engine) => void drive(engine, { digests: 400 }))
    const sink = await open(folder.path, limits)
    const part = (from: number): typeof run => ({
      words: run.words.slice(from, from + 16),
      records: run.records.slice(from, from + 16),
    })
    let from = 0
    // As long as the segment is not full.
    for (; sink.state().bytes < 3000; from += 16) await writeAll(sink, part(from))
    const kept = lastStanding(folder.path)
    handle.broken = true
    await expect(writeAll(sink, part(from))).rejects.toThrow("no more")
    await Effect.runPromise(Effect.ignore(sink.close))
    expect(lastStanding(folder.path)).toEqual(kept)
  })

  it("are whole or absent during compression, wherever that was interrupted", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 100 }), { compress: "none" })
    const [name] = segmentsIn(folder.path)
    const path = join(folder.path, name)
    const whole = readFileSync(path)
    const listed = listSegments(folder.path)
    await close(await open(folder.path, { compress: "gzip" }))
    expect(existsSync(`${path}.gz`)).toBe(true)
    // Whoever listed it before and reads it now gets it all the same.
    expect(Buffer.from(readSegment(listed[0]) ?? []).equals(whole)).toBe(true)
    const packed = readFileSync(`${path}.gz`)
    const torn = temporaryOf(`${path}.gz`)
    // Killed while writing the compressed file; killed before the plain one was removed.
    writeFileSync(path, whole)
    for (const leave of [() => renameSync(`${path}.gz`, torn), () => writeFileSync(`${path}.gz`, packed)]) {
      leave()
      expect(verifyJournal(folder.path).status).toBe("whole")
      expect(readJournal(folder.path).runs[0].records).toBeGreaterThan(100)
    }
    await close(await open(folder.path, { compress: "gzip" }))
    expect(existsSync(path)).toBe(false)
    expect(existsSync(torn)).toBe(false)
    expect(verifyJournal(folder.path).status).toBe("whole")
  })
})

describe("a run that was cut off", () => {
  it("can be read up to its last whole record, wherever the file ends", async () => {
    await runInto(folder.path, everyKind, UNSYNCED)
    const [name] = segmentsIn(folder.path)
    const path = join(folder.path, name)
    const { records } = readJournal(folder.path)
    const { size } = { size: readFileSync(path).length }
    let reached = records.length
    for (let length = size - 1; length >= 0; length--) {
      truncateSync(path, length)
      const { records: left, problems } = readJournal(folder.path)
      expect(problems.length).toBeLessThanOrEqual(1)
      expect(left.length).toBeLessThanOrEqual(reached)
      expect(left.length).toBeGreaterThanOrEqual(reached - 1)
      expect(left.at(-1)).toEqual(records[left.length - 1])
      if (length % 100 === 0) expect(verifyJournal(folder.path).status).not.toBe("damaged")
      const [problem] = problems
      if (problem !== undefined) expect([problem.kind, problem.at + problem.bytes]).toEqual(["torn", length])
      reached = left.length
    }
    expect(reached).toBe(0)
  })

  it("is repaired and followed by the next run, which records what was cut", async () => {
    await runInto(folder.path, everyKind, UNSYNCED)
    const [name] = segmentsIn(folder.path)
    const path = join(folder.path, name)
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length += 61) {
      for (const other of segmentsIn(folder.path)) rmSync(join(folder.path, other))
      writeFileSync(path, whole.subarray(0, length))
      const before = verifyJournal(folder.path)
      await runInto(folder.path, (engine) => engine.trip(), UNSYNCED)
      const after = verifyJournal(folder.path)
      expect(after).toMatchObject({ status: "whole", problems: [] })
      expect(after.runs[0].records).toBe(before.runs[0]?.records || after.runs[0].records)
      const cut = before.problems[0]?.bytes ?? 0
      const left = existsSync(path) ? readFileSync(path).length : 0
      if (before.records > 0) expect(left).toBe(length - cut)
    }
  })

  it("names the place of a changed byte, and the next run does not touch it", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 100 }), { compress: "none" })
    const [name] = segmentsIn(folder.path)
    const path = join(folder.path, name)
    const bytes = readFileSync(path)
    const at = bytes.length >> 1
    bytes[at] ^= 0x10
    writeFileSync(path, bytes)
    const report = verifyJournal(folder.path)
    const [problem] = report.problems
    expect(report.status).toBe("damaged")
    expect(problem).toMatchObject({ file: name, kind: "damaged" })
    expect(problem.at).toBeLessThanOrEqual(at)
    expect(problem.at + problem.bytes).toBeGreaterThan(at)
    const text = reportText(report)
    expect(text).toContain("The journal is damaged")
    expect(text).toContain(
      `${name}, bytes ${problem.at} to ${problem.at + problem.bytes - 1}, from record ${problem.seq}`,
    )
    await runInto(folder.path, (engine) => engine.trip(), { compress: "none" })
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(verifyJournal(folder.path).problems).toEqual(report.problems)
  })

  it("keeps its place in the chain if its archive cannot be unpacked", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 60 }), { compress: "none" })
    await close(await open(folder.path, { compress: "zstd" }))
    const packed = segmentsIn(folder.path).find((one) => one.endsWith(".zst")) ?? ""
    truncateSync(join(folder.path, packed), 100)
    await runInto(folder.path, (engine) => engine.trip())
    const report = verifyJournal(folder.path)
    expect(report).toMatchObject({ status: "damaged", problems: [{ kind: "unopenable", file: packed }] })
    expect(report.runs).toHaveLength(1)
  })
})

describe("a disk that fails", () => {
  it("loses, doubles and changes no record when it fills up and empties, at any byte", async () => {
    const run = await record(everyKind)
    const words = plain(run.words)
    const whole = folder.in("whole")
    const one = await open(whole)
    await writeAll(one, run, 7)
    await close(one)
    const size = readFileSync(join(whole, segmentsIn(whole)[0])).length
    for (let room = 0; room < size; room += 53) {
      const directory = folder.in(String(room))
      const handled = handledDisk()
      handled.room = room
      const sink = await open(directory, { disk: handled.disk, sync: "batch" })
      let failures = 0
      for (let i = 0; i < run.words.length; i += 7) {
        const batch = run.words.slice(i, i + 7)
        const exact = run.records.slice(i, i + 7).map(({ numbers }) => numbers)
        // With and without waiting, by turns.
        const error =
          i % 2 === 0
            ? await Effect.runPromise(
                Effect.match(sink.write(batch, exact), { onFailure: (e) => e, onSuccess: () => null }),
              )
            : (sink.writeNow?.(batch, exact) ?? null)
        if (error === null) continue
        expect(error).toMatchObject({ _tag: "AuditError", reason: "write", sink: "journal" })
        expect(error.message).toContain("ENOSPC")
        failures++
        // In between what is on the disk is whole up to what was acknowledged.
        expect(readJournal(directory).records.length).toBe(sink.state().writtenSeq)
        handled.room = Number.POSITIVE_INFINITY
        i -= 7
      }
      handled.room = Number.POSITIVE_INFINITY
      await close(sink)
      expect(failures).toBeLessThanOrEqual(1)
      expect(plain(readJournal(directory).records)).toEqual(words)
      expect(verifyJournal(directory).status).toBe("whole")
    }
  })

  // Root cause: a file that may not become longer was taken for a disk that is full, and waited for; the next file has room.
  it("continues in another segment at a file-size limit, and loses nothing at any limit", async () => {
    const run = await record((engine) => void drive(engine, { digests: 200 }))
    const words = plain(run.words)
    const whole = folder.in("whole")
    const one = await open(whole, { compress: "none" })
    await writeAll(one, { words: run.words.slice(0, 7), records: run.records.slice(0, 7) })
    // The first batch must find room in one file, and a header that says where the run stands has some more to say.
    const least = one.state().bytes + 500
    await writeAll(one, { words: run.words.slice(7), records: run.records.slice(7) })
    await close(one)
    const size = readFileSync(join(whole, segmentsIn(whole)[0])).length
    expect(size).toBeGreaterThan(2 * least)
    for (let longest = least; longest < size; longest += 199) {
      const directory = folder.in(String(longest))
      const handled = handledDisk()
      const sink = await open(directory, { disk: handled.disk, compress: "none" })
      handled.longest = longest
      for (let i = 0; i < run.words.length; i += 7) {
        const exact = run.records.slice(i, i + 7).map(({ numbers }) => numbers)
        const batch = run.words.slice(i, i + 7)
        if (i % 2 === 0) await Effect.runPromise(sink.write(batch, exact))
        else expect(sink.writeNow?.(batch, exact)).toBeNull()
      }
      await close(sink)
      expect(segmentsIn(directory).length).toBeGreaterThan(1)
      expect(plain(readJournal(directory).records)).toEqual(words)
      expect(verifyJournal(directory).status).toBe("whole")
      expect(lastStanding(directory)).toMatchObject({ damage: null, ended: true })
    }
  })

  it("is reported if not even the first batch fits into a file, and no more files are made", async () => {
    const run = await record(everyKind)
    const handled = handledDisk()
    handled.longest = 500
    const sink = await open(folder.path, { disk: handled.disk })
    for (let i = 0; i < 3; i++)
      await expect(writeAll(sink, run)).rejects.toMatchObject({ detail: expect.stringContaining("EFBIG") })
    expect(segmentsIn(folder.path)).toHaveLength(1)
    handled.longest = Number.POSITIVE_INFINITY
    await writeAll(sink, run)
    await close(sink)
    expect(plain(readJournal(folder.path).records)).toEqual(plain(run.words))
  })

  it("may refuse to sync, to begin a segment or to cut: the same batch is accepted later", async () => {
    const run = await record((engine) => void drive(engine, { digests: 60 }))
    // Within this run only the mark is placed, and written without waiting.
    for (const call of ["sync", "create", "truncate", "write", "place", "writeNow"] as const) {
      const directory = folder.in(call)
      const handled = handledDisk()
      const sink = await open(directory, {
        disk: handled.disk,
        sync: "batch",
        segmentBytes: 3000,
        compress: "none",
      })
      for (let i = 0; i < run.words.length; i++) {
        const exact = [run.records[i].numbers]
        handled.failing = call
        // A cut is asked for only where something failed before.
        if (call === "truncate") handled.room = 10
        const write = sink.write([run.words[i]], exact)
        const failed = await Effect.runPromise(
          Effect.match(write, { onFailure: () => true, onSuccess: () => false }),
        )
        handled.failing = null
        handled.room = Number.POSITIVE_INFINITY
        if (failed) await Effect.runPromise(sink.write([run.words[i]], exact))
      }
      await close(sink)
      expect(handled.calls[call]).toBeGreaterThan(3)
      expect(plain(readJournal(directory).records)).toEqual(plain(run.words))
      expect(verifyJournal(directory).status).toBe("whole")
    }
  })

  it("is an error of the start if it is unusable, and the directory stays free", async () => {
    const handled = handledDisk()
    handled.failing = "create"
    const error = await Effect.runPromise(Effect.flip(openJournal(folder.path, { disk: handled.disk })))
    expect(error).toMatchObject({ _tag: "AuditError", reason: "open", sink: "journal" })
    await close(await open(folder.path))
  })

  it("is synced with every batch, within a time, or not at all, as configured", async () => {
    const run = await record(everyKind)
    const syncs = async (sync: "batch" | "interval" | "never"): Promise<ReadonlyArray<number>> => {
      vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"], now: 1_800_000_000_000 })
      try {
        const { disk, calls } = handledDisk()
        const sink = await open(folder.in(sync), { disk, sync, syncEveryUs: 1_000_000 })
        await writeAll(sink, run, 10)
        const first = calls.sync
        await vi.advanceTimersByTimeAsync(1000)
        // The disk itself is real: let it answer.
        await vi.waitFor(
          () => expect(calls.sync === 0 || sink.state().syncedSeq === run.words.length).toBe(true),
          { timeout: 60_000 },
        )
        const later = calls.sync
        const { syncedSeq } = sink.state()
        await close(sink)
        return [first, later, syncedSeq]
      } finally {
        vi.useRealTimers()
      }
    }
    const batches = Math.ceil(run.words.length / 10)
    expect(await syncs("batch")).toEqual([batches, batches, run.words.length])
    // The beginning of a segment at once: what it follows on may be removed then.
    expect(await syncs("interval")).toEqual([1, 2, run.words.length])
    expect(await syncs("never")).toEqual([0, 0, 0])
  })
})
