/**
 * The last good boundaries of a growing host on disk. Each checkpoint is announced in a write-ahead log, written under a temporary name,
 * synced, given its name, and committed in the log; three are kept. Wherever a process is killed, opening the folder again gives the last
 * boundary that was committed, or the one that was being committed if all of it is there. All of it happens off the boundary.
 *
 * A checkpoint that was committed and is not there, or not as it was, is reported, and the one before takes its place. If none is left,
 * opening is refused: a person decides whether to start over.
 */
import { growthProblem } from "../../domain/GrowthError.ts"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setImmediate as turn } from "node:timers/promises"
import { crc32 } from "node:zlib"
import { removeTorn, writeAtomicallyBy } from "../../system/atomicFile.ts"
import { PRIVATE } from "../../system/privateFile.ts"
import { FrameLog, type FrameRecord } from "./FrameLog.ts"

const KEPT = 3
/** Records of the log between two rewrites of it. */
const LOG_RECORDS = 64
const LOG = "checkpoints.log"
const NAME = /^checkpoint-(\d{8})$/
/** Hashed at once; in between the thread has other things to do. */
const CHUNK = 1 << 20

const BEGIN = 1
const COMMIT = 2

/** Before the content: what it is, CRC-32 and SHA-256 of the content, boundary, length. Little-endian. */
const MAGIC = Uint8Array.of(0x41, 0x52, 0x51, 0x4f, 0x4e, 0x43, 1, 0)
const CRC_AT = 8
const HASH_AT = 12
const BOUNDARY_AT = 44
const LENGTH_AT = 52
const CONTENT_AT = 60

export interface Checkpoint {
  /** Number of the boundary after which it was taken. */
  readonly boundary: number
  readonly content: Uint8Array
}

export interface OpenedCheckpoints {
  readonly checkpoints: Checkpoints
  /** The last good one; null where none was ever committed. */
  readonly last: Checkpoint | null
  /** What is wrong with those that were passed over, a sentence each. */
  readonly problems: ReadonlyArray<string>
}

interface Begun {
  readonly number: number
  readonly boundary: number
  readonly bytes: number
  /** SHA-256 of the content, hexadecimal. */
  readonly hash: string
}

interface Committed {
  readonly number: number
}

export class Checkpoints {
  private readonly folder: string
  private readonly log: FrameLog
  /** Those on disk, oldest first. */
  private kept: ReadonlyArray<Begun>
  private records: number
  private number: number
  private saving: Promise<void> = Promise.resolve()

  private constructor(
    folder: string,
    log: FrameLog,
    kept: ReadonlyArray<Begun>,
    records: number,
    number: number,
  ) {
    this.folder = folder
    this.log = log
    this.kept = kept
    this.records = records
    this.number = number
  }

  /** Opens the checkpoints of a folder. The caller holds the lock of the folder. */
  static async open(folder: string): Promise<OpenedCheckpoints> {
    removeTorn(folder, (file) => NAME.test(file) || file === LOG)
    const { log, records } = await FrameLog.open(join(folder, LOG))
    const committed = records.flatMap(({ kind, data }) =>
      kind === COMMIT ? [(data as Committed).number] : [],
    )
    const lastCommitted = committed.at(-1) ?? 0
    const expected = new Set(committed.slice(-KEPT))
    const problems: Array<string> = []
    const kept: Array<Begun> = []
    let number = 0
    let last: Checkpoint | null = null
    for (const { kind, data } of records) {
      if (kind !== BEGIN) continue
      const begun = data as Begun
      number = Math.max(number, begun.number)
      const isExpected = expected.has(begun.number)
      if (!isExpected && begun.number < lastCommitted) continue
      const found = readCheckpoint(folder, begun)
      if (typeof found !== "string") {
        last = found
        kept.push(begun)
      } else if (isExpected) problems.push(found)
    }
    if (last === null && committed.length > 0) {
      await log.close()
      throw growthProblem(
        "state",
        `no checkpoint in ${folder} can be read: ${problems.join(" ")}`,
        "Restore one from a copy, or name another folder to start over.",
      )
    }
    const checkpoints = new Checkpoints(folder, log, kept, records.length, number)
    // What was complete but not committed counts from now on; what was begun and is not complete never was.
    if (problems.length > 0 || kept.some((one) => !committed.includes(one.number)))
      await checkpoints.shorten()
    checkpoints.tidy()
    return { checkpoints, last, problems }
  }

