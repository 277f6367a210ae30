/**
 * How a journal ends, at a cost that does not grow with it: the last segment that holds anything is read and checked, and
 * that it follows the one before. One needs this to begin where the last run left off. All of a journal is checked by
 * `verifyJournal`; damage further back is for that to find.
 */
import { basename } from "node:path"
import { makeParamSpace, paramProblems, type ParamsConfig, type ParamSpace } from "../domain/ParamSpace.ts"
import { readResumption, keptBaseline, startUnits } from "../domain/Resumption.ts"
import { tripCode } from "../domain/words.ts"
import type { JournalHeader } from "../runtime/journal/JournalHeader.ts"
import { scanSegment, sealedEnd, type SegmentScan } from "../runtime/journal/scanSegment.ts"
import { NOWHERE, readStanding, Standing, type StandingData } from "../runtime/journal/Standing.ts"
import { listSegments, readSegment, type SegmentFile, sha256 } from "./journalSegments.ts"
import { messageOf } from "./messageOf.ts"

export interface JournalEnd {
  /** The last run; null where damage leaves none to be read. */
  readonly run: string | null
  readonly ended: boolean
  /** The knobs it tuned; null where this build does not know them. */
  readonly space: ParamSpace | null
  /** The record of the start. */
  readonly start: JournalHeader["start"]
  /** Where it stood by the last record that can be trusted. */
  readonly standing: StandingData
  /** What is wrong with it beyond a torn tail, in words; null where nothing is. */
  readonly damage: string | null
}

/** How the journal of a directory ends; null where there is none yet. Throws only what listing the directory does. */
export function readJournalEnd(directory: string): JournalEnd | null {
  const files = listSegments(directory)
  let damage: string | null = null
  for (let at = files.length - 1; at >= 0; at--) {
    const bytes = bytesOf(files[at])
    if (typeof bytes === "string") damage ??= bytes
    else if (bytes.length > 0) {
      const end = endOf(files, at, bytes)
      if (end !== null && end.run !== null) return { ...end, damage: damage ?? end.damage }
      damage ??= end?.damage ?? null
    }
  }
  return damage === null
    ? null
    : { run: null, ended: false, space: null, start: null, standing: NOWHERE, damage }
}

/** The bytes of a segment (none where it is gone), or why there are none, in words. */
function bytesOf(file: SegmentFile): Uint8Array | string {
  try {
    return readSegment(file) ?? new Uint8Array(0)
  } catch (cause) {
    return `${basename(file.path)} cannot be read (${messageOf(cause)})`
  }
}

/** What a segment says of the end of its run, or null where all of it is the torn beginning of a header. */
function endOf(files: ReadonlyArray<SegmentFile>, at: number, bytes: Uint8Array): JournalEnd | null {
  const name = basename(files[at].path)
  const taken = take(bytes, (header) => before(files, at, header))
  const { scan, standing } = taken
  const { header } = scan
  const [problem] = scan.problems
  const torn = scan.problems.length === 1 && problem.kind === "torn"
  const damage =
    problem === undefined || torn
      ? brokenLink(files, at, header)
      : `${name}: ${problem.detail} (${problem.kind})`
  if (header === null) return torn ? null : { ...NOTHING, damage }
  const space = spaceOf(header)
  const unknown = space === null ? `${name}: this build does not know the knobs of run ${header.run}` : null
  return {
    run: header.run,
    ended: scan.ended,
    space,
    start: header.start,
    standing: standing?.data ?? NOWHERE,
    damage: damage ?? unknown,
  }
}

const NOTHING: JournalEnd = {
  run: null,
  ended: false,
  space: null,
  start: null,
  standing: NOWHERE,
  damage: null,
}

/** Reads a segment; the standing is that of its trusted records, from the one that `begin` gives for its head. */
function take(
  bytes: Uint8Array,
  begin: (header: JournalHeader) => Standing,
): { readonly scan: SegmentScan; readonly standing: Standing | null } {
  let standing: Standing | null = null
  let held = new Float64Array(0)
  let holds = false
  let next = 0
  const scan = scanSegment(bytes, sha256, ({ seq, numbers, chained }, header) => {
    if (header === null || !chained || (standing !== null && seq !== next)) {
      next = -1
      return
    }
    standing ??= begin(header)
    next = seq + 1
    // One behind: where the chain breaks, the record before may be the one that was replaced.
    if (holds) standing.take(held)
    if (held.length !== numbers.length) held = new Float64Array(numbers.length)
    held.set(numbers)
    holds = true
  })
  const { header, problems } = scan
  if (standing === null && header !== null) standing = begin(header)
  const doubtful = problems.some(({ kind }) => kind === "changed")
  if (holds && !doubtful) standing?.take(held)
  return { scan, standing }
}

/** Where the run stood at the head of a segment: as its header says, or by the segments before where it does not. */
function before(files: ReadonlyArray<SegmentFile>, at: number, header: JournalHeader): Standing {
  const said = readStanding(header.standing, header.knobs)
  if (said !== null) return new Standing(header.knobs, said)
  if (header.segment === 1 || at === 0) return new Standing(header.knobs, beginningOf(header))
  const bytes = bytesOf(files[at - 1])
  const earlier = typeof bytes === "string" ? null : take(bytes, (one) => before(files, at - 1, one)).standing
  return earlier ?? new Standing(header.knobs, beginningOf(header))
}

/** Where a run begins, by the record of its start. */
function beginningOf(header: JournalHeader): StandingData {
  const space = spaceOf(header)
  if (space === null) return NOWHERE
  const resumed = readResumption(header.start?.["resume"])
  const start = Array.from(startUnits(space, resumed))
  const baseline = keptBaseline(space, resumed)
  const open = resumed?.safeMode ?? null
  return {
    ...NOWHERE,
    atUs: resumed?.from.atUs ?? 0,
    live: start,
    base: start,
    baseline: baseline === null ? null : Array.from(baseline),
    trips: open === null ? [] : [{ code: tripCode(open.reason), atUs: open.sinceUs }],
    rollbacksUs: resumed?.rollbacksUs ?? [],
  }
}

function spaceOf(header: JournalHeader): ParamSpace | null {
  const knobs = header.start?.["knobs"]
  return paramProblems(knobs).length === 0 ? makeParamSpace(knobs as ParamsConfig) : null
}

/** Whether a segment follows the one before it, where that one is whole; what is wrong, in words, or null. */
function brokenLink(
  files: ReadonlyArray<SegmentFile>,
  at: number,
  header: JournalHeader | null,
): string | null {
  if (header === null) return null
  for (let i = at - 1; i >= 0; i--) {
    const bytes = bytesOf(files[i])
    if (typeof bytes === "string") return null
    if (bytes.length === 0) continue
    const head = headOf(bytes)
    if (head === null || head === header.previous?.hash) return null
    return `${basename(files[at].path)} does not follow ${basename(files[i].path)} (broken chain)`
  }
  return null
}

/** The chain's state at the end of a segment, or null where it is not whole. */
function headOf(bytes: Uint8Array): string | null {
  const end = sealedEnd(bytes, sha256)
  if (end !== null) return end.head
  const { head, problems } = scanSegment(bytes, sha256)
  return problems.length === 0 ? head : null
}
