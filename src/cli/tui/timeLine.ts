/** What the terminal keeps of a run's readings, a row for each window: enough for a line of them, and for what tuning has brought. */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { markOf } from "../../domain/recordTexts.ts"
import type { Readings } from "../../studio/protocol/gain.ts"
import type { History, WindowMessage } from "../../studio/protocol/protocol.ts"

export const MOST_ROWS = 500

export const timeLineOf = (history: History): Readings => ({
  times: history.atUs,
  objective: history.objective,
  baseline: history.baseline,
  throughput: history.throughputRps,
  marks: history.marks,
  start: history.start,
})

const grown = <T>(rows: ReadonlyArray<T>, row: T): ReadonlyArray<T> => [...rows, row].slice(-MOST_ROWS)

/** With a window more; one that the history already holds is not taken twice. */
export function withWindow(line: Readings, window: WindowMessage): Readings {
  const { closedUs, place, start, throughputRps } = window
  if (closedUs <= (line.times.at(-1) ?? Number.NEGATIVE_INFINITY)) return line
  const objective = window.status === "closed" ? window.objective : null
  return {
    times: grown(line.times, closedUs),
    objective: grown(line.objective, place === "tuned" ? objective : null),
    baseline: grown(line.baseline, place === "baseline" ? objective : null),
    throughput: grown(line.throughput, throughputRps),
    marks: line.marks,
    start,
  }
}

export const withRecords = (line: Readings, records: ReadonlyArray<AuditRecord>): Readings => ({
  ...line,
  marks: [...line.marks, ...records.map(markOf).filter((mark) => mark !== null)].slice(-MOST_ROWS),
})

/** Objectives of the tuned configuration up to a moment, oldest first. */
export const objectivesOf = ({ objective, times }: Readings, atUs: number): ReadonlyArray<number> =>
  objective.flatMap((value, i) => (value !== null && times[i] <= atUs ? [value] : []))
