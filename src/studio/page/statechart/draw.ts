/**
 * A laid-out statechart as SVG. Every state is a button that one can reach by Tab and press; lighting and motion are
 * attributes and classes, so that the drawing itself is made once.
 */
import type { StateDefinition } from "../../protocol/machineProtocol.ts"
import { mark, svg } from "../core/dom.ts"
import { words } from "../core/format.ts"
import { still } from "../core/theme.ts"
import { type Graph, type Move, movesTaken } from "./Graph.ts"
import { LINE_HEIGHT, labelLines } from "./labels.ts"
import type { Box, ChartLayout, Point } from "./layouts.ts"

const CORNER = 7
const ARROW = 7
const RUNS_MS = 500

export interface Drawing {
  readonly element: SVGSVGElement
  /** Lights the active states and lets the arrows that led there run. */
  readonly light: (active: ReadonlyArray<string>) => void
  /** The innermost state that is lit; null where none is. */
  readonly lit: () => SVGGElement | null
  /** Marks the state that is read about; null for none. */
  readonly choose: (id: string | null) => void
}

/** Straight pieces with rounded corners. */
function pathOf(points: ReadonlyArray<Point>): string {
  if (points.length === 0) return ""
  const parts = [`M${points[0].x} ${points[0].y}`]
  for (let i = 1; i < points.length - 1; i++) {
    const before = points[i - 1]
    const at = points[i]
    const after = points[i + 1]
    const back = Math.min(CORNER, distance(before, at) / 2)
    const on = Math.min(CORNER, distance(at, after) / 2)
    const from = towards(at, before, back)
    const to = towards(at, after, on)
    parts.push(`L${from.x} ${from.y}`, `Q${at.x} ${at.y} ${to.x} ${to.y}`)
  }
  const last = points[points.length - 1]
  parts.push(`L${last.x} ${last.y}`)
  return parts.join(" ")
}

const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y)

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to)
  if (whole === 0) return from
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole }
}

/** The head of an arrow, pointing along its last piece. */
function headOf(points: ReadonlyArray<Point>): string {
  const tip = points[points.length - 1]
  const before = points[points.length - 2] ?? tip
  const length = distance(before, tip) || 1
  const x = (tip.x - before.x) / length
  const y = (tip.y - before.y) / length
  const at = (along: number, across: number): string =>
    `${tip.x - x * along - y * across} ${tip.y - y * along + x * across}`
  return `M${tip.x} ${tip.y} L${at(ARROW, ARROW / 2)} L${at(ARROW, -ARROW / 2)} Z`
}

function drawState(state: StateDefinition, box: Box, press: (id: string) => void): SVGGElement {
  const compound = state.states.length > 0
  const tone = state.tags.includes("live") ? "live" : state.tags.includes("safe") ? "safe" : "plain"
  const name = words(state.key)
  const title = compound
    ? svg("text", { class: "title", x: box.x + 14, y: box.y + 23 }, name)
    : svg(
        "text",
        {
          class: "title",
          x: box.x + box.width / 2,
          y: box.y + box.height / 2 + 5,
          "text-anchor": "middle",
        },
        name,
      )
  const group = svg(
    "g",
    {
      class: compound ? "state compound" : "state",
      "data-id": state.id,
      "data-tone": tone,
      role: "button",
      tabindex: "0",
      "aria-label": `${name}: ${state.description}`,
      click: (event: Event) => {
        event.stopPropagation()
        press(state.id)
      },
      keydown: (event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== " ") return
        event.preventDefault()
        press(state.id)
      },
    },
    svg("rect", {
      class: "body",
      x: box.x,
      y: box.y,
      width: box.width,
      height: box.height,
      rx: compound ? 12 : 9,
    }),
    compound ? svg("path", { class: "band", d: `M${box.x} ${box.y + 34} h${box.width}` }) : null,
    state.type === "final"
      ? svg("rect", {
          class: "inner",
          x: box.x + 3,
          y: box.y + 3,
          width: box.width - 6,
          height: box.height - 6,
          rx: 6.5,
        })
      : null,
    title,
  )
  return group
}

