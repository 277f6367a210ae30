/**
 * A chart over time on uPlot, in the page's colours: lines, the times SafeMode was open, trips, rollbacks and baselines as
 * marks, windows that ran out, and the moment a replay stands at. All charts of a view share one time range and one cursor.
 */
import uPlot from "uplot"
import { Cell, Scope } from "../core/cell.ts"
import { h, say } from "../core/dom.ts"
import { clock, figure } from "../core/format.ts"
import { ticksAt } from "../../../domain/axisTicks.ts"
import { axisFigures, axisSteps } from "./axis.ts"
import { token } from "../core/theme.ts"
import type { Track } from "../core/Track.ts"
import { drawMarks } from "./marks.ts"
import { fitChart } from "./fitChart.ts"

export interface Line {
  readonly name: string
  readonly values: (track: Track) => ReadonlyArray<number | null>
  /** Token of its colour. */
  readonly color: string
  readonly width?: number
  readonly dash?: ReadonlyArray<number>
  /** Holds its value until the next, as a knob does. */
  readonly stepped?: boolean
  readonly points?: boolean
  /** Goes on over rows without a value. */
  readonly spans?: boolean
  /** Its colour below the limit of the chart. */
  readonly below?: string
  /** Points alone. */
  readonly dots?: boolean
  /** The room under it is filled. */
  readonly fill?: boolean
  /** An edge of a band: it has no line of its own and is not read out. */
  readonly edge?: boolean
}

export interface TimeChartOptions {
  readonly label: string
  readonly height: number
  readonly lines: ReadonlyArray<Line>
  readonly track: Track
  /** Changes when the track does. */
  readonly changed: Cell<unknown>
  readonly nowUs: () => number
  readonly cursorUs: () => number | null
  /** The room between two lines is filled; their places among the lines. */
  readonly band?: readonly [high: number, low: number]
  /** The scale begins at 0. */
  readonly fromZero?: boolean
  /** A value as it is read out. */
  readonly figure?: (value: number | null | undefined) => string
  /** Drawn as a level, in the units of the lines; null for none. */
  readonly level?: () => number | null
  /** Below it nothing may fall, in the units of the lines: drawn as a line, and always in sight. */
  readonly limit?: number
  readonly axes?: boolean
  /** What is said where there is no value to be drawn. */
  readonly nothing?: string
  /** Where a value is drawn, where that is not the value itself: on a scale of its own. */
  readonly project?: (value: number) => number
}

/** Seconds that are shown; 0: everything there is. */
export const range = new Cell(0)
export const RANGES = [
  { seconds: 60, name: "1 min" },
  { seconds: 300, name: "5 min" },
  { seconds: 1800, name: "30 min" },
  { seconds: 0, name: "All" },
] as const

const STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
]
const FONT = '11px "Inter Variable", system-ui, sans-serif'

export interface TimeChart {
  readonly element: HTMLElement
  readonly update: () => void
  readonly close: () => void
}

