/**
 * Charts as SVG: one file, no script, nothing loaded from elsewhere, light or dark as its surroundings are. Pure: data in,
 * text out, and the same data gives the same bytes.
 */
import { type Curve, type CurvePhase, isBeyond } from "../../study/convergence.ts"
import { type Share, shareText, type Titles } from "./terminalChart.ts"
import { tickText } from "../../study/ticks.ts"

const WIDTH = 860
const FONT = `system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif`

/** Colours by name: light, then dark. */
const COLOURS = {
  back: ["#ffffff", "#0d1117"],
  ink: ["#1f2328", "#f0f6fc"],
  soft: ["#59636e", "#9198a1"],
  grid: ["#e6e9ed", "#21262d"],
  seed: ["#818b98", "#7d8590"],
  told: ["#8250df", "#bc8cff"],
  probe: ["#bc4c00", "#e3b341"],
  classify: ["#0969da", "#79c0ff"],
  refine: ["#1a7f37", "#56d364"],
  bad: ["#cf222e", "#ff7b72"],
} as const

const SHOWN: ReadonlyArray<CurvePhase> = ["seed", "told", "probe", "classify", "refine"]

function page(height: number, titles: Titles, body: ReadonlyArray<string>): string {
  const rules = Object.entries(COLOURS).flatMap(([name]) => [
    `.${name}{fill:var(--${name})}`,
    `.l-${name}{stroke:var(--${name})}`,
  ])
  const variables = (which: 0 | 1): string =>
    Object.entries(COLOURS)
      .map(([name, pair]) => `--${name}:${pair[which]}`)
      .join(";")
  // A reader that knows no variables finds the light colours in the attributes.
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(`${titles.title}: ${titles.detail}`)}">`,
    `<title>${escape(`${titles.title}: ${titles.detail}`)}</title>`,
    "<style>",
    `svg{${variables(0)}}`,
    `@media (prefers-color-scheme:dark){svg{${variables(1)}}}`,
    rules.join(""),
    `text{font-family:${FONT}}.t{font-size:17px;font-weight:600}.d{font-size:13px}.n{font-size:12px;font-variant-numeric:tabular-nums}.p{font-size:12px;font-weight:600}`,
    "</style>",
    `<rect width="${WIDTH}" height="${height}" rx="10" ${fill("back")}/>`,
    `<text x="28" y="36" class="t ink" fill="${COLOURS.ink[0]}">${escape(titles.title)}</text>`,
    `<text x="28" y="57" class="d soft" fill="${COLOURS.soft[0]}">${escape(titles.detail)}</text>`,
    ...body,
    "</svg>",
    "",
  ].join("\n")
}

type Colour = keyof typeof COLOURS

const fill = (name: Colour): string => `class="${name}" fill="${COLOURS[name][0]}"`
const stroke = (name: Colour): string => `class="l-${name}" stroke="${COLOURS[name][0]}" fill="none"`
const text = (x: number, y: number, kind: string, name: Colour, anchor: string, content: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" class="${kind} ${name}" fill="${COLOURS[name][0]}" text-anchor="${anchor}">${escape(content)}</text>`

const LEFT = 78
const RIGHT = WIDTH - 28
const TOP = 96
const BOTTOM = 388

/** The best so far as a line of steps, every reading as a dot, phases as bands of their colours. */
export function convergenceSvg(curve: Curve, titles: Titles): string {
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
  return page(452, titles, body)
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

const fixed = (x: number): string => String(Number(x.toFixed(1)))

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
