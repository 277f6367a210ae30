/**
 * The files of a journal: one number for each segment, rising over all runs of a directory; closed ones compressed in the
 * background; the oldest removed when there are too many. The order of the numbers is the order of the chain.
 */
import { hash as nodeHash } from "node:crypto"
import {
  createReadStream,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs"
import { unlink } from "node:fs/promises"
import { basename, join } from "node:path"
import { pipeline } from "node:stream/promises"
// Not by name: an older Node has no zstd, and gets a clear message instead (nodeVersion.ts).
import * as zlib from "node:zlib"
import type { Hash } from "../format/frames.ts"
import type { SyncedMark } from "../format/SyncedMark.ts"
import type { JournalLink } from "../format/JournalHeader.ts"
import {
  lost,
  overwritten,
  scanSegment,
  sealedEnd,
  type SegmentScan,
  type VisitEntry,
  type VisitState,
} from "../format/scanSegment.ts"
import { MARK } from "./journalMark.ts"
import { LEARNED } from "./learnedFile.ts"
import { removeTorn, writeAtomicallyBy } from "../../system/atomicFile.ts"
import { PRIVATE } from "../../system/privateFile.ts"

export const sha256: Hash = (bytes) => nodeHash("sha256", bytes, "buffer")

/** How closed segments are kept. */
export type Compression = "zstd" | "gzip" | "none"

/** The ends of the names of segments, by how they are kept. */
const ENDS = { none: "", zstd: ".zst", gzip: ".gz" } as const
const NAME = /^journal-(\d{8,15})\.arqj(\.zst|\.gz)?$/
/** Put behind the name of a file that is no segment, though it is called one. */
const SET_ASIDE = ".torn"

export interface SegmentFile {
  readonly number: number
  readonly path: string
  readonly compression: Compression
}

export const segmentPath = (directory: string, number: number): string =>
  join(directory, `journal-${String(number).padStart(8, "0")}.arqj`)

const compressionOf = (end: string | undefined): Compression =>
  end === ENDS.zstd ? "zstd" : end === ENDS.gzip ? "gzip" : "none"

/**
 * The segments of a directory by number. Where one is there both plain and compressed, its compression was cut short: the plain one
 * counts, which is removed last.
 */
export function listSegments(directory: string): ReadonlyArray<SegmentFile> {
  const found = new Map<number, SegmentFile>()
  for (const name of readdirSync(directory)) {
    const match = NAME.exec(name)
    if (match === null) continue
    const file = {
      number: Number(match[1]),
      path: join(directory, name),
      compression: compressionOf(match[2]),
    }
    if (!found.has(file.number) || file.compression === "none") found.set(file.number, file)
  }
  return [...found.values()].sort((a, b) => a.number - b.number)
}

/**
 * The bytes of a segment as they were written; null where it has been removed since it was listed. Throws what the file
 * system or the decompression does.
 */
export function readSegment(file: SegmentFile): Uint8Array | null {
  const bytes = bytesOf(file.path)
  if (bytes !== null) return unpack(bytes, file.compression)
  // Listed plain, and compressed in the moment since.
  for (const compression of ["zstd", "gzip"] as const) {
    const packed = file.compression === "none" ? bytesOf(`${file.path}${ENDS[compression]}`) : null
    if (packed !== null) return unpack(packed, compression)
  }
  return null
}

/**
 * Bytes that an archive may hold: no larger segment is compressed. A few kilobytes can unpack to gigabytes, and
 * reading a journal must not cost that much.
 */
export const MOST_UNPACKED = 64 * 1024 * 1024

function unpack(bytes: Uint8Array, compression: Compression): Uint8Array {
  if (compression === "none") return bytes
  const most = { maxOutputLength: MOST_UNPACKED }
  let unpacked: Uint8Array
  try {
    unpacked = compression === "gzip" ? zlib.gunzipSync(bytes, most) : zlib.zstdDecompressSync(bytes, most)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw cause
    throw new Error(
      `it unpacks to more than ${MOST_UNPACKED} bytes, more than any compressed segment: restore it from a copy`,
      { cause },
    )
  }
  // What was never written to is removed and not compressed.
  if (unpacked.length === 0) throw new Error("it is an empty archive: restore it from a copy")
  return unpacked
}

function bytesOf(path: string): Uint8Array | null {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
}

/**
 * Removes what a process left that was killed while compressing, or while writing what it had learned. The segment itself stays.
 */
export function removeLeftovers(directory: string): void {
  removeTorn(directory, (file) => NAME.test(file) || file === LEARNED || file === MARK)
  const names = readdirSync(directory)
  const there = new Set(names)
  for (const name of names) {
    const plain = name.replace(/\.(zst|gz)$/, "")
    if (NAME.test(name) && plain !== name && there.has(plain)) rmSync(join(directory, name), { force: true })
  }
}

/**
 * Whether the run of the segments before `files[at]` had ended there: where no mark says how far the journal was synced, only then
 * may the bytes of the next one mean nothing, because none was promised in them.
 */
function runEndedBefore(files: ReadonlyArray<SegmentFile>, at: number): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const bytes = bytesOrNull(files[i])
    if (bytes === null) return false
    if (bytes.length > 0) return sealedEnd(bytes, sha256)?.ended === true
  }
  return false
}

