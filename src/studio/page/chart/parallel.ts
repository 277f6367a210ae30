/** All parameters at once: an evaluation is a line from axis to axis, the best tenth above the rest, and what failed among them. */
import { h, pointedAt, say, svg } from "../core/dom.ts"
import { type Axis, axesOf, bestOf, shownOf, toldReading, valueAxis } from "../core/solverAxes.ts"
import type { SolverReading, SolverRun } from "../../protocol/solverProtocol.ts"

const TALL = 260
const TOP = 34
const BOTTOM = 22
/** Between two axes at least: with more parameters the picture scrolls. */
const APART = 120
const LEFT = 56
const LEAST_WIDE = 1000

export function parallelPlot(run: SolverRun): HTMLElement {
  const axes = [...axesOf(run), { ...valueAxis(run), name: "Value" }]
  const best = bestOf(run)
  const shown = shownOf(run)
  const wide = Math.max(LEAST_WIDE, 2 * LEFT + (axes.length - 1) * APART)
  const x = (k: number): number => LEFT + (k * (wide - 2 * LEFT)) / (axes.length - 1)
  const y = (place: number): number => TALL - BOTTOM - place * (TALL - TOP - BOTTOM)
  const lines = shown.flatMap((reading) => {
    const places = axes.map((axis, k) =>
      k === axes.length - 1 ? axis.place(reading.value) : axis.place(reading.params[axis.name]),
    )
    // What failed has no value: its line ends before that.
    const points = places.flatMap((place, k) => (place === null ? [] : [{ x: x(k), y: y(place) }]))
    return points.length < 2 ? [] : [{ reading, points }]
  })
  const wayOf = (points: (typeof lines)[number]["points"]): string =>
    points.map((point, k) => `${k === 0 ? "M" : "L"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`).join("")
  const group = (name: string, wanted: (reading: SolverReading) => boolean): SVGPathElement =>
    svg("path", {
      class: name,
      d: lines
        .filter(({ reading }) => wanted(reading))
        .map(({ points }) => wayOf(points))
        .join(""),
    })
  const pointed = svg("path", { class: "pointed", d: "" })
  const picture = svg(
    "svg",
    { class: "parallel", viewBox: `0 0 ${wide} ${TALL}`, "aria-hidden": "true" },
    group("rest", ({ value, index }) => value !== null && !best.has(index)),
    group("failed", ({ value }) => value === null),
    group("best", ({ index }) => best.has(index)),
    pointed,
    ...axes.flatMap((axis, k) => axisOf(axis, x(k), y)),
  )
  picture.style.minWidth = `${wide}px`
  const readout = h("p", { class: "readout small soft", "aria-hidden": "true" })
  picture.addEventListener("pointermove", (event) => {
    const at = pointedAt(event, picture, wide, TALL)
    let nearest: (typeof lines)[number] | null = null
    let least = Number.POSITIVE_INFINITY
    for (const line of lines) {
      const far = Math.abs(heightAt(line.points, at.x) - at.y)
      if (far < least) [nearest, least] = [line, far]
    }
    if (nearest === null) return
    pointed.setAttribute("d", wayOf(nearest.points))
    say(readout, toldReading(nearest.reading))
  })
  picture.addEventListener("pointerleave", () => {
    pointed.setAttribute("d", "")
    say(readout, "")
  })
  const failed = shown.filter(({ value }) => value === null).length
  return h(
    "div",
    { class: "plots" },
    h(
      "div",
      {
        class: "scroll",
        tabindex: "0",
        role: "img",
        "aria-label": `Parallel coordinates of ${axes.length - 1} parameters and the value: ${shown.length} evaluations, ${failed} failed, the best tenth in green`,
      },
      picture,
    ),
    readout,
  )
}

/** How high a line runs at a place; out of reach where it does not. */
function heightAt(points: ReadonlyArray<{ readonly x: number; readonly y: number }>, at: number): number {
  const after = points.findIndex((point) => point.x >= at)
  if (after < 0) return Number.POSITIVE_INFINITY
  const b = points[after]
  const a = points[Math.max(0, after - 1)]
  return b.x === a.x ? b.y : a.y + ((b.y - a.y) * (at - a.x)) / (b.x - a.x)
}

/** Characters of a name on its axis. */
const LONGEST_NAME = 18

const cut = (text: string): string =>
  text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text

const axisOf = (axis: Axis, x: number, y: (place: number) => number): ReadonlyArray<SVGElement> => [
  svg("path", { class: "axis", d: `M${x} ${y(0)}V${y(1)}` }),
  svg("text", { class: "name", x, y: 14, "text-anchor": "middle" }, cut(axis.name)),
  ...axis.ticks.map(({ at, text }) => svg("text", { class: "tick", x: x + 5, y: y(at) + 4 }, cut(text))),
]
