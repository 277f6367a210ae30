/** Where a solver run took its landscape for something else: a line through a chart, with the new label beside it. */
import type uPlot from "uplot"
import type { SolverRun } from "../../protocol/solverProtocol.ts"
import { token } from "../core/theme.ts"

/** @param named whether the labels are written beside the lines */
export function markChanges(u: uPlot, labels: SolverRun["labels"], named = false): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 4 * devicePixelRatio])
  ctx.strokeStyle = token("--text-faint")
  ctx.fillStyle = token("--text-soft")
  ctx.font = `${11 * devicePixelRatio}px "Inter Variable", system-ui, sans-serif`
  ctx.textAlign = "left"
  ctx.textBaseline = "top"
  labels.forEach(({ label, from }, k) => {
    const x = Math.round(u.valToPos(from, "x", true))
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    if (k > 0) ctx.stroke()
    if (named) ctx.fillText(label, x + 4 * devicePixelRatio, bbox.top + 2 * devicePixelRatio)
  })
  ctx.restore()
}
