/** Charts as lines of text, for a terminal of a given width. */
import { numberText, type Styles } from "../output.ts"
import { Canvas } from "./Canvas.ts"
import { storyText } from "./terminalStory.ts"
import type { Curve, CurvePhase } from "../../study/convergence.ts"
import type { Story } from "../../study/story.ts"
import { tickText } from "../../study/ticks.ts"

export interface Titles {
  readonly title: string
  readonly detail: string
}

const ROWS = 16
const WIDEST = 110
const NARROWEST = 24

const paintOf = (styles: Styles): Readonly<Record<CurvePhase, (text: string) => string>> => ({
  seed: styles.dim,
  told: styles.strong,
  probe: styles.warn,
  classify: styles.live,
  refine: styles.good,
})

export function convergenceText(
  curve: Curve,
  titles: Titles,
  columns: number,
  styles: Styles,
  story?: Story,
): string {
  const { points, spans, x, y } = curve
  const labels = y.ticks.map(tickText)
  const gutter = Math.max(...labels.map((label) => label.length)) + 1
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST) - gutter - 2)
  const line = new Canvas(width, ROWS)
  const cloud = new Canvas(width, ROWS)
  const dotX = (evaluation: number): number => x.at(evaluation) * (line.width - 1)
  const dotY = (value: number): number => y.at(value) * (line.height - 1)
  const clamp = (value: number): number => Math.max(0, Math.min(line.height - 1, dotY(value)))
  points.forEach((point, i) => {
    cloud.dot(dotX(point.evaluation), dotY(point.value))
    const next = points[i + 1]
    const endX = next === undefined ? dotX(curve.evaluations) : dotX(next.evaluation)
    line.horizontal(dotX(point.evaluation), endX, clamp(point.best))
    if (next !== undefined) line.vertical(endX, clamp(point.best), clamp(next.best))
  })
  const paint = paintOf(styles)
  const phaseAt = (column: number): CurvePhase => {
    const evaluation = x.min + ((2 * column + 0.5) / (line.width - 1)) * (x.max - x.min)
    return (spans.find(({ to }) => evaluation <= to + 0.5) ?? spans.at(-1))?.phase ?? "told"
  }
  const tickRows = new Map(
    y.ticks.map((tick, i) => [ROWS - 1 - Math.round(y.at(tick) * (ROWS - 1)), labels[i]]),
  )
  const lines = [`${styles.strong(titles.title)}  ${styles.dim(titles.detail)}`, ""]
  for (let row = 0; row < ROWS; row++) {
    const label = tickRows.get(row)
    const cells = Array.from({ length: width }, (_, column) => {
      const drawn = line.character(column, row)
      if (drawn !== null) return paint[phaseAt(column)](drawn)
      const scattered = cloud.character(column, row)
      return scattered === null ? " " : styles.dim(scattered)
    })
    lines.push(
      `${styles.dim(`${(label ?? "").padStart(gutter)} ${label === undefined ? "│" : "┤"}`)}${cells.join("")}`.trimEnd(),
    )
  }
  lines.push(...footer(curve, gutter, width, styles))
  if (story !== undefined && story.labels.length > 0)
    lines.push(...storyText(story, curve, { gutter, width }, styles))
  return lines.join("\n")
}

/** The x axis with its numbers, a mark for each evaluation that failed or is pending, and the phases in their colours under the stretch that is theirs. */
function footer(
  { x, spans, points, failed, evaluations, pending }: Curve,
  gutter: number,
  width: number,
  styles: Styles,
): ReadonlyArray<string> {
  const { dim } = styles
  const column = (evaluation: number): number => Math.round(x.at(evaluation) * (width - 1))
  const rule = Array.from({ length: width }, () => "─")
  const numbers = Array.from({ length: width + 8 }, () => " ")
  let free = 0
  for (const tick of x.ticks) {
    rule[column(tick)] = "┬"
    const text = tickText(tick)
    const start = Math.max(0, column(tick) - Math.floor(text.length / 2))
    if (start < free || start + text.length > numbers.length) continue
    for (let k = 0; k < text.length; k++) numbers[start + k] = text[k]
    free = start + text.length + 1
  }
  for (const evaluation of failed) rule[column(evaluation)] = "×"
  for (let k = 1; k <= pending; k++) rule[column(evaluations + k)] = "○"
  const paint = paintOf(styles)
  const named = points.some(({ phase }) => phase === "seed")
    ? [{ phase: "seed" as const, from: 0, to: 0 }, ...spans]
    : spans
  let phases = ""
  let length = 0
  for (const { phase, from } of named) {
    const gap = Math.max(length === 0 ? 0 : 2, column(from) - length)
    phases += `${" ".repeat(gap)}${paint[phase](phase)}`
    length += gap + phase.length
  }
  const indent = " ".repeat(gutter + 2)
  return [
    `${" ".repeat(gutter)} ${dim(`└${rule.join("")}`)}`,
    `${indent}${dim(numbers.join("").trimEnd())}`,
    `${indent}${phases}`,
  ]
}

/** One share of a whole. */
export interface Share {
  readonly name: string
  /** 0 to 1. */
  readonly share: number
  /** Not one parameter but what is left to several together. */
  readonly rest: boolean
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
const LONGEST_NAME = 32

export function importanceText(
  shares: ReadonlyArray<Share>,
  titles: Titles,
  columns: number,
  styles: Styles,
): string {
  const names = shares.map(({ name }) =>
    name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name,
  )
  const nameWidth = Math.max(...names.map((name) => name.length))
  const width = Math.max(10, Math.min(columns, WIDEST) - nameWidth - 12)
  const most = Math.max(...shares.map(({ share }) => share), 1e-9)
  const lines = shares.map(({ share, rest }, i) => {
    const length = (share / most) * width
    const bar = "█".repeat(Math.floor(length)) + EIGHTHS[Math.floor((length % 1) * 8)]
    const paint = rest ? styles.dim : styles.live
    const name = rest ? styles.dim(names[i].padEnd(nameWidth)) : names[i].padEnd(nameWidth)
    return `  ${name}  ${paint(bar)} ${shareText(share)}`
  })
  return [`${styles.strong(titles.title)}  ${styles.dim(titles.detail)}`, "", ...lines].join("\n")
}

export const shareText = (share: number): string =>
  `${numberText(Number((100 * share).toFixed(share < 0.1 ? 1 : 0)))} %`