export function timeChart(options: TimeChartOptions): TimeChart {
  const { lines, track, height, axes = true, project = same, limit } = options
  const scope = new Scope()
  const plot = h("div", { class: "plot" })
  const readout = h("p", { class: "readout small soft", "aria-hidden": "true" })
  const nothing = h("p", { class: "nothing small soft", "aria-hidden": "true", hidden: true })
  const empty = (): boolean =>
    lines.every((line) => line.values(track).every((value) => value === null || !Number.isFinite(value)))
  const element = h(
    "div",
    { class: axes ? "chart" : "chart small", role: "img", "aria-label": options.label },
    plot,
    nothing,
    readout,
  )
  const data = (): uPlot.AlignedData => [
    track.times.map((us) => us / 1e6),
    ...lines.map((line) => line.values(track).map((value) => (value === null ? null : project(value)))),
  ]
  const chart = new uPlot(
    {
      width: 300,
      height,
      padding: axes ? [12, 26, 0, 0] : [6, 6, 6, 6],
      legend: { show: false },
      cursor: {
        sync: { key: "time" },
        y: false,
        points: { size: 7, fill: (u, i) => colorOf(u, i, lines), stroke: (u, i) => colorOf(u, i, lines) },
      },
      scales: {
        x: { time: false, range: (_, low, high) => timeRange(options, low, high) },
        y: { range: valueRange(options) },
      },
      series: [
        {},
        ...lines.map((line) => ({
          label: line.name,
          stroke: (u: uPlot) => strokeOf(u, line, limit, 100),
          width: line.edge === true ? 0 : (line.width ?? 1.5),
          ...(line.fill === true ? { fill: (u: uPlot) => strokeOf(u, line, limit, 14) } : {}),
          ...(limit === undefined ? {} : { fillTo: limit }),
          ...(line.dots === true ? { paths: () => null } : {}),
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          ...(line.stepped === true && uPlot.paths.stepped !== undefined
            ? { paths: uPlot.paths.stepped({ align: 1 }) }
            : {}),
          points: {
            show: line.dots === true || (line.points === true && pointsFit),
            size: line.dots === true ? 5 : 4,
            fill: () => token(line.color),
          },
          spanGaps: line.spans === true,
        })),
      ],
      ...(options.band === undefined
        ? {}
        : {
            bands: [
              {
                series: [options.band[0] + 1, options.band[1] + 1] as [number, number],
                fill: () =>
                  `color-mix(in srgb, ${token(lines[options.band?.[0] ?? 0].color)} 16%, transparent)`,
              },
            ],
          }),
      axes: axes ? [timeAxis(), valueAxis(empty)] : [{ show: false }, { show: false }],
      hooks: {
        drawClear: [(u) => drawMarks(u, track, "behind", { ...options, project })],
        draw: [(u) => drawMarks(u, track, "front", { ...options, project })],
        setCursor: [(u) => say(readout, readoutOf(u, options))],
      },
    },
    data(),
    plot,
  )
  const update = (): void => {
    chart.setData(data())
    say(readout, readoutOf(chart, options))
    nothing.hidden = !axes || !empty()
    say(nothing, options.nothing ?? "No window has closed with a value yet.")
    element.setAttribute("aria-label", `${options.label}. ${summary(options)}`)
  }
  scope.watch([options.changed, range], update)
  fitChart(scope, chart, plot, height)
  return { element, update, close: scope.close }
}

const same = (value: number): number => value

/** The colour of a line, or of the room beside it at a part of its strength; another one below the limit. */
function strokeOf(
  u: uPlot,
  { color, below }: Line,
  limit: number | undefined,
  percent: number,
): string | CanvasGradient {
  const mixed = (name: string): string => `color-mix(in srgb, ${token(name)} ${percent}%, transparent)`
  const { top, height } = u.bbox
  const at = limit === undefined ? Number.NaN : (u.valToPos(limit, "y", true) - top) / height
  if (below === undefined || !Number.isFinite(at)) return percent === 100 ? token(color) : mixed(color)
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height)
  const place = Math.min(1, Math.max(0, at))
  gradient.addColorStop(place, mixed(color))
  gradient.addColorStop(place, mixed(below))
  return gradient
}

const colorOf = (_: uPlot, index: number, lines: ReadonlyArray<Line>): string =>
  token(lines[index - 1]?.color ?? "--text")

/** Single windows are drawn as points while there is room for them. */
function pointsFit(u: uPlot, _: number, from: number, to: number): boolean {
  return (to - from) * 9 < u.bbox.width / devicePixelRatio
}

function timeRange({ nowUs }: TimeChartOptions, low: number, high: number): [number, number] {
  const now = nowUs() / 1e6
  const end = Math.max(now, high ?? now)
  if (range.value > 0) return [Math.max(now - range.value, 0), Math.max(now, now - range.value + 1)]
  return [low ?? Math.max(now - 60, 0), end > (low ?? 0) ? end : end + 1]
}

