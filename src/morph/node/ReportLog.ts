/**
 * The reports of a growing host on disk: one for each command, for a day. A report whose command has one already is dropped, so a run that
 * was killed in the middle of a window and measures it again reports once.
 */
import type { GrowthReport } from "../policy/reports.ts"
import { FrameLog, type FrameRecord } from "./FrameLog.ts"

const REPORT = 3
/** How long a report is kept, ms. */
export const KEPT_MS = 24 * 60 * 60 * 1000
/** Reports that are too old, before the file is rewritten. */
const STALE = 256

interface Kept {
  readonly atMs: number
  readonly report: GrowthReport
}

export class ReportLog {
  private readonly log: FrameLog
  /** By command, oldest first. */
  private kept: ReadonlyMap<string, Kept>
  /** Commands whose report is being written. */
  private readonly writing = new Set<string>()

  private constructor(log: FrameLog, kept: ReadonlyMap<string, Kept>) {
    this.log = log
    this.kept = kept
  }

  /** Opens the file, or makes it. Times are of the wall clock, ms since 1970. */
  static async open(path: string, nowMs: number): Promise<ReportLog> {
    const { log, records } = await FrameLog.open(path)
    const all = records.map(({ data }) => reviveKept(data))
    const reports = new ReportLog(log, new Map(all.map((one) => [one.report.command, one])))
    await reports.forget(nowMs, 0)
    return reports
  }

  /** The reports of a file that somebody else may be writing, oldest first. */
  static read(path: string): ReadonlyArray<GrowthReport> {
    return (FrameLog.read(path) ?? []).map(({ data }) => reviveKept(data).report)
  }

  /** Those of the last day, oldest first. */
  get reports(): ReadonlyArray<GrowthReport> {
    return [...this.kept.values()].map(({ report }) => report)
  }

  /** Resolves when the report is on the disk; false where its command has one already. */
  async append(report: GrowthReport, nowMs: number): Promise<boolean> {
    if (this.kept.has(report.command) || this.writing.has(report.command)) return false
    const kept: Kept = { atMs: nowMs, report }
    this.writing.add(report.command)
    try {
      await this.log.append(recordOf(kept))
    } finally {
      this.writing.delete(report.command)
    }
    this.kept = new Map([...this.kept, [report.command, kept]])
    await this.forget(nowMs, STALE)
    return true
  }

  close(): Promise<void> {
    return this.log.close()
  }

  /** Rewrites the file where more than so many are older than a day. */
  private async forget(nowMs: number, atMost: number): Promise<void> {
    const young = [...this.kept].filter(([, { atMs }]) => nowMs - atMs < KEPT_MS)
    if (this.kept.size - young.length <= atMost) return
    this.kept = new Map(young)
    await this.log.replace(young.map(([, kept]) => recordOf(kept)))
  }
}

/** JSON has no NaN and no infinity: they stand as their names. */
interface Written {
  readonly atMs: number
  readonly report: Omit<GrowthReport, "before" | "after"> & {
    readonly before: string
    readonly after: string
  }
}

function recordOf({ atMs, report }: Kept): FrameRecord {
  const { before, after } = report
  const data: Written = { atMs, report: { ...report, before: String(before), after: String(after) } }
  return { kind: REPORT, data }
}

function reviveKept(data: unknown): Kept {
  const { atMs, report } = data as Written
  return { atMs, report: { ...report, before: Number(report.before), after: Number(report.after) } }
}
