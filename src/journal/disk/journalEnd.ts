/**
 * How a journal ends, at a cost that does not grow with it: the last segment that holds anything is read and checked, and
 * that it follows the one before. One needs this to begin where the last run left off. All of a journal is checked by
 * `verifyJournal`; damage further back is for that to find.
 *
 * Whatever cannot be read as it should be is damage, in words: nothing here takes it for a journal that was never begun.
 */
import { lstatSync } from "node:fs"
import { basename } from "node:path"
import type { ParamSpace } from "../../domain/ParamSpace.ts"
import { AUDIT_KINDS } from "../../domain/records.ts"
import { tripReason } from "../../domain/words.ts"
import { RECORD_KIND } from "../../hot/AuditRing.ts"
import { type Beginning, beginningOf, spaceOf } from "../format/beginning.ts"
import type { JournalHeader } from "../format/JournalHeader.ts"
import { scanSegment, sealedEnd, type SegmentScan } from "../format/scanSegment.ts"
import type { SyncedMark } from "../format/SyncedMark.ts"
import { NOWHERE, readStanding, Standing, type StandingData } from "../format/Standing.ts"
import {
  claims,
  goneText,
  listSegments,
  readSegment,
  scanAt,
  type SegmentFile,
  sha256,
} from "./journalSegments.ts"
import { readMark } from "./journalMark.ts"
import { messageOf } from "../../system/messageOf.ts"

export interface JournalEnd {
  /** The last run that can be read; null where damage leaves none. */
  readonly run: string | null
  readonly ended: boolean
  /** The knobs it tuned; null where there is no run. */
  readonly space: ParamSpace | null
  /** The record of the start. */
  readonly start: JournalHeader["start"]
  /** Where it stood by the last record that can be trusted. */
  readonly standing: StandingData
  /** What is wrong with it beyond a torn tail, in words; null where nothing is. */
  readonly damage: string | null
}

/** Where nothing is known but what is wrong. */
export const unreadableEnd = (damage: string): JournalEnd => ({
  run: null,
  ended: false,
  space: null,
  start: null,
  standing: NOWHERE,
  damage,
})

/** How the journal of a directory ends; null where none was ever begun. Throws only what listing the directory does. */
export function readJournalEnd(directory: string): JournalEnd | null {
  const said = readMark(directory)
  const files = listSegments(directory)
  const mark = typeof said === "string" ? null : said
  let damage = typeof said === "string" ? said : null
  for (let at = files.length - 1; at >= 0; at--) {
    const { number } = files[at]
    if (mark !== null && number < mark.number) damage ??= goneIn(files, mark)
    const bytes = bytesOf(files[at])
    if (typeof bytes === "string") damage ??= bytes
    else if (bytes.length > 0 || claims(mark, number)) {
      const end = endOf(files, at, bytes, mark)
      // Where a run cannot be read, the last baseline that is known is that of the run before it.
      if (end !== null && end.space !== null) return { ...end, damage: damage ?? end.damage }
      damage ??= end?.damage ?? null
    }
  }
  if (mark !== null) damage ??= goneIn(files, mark)
  return damage === null ? null : unreadableEnd(damage)
}

/** Why the segment that a mark is about is not there, where no later one that can be read stands in its place; null where it is. */
const goneIn = (files: ReadonlyArray<SegmentFile>, mark: SyncedMark): string | null =>
  mark.bytes === 0 || files.some(({ number }) => number === mark.number) ? null : goneText(mark)

/** The bytes of a segment (none where it was removed since it was listed), or why there are none, in words. */
function bytesOf(file: SegmentFile): Uint8Array | string {
  const name = basename(file.path)
  try {
    const bytes = readSegment(file)
    if (bytes !== null) return bytes
    return lstatSync(file.path, { throwIfNoEntry: false }) === undefined
      ? new Uint8Array(0)
      : `${name} is a link to a file that does not exist`
  } catch (cause) {
    return `${name} cannot be read (${messageOf(cause)})`
  }
}

