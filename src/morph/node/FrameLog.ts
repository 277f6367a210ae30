/**
 * An append-only file of small records: the journal's frames (checksum, chained hash, length) behind a head that says what the file is.
 * What an append resolved for survives a loss of power. A torn tail, as a killed process leaves it, is cut off when the file is opened;
 * damage with whole records behind it is no torn tail, and refused.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { basename } from "node:path"
import {
  BODY_AT,
  carriesLink,
  findFrame,
  FrameBuilder,
  frameBytes,
  type Hash,
  nextState,
  NO_FRAME,
  searchBudget,
} from "../../journal/format/frames.ts"
import { writeAtomicallyBy } from "../../system/atomicFile.ts"
import { PRIVATE } from "../../system/privateFile.ts"

const HEAD = Uint8Array.of(0x41, 0x52, 0x51, 0x4f, 0x4e, 0x47, 1, 0)

const sha256: Hash = (bytes) => createHash("sha256").update(bytes).digest()

/** What a record is: 1 to 3, so that a reader that looks for whole records behind damage finds it. */
export type FrameKind = 1 | 2 | 3

export interface FrameRecord {
  readonly kind: FrameKind
  /** Plain data; non-finite numbers are the caller's business. */
  readonly data: unknown
}

interface Found {
  readonly records: ReadonlyArray<FrameRecord>
  /** Bytes that check, and the chain's state behind them. */
  readonly length: number
  readonly state: Uint8Array
}

export class FrameLog {
  private readonly path: string
  private file: FileHandle
  private length: number
  private frames: FrameBuilder
  private last: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle, { length, state }: Found) {
    this.path = path
    this.file = file
    this.length = length
    this.frames = new FrameBuilder(sha256, state)
  }

  /** Opens the file, or makes it, and returns what stands in it. */
  static async open(
    path: string,
  ): Promise<{ readonly log: FrameLog; readonly records: ReadonlyArray<FrameRecord> }> {
    const bytes = readBytes(path)
    // What is too short for a head was cut off while it was made.
    if (bytes === null || bytes.length < HEAD.length) await write(path, [])
    const found = read(bytes === null || bytes.length < HEAD.length ? HEAD : bytes, path)
    const file = await open(path, "r+", PRIVATE)
    try {
      if (found.length < (bytes?.length ?? 0)) {
        await file.truncate(found.length)
        await file.sync()
      }
    } catch (cause) {
      await file.close()
      throw cause
    }
    return { log: new FrameLog(path, file, found), records: found.records }
  }

  /** What stands in a file, which stays as it is: nobody's lock is needed. Null where there is none. */
  static read(path: string): ReadonlyArray<FrameRecord> | null {
    const bytes = readBytes(path)
    return bytes === null || bytes.length < HEAD.length ? null : read(bytes, path).records
  }

  /** The same, with the bytes behind the last whole record and the hash that its chain ends with. */
  static survey(path: string): {
    readonly records: ReadonlyArray<FrameRecord>
    readonly torn: number
    readonly hash: string
  } {
    const bytes = readBytes(path) ?? HEAD
    const isHeadless = bytes.length < HEAD.length
    const { records, length, state } = read(isHeadless ? HEAD : bytes, path)
    return {
      records,
      torn: bytes.length - (isHeadless ? 0 : length),
      hash: Buffer.from(state).toString("hex"),
    }
  }

  /** Bytes at a file's end that are no whole record: a kill cut them off, or somebody has changed them. */
  static torn(path: string): number {
    return FrameLog.survey(path).torn
  }

  /** Resolves when the records are on the disk. On a failure the file is as it was. */
  append(...records: ReadonlyArray<FrameRecord>): Promise<void> {
    return this.after(async () => {
      const { frames } = this
      for (const record of records) put(frames, record)
      const { bytes } = frames
      try {
        for (let at = 0; at < bytes.length; )
          at += (await this.file.write(bytes, at, bytes.length - at, this.length + at)).bytesWritten
        await this.file.sync()
      } catch (cause) {
        frames.reset()
        await this.file.truncate(this.length).catch(() => {
          // The next append writes over the same place, and a reader takes it for a torn tail.
        })
        throw cause
      }
      this.length += bytes.length
      frames.commit()
    })
  }

  /** Puts a file with these records in the place of this one, whole. */
  replace(records: ReadonlyArray<FrameRecord>): Promise<void> {
    return this.after(async () => {
      await write(this.path, records)
      const found = read(readBytes(this.path) ?? HEAD, this.path)
      const before = this.file
      this.file = await open(this.path, "r+", PRIVATE)
      this.length = found.length
      this.frames = new FrameBuilder(sha256, found.state)
      await before.close()
    })
  }

  /** Waits for what was asked for, and closes the file. */
  close(): Promise<void> {
    return this.after(() => this.file.close())
  }

  /** One after the other; a failure of one does not keep the next from being tried. */
  private after(act: () => Promise<void>): Promise<void> {
    const next = this.last.then(act, act)
    this.last = next
    return next
  }
}

function put(frames: FrameBuilder, { kind, data }: FrameRecord): void {
  frames.begin()
  frames.byte(kind)
  frames.raw(Buffer.from(JSON.stringify(data)))
  frames.end()
}

async function write(path: string, records: ReadonlyArray<FrameRecord>): Promise<void> {
  const frames = new FrameBuilder(sha256, sha256(HEAD))
  frames.raw(HEAD)
  for (const record of records) put(frames, record)
  await writeAtomicallyBy(path, (to) => to(frames.bytes), PRIVATE)
}

function readBytes(path: string): Uint8Array | null {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
}

function read(bytes: Uint8Array, path: string): Found {
  if (HEAD.some((byte, i) => bytes[i] !== byte))
    throw growthProblem(
      "state",
      `${basename(path)} was not written by this version of arqon.`,
      "Name another folder.",
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: Array<FrameRecord> = []
  let state = sha256(HEAD)
  let at = HEAD.length
  for (; at < bytes.length; ) {
    const size = frameBytes(bytes, view, at)
    if (size === 0) break
    const next = nextState(sha256, state, bytes, at, size - BODY_AT)
    if (!carriesLink(bytes, at, next)) throw damaged(path, at)
    state = next
    const body = bytes.subarray(at + BODY_AT, at + size)
    records.push({ kind: body[0] as FrameKind, data: dataIn(body.subarray(1), path, at) })
    at += size
  }
  if (at < bytes.length && findFrame(bytes, view, at, searchBudget()) !== NO_FRAME) throw damaged(path, at)
  return { records, length: at, state }
}

/** Its checksum is right, so it was written like this. */
function dataIn(bytes: Uint8Array, path: string, at: number): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw growthProblem(
      "state",
      `${basename(path)} has a record at byte ${at} that cannot be read as JSON: another program wrote it.`,
      "Restore it from a copy, or name another folder.",
    )
  }
}

const damaged = (path: string, at: number) =>
  growthProblem(
    "state",
    `${basename(path)} is damaged at byte ${at}, and whole records follow: its end was not just cut off.`,
    "Restore it from a copy, or name another folder.",
  )
