/** How a solver run went: every reading by its phase, and the best value so far as a stair. */
import uPlot from "uplot"
import type { SolverRun } from "../../node/studio/solverProtocol.ts"
import { Scope } from "../core/cell.ts"
import { h } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import { shade, token } from "../core/theme.ts"

const HEIGHT = 300
const FONT = '11px "Inter Variable", system-ui, sans-serif'
const PHASES = [
  { phase: "probe", color: "--series-2" },
  { phase: "classify", color: "--series-3" },
  { phase: "refine", color: "--series-1" },
] as const
/** A share of readings this small may be drawn beyond the chart: one absurd value would flatten all the others. */
const BEYOND = 0.05

export interface Convergence {
  readonly element: HTMLElement
  readonly legend: HTMLElement
  readonly close: () => void
}

export function convergence(run: SolverRun): Convergence {
  const scope = new Scope()
  const plot = h("div", { class: "plot" })
  const { history } = run
  const scale = scaleOf(history.map(({ value }) => value))
  const values = history.map(({ value }) => scale.place(value))
  const column = (phase: string): ReadonlyArray<number | null> =>
    history.map((one) => (one.phase === phase ? scale.place(one.value) : null))
  const others = history.map((one) =>
    PHASES.some(({ phase }) => phase === one.phase) ? null : scale.place(one.value),
  )
  const [low, high] = sight(values, run.minimize)
  const dots = (name: string, color: string): uPlot.Series => ({
    label: name,
    stroke: () => token(color),
    paths: () => null,
    points: { show: true, size: 6, width: 1, fill: () => token(color), stroke: () => token("--surface") },
  })
  const chart = new uPlot(
    {
      width: 300,
      height: HEIGHT,
      padding: [12, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false },
      scales: { x: { time: false }, y: { range: () => [low, high] } },
      series: [
        {},
        ...PHASES.map(({ phase, color }) => dots(phase, color)),
        dots("known before", "--text-faint"),
        {
          label: "best so far",
          stroke: () => token("--live-line"),
          width: 2,
          ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }),
          points: { show: false },
        },
      ],
      axes: [
        {
          stroke: () => token("--text-faint"),
          font: FONT,
          size: 28,
          gap: 6,
          grid: { show: false },
          ticks: { stroke: () => token("--line"), size: 5, width: 1 },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
        },
        {
          stroke: () => token("--text-faint"),
          font: FONT,
          size: 60,
          ...(scale.name === "" ? {} : { incrs: [1, 2, 3, 5, 10] }),
          gap: 6,
          grid: { stroke: () => token("--grid"), width: 1 },
          ticks: { show: false },
          values: (_, splits) => splits.map((value) => figure(scale.read(value))),
        },
      ],
    },
    [
      history.map(({ index }) => index),
      ...PHASES.map(({ phase }) => [...column(phase)]),
      others,
      history.map(({ best }) => scale.place(best)),
    ],
    plot,
  )
  const size = new ResizeObserver(() => {
    const width = Math.floor(plot.clientWidth)
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT })
  })
  size.observe(plot)
  scope.add(() => size.disconnect())
  scope.add(() => chart.destroy())
  scope.watch([shade], () => chart.redraw(false, true))
  const word = run.minimize ? "lowest" : "highest"
  const label = `Convergence: ${history.length} evaluations, ${word} value ${figure(run.best?.value)}`
  return {
    element: h("div", { class: "chart", role: "img", "aria-label": label }, plot),
    legend: h(
      "ul",
      { class: "legend small soft" },
      ...PHASES.map(({ phase, color }) =>
        h("li", {}, h("span", { class: "swatch round", "data-color": color }), phase),
      ),
      h("li", {}, h("span", { class: "swatch floor best" }), "best so far"),
      scale.name === "" ? null : h("li", { class: "faint" }, scale.name),
    ),
    close: scope.close,
  }
}

/** Values that span more than this many times their least are told apart by their size only. */
const WIDE = 1000
/** Below this share of the greatest nothing is told apart any more. */
const FLOOR = 1e-12

interface Scale {
  readonly name: string
  readonly place: (value: number | null) => number | null
  readonly read: (placed: number) => number
}

/** The values themselves, or their powers of ten where all are positive and span many of them. */
function scaleOf(values: ReadonlyArray<number | null>): Scale {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null) continue
    if (value < least) least = value
    if (value > most) most = value
  }
  if (!(least > 0 && most > least * WIDE)) {
    return { name: "", place: (value) => value, read: (placed) => placed }
  }
  const floor = Math.max(least, most * FLOOR)
  return {
    name: "log scale",
    place: (value) => (value === null ? null : Math.log10(Math.max(value, floor))),
    read: (placed) => 10 ** placed,
  }
}

/** What is in sight: everything but the few worst readings. */
function sight(values: ReadonlyArray<number | null>, minimize: boolean): [number, number] {
  const sorted = values.filter((value): value is number => value !== null).sort((a, b) => a - b)
  if (sorted.length === 0) return [0, 1]
  const cut = Math.floor(sorted.length * BEYOND)
  const low = sorted[minimize ? 0 : cut]
  const high = sorted[minimize ? sorted.length - 1 - cut : sorted.length - 1]
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.1 || 1
  return [low - room, high + room]
}