/** Reads the segment `files[at]`, and judges it by where it stands and by what was claimed of it. */
export function scanAt(
  files: ReadonlyArray<SegmentFile>,
  at: number,
  bytes: Uint8Array,
  mark: SyncedMark | null,
  visit?: VisitEntry,
): SegmentScan {
  const { number } = files[at]
  return judged(scanMarked(number, bytes, mark, visit), number, mark, () => runEndedBefore(files, at))
}

/** A scan that looks for the place up to which a segment was synced, where the mark is about this one. */
export function scanMarked(
  number: number,
  bytes: Uint8Array,
  mark: SyncedMark | null,
  visit?: VisitEntry,
  pass?: VisitState,
): SegmentScan {
  if (mark === null || !claims(mark, number)) return scanSegment(bytes, sha256, visit, pass)
  let reached = false
  const scan = scanSegment(bytes, sha256, visit, (state, seq) => {
    reached ||= state.every((byte, i) => byte === mark.state[i])
    pass?.(state, seq)
  })
  return reached ? scan : lost(scan, mark.bytes, mark.seq)
}

/** Nothing is promised in a segment before its first sync: until then a loss of power may leave anything in it. */
export function judged(
  scan: SegmentScan,
  number: number,
  mark: SyncedMark | null,
  endedBefore: () => boolean,
): SegmentScan {
  if (!scan.headless || (mark !== null && number > mark.number)) return scan
  return endedBefore() ? scan : overwritten(scan)
}

/** Whether a mark is about this segment, and something was synced in it. */
export const claims = (mark: SyncedMark | null, number: number): boolean =>
  mark !== null && mark.bytes > 0 && mark.number === number

/** What is wrong where the segment that a mark is about is not there, in words. */
export const goneText = ({ number, seq }: SyncedMark): string =>
  `${basename(segmentPath("", number))} is gone, and records up to ${seq} were on the disk for good in it: bring it back, ` +
  `or remove ${MARK} too where all was removed on purpose`

/**
 * Where the chain of a directory ends: its last segment, a torn tail cut off it. Segments that were never written to are
 * removed, or set aside where something stands in them. Null where there is none.
 */
