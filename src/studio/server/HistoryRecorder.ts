/**
 * The past of an engine in bounded memory: one row a window, and when the rows are used up every two neighbours become one.
 * So the whole run stays visible, the older the coarser by no more than the length of the run demands.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { markOf } from "../../domain/recordTexts.ts"
import type { History, HistoryMark, Place, StartReading } from "../protocol/protocol.ts"
import { LeastMargins } from "./LeastMargins.ts"

const MOST_ROWS = 2048
const LEAST_ROWS = 16
/** Doubles kept for the knobs and rules of all rows at most: 8 MB. */
const MOST_DOUBLES = 1 << 20
const MOST_MARKS = 500

/**
 * Per row: end, generation, sum, low, high and count of objectives, sums and counts of the three others, windows, expired, sum and count of
 * the baseline's objectives, refusals.
 */
const END = 0
const GENERATION = 1
const SUM = 2
const LOW = 3
const HIGH = 4
const COUNT = 5
const CHANNELS = 6
const CLOSED = 12
const EXPIRED = 13
const BASELINE = 14
const BASELINES = 15
const REFUSED = 16
const ROW = 17
/** Visits to the baseline that are remembered: windows come soon after their apply. */
const MOST_VISITS = 64
/** Generations whose reading is remembered. */
const MOST_READINGS = 8192
/** Windows of the start that are read. */
const MOST_START = 20
/** What stands on a baseline for a while, and comes back. */
const VISITS: ReadonlyArray<string | undefined> = ["visitBaseline", "retreat"]

/** What a row is made of. */
export interface HistoryWindow {
  /** Position in the stream of windows, from 0. */
  readonly index: number
  readonly generation: number
  readonly closedUs: number
  readonly objective: number | null
  readonly latencyP99Us: number | null
  readonly throughputRps: number | null
  readonly errorRate: number | null
  /** An apply without a window is where nothing else was recorded. */
  readonly status: "closed" | "expired" | "apply"
}

export class HistoryRecorder {
  readonly names: ReadonlyArray<string>
  private readonly capacity: number
  private readonly rows: Float64Array
  /** Per row and knob: live, base. */
  private readonly knobs: Float64Array
  private readonly margins: LeastMargins
  private size = 0
  /** Windows that make one row, and those in the row being filled. */
  private stride = 1
  private filled = 0
  private firstUs = Number.NaN
  private readonly marks: Array<HistoryMark> = []
  private marksForgotten = 0
  /** Generations of the latest visits to a baseline. */
  private readonly visits = new Set<number>()
  /** Since this one the base has moved. */
  private movedFrom = Number.POSITIVE_INFINITY
  private start: { objective: number; windows: number; load: number; loads: number } | null = null
  private refused = 0
  /** By generation: sum and count of its objectives. */
  private readonly readings = new Map<number, [sum: number, windows: number]>()

  /** `rules` is how many the engine has. */
  constructor(names: ReadonlyArray<string>, rules = 0) {
    this.names = names
    const fitting = Math.floor(MOST_DOUBLES / Math.max(2, 2 * names.length + rules))
    // Even, so that neighbours always come in twos.
    this.capacity = Math.max(LEAST_ROWS, Math.min(MOST_ROWS, fitting - (fitting % 2)))
    this.rows = new Float64Array(this.capacity * ROW)
    this.knobs = new Float64Array(this.capacity * 2 * names.length)
    this.margins = new LeastMargins(rules, this.capacity)
  }

  /** A record of the run, before the windows that follow it. */
  note(record: AuditRecord): void {
    const { kind, action, generation } = record
    if (kind === "violation") this.refused++
    this.margins.note(record)
    // A proposal has the generation that it expects to replace.
    const applied = kind === "apply" || kind === "rollback"
    if (applied && generation !== null && VISITS.includes(action)) {
      this.visits.add(generation)
      if (this.visits.size > MOST_VISITS) this.visits.delete(this.visits.values().next().value ?? 0)
    }
    if (generation !== null && kind === "apply" && action === "update")
      this.movedFrom = Math.min(this.movedFrom, generation)
    const mark = markOf(record)
    if (mark !== null) this.mark(mark)
  }

