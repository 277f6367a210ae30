/**
 * Charts as SVG: one file, no script, nothing loaded from elsewhere, light or dark as its surroundings are. Pure: data in,
 * text out, and the same data gives the same bytes.
 */
import { type Curve, type CurvePhase, isBeyond } from "../../study/convergence.ts"
import type { Story } from "../../study/story.ts"
import { fill, fixed, LEFT, page, RIGHT, stroke, text } from "./svgPage.ts"
import { STORY_HEIGHT, storySvg } from "./svgStory.ts"
import { type Share, shareText, type Titles } from "./terminalChart.ts"
import { tickText } from "../../study/ticks.ts"

const SHOWN: ReadonlyArray<CurvePhase> = ["seed", "told", "probe", "classify", "refine"]
const TOP = 96
const BOTTOM = 388
const HEIGHT = 452

/**
 * The best so far as a line of steps, every reading as a dot, phases as bands of their colours; below, on the same scale,
 * what the landscape was taken for and how far the trust region reached.
 */
export function convergenceSvg(curve: Curve, titles: Titles, story?: Story): string {
  const { points, spans, failed, x, y } = curve
  const px = (evaluation: number): number => LEFT + x.at(evaluation) * (RIGHT - LEFT)
  const py = (value: number): number => BOTTOM - Math.max(0, Math.min(1, y.at(value))) * (BOTTOM - TOP)
  const body: Array<string> = []
  for (const { phase, from, to } of spans) {
    const start = px(from - 1)
    body.push(
      `<rect x="${fixed(start)}" y="${TOP}" width="${fixed(px(to) - start)}" height="${BOTTOM - TOP}" ${fill(phase)} opacity="0.06"/>`,
    )
  }
  for (const tick of y.ticks) {
    body.push(`<path d="M${LEFT} ${fixed(py(tick))}H${RIGHT}" ${stroke("grid")}/>`)
    body.push(text(LEFT - 10, py(tick) + 4, "n", "soft", "end", tickText(tick)))
  }
  for (const tick of x.ticks) body.push(text(px(tick), BOTTOM + 20, "n", "soft", "middle", tickText(tick)))
  body.push(`<path d="M${LEFT} ${BOTTOM}H${RIGHT}" ${stroke("soft")}/>`)
  body.push(text((LEFT + RIGHT) / 2, BOTTOM + 44, "d", "soft", "middle", "evaluations"))
  for (const phase of SHOWN) {
    const dots = points.filter((point) => point.phase === phase)
    if (dots.length === 0) continue
    // Dots above the frame are drawn on its edge, open: there, but off the scale.
    const outside = dots.filter(({ value }) => isBeyond(curve, value))
    const inside = dots.filter((dot) => !outside.includes(dot))
    const circles = (list: typeof dots, radius: number): string =>
      list
        .map(
          (dot) =>
            `M${fixed(px(dot.evaluation) - radius)} ${fixed(py(dot.value))}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`,
        )
        .join("")
    if (inside.length > 0) body.push(`<path d="${circles(inside, 2.2)}" ${fill(phase)} opacity="0.5"/>`)
    if (outside.length > 0) body.push(`<path d="${circles(outside, 2.2)}" ${stroke(phase)} opacity="0.45"/>`)
  }
  for (const evaluation of failed) {
    const at = px(evaluation)
    body.push(`<path d="M${fixed(at - 3)} ${BOTTOM - 3}l6 6m0 -6l-6 6" ${stroke("bad")} stroke-width="1.5"/>`)
  }
  for (let k = 1; k <= curve.pending; k++) {
    const at = px(curve.evaluations + k)
    body.push(`<circle cx="${fixed(at)}" cy="${BOTTOM}" r="3" ${stroke("soft")} stroke-width="1.5"/>`)
  }
  body.push(...steps(curve, px, py), ...phaseLabels(curve, px))
  const last = points.at(-1)
  if (last !== undefined)
    body.push(
      `<circle cx="${fixed(px(curve.evaluations))}" cy="${fixed(py(last.best))}" r="4" ${fill(lastPhase(curve))}/>`,
    )
  if (story === undefined || story.labels.length === 0) return page(HEIGHT, titles, body)
  body.push(...storySvg(story, px, HEIGHT, TOP))
  return page(HEIGHT + STORY_HEIGHT, titles, body)
}

/** The line of the best so far, in the colour of the phase that each stretch lies in. */
function steps(curve: Curve, px: (e: number) => number, py: (v: number) => number): ReadonlyArray<string> {
  const { points, spans, evaluations } = curve
  const stretches = spans.length === 0 ? [{ phase: points[0].phase, from: 0, to: evaluations }] : spans
  const lines: Array<string> = []
  let k = 0
  for (const { phase, to } of stretches) {
    let path = ""
    // From where the line was to the last point of this stretch, and on to its end.
    if (k > 0) path = `M${fixed(px(points[k - 1].evaluation))} ${fixed(py(points[k - 1].best))}`
    for (; k < points.length && points[k].evaluation <= to; k++) {
      const { evaluation, best } = points[k]
      path +=
        path === ""
          ? `M${fixed(px(evaluation))} ${fixed(py(best))}`
          : `H${fixed(px(evaluation))}V${fixed(py(best))}`
    }
    if (path === "") continue
    if (phase === stretches.at(-1)?.phase) path += `H${fixed(px(evaluations))}`
    lines.push(
      `<path d="${path}" ${stroke(phase)} stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round"/>`,
    )
  }
  return lines
}

const lastPhase = ({ spans, points }: Curve): CurvePhase =>
  spans.at(-1)?.phase ?? points[points.length - 1].phase

const LETTER = 7

function phaseLabels({ spans }: Curve, px: (e: number) => number): ReadonlyArray<string> {
  let free = 0
  return spans.map(({ phase, from }) => {
    const at = Math.max(px(from - 1) + 2, free)
    free = at + phase.length * LETTER + 12
    return text(at, TOP - 9, "p", phase, "start", phase)
  })
}

const BAR_HEIGHT = 20
const BAR_STEP = 32

export function importanceSvg(shares: ReadonlyArray<Share>, titles: Titles): string {
  const names = shares.map(({ name }) => (name.length > 36 ? `${name.slice(0, 35)}…` : name))
  const left = Math.min(300, 44 + Math.max(...names.map((name) => name.length)) * 7.4)
  const most = Math.max(...shares.map(({ share }) => share), 1e-9)
  const room = RIGHT - 60 - left
  const body = shares.flatMap(({ share, rest }, i) => {
    const y = 84 + i * BAR_STEP
    const width = Math.max(1.5, (share / most) * room)
    return [
      text(left - 12, y + 15, "d", rest ? "soft" : "ink", "end", names[i]),
      `<rect x="${fixed(left)}" y="${y}" width="${fixed(room)}" height="${BAR_HEIGHT}" rx="3" ${fill("grid")} opacity="0.6"/>`,
      `<rect x="${fixed(left)}" y="${y}" width="${fixed(width)}" height="${BAR_HEIGHT}" rx="3" ${fill(rest ? "seed" : "classify")}${rest ? ' opacity="0.6"' : ""}/>`,
      text(left + room + 12, y + 15, "n", "ink", "start", shareText(share)),
    ]
  })
  return page(84 + shares.length * BAR_STEP + 16, titles, body)
}
