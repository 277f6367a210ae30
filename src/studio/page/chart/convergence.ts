/** How a solver run went: every reading by its phase, and the best value so far as a stair. */
import uPlot from "uplot"
import type { SolverReading, SolverRun } from "../../protocol/solverProtocol.ts"
import { Scope } from "../core/cell.ts"
import { h, say } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import { toldReading } from "../core/solverAxes.ts"
import { token } from "../core/theme.ts"
import { markChanges } from "./changes.ts"
import { fitChart } from "./fitChart.ts"

const HEIGHT = 300
const FONT = '11px "Inter Variable", system-ui, sans-serif'
const PHASES = [
  { phase: "probe", color: "--series-2" },
  { phase: "classify", color: "--series-3" },
  { phase: "refine", color: "--series-1" },
] as const
/** Half the size of a mark at the edge, CSS pixels. */
const MARK = 3

export interface Convergence {
  readonly element: HTMLElement
  readonly legend: HTMLElement
  readonly close: () => void
}

export function convergence(run: SolverRun): Convergence {
  const scope = new Scope()
  const plot = h("div", { class: "plot" })
  const readout = h("p", { class: "readout small soft", "aria-hidden": "true" })
  const { history } = run
  const frame = run.frame ?? { min: 0, max: 1, log: false }
  const scale = scaleOf(frame)
  const place = (one: SolverReading): number | null => (one.beyond ? null : scale.place(one.value))
  const column = (phase: string): ReadonlyArray<number | null> =>
    history.map((one) => (one.phase === phase ? place(one) : null))
  const others = history.map((one) => (PHASES.some(({ phase }) => phase === one.phase) ? null : place(one)))
  const [low, high] = [scale.place(frame.min) ?? 0, scale.place(frame.max) ?? 1]
  const failed = history.filter(({ value }) => value === null)
  const beyond = history.filter((one) => one.beyond)
  // What is out has no value and no place in the history: it stands after it.
  const pending = Array.from({ length: run.counts.pending }, (_, k) => history.length + k)
  const none = pending.map(() => null)
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
      hooks: {
        setCursor: [
          (u) => {
            const at = u.cursor.idx
            say(readout, typeof at === "number" && at < history.length ? toldReading(history[at]) : "")
          },
        ],
        draw: [(u) => drawEdges(u, frame, failed, beyond, pending), (u) => markChanges(u, run.labels, true)],
      },
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
      [...history.map(({ index }) => index), ...pending],
      ...PHASES.map(({ phase }) => [...column(phase), ...none]),
      [...others, ...none],
      [...history.map(({ best }) => scale.place(best)), ...none],
    ],
    plot,
  )
  fitChart(scope, chart, plot, HEIGHT)
  const word = run.minimize ? "lowest" : "highest"
  const edges = [
    ...(failed.length === 0 ? [] : [`${failed.length} failed`]),
    ...(beyond.length === 0 ? [] : [`${beyond.length} off the scale`]),
  ]
  const out = `${pending.length} pending`
  const label = [
    `Convergence: ${history.length} evaluations`,
    `${word} value ${figure(run.best?.value)}`,
    ...edges,
    ...(pending.length === 0 ? [] : [out]),
    ...(run.labels.length < 2 ? [] : [`taken for ${run.labels.map((one) => one.label).join(", then ")}`]),
  ]
  return {
    element: h("div", { class: "chart", role: "img", "aria-label": label.join(", ") }, plot, readout),
    legend: h(
      "ul",
      { class: "legend small soft" },
      ...PHASES.map(({ phase, color }) =>
        h("li", {}, h("span", { class: "swatch round", "data-color": color }), phase),
      ),
      h("li", {}, h("span", { class: "swatch floor best" }), "best so far"),
      failed.length === 0
        ? null
        : h("li", {}, h("span", { class: "sign", "data-color": "--trip-line" }, "×"), edges[0]),
      beyond.length === 0 ? null : h("li", {}, h("span", { class: "sign" }, "○"), edges.at(-1)),
      pending.length === 0
        ? null
        : h("li", {}, h("span", { class: "sign", "data-color": "--text-faint" }, "○"), out),
      scale.name === "" ? null : h("li", { class: "faint" }, scale.name),
    ),
    close: scope.close,
  }
}

interface Scale {
  readonly name: string
  readonly place: (value: number | null) => number | null
  readonly read: (placed: number) => number
}

/** The values themselves, or their powers of ten. */
function scaleOf({ min, log }: NonNullable<SolverRun["frame"]>): Scale {
  if (!log) return { name: "", place: (value) => value, read: (placed) => placed }
  return {
    name: "log scale",
    place: (value) => (value === null ? null : Math.log10(Math.max(value, min))),
    read: (placed) => 10 ** placed,
  }
}

const colorOf = (phase: string): string => PHASES.find((one) => one.phase === phase)?.color ?? "--text-faint"

/** What has no place between the edges: a cross for what failed, an open ring for what lies beyond or is pending. */
function drawEdges(
  u: uPlot,
  { max }: NonNullable<SolverRun["frame"]>,
  failed: ReadonlyArray<SolverReading>,
  beyond: ReadonlyArray<SolverReading>,
  pending: ReadonlyArray<number>,
): void {
  const { ctx, bbox } = u
  const size = MARK * devicePixelRatio
  const bottom = bbox.top + bbox.height
  ctx.save()
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.strokeStyle = token("--trip-line")
  for (const { index } of failed) {
    const x = u.valToPos(index, "x", true)
    ctx.beginPath()
    ctx.moveTo(x - size, bottom - 2 * size)
    ctx.lineTo(x + size, bottom)
    ctx.moveTo(x + size, bottom - 2 * size)
    ctx.lineTo(x - size, bottom)
    ctx.stroke()
  }
  for (const { index, phase, value } of beyond) {
    const above = value !== null && value > max
    ctx.strokeStyle = token(colorOf(phase))
    ctx.beginPath()
    ctx.arc(u.valToPos(index, "x", true), above ? bbox.top + size : bottom - size, size, 0, 2 * Math.PI)
    ctx.stroke()
  }
  ctx.strokeStyle = token("--text-faint")
  for (const index of pending) {
    ctx.beginPath()
    ctx.arc(u.valToPos(index, "x", true), bottom - size, size, 0, 2 * Math.PI)
    ctx.stroke()
  }
  ctx.restore()
}