  /** What a window was measured on. */
  placeOf(generation: number): Place {
    return this.visits.has(generation) ? "baseline" : "tuned"
  }

  /** `live` and `base` are values in user units by id, `rules` how each stands. Returns the least margins since the window before. */
  add(
    window: HistoryWindow,
    live: ArrayLike<number>,
    base: ArrayLike<number>,
    rules: ReadonlyArray<{ readonly margin: number | null }> = [],
  ): ReadonlyArray<number | null> | undefined {
    if (this.filled === 0) this.open()
    const { rows, knobs, names } = this
    const r = (this.size - 1) * ROW
    rows[r + END] = window.closedUs
    rows[r + GENERATION] = window.generation
    rows[r + REFUSED] += this.refused
    this.refused = 0
    if (Number.isNaN(this.firstUs)) this.firstUs = window.closedUs
    if (window.status === "expired") rows[r + EXPIRED]++
    else if (window.status === "closed") {
      rows[r + CLOSED]++
      this.addReadings(r, window)
      this.addStart(window)
      this.addReading(window)
    }
    for (let i = 0, k = (this.size - 1) * 2 * names.length; i < names.length; i++, k += 2) {
      knobs[k] = live[i]
      knobs[k + 1] = base[i]
    }
    this.filled = this.filled + 1 === this.stride ? 0 : this.filled + 1
    return this.margins.add(this.size - 1, rules)
  }

  private mark(mark: HistoryMark): void {
    this.marks.push(mark)
    if (this.marks.length <= MOST_MARKS) return
    this.marks.shift()
    this.marksForgotten++
  }

  /** At most `points` rows, evenly chosen; every row when there are no more. Of the knobs those in `wanted`. */
  read(engine: string, points: number, wanted: ReadonlyArray<string> = this.names): History {
    const chosen = this.chosen(points)
    const { rows, knobs, names } = this
    const column = (place: number): Array<number> => chosen.map((row) => rows[row * ROW + place])
    const mean = (sum: number, count: number): ReadonlyArray<number | null> =>
      chosen.map((row) =>
        rows[row * ROW + count] > 0 ? rows[row * ROW + sum] / rows[row * ROW + count] : null,
      )
    const orNull = (place: number): ReadonlyArray<number | null> =>
      chosen.map((row) => (rows[row * ROW + COUNT] > 0 ? rows[row * ROW + place] : null))
    const knob = (id: number, side: number): ReadonlyArray<number> =>
      chosen.map((row) => knobs[(row * names.length + id) * 2 + side])
    const atUs = column(END)
    return {
      engine,
      fromUs: Number.isNaN(this.firstUs) ? 0 : this.firstUs,
      toUs: atUs.at(-1) ?? 0,
      atUs,
      generation: column(GENERATION),
      objective: mean(SUM, COUNT),
      objectiveLow: orNull(LOW),
      objectiveHigh: orNull(HIGH),
      baseline: mean(BASELINE, BASELINES),
      latencyP99Us: mean(CHANNELS, CHANNELS + 1),
      throughputRps: mean(CHANNELS + 2, CHANNELS + 3),
      errorRate: mean(CHANNELS + 4, CHANNELS + 5),
      refused: column(REFUSED),
      windows: column(CLOSED),
      expired: column(EXPIRED),
      knobs: Object.fromEntries(
        names.flatMap((name, id) =>
          wanted.includes(name) ? [[name, { live: knob(id, 0), base: knob(id, 1) }]] : [],
        ),
      ),
      margins: this.margins.read(chosen),
      start: this.startReading,
      marks: [...this.marks],
      marksForgotten: this.marksForgotten,
    }
  }

  private chosen(points: number): ReadonlyArray<number> {
    const { size } = this
    const wanted = Math.max(1, Math.min(points, size))
    if (size === 0) return []
    if (wanted === size) return Array.from({ length: size }, (_, row) => row)
    // The last one is always among them.
    return Array.from({ length: wanted }, (_, k) => Math.floor(((k + 1) * size) / wanted) - 1)
  }

