/**
 * How far a journal is on the disk for good: a claim that its writer keeps outside the segment it is about. With it a segment that
 * was synced and is gone, cut off or overwritten since is distinguished from one that a power failure left torn. A file of marks is two
 * slots: the first stays as it is until the next segment, the second is written over as the segment grows.
 */
import { crc32c } from "./crc32c.ts"
import { STATE_BYTES } from "./frames.ts"

export interface SyncedMark {
  /** Number of the segment's file. */
  readonly number: number
  /**
   * Its first so many bytes have been synced, with them every record up to this one. With 0 nothing is said of this segment and those
   * before it, only that none behind it has been synced.
   */
  readonly bytes: number
  readonly seq: number
  /** State of its chain behind them. */
  readonly state: Uint8Array
}

/** Bytes of a slot: a sector, so that writing the second one cannot tear the first. */
export const SLOT_BYTES = 512

/** "ARQONM", the version of this layout, 0. */
const MAGIC = Uint8Array.of(0x41, 0x52, 0x51, 0x4f, 0x4e, 0x4d, 1, 0)
const STATE_AT = MAGIC.length + 3 * 8
const SUM_AT = STATE_AT + STATE_BYTES

export function markBytes({ number, bytes, seq, state }: SyncedMark): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES)
  const view = new DataView(slot.buffer)
  slot.set(MAGIC)
  ;[number, bytes, seq].forEach((value, i) => view.setFloat64(MAGIC.length + 8 * i, value, true))
  slot.set(state, STATE_AT)
  view.setUint32(SUM_AT, crc32c(slot, 0, SUM_AT), true)
  return slot
}

/** The furthest claim of a file of marks; null where it is none. */
export function readMarks(file: Uint8Array): SyncedMark | null {
  const placed = slotOf(file.subarray(0, SLOT_BYTES))
  const grown = slotOf(file.subarray(SLOT_BYTES, 2 * SLOT_BYTES))
  return placed !== null && grown?.number === placed.number && grown.bytes > placed.bytes ? grown : placed
}

function slotOf(slot: Uint8Array): SyncedMark | null {
  if (slot.length < SLOT_BYTES || !MAGIC.every((byte, i) => slot[i] === byte)) return null
  const view = new DataView(slot.buffer, slot.byteOffset, slot.length)
  if (view.getUint32(SUM_AT, true) !== crc32c(slot, 0, SUM_AT)) return null
  const [number, bytes, seq] = [0, 1, 2].map((i) => view.getFloat64(MAGIC.length + 8 * i, true))
  return { number, bytes, seq, state: Uint8Array.from(slot.subarray(STATE_AT, SUM_AT)) }
}
