/**
 * Reads one segment of a journal and says how far it can be trusted. Total: any bytes give an answer. A torn tail, as a
 * process or a machine leaves it that ended during a write, is distinguished from damage in the middle, where whole records still
 * follow, and both from a record that was changed with its checksum.
 */
import { RECORD_POINT, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import {
  BODY_AT,
  carriesLink,
  FILE_HEAD,
  findFrame,
  firstState,
  frameBytes,
  type Hash,
  hex,
  LONGEST_BODY,
  nextState,
  NO_FRAME,
  readFileHead,
  searchBudget,
  STATE_BYTES,
} from "./frames.ts"
import { type JournalHeader, readHeader } from "./JournalHeader.ts"
import { BodyReader, decodeRecord, HEADER_FRAME, RECORD_FRAME, SEAL_FRAME } from "./recordCodec.ts"

/** Doubles of a point at least: see AuditRing. */
const LEAST_POINT = 4

export interface JournalEntry {
  readonly seq: number
  /** Where its frame begins, and how long it is. */
  readonly at: number
  readonly bytes: number
  /** As it lay on the ring. Overwritten by the next entry: copy what is to be kept. */
  readonly numbers: Float64Array
  readonly note: string | null
  /** False behind damage: its checksum is right, but nothing says that it belongs there. */
  readonly chained: boolean
}

/** Gets every record that checks, in order; the header is null where it was damaged. */
export type VisitEntry = (entry: JournalEntry, header: JournalHeader | null) => void

/** Gets the chain's state (32 bytes) behind every frame that can be trusted, and the number of the record before it. */
export type VisitState = (state: Uint8Array, seq: number) => void

/**
 * - `otherVersion`: a journal of another version of the format.
 * - `torn`: the end is missing or was never written; nothing whole follows. Where not even a header is left (`headless`), it depends
 *   on the segment before whether that is so: see `overwritten`.
 * - `damaged`: bytes that do not check, with whole frames behind them.
 * - `changed`: the checksum is right and the chain is not: this frame, or the one before it, was replaced.
 * - `unreadable`: a frame that checks and makes no sense. `gap`: record numbers are missing or out of order.
 * - `afterSeal`: something stands behind the end.
 */
export type SegmentProblemKind =
  | "otherVersion"
  | "torn"
  | "damaged"
  | "changed"
  | "unreadable"
  | "gap"
  | "afterSeal"

export interface SegmentProblem {
  readonly kind: SegmentProblemKind
  /** Offset of the first byte concerned, and how many are. */
  readonly at: number
  readonly bytes: number
  /** Number of the record that stands there, or should; null where it is not about a record. */
  readonly seq: number | null
  readonly detail: string
}

export interface SegmentScan {
  readonly header: JournalHeader | null
  /** Records that were read, chained or not. */
  readonly records: number
  /** Number of the last record of the trusted prefix; `firstSeq - 1` where there is none. */
  readonly lastSeq: number
  /** It was ended on purpose, and nothing is missing. */
  readonly sealed: boolean
  /** Sealed, and the run ended with it. */
  readonly ended: boolean
  /** There are bytes, nothing whole among them, and they do not begin as a header does that was cut off. */
  readonly headless: boolean
  readonly bytes: number
  /** The longest prefix in which everything checks, in bytes. */
  readonly trustedBytes: number
  /** State of the chain at the end of that prefix, 64 hexadecimal digits. */
  readonly head: string
  /** In the order of the file. */
  readonly problems: ReadonlyArray<SegmentProblem>
}

class Scan {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly hash: Hash
  private readonly visit: VisitEntry | undefined
  private readonly pass: VisitState | undefined
  private readonly body: BodyReader
  private readonly budget = searchBudget()
  private readonly problems: Array<SegmentProblem> = []
  private header: JournalHeader | null = null
  private numbers = new Float64Array(0)
  private records = 0
  private seq = 0
  private trustedSeq = 0
  private sealed = false
  private ended = false
  private chained = true
  private state: Uint8Array
  /** The chain's state before the frame being read. */
  private before: Uint8Array
  private trustedState: Uint8Array
  private trustedBytes = 0

  constructor(bytes: Uint8Array, hash: Hash, visit: VisitEntry | undefined, pass: VisitState | undefined) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.hash = hash
    this.visit = visit
    this.pass = pass
    this.body = new BodyReader(bytes, this.view)
    this.state = firstState(hash)
    this.before = this.state
    this.trustedState = this.state
  }

  run(): SegmentScan {
    if (this.readHead()) this.readFrames()
    return {
      header: this.header,
      records: this.records,
      lastSeq: this.trustedSeq,
      sealed: this.sealed && this.problems.length === 0,
      ended: this.ended && this.problems.length === 0,
      headless: this.isHeadless(),
      bytes: this.bytes.length,
      trustedBytes: this.trustedBytes,
      head: hex(this.trustedState),
      problems: this.problems,
    }
  }

  /** False where nothing can follow. */
  private readHead(): boolean {
    const { bytes } = this
    const kind = readFileHead(bytes)
    if (kind === "journal") {
      this.trust(FILE_HEAD.length)
      return true
    }
    if (bytes.length === 0) return false
    // Where the first frame belongs to this version's chain, only the first bytes themselves are wrong.
    const size = frameBytes(bytes, this.view, FILE_HEAD.length)
    if (size > 0) {
      const state = nextState(this.hash, this.state, bytes, FILE_HEAD.length, size - BODY_AT)
      if (carriesLink(bytes, FILE_HEAD.length, state)) {
        this.report("damaged", 0, FILE_HEAD.length, "the file's first bytes were changed")
        return true
      }
    }
    if (kind === "otherVersion") {
      const detail = `version ${bytes[6]} of the format, which this build does not read`
      this.report("otherVersion", 0, bytes.length, detail)
    } else if (findFrame(bytes, this.view, 0, this.budget) === NO_FRAME) {
      this.report("torn", 0, bytes.length, "the first bytes are not a journal's, and no whole frame follows")
    } else
      this.report("damaged", 0, bytes.length, "the first bytes are not a journal's, but whole frames follow")
    return false
  }

  private readFrames(): void {
    const { bytes, view } = this
    for (let at = FILE_HEAD.length; at < bytes.length; ) {
      if (this.sealed)
        return this.report("afterSeal", at, bytes.length - at, "bytes behind the end of the segment")
      const size = frameBytes(bytes, view, at)
      if (size === 0) {
        const next = findFrame(bytes, view, at + 1, this.budget)
        if (next === NO_FRAME)
          return this.report("torn", at, bytes.length - at, "the last frame is not whole")
        if (next < 0) return this.report("damaged", at, bytes.length - at, "bytes that imitate frames")
        this.report("damaged", at, next - at, "bytes that do not match their checksum")
        this.chained = false
        at = next
        continue
      }
      this.readFrame(at, size)
      if (this.problems.length === 0) this.trust(at + size)
      at += size
    }
  }

  private readFrame(at: number, size: number): void {
    if (this.chained) {
      this.before = this.state
      this.state = nextState(this.hash, this.state, this.bytes, at, size - BODY_AT)
      if (!carriesLink(this.bytes, at, this.state)) {
        this.report(
          "changed",
          at,
          size,
          "the chain breaks here: this frame or the one before it was replaced",
        )
        this.chained = false
      }
    }
    this.body.open(at + BODY_AT, at + size)
    const type = this.body.byte()
    if (type === RECORD_FRAME) this.readRecord(at, size)
    else if (type === HEADER_FRAME && at === FILE_HEAD.length) this.takeHeader(at, size)
    else if (type === SEAL_FRAME) this.readSeal(at, size)
    else this.report("unreadable", at, size, `a frame of type ${type}, which is not allowed here`)
  }

  private takeHeader(at: number, size: number): void {
    this.header = readHeader(this.body.rest())
    if (this.header === null) return this.report("unreadable", at, size, "the header is invalid")
    this.numbers = new Float64Array(RECORD_POINT + Math.max(this.header.knobs, LEAST_POINT))
    this.seq = this.header.firstSeq - 1
  }

  private readRecord(at: number, size: number): void {
    if (this.header === null) {
      if (at === FILE_HEAD.length)
        this.report("unreadable", at, size, "there is no header before the first record")
      // As many knobs as the body has room for.
      this.numbers = new Float64Array(RECORD_POINT + Math.max(LEAST_POINT, size >> 3))
    }
    const note = decodeRecord(this.body, this.numbers)
    if (note === false) return this.report("unreadable", at, size, "an invalid record")
    const seq = this.numbers[RECORD_SEQUENCE]
    // Behind damage nobody knows which number to expect, only that numbers rise.
    if (this.chained ? seq !== this.seq + 1 : seq <= this.seq) {
      this.report("gap", at, size, `record ${seq} follows record ${this.seq}`)
    }
    this.seq = seq
    this.records++
    this.visit?.({ seq, at, bytes: size, numbers: this.numbers, note, chained: this.chained }, this.header)
  }

  private readSeal(at: number, size: number): void {
    const ended = this.body.byte()
    const seq = this.body.double()
    const state = this.body.rest()
    if (this.body.failed || ended > 1 || state.length !== STATE_BYTES) {
      return this.report("unreadable", at, size, "an invalid end of the segment")
    }
    if (seq !== this.seq && this.chained) {
      this.report("gap", at, size, `the segment says that it ends with record ${seq}, not ${this.seq}`)
    }
    if (this.chained && !sameBytes(state, this.before)) {
      this.report("changed", at, size, "the chain does not end in the state that the segment says it does")
    }
    this.sealed = true
    this.ended = ended === 1
  }

  private isHeadless(): boolean {
    const { bytes, problems, header } = this
    if (header !== null || bytes.length === 0 || problems[0]?.kind !== "torn") return false
    const from = FILE_HEAD.length
    if (!sameBytes(bytes.subarray(0, from), FILE_HEAD.subarray(0, bytes.length))) return true
    const left = bytes.length - from - BODY_AT
    if (left < 0) return false
    const body = this.view.getUint32(from + BODY_AT - 4, true)
    const cut = body > left && body <= LONGEST_BODY && (left === 0 || bytes[from + BODY_AT] === HEADER_FRAME)
    return !cut
  }

  private trust(to: number): void {
    this.trustedBytes = to
    this.trustedState = this.state
    this.trustedSeq = this.seq
    this.pass?.(this.state, this.seq)
  }

  private report(kind: SegmentProblemKind, at: number, bytes: number, detail: string): void {
    const seq = this.header === null ? null : this.seq + 1
    this.problems.push({ kind, at, bytes, seq, detail })
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

/** Reads a segment; `visit` gets every record that checks, in order, `pass` every state of the chain that can be trusted. */
export function scanSegment(
  bytes: Uint8Array,
  hash: Hash,
  visit?: VisitEntry,
  pass?: VisitState,
): SegmentScan {
  return new Scan(bytes, hash, visit, pass).run()
}

/**
 * The scan of a headless segment where one was promised, that is anywhere but behind a run that had ended: nobody begins a segment with
 * such bytes, so what was written there has been overwritten.
 */
export function overwritten(scan: SegmentScan): SegmentScan {
  if (!scan.headless) return scan
  const [{ at }] = scan.problems
  const detail =
    "not even its header can be read, and no run ended before it: what was written there has been overwritten"
  return { ...scan, problems: [{ kind: "damaged", at, bytes: scan.bytes - at, seq: null, detail }] }
}

/** The scan of a segment of which more had been synced than is there: a loss of power takes nothing of that. */
export function lost(scan: SegmentScan, synced: number, seq: number): SegmentScan {
  // Other damage says more of what happened, and is as bad.
  if (scan.problems.some(({ kind }) => kind !== "torn")) return scan
  const { header, trustedBytes: at } = scan
  const head = header === null ? "not even its header can be read, though " : ""
  const detail =
    `${head}${synced} bytes of it, up to record ${seq}, were on the disk for good: ` +
    "it has been overwritten, cut off or replaced since"
  const bytes = Math.max(0, scan.bytes - at)
  const next = header === null ? null : scan.lastSeq + 1
  return {
    ...scan,
    sealed: false,
    ended: false,
    headless: false,
    problems: [{ kind: "damaged", at, bytes, seq: next, detail }],
  }
}

/** Bytes of the frame that ends a segment. */
const SEAL_BYTES = BODY_AT + 2 + 8 + STATE_BYTES

/** The end of a sealed segment without reading the rest of it; null where it is not sealed. Checks that frame only. */
export function sealedEnd(
  bytes: Uint8Array,
  hash: Hash,
): { readonly lastSeq: number; readonly head: string; readonly ended: boolean } | null {
  const at = bytes.length - SEAL_BYTES
  if (at < FILE_HEAD.length || bytes[at + BODY_AT] !== SEAL_FRAME) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (frameBytes(bytes, view, at) !== SEAL_BYTES) return null
  const before = bytes.subarray(bytes.length - STATE_BYTES)
  const state = nextState(hash, before, bytes, at, SEAL_BYTES - BODY_AT)
  if (!carriesLink(bytes, at, state)) return null
  const ended = bytes[at + BODY_AT + 1] === 1
  return { lastSeq: view.getFloat64(at + BODY_AT + 2, true), head: hex(state), ended }
}
