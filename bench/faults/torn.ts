/**
 * Tears the last segment of a journal at one offset after another, as a loss of power may leave it, and looks what can still
 * be read: every record that was acknowledged before that offset, none that was not written, and a run that replays. A disk that
 * lost what it had synced is told by the mark; as a loss of power leaves it, the mark claims no more than is there.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { replayJournal, verifyJournal } from "../../src/platform/node/index.ts"
import { MARK, readMark } from "../../src/journal/disk/journalMark.ts"
import { listSegments } from "../../src/journal/disk/journalSegments.ts"
import type { TornTail } from "./catalogue.ts"
import { type ByProperty, noFindings } from "./check.ts"
import type { Acknowledgement } from "./Job.ts"
import { drawsOf } from "./sabotage.ts"
import { headEnd } from "./spoil.ts"

export interface Torn {
  readonly by: ByProperty
  /** Offsets that were looked at. */
  readonly places: number
  /** A copy of the journal, torn somewhere in its second half. */
  readonly directory: string
}

/** Of each journal so many are run again: that is what takes the time. */
const REPLAYS = 400

export function tear(
  from: string,
  directory: string,
  acknowledgements: ReadonlyArray<Acknowledgement>,
  tail: TornTail,
  stride: number,
  seed: number,
): Torn {
  cpSync(from, directory, { recursive: true })
  const segment = listSegments(directory).at(-1)
  if (segment === undefined) throw new Error(`no journal in ${directory}`)
  const bytes = readFileSync(segment.path)
  const draw = drawsOf(seed)
  const by = noFindings()
  const whole = verifyJournal(directory).records
  const offsets: Array<number> = []
  for (let at = bytes.length - 1; at >= 0; at -= stride) offsets.push(at)
  const replayEvery = Math.max(1, Math.ceil(offsets.length / REPLAYS))
  const head = headEnd(bytes)
  const mark = readMark(directory)
  if (mark === null || typeof mark === "string") throw new Error(`${directory}: ${mark ?? "no mark"}`)
  const markPath = join(directory, MARK)
  const markBytes = readFileSync(markPath)
  const synced = mark.number === segment.number ? mark.bytes : 0
  offsets.forEach((at, i) => {
    const left = torn(bytes, at, tail, draw)
    writeFileSync(segment.path, left)
    // Nobody begins a segment with a header that was spoilt, and this one had been begun: that is no torn tail.
    const spoilt = tail !== "cut" && !left.subarray(0, head).equals(bytes.subarray(0, head))
    writeFileSync(markPath, markBytes)
    const lost = spoilt || !left.subarray(0, synced).equals(bytes.subarray(0, synced))
    const told = verifyJournal(directory).status === "damaged"
    if (told !== lost)
      by.nothingLost.push(`offset ${at}: ${synced} bytes were synced, and it is ${told ? "" : "not "}said`)
    rmSync(markPath)
    const { records, status, problems } = verifyJournal(directory)
    const kept = acknowledgements.findLast((one) => one.segment < segment.number || one.bytes <= at)?.seq ?? 0
    if (records < kept)
      by.nothingLost.push(`offset ${at}: record ${kept} was acknowledged, ${records} are left`)
    if (records > whole) by.nothingLost.push(`offset ${at}: ${records} records, only ${whole} were written`)
    if ((status === "damaged") !== spoilt) {
      by.nothingLost.push(
        `offset ${at}: said to be ${status}: ${problems.map(({ detail }) => detail).join("; ")}`,
      )
    }
    if (records === 0 || i % replayEvery !== 0) return
    const { verdict, text } = replayJournal(directory)
    if (verdict !== "identical") by.replayIdentical.push(`offset ${at}: ${text.trim()}`)
  })
  writeFileSync(segment.path, torn(bytes, Math.floor(bytes.length * (0.5 + 0.5 * draw())), tail, draw))
  return { by, places: offsets.length, directory }
}

/** The first bytes as they were, and what stands behind them. */
function torn(bytes: Buffer, at: number, tail: TornTail, draw: () => number): Buffer {
  if (tail === "cut") return bytes.subarray(0, at)
  const copy = Buffer.from(bytes)
  if (tail === "zeros") copy.fill(0, at)
  else for (let i = at; i < copy.length; i++) copy[i] = Math.floor(256 * draw())
  return copy
}