  private addReadings(r: number, window: HistoryWindow): void {
    const { rows } = this
    const { objective } = window
    const read = objective !== null && Number.isFinite(objective)
    if (read && this.placeOf(window.generation) === "baseline") {
      rows[r + BASELINE] += objective
      rows[r + BASELINES]++
    } else if (read) {
      const first = rows[r + COUNT] === 0
      rows[r + SUM] += objective
      rows[r + COUNT]++
      if (first || objective < rows[r + LOW]) rows[r + LOW] = objective
      if (first || objective > rows[r + HIGH]) rows[r + HIGH] = objective
    }
    const others = [window.latencyP99Us, window.throughputRps, window.errorRate]
    for (let i = 0; i < others.length; i++) {
      const reading = others[i]
      if (reading === null || !Number.isFinite(reading)) continue
      rows[r + CHANNELS + 2 * i] += reading
      rows[r + CHANNELS + 2 * i + 1]++
    }
  }

  /** The mean objective that was read on a generation; undefined where it is not known. */
  readingOf(generation: number): number | undefined {
    const known = this.readings.get(generation)
    return known === undefined ? undefined : known[0] / known[1]
  }

  private addReading({ generation, objective }: HistoryWindow): void {
    if (objective === null || !Number.isFinite(objective)) return
    const known = this.readings.get(generation)
    if (known === undefined) this.readings.set(generation, [objective, 1])
    else {
      known[0] += objective
      known[1]++
    }
    if (this.readings.size > MOST_READINGS) this.readings.delete(this.readings.keys().next().value ?? 0)
  }

  /** Only where somebody looked from the first window on. */
  private addStart({ index, generation, objective, throughputRps }: HistoryWindow): void {
    if (index === 0) this.start ??= { objective: 0, windows: 0, load: 0, loads: 0 }
    const { start } = this
    if (start === null || start.windows === MOST_START || generation >= this.movedFrom) return
    if (objective === null || !Number.isFinite(objective)) return
    start.objective += objective
    start.windows++
    if (throughputRps === null) return
    start.load += throughputRps
    start.loads++
  }

  /** Null where nobody looked from the first window on. */
  get startReading(): StartReading | null {
    const { start } = this
    if (start === null || start.windows === 0) return null
    const { objective, windows, load, loads } = start
    return { windows, objective: objective / windows, throughputRps: loads === 0 ? null : load / loads }
  }

  /** A new row; when there is no room for one, every two become one. */
  private open(): void {
    if (this.size === this.capacity) this.halve()
    this.rows.fill(0, this.size * ROW, (this.size + 1) * ROW)
    this.margins.clear(this.size)
    this.size++
  }

  private halve(): void {
    const { rows, knobs, names } = this
    const wide = 2 * names.length
    for (let to = 0, from = 0; from < this.size; to++, from += 2) {
      const a = from * ROW
      const b = a + ROW
      const out = to * ROW
      const low = extremeOf(rows, a, b, LOW, -1)
      const high = extremeOf(rows, a, b, HIGH, 1)
      for (const place of [SUM, COUNT, 6, 7, 8, 9, 10, 11, CLOSED, EXPIRED, BASELINE, BASELINES, REFUSED]) {
        rows[out + place] = rows[a + place] + rows[b + place]
      }
      rows[out + LOW] = low
      rows[out + HIGH] = high
      rows[out + END] = rows[b + END]
      rows[out + GENERATION] = rows[b + GENERATION]
      this.margins.join(to, from, from + 1)
      knobs.copyWithin(to * wide, (from + 1) * wide, (from + 2) * wide)
    }
    this.size /= 2
    this.stride *= 2
  }
}

/** The extreme of two rows, of which either may have none. `sign` 1 takes the greater one. */
function extremeOf(rows: Float64Array, a: number, b: number, place: number, sign: 1 | -1): number {
  if (rows[a + COUNT] === 0) return rows[b + place]
  if (rows[b + COUNT] === 0) return rows[a + place]
  return sign === 1 ? Math.max(rows[a + place], rows[b + place]) : Math.min(rows[a + place], rows[b + place])
}