/** Room above and below, and the level in sight. */
const valueRange =
  ({ level, limit, project = same, fromZero = false }: TimeChartOptions): uPlot.Range.Function =>
  (_, low, high) => {
    if (fromZero && (low ?? 0) >= 0) return [0, (high ?? 0) > 0 ? high * 1.1 : 1]
    const value = limit ?? level?.() ?? null
    const at = value === null ? null : project(value)
    const least = at === null ? low : Math.min(at, low ?? at)
    const most = at === null ? high : Math.max(at, high ?? at)
    if (least === null || most === null || !Number.isFinite(least) || !Number.isFinite(most)) return [0, 1]
    const room = most > least ? (most - least) * 0.1 : Math.abs(most) * 0.1 || 1
    return [least - room, most + room]
  }

const timeAxis = (): uPlot.Axis => ({
  stroke: () => token("--text-faint"),
  font: FONT,
  size: 28,
  space: 84,
  gap: 6,
  incrs: [...STEPS],
  grid: { show: false },
  ticks: { stroke: () => token("--line"), width: 1, size: 5 },
  values: (_, splits, _axis, _space, step) =>
    splits.map((seconds) => clock(Math.round(seconds * 1e6), step < 1 ? 1 : 0)),
})

const valueAxis = (empty: () => boolean): uPlot.Axis => ({
  stroke: () => token("--text-faint"),
  font: FONT,
  size: (_, values) => Math.max(36, ...(values ?? []).map((text) => (text?.length ?? 0) * 7 + 14)),
  space: 36,
  gap: 6,
  grid: { stroke: () => token("--grid"), width: 1 },
  ticks: { show: false },
  incrs: (_, _axis, low, high) => axisSteps(low, high),
  splits: (_, _axis, low, high, step) => ticksAt(low, high, step),
  // A scale of nothing would be made up.
  values: (_, splits, _axis, _space, step) => (empty() ? splits.map(() => "") : axisFigures(splits, step)),
})

/** What stands under the cursor, at the moment of a replay, or last. */
function readoutOf(
  u: uPlot,
  { lines, track, cursorUs, axes = true, figure: written = figure }: TimeChartOptions,
): string {
  // A small chart has its figures beside it; only what is pointed at is told.
  if (!axes && typeof u.cursor.idx !== "number") return ""
  const index = u.cursor.idx ?? indexAt(track, cursorUs())
  if (index < 0 || index >= track.times.length) return ""
  const parts = lines.flatMap((line) => {
    const value = line.edge === true ? null : line.values(track)[index]
    // What has no value here is left out, but for the first line.
    return line.edge === true || (value === null && line !== lines[0])
      ? []
      : [`${line.name} ${written(value)}`]
  })
  return `${clock(track.times[index], 1)} · ${parts.join(" · ")}`
}

/** The last row at or before a moment; the last of all where none is given. */
const indexAt = (track: Track, atUs: number | null): number =>
  atUs === null ? track.times.length - 1 : track.times.findLastIndex((time) => time <= atUs)

/** The chart in a sentence, for who cannot see it. */
function summary({ lines, track }: TimeChartOptions): string {
  const count = track.times.length
  if (count === 0) return "No windows yet."
  const values = lines[0].values(track).filter((value): value is number => value !== null)
  const from = clock(track.times[0])
  const to = clock(track.times[count - 1])
  const trips = track.marks.filter((one) => one.kind === "trip").length
  const told = trips === 0 ? "" : ` ${trips} trips are marked.`
  if (values.length === 0) return `${count} windows from ${from} to ${to}, none with a value.${told}`
  let low = values[0]
  let high = values[0]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return `From ${from} to ${to}: last ${figure(values.at(-1))}, lowest ${figure(low)}, highest ${figure(high)}.${told}`
}
