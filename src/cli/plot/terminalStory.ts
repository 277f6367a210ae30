/** Under a curve in a terminal: what the landscape was taken for, why that changed, and how far the trust region reached. */
import type { Curve } from "../../study/convergence.ts"
import type { LabelSpan, Story } from "../../study/story.ts"
import { makeAxis, tickText } from "../../study/ticks.ts"
import type { Styles } from "../output.ts"
import { Canvas } from "./Canvas.ts"

const ROWS = 5

interface Room {
  /** Characters left of the frame, and within it. */
  readonly gutter: number
  readonly width: number
}

type Paint = (text: string) => string

const paintOf = (styles: Styles, label: string): Paint =>
  label === "quadratic" ? styles.live : label === "curved" ? styles.warn : styles.strong

export function storyText(story: Story, { x }: Curve, room: Room, styles: Styles): ReadonlyArray<string> {
  const column = (evaluation: number): number => Math.round(x.at(evaluation) * (room.width - 1))
  const lines = ["", ribbon(story.labels, column, room, styles)]
  for (const { label, from, reason } of story.labels) {
    if (reason === null) continue
    lines.push(
      `${" ".repeat(room.gutter + 2)}${paintOf(styles, label)(label)} ${styles.dim(`from evaluation ${from} on: ${reason}`)}`,
    )
  }
  if (story.reach.length > 0) lines.push("", ...reachText(story, x, room, styles))
  return lines
}

/** A bar for each label, with its name where that fits. */
function ribbon(
  labels: ReadonlyArray<LabelSpan>,
  column: (evaluation: number) => number,
  { gutter }: Room,
  styles: Styles,
): string {
  let line = " ".repeat(gutter + 2)
  let at = 0
  for (const { label, from, to } of labels) {
    const start = column(from)
    const length = Math.max(1, column(to) - start)
    line += " ".repeat(Math.max(0, start - at))
    const name = label.length + 2 <= length ? ` ${label} ` : ""
    line += paintOf(styles, label)(`${name}${"▬".repeat(length - name.length)}`)
    at = Math.max(at, start) + length
  }
  return line
}

function reachText(
  { reach }: Story,
  x: Curve["x"],
  { gutter, width }: Room,
  styles: Styles,
): ReadonlyArray<string> {
  const all = reach.flat().flatMap(({ lengths }) => [lengths[0], lengths[lengths.length - 1]])
  const axis = makeAxis(Math.min(...all) / 1.2, Math.max(...all) * 1.2, true, 3)
  const canvas = new Canvas(width, ROWS)
  for (const stretch of reach) {
    stretch.forEach(({ at, lengths }, i) => {
      const from = x.at(at) * (canvas.width - 1)
      const next = stretch[i + 1]
      const to = next === undefined ? from : x.at(next.at) * (canvas.width - 1)
      for (const length of lengths) canvas.horizontal(from, to, axis.at(length) * (canvas.height - 1))
    })
  }
  const ticks = new Map(
    axis.ticks.map((tick) => [ROWS - 1 - Math.round(axis.at(tick) * (ROWS - 1)), tickText(tick)]),
  )
  const { dim, live } = styles
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const label = ticks.get(row)
    const cells = Array.from({ length: width }, (_, k) => canvas.character(k, row) ?? " ").join("")
    return `${dim(`${(label ?? "").padStart(gutter)} ${label === undefined ? "│" : "┤"}`)}${live(cells.trimEnd())}`
  })
  return [
    `${" ".repeat(gutter + 2)}${dim("reach of the trust region along each of its axes, in shares of a range")}`,
    ...rows,
  ]
}
