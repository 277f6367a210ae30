/** What a chart over time carries besides its lines, drawn on the canvas in the tokens' colours. */
import type uPlot from "uplot"
import { token } from "../core/theme.ts"
import type { HistoryMark } from "../../protocol/protocol.ts"
import type { Track } from "../core/Track.ts"

interface Marked {
  readonly nowUs: () => number
  readonly cursorUs: () => number | null
  readonly level?: () => number | null
  readonly limit?: number
  readonly axes?: boolean
  readonly project: (value: number) => number
}

const LOOK: Partial<
  Record<
    HistoryMark["kind"],
    { readonly color: string; readonly sign: string; readonly dash: ReadonlyArray<number> }
  >
> = {
  trip: { color: "--trip-line", sign: "▼", dash: [] },
  rollback: { color: "--trip-line", sign: "↺", dash: [4, 3] },
  baseline: { color: "--live-line", sign: "◆", dash: [2, 3] },
  guardrails: { color: "--accent", sign: "≡", dash: [2, 3] },
  restart: { color: "--safe-line", sign: "⟳", dash: [4, 3] },
  killed: { color: "--trip-line", sign: "✕", dash: [] },
  start: { color: "--text-faint", sign: "▸", dash: [2, 4] },
  stop: { color: "--text-faint", sign: "■", dash: [2, 4] },
}

/** What the signs mean, for the legend. */
export const MARK_LEGEND: ReadonlyArray<readonly [string, string, string]> = [
  ["▼", "trip", "--trip-line"],
  ["↺", "rollback", "--trip-line"],
  ["◆", "baseline set", "--live-line"],
]

/** "behind": shading under the lines. "front": marks above them. */
export function drawMarks(u: uPlot, track: Track, layer: "behind" | "front", options: Marked): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height)
  ctx.clip()
  if (layer === "behind") {
    shadeSafe(u, track, options.nowUs())
    if (options.limit !== undefined) drawLimit(u, options.limit)
    drawLevel(u, options.level?.() ?? null, options.project)
  } else {
    if (options.axes !== false) drawExpired(u, track)
    for (const mark of track.marks) drawMark(u, mark)
    const cursor = options.cursorUs()
    if (cursor !== null) {
      const x = Math.round(u.valToPos(cursor / 1e6, "x", true))
      ctx.fillStyle = token("--accent")
      ctx.fillRect(x - ratio, 0, 2 * ratio, bbox.top + bbox.height)
    }
  }
  ctx.restore()
  // Signs are wider than their lines, and would be cut in two at the ends.
  if (layer === "front" && options.axes !== false) for (const mark of track.marks) drawSign(u, mark)
}

/** From each trip to the way out, or to now while it is open. */
function shadeSafe(u: uPlot, track: Track, nowUs: number): void {
  const { ctx, bbox } = u
  ctx.fillStyle = token("--safe-soft")
  let openedUs: number | null = null
  const shadeTo = (toUs: number): void => {
    if (openedUs === null) return
    const left = u.valToPos(openedUs / 1e6, "x", true)
    const right = u.valToPos(toUs / 1e6, "x", true)
    ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height)
    openedUs = null
  }
  for (const mark of track.marks) {
    if (mark.kind === "trip") openedUs ??= mark.atUs
    else if (mark.kind === "exit" || mark.kind === "stop") shadeTo(mark.atUs)
  }
  shadeTo(nowUs)
}

function drawLevel(u: uPlot, level: number | null, project: (value: number) => number): void {
  if (level === null) return
  const { ctx, bbox } = u
  const y = Math.round(u.valToPos(project(level), "y", true))
  ctx.strokeStyle = token("--live-line")
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.setLineDash([])
}

/** The line below which nothing may fall, its figure, and the room below it. */
function drawLimit(u: uPlot, limit: number): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  const floor = bbox.top + bbox.height
  const y = Math.min(floor, Math.max(bbox.top, Math.round(u.valToPos(limit, "y", true))))
  ctx.fillStyle = token("--trip-soft")
  ctx.fillRect(bbox.left, y, bbox.width, floor - y)
  ctx.fillStyle = token("--trip-line")
  ctx.fillRect(bbox.left, y - ratio / 2, bbox.width, ratio)
  ctx.fillStyle = token("--text-soft")
  ctx.font = `${10 * ratio}px "Inter Variable", system-ui, sans-serif`
  ctx.textAlign = "left"
  ctx.textBaseline = "bottom"
  ctx.fillText(String(limit), bbox.left + 3 * ratio, y - 2 * ratio)
}

/** A short stroke on the floor for each window that ran out of time. */
function drawExpired(u: uPlot, track: Track): void {
  const { ctx, bbox } = u
  const tall = 8 * devicePixelRatio
  ctx.fillStyle = token("--safe-line")
  for (let i = 0; i < track.times.length; i++) {
    if (track.expired[i] === 0) continue
    const x = Math.round(u.valToPos(track.times[i] / 1e6, "x", true))
    ctx.fillRect(x - devicePixelRatio, bbox.top + bbox.height - tall, 2 * devicePixelRatio, tall)
  }
}

/** Where a mark stands, or null where that is out of sight. */
function placeOf(u: uPlot, atUs: number): number | null {
  const x = Math.round(u.valToPos(atUs / 1e6, "x", true)) + 0.5
  return x < u.bbox.left || x > u.bbox.left + u.bbox.width + 1 ? null : x
}

function drawMark(u: uPlot, { atUs, kind }: HistoryMark): void {
  const look = LOOK[kind]
  const x = placeOf(u, atUs)
  if (look === undefined || x === null) return
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.strokeStyle = token(look.color)
  ctx.lineWidth = 1.25 * ratio
  ctx.setLineDash(look.dash.map((length) => length * ratio))
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  ctx.setLineDash([])
}

function drawSign(u: uPlot, { atUs, kind }: HistoryMark): void {
  const look = LOOK[kind]
  const x = placeOf(u, atUs)
  if (look === undefined || x === null) return
  const { ctx } = u
  const ratio = devicePixelRatio
  ctx.fillStyle = token(look.color)
  ctx.font = `${11 * ratio}px "Inter Variable", system-ui, sans-serif`
  ctx.textAlign = "center"
  ctx.textBaseline = "top"
  ctx.fillText(look.sign, x, 0)
}
