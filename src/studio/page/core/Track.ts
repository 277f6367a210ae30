/**
 * The time line of one run as charts want it: parallel arrays, oldest first, grown by live windows and bounded. Made from
 * the server's history; a window that history already holds is not taken twice.
 */
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type {
  EngineEntry,
  History,
  HistoryMark,
  StartReading,
  WindowMessage,
} from "../../protocol/protocol.ts"
import { markOf } from "../../../domain/recordTexts.ts"

/** Rows and marks that are kept; older ones make room. */
const MOST_ROWS = 4000
const MOST_MARKS = 500

type Numbers = Array<number | null>

export class Track {
  readonly times: Array<number> = []
  readonly generations: Array<number> = []
  readonly objective: Numbers = []
  readonly low: Numbers = []
  readonly high: Numbers = []
  /** Readings of a baseline that was visited. */
  readonly baseline: Numbers = []
  readonly expired: Array<number> = []
  readonly latency: Numbers = []
  readonly throughput: Numbers = []
  readonly errors: Numbers = []
  readonly refused: Array<number> = []
  readonly live = new Map<string, Numbers>()
  readonly base = new Map<string, Numbers>()
  /** Least margin of each rule, in the order of the configuration; empty without rules. */
  readonly margins: Array<Numbers> = []
  readonly marks: Array<HistoryMark> = []
  start: StartReading | null = null
  /** Grows with every change of the rows. */
  version = 0
  /** Refusals since the last row. */
  private refusals = 0

  constructor(engine: Pick<EngineEntry, "knobs">) {
    for (const knob of engine.knobs) {
      this.live.set(knob.name, [])
      this.base.set(knob.name, [])
    }
  }

  get lastUs(): number {
    return this.times.at(-1) ?? this.marks.at(-1)?.atUs ?? 0
  }

  get firstUs(): number {
    return this.times[0] ?? this.marks[0]?.atUs ?? 0
  }

  /** Puts the server's history in place of everything. */
  load(history: History): void {
    this.version++
    const put = <T>(into: Array<T>, from: ReadonlyArray<T>): void => {
      into.length = 0
      for (const one of from) into.push(one)
    }
    put(this.times, history.atUs)
    put(this.generations, history.generation)
    put(this.objective, history.objective)
    put(this.low, history.objectiveLow)
    put(this.high, history.objectiveHigh)
    put(this.baseline, history.baseline)
    put(this.refused, history.refused)
    this.start = history.start
    put(this.expired, history.expired)
    put(this.latency, history.latencyP99Us)
    put(this.throughput, history.throughputRps)
    put(this.errors, history.errorRate)
    for (const [name, into] of this.live) put(into, history.knobs[name]?.live ?? [])
    for (const [name, into] of this.base) put(into, history.knobs[name]?.base ?? [])
    put(
      this.margins,
      (history.margins ?? []).map((margins) => [...margins]),
    )
    put(this.marks, history.marks)
  }

  /** A window as it closed; the knobs as the latest snapshot has them. */
  add(window: WindowMessage, snapshot: EngineSnapshot | null): void {
    if (window.closedUs <= (this.times.at(-1) ?? Number.NEGATIVE_INFINITY)) return
    this.version++
    const closed = window.status === "closed"
    this.times.push(window.closedUs)
    this.generations.push(window.generation)
    const tuned = closed && window.place === "tuned" ? window.objective : null
    for (const into of [this.objective, this.low, this.high]) into.push(tuned)
    this.baseline.push(closed && window.place === "baseline" ? window.objective : null)
    this.start = window.start
    this.refused.push(this.refusals)
    this.refusals = 0
    this.expired.push(closed ? 0 : 1)
    this.latency.push(window.latencyP99Us)
    this.throughput.push(window.throughputRps)
    this.errors.push(window.errorRate)
    this.margins.forEach((into, rule) => into.push(window.margins?.[rule] ?? null))
    for (const [name, into] of this.live) into.push(snapshot?.values[name] ?? into.at(-1) ?? null)
    for (const [name, into] of this.base) into.push(snapshot?.base[name] ?? into.at(-1) ?? null)
    if (this.times.length > MOST_ROWS) for (const column of this.columns()) column.splice(0, MOST_ROWS / 8)
  }

  /** Where an engine stood at a moment, of which no windows are told; `objective` null where it is not known. */
  sample(
    atUs: number,
    engine: Pick<EngineSnapshot, "generation" | "values" | "base">,
    objective: number | null,
  ): void {
    if (atUs <= (this.times.at(-1) ?? Number.NEGATIVE_INFINITY)) return
    this.version++
    this.times.push(atUs)
    this.generations.push(engine.generation)
    for (const into of [this.objective, this.low, this.high]) into.push(objective)
    this.expired.push(0)
    this.refused.push(0)
    for (const into of [this.baseline, this.latency, this.throughput, this.errors]) into.push(null)
    for (const [name, into] of this.live) into.push(engine.values[name] ?? null)
    for (const [name, into] of this.base) into.push(engine.base[name] ?? null)
    if (this.times.length > MOST_ROWS) for (const column of this.columns()) column.splice(0, MOST_ROWS / 8)
  }

  /** A record that belongs on the time line. */
  note(record: AuditRecord): void {
    if (record.kind === "violation" && record.atUs > this.lastUs) this.refusals++
    const made = markOf(record)
    if (made === null || this.marks.some((one) => one.seq === made.seq)) return
    this.marks.push(made)
    if (this.marks.length > MOST_MARKS) this.marks.splice(0, MOST_MARKS / 8)
  }

  private columns(): ReadonlyArray<Array<unknown>> {
    return [
      this.times,
      this.generations,
      this.objective,
      this.low,
      this.high,
      this.baseline,
      this.refused,
      this.expired,
      this.latency,
      this.throughput,
      this.errors,
      ...this.live.values(),
      ...this.base.values(),
      ...this.margins,
    ]
  }
}
