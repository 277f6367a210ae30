/**
 * A recorded run as a row of moments: what its engine stood like after each window, kept in bounded memory. The run is made
 * again from its record; where that cannot be, what the records say by themselves has to do.
 */
import type { EngineSettings } from "../../domain/Config.ts"
import type { Window } from "../../domain/Window.ts"
import { RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { AuditDecoder } from "../../engine/audit/AuditDecoder.ts"
import { type RecordedRun, replay } from "../../journal/replay/replay.ts"
import { actorStates, type Looked } from "./actorStates.ts"
import { budgetsOf } from "./budgetGauges.ts"
import { HistoryRecorder } from "./HistoryRecorder.ts"
import { RECORDS } from "../../domain/records.ts"
import type { Frame } from "../protocol/protocol.ts"
import { windowMessage } from "./windowMessage.ts"

/** Frames kept: as many, and as much text. */
const MOST_FRAMES = 2000
const MOST_BYTES = 48 << 20

export interface RunFrames {
  readonly frames: FrameRow
  readonly history: HistoryRecorder
  /** Why there are no states; null when the run repeated itself. */
  readonly withoutStates: string | null
}

/** Frames in the order of time. When there are too many, every other one goes. */
export class FrameRow {
  /** Every how many moments one is kept. */
  stride = 1
  private readonly texts: Array<string> = []
  private readonly times: Array<number> = []
  private bytes = 0
  private offered = 0

  /** `make` is only called when the moment is kept. */
  offer(atUs: number, make: () => Frame, always: boolean): void {
    const due = this.offered++ % this.stride === 0
    if (!due && !always) return
    const text = JSON.stringify(make())
    this.texts.push(text)
    this.times.push(atUs)
    this.bytes += text.length
    if (this.texts.length > MOST_FRAMES || this.bytes > MOST_BYTES) this.halve()
  }

  /** Those from `fromUs` to `toUs`, evenly thinned to `limit`, and how many there are. */
  between(
    fromUs: number,
    toUs: number,
    limit: number,
  ): { readonly total: number; readonly frames: ReadonlyArray<Frame> } {
    const places = this.times.flatMap((at, i) => (at >= fromUs && at <= toUs ? [i] : []))
    const wanted = Math.min(limit, places.length)
    const frames = Array.from({ length: wanted }, (_, k) =>
      this.read(places[Math.floor(((k + 1) * places.length) / wanted) - 1]),
    )
    return { total: places.length, frames }
  }

  /** The last one at or before a moment; the first where none is. */
  at(atUs: number): Frame | null {
    if (this.times.length === 0) return null
    const after = this.times.findIndex((time) => time > atUs)
    return this.read(after < 0 ? this.times.length - 1 : Math.max(0, after - 1))
  }

  private read(place: number): Frame {
    return JSON.parse(this.texts[place]) as Frame
  }

  private halve(): void {
    this.stride *= 2
    let kept = 0
    this.bytes = 0
    for (let i = 0; i < this.texts.length; i += 2) {
      this.texts[kept] = this.texts[i]
      this.times[kept++] = this.times[i]
      this.bytes += this.texts[i].length
    }
    this.texts.length = kept
    this.times.length = kept
  }
}

export function framesOf(run: RecordedRun, settings: EngineSettings): RunFrames {
  const again = replayed(run, settings)
  if (again.withoutStates === null) return again
  return { ...recordsAlone(run, settings), withoutStates: again.withoutStates }
}

/** The run made again, looked at after each window and whenever SafeMode opens or closes. */
function replayed(run: RecordedRun, settings: EngineSettings): RunFrames {
  const frames = new FrameRow()
  const { names, table } = settings.space
  const history = new HistoryRecorder(names, settings.rules?.length)
  const base = new Float64Array(names.length)
  let window: Window | null = null
  let windows = 0
  let seen = 0
  let mode = ""
  let listening = false
  const noteUpTo = notes(run, settings, history)
  const result = replay(run, (core, seq) => {
    const { hot } = core
    if (!listening) {
      listening = true
      core.windows$.subscribe((next) => {
        window = next
        windows++
      })
    }
    const latched = Atomics.load(hot.executor.latch, 0) === 0 ? "adapting" : "safe"
    if (windows === seen && latched === mode) return
    noteUpTo(seq)
    if (windows !== seen && window !== null) {
      for (let i = 0; i < base.length; i++) base[i] = table.decode(i, hot.executor.base[i])
      const { config } = hot
      const live = config.block.subarray(config.valuesAt, config.valuesAt + base.length)
      history.add(window, live, base, core.rules?.states())
    }
    const changed = latched !== mode
    seen = windows
    mode = latched
    const root: Looked = core.actor
    const make = (): Frame => {
      // A core that is only looked on at was never started; the run that it repeats was.
      const snapshot = { ...core.snapshot(), status: "running" as const }
      return {
        atUs: hot.nowUs,
        seq,
        mode: snapshot.mode,
        generation: snapshot.generation,
        values: snapshot.values,
        window: window === null ? null : windowMessage(window, history),
        snapshot,
        states: { atUs: hot.nowUs, actors: actorStates(root) },
        budgets: budgetsOf(hot.executor, names, hot.nowUs),
      }
    }
    frames.offer(hot.nowUs, make, changed)
  })
  noteUpTo(Number.POSITIVE_INFINITY)
  return { frames, history, withoutStates: whyWithout(result) }
}

function whyWithout({ verdict, reason, difference }: ReturnType<typeof replay>): string | null {
  if (verdict === "identical") return null
  return reason ?? `it cannot be reproduced from record ${difference?.seq ?? "?"} on`
}

/** What stands in the records: configurations, and whether SafeMode was open. */
function recordsAlone(run: RecordedRun, settings: EngineSettings): Omit<RunFrames, "withoutStates"> {
  const frames = new FrameRow()
  const { names } = settings.space
  const history = new HistoryRecorder(names, settings.rules?.length)
  const decoder = new AuditDecoder(run.run, settings)
  const noteUpTo = notes(run, settings, history)
  let mode: Frame["mode"] = "adapting"
  for (const numbers of run.records) {
    const record = decoder.decode(numbers, 0)
    const { kind, atUs, seq, values } = record
    if (kind === "safeModeEntered") mode = "safe"
    if (kind === "safeModeExited") mode = "adapting"
    if (values === undefined || RECORDS[kind].point === "other") continue
    const generation = record.generation ?? 0
    noteUpTo(seq)
    const live = names.map((name) => values[name] ?? Number.NaN)
    history.add(
      {
        index: -1,
        generation,
        closedUs: atUs,
        objective: null,
        latencyP99Us: null,
        throughputRps: null,
        errorRate: null,
        status: "apply",
      },
      live,
      live,
    )
    const frame: Frame = {
      atUs,
      seq,
      mode,
      generation,
      values,
      window: null,
      snapshot: null,
      states: null,
      budgets: null,
    }
    frames.offer(atUs, () => frame, kind.startsWith("safeMode"))
  }
  noteUpTo(Number.POSITIVE_INFINITY)
  return { frames, history }
}

/** Tells the history of the records up to a number, each once and in order. */
function notes(run: RecordedRun, settings: EngineSettings, history: HistoryRecorder): (seq: number) => void {
  const decoder = new AuditDecoder(run.run, settings)
  let at = 0
  return (seq) => {
    for (; at < run.records.length && run.records[at][RECORD_SEQUENCE] <= seq; at++) {
      const note = run.notes?.get(run.records[at][RECORD_SEQUENCE])
      history.note({ ...decoder.decode(run.records[at], 0), ...(note === undefined ? {} : { note }) })
    }
  }
}