function drawMove(move: Move, points: ReadonlyArray<Point>, label: Box | null): SVGGElement {
  const lines = labelLines(move)
  const text =
    label === null
      ? []
      : lines.map((line, i) =>
          svg(
            "text",
            {
              class: "label",
              x: label.x + label.width / 2,
              y: label.y + LINE_HEIGHT * i + LINE_HEIGHT / 2 + 4,
              "text-anchor": "middle",
            },
            line,
          ),
        )
  return svg(
    "g",
    { class: "move", "data-id": move.id },
    svg("path", { class: "line", d: pathOf(points) }),
    svg("path", { class: "head", d: headOf(points) }),
    ...text,
    svg("title", {}, move.labels.join("\n")),
  )
}

export function drawChart(graph: Graph, layout: ChartLayout, press: (id: string) => void): Drawing {
  const states = new Map<string, SVGGElement>()
  const moves = new Map<string, SVGGElement>()
  const boxes: Array<SVGGElement> = []
  for (const state of graph.states.values()) {
    const box = layout.boxes[state.id]
    if (box === undefined) continue
    const drawn = drawState(state, box, press)
    states.set(state.id, drawn)
    boxes.push(drawn)
  }
  const arrows: Array<SVGGElement> = []
  for (const move of graph.moves) {
    const laid = layout.moves[move.id]
    if (laid === undefined || laid.points.length === 0) continue
    const drawn = drawMove(move, laid.points, laid.label)
    moves.set(move.id, drawn)
    arrows.push(drawn)
  }
  const starts = Object.entries(layout.starts).flatMap(([id, at]) => {
    const points = layout.startMoves[id]?.points ?? []
    return [
      svg("circle", { class: "start", cx: at.x, cy: at.y, r: 4.5 }),
      points.length === 0
        ? null
        : svg(
            "g",
            { class: "move first" },
            svg("path", { class: "line", d: pathOf(points) }),
            svg("path", { class: "head", d: headOf(points) }),
          ),
    ]
  })
  const element = svg(
    "svg",
    {
      class: "statechart",
      viewBox: `0 0 ${Math.ceil(layout.width)} ${Math.ceil(layout.height)}`,
      role: "group",
      "aria-label": `Statechart of ${words(graph.machine.name)}`,
    },
    ...boxes,
    ...starts,
    ...arrows,
  )
  let before: ReadonlyArray<string> = []
  return {
    element,
    light: (active) => {
      if (active.length === before.length && active.every((id, i) => id === before[i])) return
      for (const [id, drawn] of states) {
        const on = active.includes(id)
        mark(drawn, "data-active", on)
        mark(drawn, "aria-current", on ? "true" : null)
      }
      if (before.length > 0) {
        for (const move of movesTaken(graph, before, active)) run(moves.get(move.id))
      }
      before = active
    },
    lit: () => element.querySelector<SVGGElement>("[data-active]:not(.compound)"),
    choose: (id) => {
      for (const [one, drawn] of states) mark(drawn, "data-chosen", one === id)
    },
  }
}

/** Lets a light run along an arrow; where motion is not wanted the arrow only lights up. */
function run(move: SVGGElement | undefined): void {
  const line = move?.querySelector<SVGPathElement>(".line")
  if (move === undefined || line === null || line === undefined) return
  move.classList.remove("taken")
  // Reading the box makes the browser begin the animation anew.
  move.getBBox()
  move.classList.add("taken")
  if (still()) return
  const length = line.getTotalLength()
  const spark = svg("path", { class: "spark", d: line.getAttribute("d") ?? "" })
  move.append(spark)
  const lit = Math.min(60, length * 0.5)
  spark.animate(
    [
      { strokeDasharray: `${lit} ${length + lit}`, strokeDashoffset: lit },
      { strokeDasharray: `${lit} ${length + lit}`, strokeDashoffset: -length },
    ],
    { duration: RUNS_MS, easing: "cubic-bezier(0.3, 0, 0.2, 1)" },
  ).onfinish = () => spark.remove()
}
