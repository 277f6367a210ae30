/**
 * Watches an engine from outside: what its records and its listeners were given must fit together and keep what the engine
 * promises, and a replay must be the same. It knows the configuration and nothing of the engine's inside.
 */
import type { AuditRecord, AuditSink } from "../../src/index.ts"
import * as Effect from "effect/Effect"
import {
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_SEQUENCE,
} from "../../src/hot/AuditRing.ts"
import {
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_ENGINE_STARTED,
  AUDIT_GUARDRAILS_SET,
  AUDIT_ROLLBACK,
  ROLLBACK,
  UPDATE,
} from "../../src/hot/codes.ts"
import { readGuardrails } from "../../src/hot/guardrailRecord.ts"
import type { KnobTable } from "../../src/hot/KnobTable.ts"
import { replay } from "../../src/journal/replay/replay.ts"

/** Rounding of positions that were computed in another order. */
const HAIR = 1e-9

/** Records, from which on SafeMode was open by hand and up to where. */
interface Closed {
  readonly from: number
  readonly to: number
}

export class Witness {
  /** What is wrong, in the order in which it was found. */
  readonly breaches: Array<string> = []
  readonly sink: AuditSink
  /** Records by the sink, bit for bit. */
  readonly numbers: Array<Float64Array> = []
  readonly words: Array<AuditRecord> = []
  private readonly heard: Array<{ readonly name: string; readonly seqs: Array<number> }> = []
  private readonly closed: Array<Closed> = []
  /** The last record when `trip()` had returned, while nobody has called `reset()`. */
  private tripped: number | null = null

  /** `onWrite` is called where a sink writes. */
  constructor(onWrite: () => void) {
    const take = (batch: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array> = []): null => {
      for (const record of batch) this.words.push(record)
      for (const numbers of exact) this.numbers.push(numbers)
      onWrite()
      return null
    }
    this.sink = {
      name: "witness",
      exact: true,
      write: (batch, exact) => Effect.sync(() => void take(batch, exact)),
      writeNow: take,
      close: Effect.void,
    }
  }

  breach(what: string): void {
    if (this.breaches.length < 8) this.breaches.push(what)
  }

  /** A listener of the audit, from now on. */
  listener(): (record: AuditRecord) => void {
    const seqs: Array<number> = []
    this.heard.push({ name: `listener ${this.heard.length + 1}`, seqs })
    return ({ seq }) => void seqs.push(seq)
  }

  /** `trip()` has returned, behind so many records. */
  isTripped(written: number): void {
    this.tripped ??= written
  }

  /** `reset()` or `stop()` is about to be called. */
  mayLetGo(written: number): void {
    if (this.tripped !== null) this.closed.push({ from: this.tripped, to: written })
    this.tripped = null
  }

  /** After the end: everything that can be said of the records. */
  judge(table: KnobTable, maxStep: number): void {
    this.judgeOrder()
    this.judgeMoves(table, maxStep)
  }

  /** Whether the run, run again, is the same. */
  judgeReplay(): void {
    const { words, numbers } = this
    if (words.length === 0) return
    const result = replay({
      run: words[0].run,
      config: JSON.parse(JSON.stringify(words[0].start?.["config"] ?? null)),
      records: numbers,
      notes: new Map(words.flatMap(({ seq, note }) => (note === undefined ? [] : [[seq, note] as const]))),
    })
    if (result.verdict === "identical") return
    const { difference } = result
    this.breach(
      `the replay is ${result.verdict}: ${result.reason ?? `${difference?.field} at ${difference?.seq}`}`,
    )
  }

  private judgeOrder(): void {
    this.words.forEach(({ seq }, i) => {
      if (seq !== i + 1) this.breach(`the sink got record ${seq} where ${i + 1} was due`)
    })
    for (const { name, seqs } of this.heard) {
      const wrong = seqs.findIndex((seq, i) => seq !== seqs[0] + i)
      if (wrong >= 0) this.breach(`${name} heard record ${seqs[wrong]} behind ${seqs[wrong - 1]}`)
      else if (seqs.length > 0 && seqs[seqs.length - 1] !== this.words.length)
        this.breach(`${name} did not hear the last record`)
    }
  }

  private judgeMoves(table: KnobTable, maxStep: number): void {
    let step = maxStep
    let generation = 0
    let base = new Float64Array(table.size)
    for (const numbers of this.numbers) {
      const kind = numbers[RECORD_KIND]
      const seq = numbers[RECORD_SEQUENCE]
      const point = numbers.slice(RECORD_POINT, RECORD_POINT + table.size)
      if (kind === AUDIT_GUARDRAILS_SET) step = readGuardrails(numbers, 0).maxStep
      if (kind === AUDIT_ENGINE_STARTED) base = point
      if (kind === AUDIT_BASELINE_SET) this.judgePoint(seq, point, table)
      if (kind !== AUDIT_APPLY && kind !== AUDIT_ROLLBACK) continue
      this.judgePoint(seq, point, table)
      if (numbers[RECORD_GENERATION] <= generation) this.breach(`record ${seq} has no later generation`)
      generation = numbers[RECORD_GENERATION]
      const detail = numbers[RECORD_DETAIL]
      if (kind === AUDIT_APPLY) {
        this.judgeStep(seq, base, point, table, step)
        if (this.closed.some(({ from, to }) => seq > from && seq <= to) || this.isOpenAt(seq))
          this.breach(`record ${seq} is an apply although trip() had returned`)
      }
      if (detail === UPDATE || (kind === AUDIT_ROLLBACK && detail === ROLLBACK)) base = point
    }
  }

  private isOpenAt(seq: number): boolean {
    return this.tripped !== null && seq > this.tripped
  }

  private judgePoint(seq: number, point: Float64Array, table: KnobTable): void {
    point.forEach((unit, i) => {
      const value = table.decode(i, unit)
      if (!(unit >= 0 && unit <= 1 && value >= table.min[i] && value <= table.max[i]))
        this.breach(`record ${seq} is out of bounds at knob ${i}: ${unit}`)
      if (table.step[i] > 0 && table.snap(i, unit) !== unit)
        this.breach(`record ${seq} is off the grid at knob ${i}: ${unit}`)
    })
  }

  private judgeStep(
    seq: number,
    base: Float64Array,
    point: Float64Array,
    table: KnobTable,
    maxStep: number,
  ): void {
    point.forEach((unit, i) => {
      const allowed = Math.max(maxStep, table.neighbourSpan(i, base[i]))
      const move = Math.abs(unit - base[i])
      if (move > allowed + HAIR) this.breach(`record ${seq} moves knob ${i} by ${move}, not ${allowed}`)
    })
  }
}
