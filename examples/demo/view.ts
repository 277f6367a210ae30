/**
 * What the demo shows, as data: lines of toned spans. terminal.ts paints them on a terminal, scripts/recordDemo.ts into
 * a picture. Pure: the same state gives the same lines.
 */
import { type KnobName, knobNames, type KnobValues, params } from "./knobs.ts"
import type { Progress } from "./protocol.ts"

export type Tone = "plain" | "dim" | "strong" | "title" | "good" | "warn" | "bad" | "live"

export interface Span {
  readonly text: string
  readonly tone: Tone
}

export type Line = ReadonlyArray<Span>

export type Stage = "warming up" | "tuning" | "proving" | "comparing" | "done"

export interface DemoState {
  readonly stage: Stage
  readonly elapsedMs: number
  readonly totalMs: number
  readonly seed: number
  readonly connections: number
  readonly start: KnobValues
  readonly progress: Progress | null
  /** Mean cost per answer of every progress so far, and at which of them the load changed (-1: not yet). */
  readonly costs: ReadonlyArray<number>
  readonly loadChangedAt: number
  /** Mean cost under the starting configuration, from the warm-up. */
  readonly startCostMs: number
  /** What happened, newest last. */
  readonly events: ReadonlyArray<string>
}

export const VIEW_WIDTH = 92
const BAR_CELLS = 36
const EVENTS_SHOWN = 4

export const span = (text: string, tone: Tone = "plain"): Span => ({ text, tone })
export const blank: Line = []