export function chainEnd(directory: string, mark: SyncedMark | null): JournalLink | null {
  const files = listSegments(directory)
  for (let at = files.length - 1; at >= 0; at--) {
    const file = files[at]
    const bytes = bytesOrNull(file)
    // A broken archive is no reason not to begin: the chain says that it begins anew behind it.
    if (bytes === null) return UNREADABLE
    if (bytes.length === 0 && claims(mark, file.number)) continue
    const scan = sealedEnd(bytes, sha256) === null ? scanAt(files, at, bytes, mark) : scanHeader(bytes)
    const { header, problems, headless } = scan
    const torn = problems.at(-1)?.kind === "torn" && problems.length === 1
    if (header === null && (problems.length === 0 || torn)) {
      // Nothing was promised in it. What is more than the beginning of a header is kept out of the way for a person to look at.
      if (headless) renameSync(file.path, `${file.path}${SET_ASIDE}`)
      else rmSync(file.path)
      continue
    }
    const cut = torn && file.compression === "none"
    if (cut) truncateSync(file.path, scan.trustedBytes)
    return {
      run: header?.run ?? "unreadable",
      segment: header?.segment ?? 0,
      lastSeq: scan.lastSeq,
      hash: scan.head,
      cutBytes: cut ? bytes.length - scan.trustedBytes : 0,
    }
  }
  return null
}

const UNREADABLE: JournalLink = {
  run: "unreadable",
  segment: 0,
  lastSeq: 0,
  hash: "0".repeat(64),
  cutBytes: 0,
}

/** What has nothing to do with the file: it is the process that cannot read just now. */
const PASSING: ReadonlyArray<unknown> = ["EMFILE", "ENFILE", "ENOMEM"]

/** Null where the file itself cannot be read or unpacked, or is gone. */
function bytesOrNull(file: SegmentFile): Uint8Array | null {
  try {
    return readSegment(file)
  } catch (cause) {
    if (PASSING.includes((cause as NodeJS.ErrnoException).code)) throw cause
    return null
  }
}

/** A sealed segment without reading all of it: its header, and what its last frame says. */
function scanHeader(bytes: Uint8Array): SegmentScan {
  const end = sealedEnd(bytes, sha256)
  const first = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(20, true)
  const head = scanSegment(bytes.subarray(0, Math.min(bytes.length, 24 + first)), sha256)
  return end === null ? head : { ...head, problems: [], lastSeq: end.lastSeq, head: end.head }
}

/** Compresses every closed segment below `current`, one after the other, while `goOn` says so. */
export async function compressClosed(
  directory: string,
  current: number,
  compression: "zstd" | "gzip",
  goOn: () => boolean,
): Promise<void> {
  for (const file of listSegments(directory)) {
    if (!goOn()) return
    if (file.compression !== "none" || file.number >= current) continue
    const { size } = statSync(file.path)
    // A file that was made and never written to.
    if (size === 0) await unlink(file.path)
    else if (size <= MOST_UNPACKED) await compressSegment(file, compression)
  }
}

/** Compresses a closed segment: it is there plain or compressed, whole, at every moment. */
async function compressSegment(file: SegmentFile, compression: "zstd" | "gzip"): Promise<void> {
  const squeeze = compression === "zstd" ? zlib.createZstdCompress() : zlib.createGzip()
  await writeAtomicallyBy(
    `${file.path}${ENDS[compression]}`,
    (write) =>
      pipeline(createReadStream(file.path), squeeze, async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) await write(chunk)
      }),
    PRIVATE,
  )
  await unlink(file.path)
}

/** What is kept of closed segments; whatever limit is reached first. */
interface Retention {
  readonly keepBytes: number
  readonly keepSegments: number
  /** Since they were last written to. */
  readonly keepUs: number
}

/** Removes the oldest segments below `current` until the rest is within the limits; returns how many. */
export function removeOldest(directory: string, current: number, limits: Retention, nowMs: number): number {
  const segments = listSegments(directory).map((file) => {
    const { size, mtimeMs } = statSync(file.path)
    return { ...file, size, mtimeMs }
  })
  let bytes = segments.reduce((sum, { size }) => sum + size, 0)
  let count = segments.length
  let removed = 0
  for (const { number, path, size, mtimeMs } of segments) {
    if (number >= current) break
    const within =
      bytes <= limits.keepBytes && count <= limits.keepSegments && 1000 * (nowMs - mtimeMs) <= limits.keepUs
    if (within) break
    rmSync(path, { force: true })
    bytes -= size
    count--
    removed++
  }
  return removed
}
