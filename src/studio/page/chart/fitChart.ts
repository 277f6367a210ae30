/** Keeps a chart as wide as its place and in the colours of the theme, until the scope is closed. */
import type uPlot from "uplot"
import type { Scope } from "../core/cell.ts"
import { shade } from "../core/theme.ts"

/** `height` in CSS pixels. */
export function fitChart(scope: Scope, chart: uPlot, plot: HTMLElement, height: number): void {
  const size = new ResizeObserver(() => {
    const width = Math.floor(plot.clientWidth)
    if (width > 0 && width !== chart.width) chart.setSize({ width, height })
  })
  size.observe(plot)
  scope.add(() => size.disconnect())
  scope.add(() => chart.destroy())
  scope.watch([shade], () => chart.redraw(false, true))
}