  /** What is wrong with the checkpoints of a folder, which stays as it is: a sentence for each that was committed and is not as it was. */
  static problemsIn(folder: string): ReadonlyArray<string> {
    const records = FrameLog.read(join(folder, LOG)) ?? []
    const committed = records.flatMap(({ kind, data }) =>
      kind === COMMIT ? [(data as Committed).number] : [],
    )
    const expected = committed.slice(-KEPT)
    return records.flatMap(({ kind, data }) => {
      if (kind !== BEGIN || !expected.includes((data as Begun).number)) return []
      const found = readCheckpoint(folder, data as Begun)
      return typeof found === "string" ? [found] : []
    })
  }

  /**
   * Resolves when the boundary would survive a loss of power; rejects with what the disk says, and then the checkpoints before still
   * stand. The content must not change meanwhile. Saves run one after the other.
   */
  save(boundary: number, content: Uint8Array): Promise<void> {
    const save = (): Promise<void> => this.write(boundary, content)
    const next = this.saving.then(save, save)
    this.saving = next
    return next
  }

  async close(): Promise<void> {
    await this.saving.catch(() => {
      // The caller of that save has been told.
    })
    await this.log.close()
  }

  private async write(boundary: number, content: Uint8Array): Promise<void> {
    const number = ++this.number
    const head = await headOf(boundary, content)
    const hash = Buffer.from(head.subarray(HASH_AT, BOUNDARY_AT)).toString("hex")
    const begun: Begun = { number, boundary, bytes: content.length, hash }
    await this.log.append({ kind: BEGIN, data: begun })
    this.records++
    await writeAtomicallyBy(
      pathOf(this.folder, number),
      async (to) => {
        await to(head)
        await to(content)
      },
      PRIVATE,
    )
    await this.log.append({ kind: COMMIT, data: { number } })
    this.records++
    this.kept = [...this.kept, begun].slice(-KEPT)
    this.tidy()
    if (this.records >= LOG_RECORDS) await this.shorten()
  }

  /** Removes the files of checkpoints that are not kept. */
  private tidy(): void {
    this.kept = this.kept.slice(-KEPT)
    const stays = new Set(this.kept.map(({ number }) => number))
    for (const name of readdirSync(this.folder)) {
      const number = NAME.exec(name)?.[1]
      if (number !== undefined && !stays.has(Number(number))) rmSync(join(this.folder, name), { force: true })
    }
  }

  private async shorten(): Promise<void> {
    const records = this.kept.flatMap(
      (one): ReadonlyArray<FrameRecord> => [
        { kind: BEGIN, data: one },
        { kind: COMMIT, data: { number: one.number } },
      ],
    )
    await this.log.replace(records)
    this.records = records.length
  }
}

const pathOf = (folder: string, number: number): string =>
  join(folder, `checkpoint-${String(number).padStart(8, "0")}`)

async function headOf(boundary: number, content: Uint8Array): Promise<Uint8Array> {
  const hash = createHash("sha256")
  let crc = 0
  for (let from = 0; from < content.length; from += CHUNK) {
    if (from > 0) await turn()
    const chunk = content.subarray(from, from + CHUNK)
    hash.update(chunk)
    crc = crc32(chunk, crc)
  }
  const head = new Uint8Array(CONTENT_AT)
  const view = new DataView(head.buffer)
  head.set(MAGIC)
  view.setUint32(CRC_AT, crc, true)
  head.set(hash.digest(), HASH_AT)
  view.setFloat64(BOUNDARY_AT, boundary, true)
  view.setFloat64(LENGTH_AT, content.length, true)
  return head
}

/** The checkpoint, or what is wrong with it. */
function readCheckpoint(folder: string, begun: Begun): Checkpoint | string {
  const wrong = (what: string): string => `The checkpoint of boundary ${begun.boundary} ${what}.`
  let bytes: Uint8Array
  try {
    bytes = readFileSync(pathOf(folder, begun.number))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return wrong("is gone")
    throw cause
  }
  if (bytes.length < CONTENT_AT || MAGIC.some((byte, i) => bytes[i] !== byte))
    return wrong("is not one of this version")
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const content = new Uint8Array(bytes.subarray(CONTENT_AT))
  const hash = createHash("sha256").update(content).digest()
  const agrees =
    content.length === begun.bytes &&
    view.getFloat64(LENGTH_AT, true) === begun.bytes &&
    view.getFloat64(BOUNDARY_AT, true) === begun.boundary &&
    view.getUint32(CRC_AT, true) === crc32(content) &&
    hash.equals(bytes.subarray(HASH_AT, BOUNDARY_AT)) &&
    hash.toString("hex") === begun.hash
  return agrees ? { boundary: begun.boundary, content } : wrong("was changed: its hash is another one")
}
