/**
 * Frames: how the parts of a journal follow one another in a file. Each says how long it is, carries a checksum over all of
 * itself, and a link that follows from every frame before it: what is damaged is found by the checksum, what was changed
 * on purpose by the chain. Bytes in, bytes out; the hash is handed in, because it belongs to the platform.
 *
 * | offset | bytes | what |
 * |---|---|---|
 * | 0 | 4 | CRC-32C of everything behind it in the frame |
 * | 4 | 8 | link: the first bytes of the chain's state after this frame |
 * | 12 | 4 | length of the body |
 * | 16 | length | body |
 *
 * The chain's state is 32 bytes: SHA-256 of the state before, the length and the body. Numbers are little-endian.
 */
import { crc32c } from "./crc32c.ts"

/** SHA-256 of the bytes: 32 bytes. The bytes are the caller's again when it returns. */
export type Hash = (bytes: Uint8Array) => Uint8Array

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Bytes of the chain's state. */
export const STATE_BYTES = 32
const LINK_BYTES = 8
const CRC_BYTES = 4
const LINK_AT = CRC_BYTES
const LENGTH_AT = LINK_AT + LINK_BYTES
/** Where a frame's body begins. */
export const BODY_AT = LENGTH_AT + 4
/** No body is longer: a length beyond it is a damaged one. 65,535 knobs with their names stay far below. */
export const LONGEST_BODY = 64 * 1024 * 1024

/** The first bytes of a file: what it is, in which version of the format. */
export const FILE_HEAD = Uint8Array.of(0x41, 0x52, 0x51, 0x4f, 0x4e, 0x4a, 1, 0)
const MAGIC_BYTES = 6

/**
 * What the first bytes of a file say: a journal, one of another version, or neither. No version is 0 and every one has 0
 * behind it: what has not is no head that anybody wrote.
 */
export function readFileHead(bytes: Uint8Array): "journal" | "otherVersion" | "none" {
  if (bytes.length < FILE_HEAD.length) return "none"
  for (let i = 0; i < MAGIC_BYTES; i++) if (bytes[i] !== FILE_HEAD[i]) return "none"
  const version = bytes[MAGIC_BYTES]
  if (version === 0 || bytes[MAGIC_BYTES + 1] !== 0) return "none"
  return version === FILE_HEAD[MAGIC_BYTES] ? "journal" : "otherVersion"
}

/** The state that a file's chain begins with. */
export const firstState = (hash: Hash): Uint8Array => hash(FILE_HEAD)

/** The chain's state after a frame whose length and body lie at `bytes[from + 12]`. */
export function nextState(
  hash: Hash,
  state: Uint8Array,
  bytes: Uint8Array,
  from: number,
  body: number,
): Uint8Array {
  const start = from + LENGTH_AT
  const length = STATE_BYTES + 4 + body
  const linked = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length)
  linked.set(state)
  linked.set(bytes.subarray(start, start + 4 + body), STATE_BYTES)
  return hash(linked)
}

/** What is hashed of most frames: a buffer for each would be most of the garbage of writing them. */
const scratch = new Uint8Array(1024)

/** Whether the frame at `from` carries the link of this state. */
export function carriesLink(bytes: Uint8Array, from: number, state: Uint8Array): boolean {
  for (let i = 0; i < LINK_BYTES; i++) if (bytes[from + LINK_AT + i] !== state[i]) return false
  return true
}

/** Length of the whole frame at `from`; 0 where there is none, because it is cut off or does not check. */
export function frameBytes(bytes: Uint8Array, view: DataView, from: number): number {
  if (bytes.length - from < BODY_AT) return 0
  const body = view.getUint32(from + LENGTH_AT, true)
  if (body === 0 || body > LONGEST_BODY || body > bytes.length - from - BODY_AT) return 0
  const end = from + BODY_AT + body
  return view.getUint32(from, true) === crc32c(bytes, from + CRC_BYTES, end) ? end - from : 0
}

/** Longest body looked for behind damage, and the types it may have: random bytes then cost next to nothing. */
const LONGEST_FOUND = 1024 * 1024
const LAST_TYPE = 3

/** What a search for frames may still cost: bytes made to look like frames at every offset would take hours to sum. */
export interface SearchBudget {
  left: number
}

/** Enough for anything that was not made on purpose, whole segments of noise included. */
export const searchBudget = (): SearchBudget => ({ left: 256 * 1024 * 1024 })

export const NO_FRAME = -1
/** The budget is used up: whether a frame follows is not known. */
export const UNSEARCHABLE = -2

/** Where the next frame that checks begins, from `from` on; `NO_FRAME` or `UNSEARCHABLE` where none was found. */
export function findFrame(bytes: Uint8Array, view: DataView, from: number, budget: SearchBudget): number {
  for (let at = from; at + BODY_AT < bytes.length; at++) {
    const type = bytes[at + BODY_AT]
    if (type === 0 || type > LAST_TYPE) continue
    const body = view.getUint32(at + LENGTH_AT, true)
    if (body > LONGEST_FOUND || body > bytes.length - at - BODY_AT) continue
    budget.left -= body
    if (budget.left < 0) return UNSEARCHABLE
    if (frameBytes(bytes, view, at) > 0) return at
  }
  return NO_FRAME
}

/**
 * Builds frames one behind the other in a buffer that grows. The chain goes on only with `commit`: until then `reset`
 * forgets what was built, so that a batch the disk refused can be built again from the same state.
 */
export class FrameBuilder {
  private readonly hash: Hash
  private buffer = new Uint8Array(64 * 1024)
  private view = new DataView(this.buffer.buffer)
  private committed: Uint8Array
  private state: Uint8Array
  private length = 0
  private bodyAt = 0

  /** `state` is where the chain goes on from; a journal's begins with its file head. */
  constructor(hash: Hash, state: Uint8Array = firstState(hash)) {
    this.hash = hash
    this.committed = state
    this.state = state
  }

  /** The chain's state after everything that was built. */
  get head(): Uint8Array {
    return this.state
  }

  /** What was built since the last commit or reset; valid until the next call. */
  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** Bytes as they are, outside any frame. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  begin(): void {
    this.reserve(BODY_AT)
    this.length += BODY_AT
    this.bodyAt = this.length
  }

  byte(value: number): void {
    this.reserve(1)
    this.buffer[this.length++] = value
  }

  /** A whole number from 0 to 2^53, seven bits a byte, low ones first. */
  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.buffer[this.length++] = rest
  }

  /** Every NaN is the same NaN. */
  double(value: number): void {
    this.reserve(8)
    if (value === value) this.view.setFloat64(this.length, value, true)
    else {
      this.view.setUint32(this.length, 0, true)
      this.view.setUint32(this.length + 4, 0x7ff80000, true)
    }
    this.length += 8
  }

  /** Ends the frame: length, link, checksum. */
  end(): void {
    const from = this.bodyAt - BODY_AT
    const body = this.length - this.bodyAt
    this.view.setUint32(from + LENGTH_AT, body, true)
    this.state = nextState(this.hash, this.state, this.buffer, from, body)
    for (let i = 0; i < LINK_BYTES; i++) this.buffer[from + LINK_AT + i] = this.state[i]
    this.view.setUint32(from, crc32c(this.buffer, from + CRC_BYTES, this.length), true)
  }

  commit(): void {
    this.committed = this.state
    this.length = 0
  }

  reset(): void {
    this.state = this.committed
    this.length = 0
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return
    const larger = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more))
    larger.set(this.buffer.subarray(0, this.length))
    this.buffer = larger
    this.view = new DataView(larger.buffer)
  }
}
