/**
 * How far the trust region of a solver run reached along each of its axes, under the curve and on its scale: it follows a
 * success and shrinks with a failure, and lines that part show a valley that is longer than it is wide.
 */
import uPlot from "uplot"
import type { SolverRun } from "../../protocol/solverProtocol.ts"
import { Scope } from "../core/cell.ts"
import { h } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import { token } from "../core/theme.ts"
import { markChanges } from "./changes.ts"
import { fitChart } from "./fitChart.ts"

const HEIGHT = 130
const FONT = '11px "Inter Variable", system-ui, sans-serif'

export interface ReachChart {
  readonly element: HTMLElement
  readonly close: () => void
}

/** Null where no trust region was at work. */
export function reachChart(run: SolverRun): ReachChart | null {
  const { reach, labels } = run
  if (reach.length === 0) return null
  const scope = new Scope()
  const plot = h("div", { class: "plot" })
  const places = run.history.length + run.counts.pending
  const most = Math.max(...reach.flat().map(({ lengths }) => lengths.length))
  const lines = Array.from({ length: most }, () => Array.from<number | null>({ length: places }).fill(null))
  for (const { at, lengths } of reach.flat())
    lengths.forEach((length, k) => {
      lines[k][at] = Math.log10(length)
    })
  const chart = new uPlot(
    {
      width: 300,
      height: HEIGHT,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      hooks: { draw: [(u) => markChanges(u, labels)] },
      scales: { x: { time: false } },
      series: [
        {},
        ...lines.map((_, k) => ({
          label: `axis ${k + 1}`,
          stroke: () => token("--live-line"),
          width: 1.2,
          spanGaps: false,
          points: { show: false },
        })),
      ],
      ...(most < 2
        ? {}
        : { bands: [{ series: [1, most] as [number, number], fill: () => token("--grid") }] }),
      axes: [
        { show: false },
        {
          stroke: () => token("--text-faint"),
          font: FONT,
          size: 60,
          gap: 6,
          incrs: [1, 2, 3, 5, 10],
          grid: { stroke: () => token("--grid"), width: 1 },
          ticks: { show: false },
          values: (_, splits) => splits.map((power) => figure(10 ** power)),
        },
      ],
    },
    [Array.from({ length: places }, (_, place) => place), ...lines],
    plot,
  )
  fitChart(scope, chart, plot, HEIGHT)
  const now = reach[reach.length - 1].at(-1)!.lengths
  const label = [
    "Reach of the trust region, in shares of a range",
    `${figure(now[0])} along its longest axis at the end, ${figure(now[now.length - 1])} along its shortest`,
  ]
  return {
    element: h(
      "div",
      {},
      h(
        "p",
        { class: "small soft" },
        "Reach of the trust region along each of its axes, in shares of a range",
      ),
      h("div", { class: "chart", role: "img", "aria-label": label.join(": ") }, plot),
    ),
    close: scope.close,
  }
}