/** Three significant digits without an exponent, whole numbers as they are. */
export const number = (value: number): string => {
  if (!Number.isFinite(value)) return "-"
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`
}

/** Position of a value inside its knob's range, on the knob's own scale: 0 to 1. */
export const position = (name: KnobName, value: number): number => {
  const { min, max } = params[name]
  return Math.log(Math.min(max, Math.max(min, value)) / min) / Math.log(max / min)
}

/** A bar of the knob inside its range; the tick stands where the knob started. */
const bar = (name: KnobName, value: number, start: number): Line => {
  const filled = Math.round(position(name, value) * BAR_CELLS)
  const tick = Math.min(BAR_CELLS - 1, Math.round(position(name, start) * BAR_CELLS))
  const cells = (from: number, to: number): Line =>
    from >= to
      ? []
      : [
          span("━".repeat(Math.max(0, Math.min(to, filled) - from)), "live"),
          span("─".repeat(Math.max(0, to - Math.max(from, filled))), "dim"),
        ]
  return [...cells(0, tick), span("┃", "warn"), ...cells(tick + 1, BAR_CELLS)].filter(
    ({ text }) => text !== "",
  )
}

const BLOCKS = " ▁▂▃▄▅▆▇█"
const CHART_ROWS = 3
/** Height of the chart in medians. */
const CHART_TOP = 1.7

/** The means of `width` stretches of `values`, oldest first; all of them when they are fewer. */
export const condense = (values: ReadonlyArray<number>, width: number): ReadonlyArray<number> => {
  const finite = values.map((value, index) =>
    Number.isFinite(value) ? value : (values[index - 1] ?? Number.NaN),
  )
  if (finite.length <= width) return finite
  return Array.from({ length: width }, (_, cell) => {
    const from = Math.floor((cell * finite.length) / width)
    const to = Math.max(from + 1, Math.floor(((cell + 1) * finite.length) / width))
    const part = finite.slice(from, to).filter(Number.isFinite)
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}

/**
 * A chart from zero, in eighths of a row; its colour changes where the load did. What stands far above the median (a
 * machine that was busy elsewhere) is cut off, or it would flatten everything that the engine does.
 */
const chart = (values: ReadonlyArray<number>, changedAt: number, width: number): ReadonlyArray<Line> => {
  const cells = condense(values, width)
  const sorted = cells.filter(Number.isFinite).sort((a, b) => a - b)
  const scale = Math.max(
    1e-9,
    Math.min(sorted.at(-1) ?? 0, CHART_TOP * (sorted[Math.floor(sorted.length / 2)] ?? 0)),
  )
  const changeCell = changedAt < 0 ? cells.length : Math.floor((changedAt * cells.length) / values.length)
  return Array.from({ length: CHART_ROWS }, (_, row) => {
    const below = (CHART_ROWS - 1 - row) * 8
    const text = cells
      .map((value) => {
        const eighths = Number.isFinite(value) ? Math.max(1, Math.round((value / scale) * CHART_ROWS * 8)) : 0
        return BLOCKS[Math.min(8, Math.max(0, eighths - below))]
      })
      .join("")
    return [span(text.slice(0, changeCell), "live"), span(text.slice(changeCell), "warn")].filter(
      (part) => part.text !== "",
    )
  })
}

/** The stage; of a proof also how far it is. */
const stageText = ({ stage, progress }: DemoState): string =>
  stage === "proving" && progress?.proof
    ? `proving, pair ${progress.proof.read} of ${progress.proof.wanted}`
    : stage

const STAGES = ["warming up", "tuning", "proving", "comparing"] as const

/** What has been, what is and what comes. */
const road = ({ stage }: DemoState): Line => {
  const now = stage === "done" ? STAGES.length : STAGES.indexOf(stage)
  return STAGES.flatMap(
    (name, index): Line => [
      ...(index === 0 ? [] : [span("  >  ", "dim")]),
      index < now ? span(`${name} ✓`, "good") : span(name, index === now ? "strong" : "dim"),
    ],
  )
}

const heading = (state: DemoState): Line => {
  const right = `${clock(state.elapsedMs)} / ${clock(state.totalMs)}`
  const left = "Arqon tunes a live HTTP service"
  const middle = `  ${stageText(state)}, ${state.connections} callers, seed ${state.seed}`
  return [
    span(left, "title"),
    span(middle.padEnd(VIEW_WIDTH - left.length - right.length), "dim"),
    span(right, "dim"),
  ]
}

const change = (now: number, start: number): Span => {
  const percent = (now / start - 1) * 100
  if (!Number.isFinite(percent)) return span("")
  const text = `${percent > 0 ? "+" : ""}${percent.toFixed(0)} %`
  return span(text, percent < -2 ? "good" : percent > 2 ? "bad" : "dim")
}

const recentCost = (costs: ReadonlyArray<number>): number => {
  const recent = costs.slice(-10).filter(Number.isFinite)
  return recent.reduce((sum, cost) => sum + cost, 0) / recent.length
}

/** What an answer cost before; under the first load, because the second one would be no fair comparison. */
const beforeSpans = (state: DemoState, now: number): Line => {
  if (Number.isNaN(state.startCostMs)) return [span("measuring the start", "warn")]
  return state.loadChangedAt < 0
    ? [span(`before ${number(state.startCostMs)} ms  `, "warn"), change(now, state.startCostMs)]
    : [span("yellow: the second load", "warn")]
}

const objectiveLines = (state: DemoState): ReadonlyArray<Line> => {
  const now = recentCost(state.costs)
  const { p99Ms, perSecond } = state.progress ?? { p99Ms: Number.NaN, perSecond: Number.NaN }
  return [
    [
      span("cost per answer  ", "strong"),
      span(`${number(now)} ms`.padEnd(10), "live"),
      span(`p99 ${number(p99Ms)} ms`.padEnd(14), "dim"),
      span(`${number(perSecond)} answers/s`.padEnd(18), "dim"),
      ...beforeSpans(state, now),
    ],
    ...chart(state.costs, state.loadChangedAt, VIEW_WIDTH),
  ]
}

const knobLines = (state: DemoState): ReadonlyArray<Line> =>
  knobNames.map((name) => {
    const value = state.progress?.values[name] ?? state.start[name]
    const { min, max } = params[name]
    return [
      span(name.padEnd(15), "strong"),
      span(number(value).padStart(6), "live"),
      span(`  ${number(min).padStart(5)} `, "dim"),
      ...bar(name, value, state.start[name]),
      span(` ${number(max).padEnd(6)}`, "dim"),
      span(` start ${number(state.start[name])}`, "warn"),
    ]
  })

const engineLines = (state: DemoState): ReadonlyArray<Line> => {
  const { progress } = state
  if (progress === null)
    return [[span("engine not started: the service runs on its starting configuration", "dim")], blank]
  const safe = progress.mode === "safe"
  return [
    [
      span("cycle ", "dim"),
      span(String(progress.cycles).padEnd(5), "strong"),
      span(progress.phase.padEnd(15)),
      span("probe ", "dim"),
      span(progress.probe.toFixed(3).padEnd(8)),
      span("generation ", "dim"),
      span(String(progress.generation).padEnd(7)),
      span("SafeMode ", "dim"),
      safe ? span(`OPEN: ${progress.safeModeReason ?? "unknown"}`, "bad") : span("armed", "good"),
    ],
    [
      span("applies ", "dim"),
      span(String(progress.applies).padEnd(7), "strong"),
      span("refused ", "dim"),
      span(String(progress.refused).padEnd(7), progress.refused > 0 ? "warn" : "plain"),
      span("rollbacks ", "dim"),
      span(String(progress.rollbacks).padEnd(6), progress.rollbacks > 0 ? "warn" : "plain"),
      span("SafeMode entries ", "dim"),
      span(String(progress.safeModeEntries).padEnd(6), progress.safeModeEntries > 0 ? "warn" : "plain"),
      span("readings out of bounds ", "dim"),
      span(String(progress.outOfBounds), progress.outOfBounds > 0 ? "bad" : "good"),
    ],
  ]
}

/** The whole live view. */
export const frame = (state: DemoState): ReadonlyArray<Line> => {
  const events = state.events.slice(-EVENTS_SHOWN)
  const tail = Array.from(
    { length: EVENTS_SHOWN },
    (_, index): Line =>
      index < events.length
        ? [span("· ", "dim"), span(events[index], index === events.length - 1 ? "plain" : "dim")]
        : blank,
  )
  return [
    heading(state),
    road(state),
    blank,
    ...objectiveLines(state),
    blank,
    ...knobLines(state),
    blank,
    ...engineLines(state),
    blank,
    ...tail,
  ]
}

/** The same in one line, for logs. */
export const plainLine = (state: DemoState): string => {
  const { progress } = state
  const knobs = knobNames
    .map((name) => `${name} ${number(progress?.values[name] ?? state.start[name])}`)
    .join(", ")
  const engine =
    progress === null
      ? ""
      : `, cycle ${progress.cycles}, applies ${progress.applies}, refused ${progress.refused}, SafeMode ${
          progress.mode === "safe" ? `open (${progress.safeModeReason})` : "armed"
        }`
  const where = `${clock(state.elapsedMs)} of ${clock(state.totalMs)} ${stageText(state)}`
  if (state.stage === "comparing" || state.stage === "done") return where
  const now = recentCost(state.costs)
  const cost = Number.isNaN(now) ? "" : `cost ${number(now)} ms, `
  const before = state.loadChangedAt < 0 ? textOf(beforeSpans(state, now)) : "under the second load"
  return `${where}: ${cost}${before}; ${knobs}${engine}`
}

/** The text of a line without its tones. */
export const textOf = (line: Line): string => line.map(({ text }) => text).join("")
