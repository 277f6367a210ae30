/** Journals on a real disk, and disks that fail when they are told to. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach } from "vitest"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { type JournalOptions, type JournalSink, openJournal } from "../../src/platform/node/index.ts"
import { MARK } from "../../src/journal/disk/journalMark.ts"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import type { Recorded } from "../engine/recordedRun.ts"
import { type Knob, manual } from "../engine/plant.ts"

/** A folder of its own for every test. */
export function ownFolder(): { readonly path: string; readonly in: (name: string) => string } {
  let path = ""
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), "arqon-journal-"))
  })
  afterEach(() => rmSync(path, { recursive: true, force: true }))
  return {
    get path() {
      return path
    },
    in: (name) => join(path, name),
  }
}

export const open = (directory: string, options: JournalOptions = {}): Promise<JournalSink> =>
  Effect.runPromise(openJournal(directory, options))
export const close = (sink: JournalSink): Promise<void> => Effect.runPromise(sink.close)

/** Everything recorded so far, in batches as the trail would hand it over. */
export async function writeAll(sink: JournalSink, { words, records }: Recorded, batch = 16): Promise<void> {
  for (let i = 0; i < words.length; i += batch) {
    const exact = records.slice(i, i + batch).map(({ numbers }) => numbers)
    await Effect.runPromise(sink.write(words.slice(i, i + batch), exact))
  }
}

/** A manual run whose journal lies in `directory`. */
export async function runInto(
  directory: string,
  act: (engine: ArqonEngine<Knob>) => void,
  options: JournalOptions = {},
  engineOptions: Partial<EngineOptions<Knob>> = {},
): Promise<ArqonEngine<Knob>> {
  const engine = manual({
    ...engineOptions,
    audit: { digests: true, memory: 100_000 },
    sinks: [await open(directory, options)],
  })
  await engine.start()
  act(engine)
  await engine.stop()
  return engine
}

export const segmentsIn = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory)
    .filter((name) => name.startsWith("journal-"))
    .sort()

/** What is written this way nobody has promised to keep over a loss of power: cut off, it is torn, and not damaged. */
export const UNSYNCED = { sync: "never", compress: "none" } as const

/** As before there were marks, or before the first sync: only the segments themselves can say what was in them. */
export const withoutMark = (directory: string): void => rmSync(join(directory, MARK))

/** As Node reports it. */
export const refusal = (code: string): Error => Object.assign(new Error(`${code}: said the test`), { code })

/** Node's own disk with a hand on it. */
export interface Handled {
  readonly disk: JournalDisk
  /** Bytes that still find room; a write beyond them writes what fits and fails. */
  room: number
  /** Bytes that a file may have, as `ulimit -f` says it; a write beyond them writes what fits and fails. */
  longest: number
  /** Makes every call of this name fail. */
  failing: keyof JournalDisk | null
  /** Calls so far, by name. */
  readonly calls: Record<keyof JournalDisk, number>
}

export function handledDisk(): Handled {
  const calls = {
    create: 0,
    place: 0,
    write: 0,
    writeNow: 0,
    sync: 0,
    syncNow: 0,
    isThere: 0,
    truncate: 0,
    close: 0,
  }
  const placed = new Set<number>()
  const note = (name: keyof JournalDisk): void => {
    calls[name]++
    if (handled.failing === name) throw refusal("EIO")
  }
  const fit = (bytes: Uint8Array): Uint8Array => {
    const part = bytes.subarray(0, Math.max(0, handled.room))
    handled.room -= part.length
    return part
  }
  const full = (bytes: Uint8Array, part: Uint8Array): void => {
    if (part.length < bytes.length) throw refusal("ENOSPC")
  }
  const inFile = (bytes: Uint8Array, at: number): Uint8Array =>
    bytes.subarray(0, Math.max(0, handled.longest - at))
  const tooLong = (bytes: Uint8Array, at: number): void => {
    if (at + bytes.length > handled.longest) throw refusal("EFBIG")
  }
  const disk: JournalDisk = {
    create: (path) => {
      note("create")
      return nodeDisk.create(path)
    },
    place: (path, bytes) => {
      note("place")
      const fd = nodeDisk.place(path, bytes)
      placed.add(fd)
      return fd
    },
    write: async (fd, bytes, at) => {
      note("write")
      const part = fit(inFile(bytes, at))
      await nodeDisk.write(fd, part, at)
      tooLong(bytes, at)
      full(bytes, part)
    },
    writeNow: (fd, bytes, at) => {
      note("writeNow")
      // What was placed has its room.
      const part = placed.has(fd) ? bytes : fit(inFile(bytes, at))
      nodeDisk.writeNow(fd, part, at)
      tooLong(bytes, at)
      full(bytes, part)
    },
    sync: async (fd) => {
      note("sync")
      await nodeDisk.sync(fd)
    },
    syncNow: (fd) => {
      note("syncNow")
      nodeDisk.syncNow(fd)
    },
    isThere: (fd) => {
      note("isThere")
      return nodeDisk.isThere(fd)
    },
    truncate: (fd, length) => {
      note("truncate")
      nodeDisk.truncate(fd, length)
    },
    close: (fd) => {
      note("close")
      placed.delete(fd)
      nodeDisk.close(fd)
    },
  }
  const endless = Number.POSITIVE_INFINITY
  const handled: Handled = { disk, room: endless, longest: endless, failing: null, calls }
  return handled
}