/** What a segment says of the end of its run, or null where all of it is the torn beginning of a header. */
function endOf(
  files: ReadonlyArray<SegmentFile>,
  at: number,
  bytes: Uint8Array,
  mark: SyncedMark | null,
): JournalEnd | null {
  const name = basename(files[at].path)
  const { scan, standing, doubt } = take(files, at, bytes, mark)
  const { header } = scan
  const [problem] = scan.problems
  const whole = problem === undefined || (scan.problems.length === 1 && problem.kind === "torn")
  if (header === null) return whole ? null : unreadableEnd(`${name}: ${problem.detail} (${problem.kind})`)
  const space = spaceOf(header)
  const damage = whole
    ? (brokenLink(files, at, header) ?? doubt ?? unknownTrip(standing) ?? unreadableStart(header, space))
    : `${problem.detail} (${problem.kind})`
  return {
    run: header.run,
    ended: scan.ended,
    space,
    start: header.start,
    standing,
    damage: damage === null ? null : `${name}: ${damage}`,
  }
}

interface Taken extends Beginning {
  /** Its standing is by the trusted records of the segment, from what is known of its head. */
  readonly scan: SegmentScan
}

function take(
  files: ReadonlyArray<SegmentFile>,
  at: number,
  bytes: Uint8Array,
  mark: SyncedMark | null,
): Taken {
  let standing: Standing | null = null
  let held = new Float64Array(0)
  let holds = false
  let next = 0
  let unknown: string | null = null
  const scan = scanAt(files, at, bytes, mark, ({ seq, numbers, chained }, header) => {
    if (header === null || !chained || (standing !== null && seq !== next)) {
      next = -1
      return
    }
    standing ??= new Standing(header.knobs, headOf(header).standing)
    next = seq + 1
    if (AUDIT_KINDS[numbers[RECORD_KIND]] === undefined)
      unknown ??= `record ${seq} is of a kind (${numbers[RECORD_KIND]}) that this build does not know`
    // One behind: where the chain breaks, the record before may be the one that was replaced.
    if (holds) standing.take(held)
    if (held.length !== numbers.length) held = new Float64Array(numbers.length)
    held.set(numbers)
    holds = true
  })
  const { header, problems } = scan
  if (header === null) return { scan, standing: NOWHERE, doubt: null }
  const head = headOf(header)
  const reached = standing ?? new Standing(header.knobs, head.standing)
  const doubtful = problems.some(({ kind }) => kind === "changed")
  if (holds && !doubtful) reached.take(held)
  return { scan, standing: reached.data, doubt: head.doubt ?? unknown }
}

/** Where the run stood at the head of a segment: by the record of its start, or as the header says. */
function headOf(header: JournalHeader): Beginning {
  if (header.segment === 1) return beginningOf(header)
  const standing = readStanding(header.standing, header.knobs)
  return standing === null
    ? { standing: NOWHERE, doubt: "its header does not say where the run was" }
    : { standing, doubt: null }
}

/** Whether SafeMode is open for a reason of a later version's: it is not for this one to close. */
function unknownTrip({ trips }: StandingData): string | null {
  const unknown = trips.find(({ code }) => tripReason(code) === null)
  return unknown === undefined
    ? null
    : `SafeMode was open for a reason (${unknown.code}) that this build does not know`
}

function unreadableStart({ run, start }: JournalHeader, space: ParamSpace | null): string | null {
  if (space !== null) return null
  return start === null
    ? `it does not say how run ${run} was started, so its records cannot be read`
    : `this build does not know the knobs of run ${run}`
}

/** Whether a segment follows the one before it, where that one is whole; what is wrong, in words, or null. */
function brokenLink(files: ReadonlyArray<SegmentFile>, at: number, header: JournalHeader): string | null {
  for (let i = at - 1; i >= 0; i--) {
    const bytes = bytesOf(files[i])
    // Damage further back: the header says where the run stood all the same.
    if (typeof bytes === "string") return null
    if (bytes.length === 0) continue
    const state = stateAtEnd(bytes)
    if (state === null || state === header.previous?.hash) return null
    return `it does not follow ${basename(files[i].path)} (broken chain)`
  }
  return null
}

/** The chain's state at the end of a segment, or null where it is not whole. */
function stateAtEnd(bytes: Uint8Array): string | null {
  const end = sealedEnd(bytes, sha256)
  if (end !== null) return end.head
  const { head, problems } = scanSegment(bytes, sha256)
  return problems.length === 0 ? head : null
}
