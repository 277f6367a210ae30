/**
 * Every parameter by itself: what was read where, the best tenth in green, what failed as crosses on the floor. A parameter that matters shows a
 * valley or a slope; one that does not shows a cloud.
 */
import { h, pointedAt, say, svg } from "../core/dom.ts"
import { type Axis, axesOf, bestOf, shownOf, toldReading, valueAxis } from "../core/solverAxes.ts"
import type { SolverReading, SolverRun } from "../../protocol/solverProtocol.ts"

/** Drawn in units of its own, stretched to the card. */
const WIDE = 240
const TALL = 150
const EDGE = 8
const DOT = 2.6
const CROSS = 3

/** The most important first. */
export function slices(run: SolverRun): HTMLElement {
  const alone = run.importance?.alone ?? {}
  const axes = axesOf(run).toSorted((a, b) => (alone[b.name] ?? 0) - (alone[a.name] ?? 0))
  const values = valueAxis(run)
  const best = bestOf(run)
  const readout = h("p", { class: "readout small soft", "aria-hidden": "true" })
  const shown = shownOf(run)
  return h(
    "div",
    { class: "plots" },
    h("div", { class: "slices" }, ...axes.map((axis) => slice(axis, values, shown, best, readout))),
    readout,
  )
}

function slice(
  axis: Axis,
  values: Axis,
  shown: ReadonlyArray<SolverReading>,
  best: ReadonlySet<number>,
  readout: HTMLElement,
): HTMLElement {
  const x = (place: number): number => EDGE + place * (WIDE - 2 * EDGE)
  const y = (place: number): number => TALL - EDGE - place * (TALL - 2 * EDGE)
  const points = shown.flatMap((reading) => {
    const across = axis.place(reading.params[axis.name])
    if (across === null) return []
    const up = reading.value === null ? null : values.place(reading.value)
    return [{ reading, x: x(across), y: up === null ? TALL - CROSS : y(up) }]
  })
  const dots = points.map(({ reading, x: cx, y: cy }) =>
    reading.value === null
      ? svg("path", {
          class: "failed",
          d: `M${cx - CROSS} ${cy - CROSS} l${2 * CROSS} ${2 * CROSS} m0 ${-2 * CROSS} l${-2 * CROSS} ${2 * CROSS}`,
        })
      : svg("circle", { class: best.has(reading.index) ? "best" : "", cx, cy, r: DOT }),
  )
  const ring = svg("circle", { class: "ring", r: DOT + 3, visibility: "hidden" })
  const picture = svg(
    "svg",
    { class: "scatter", viewBox: `0 0 ${WIDE} ${TALL}`, "aria-hidden": "true" },
    // The best are drawn last: nothing lies on them.
    ...dots.filter((one) => one.getAttribute("class") !== "best"),
    ...dots.filter((one) => one.getAttribute("class") === "best"),
    ring,
  )
  picture.addEventListener("pointermove", (event) => {
    const at = pointedAt(event, picture, WIDE, TALL)
    const far = (one: { readonly x: number; readonly y: number }): number =>
      Math.hypot(one.x - at.x, one.y - at.y)
    const nearest = points.reduce<(typeof points)[number] | null>(
      (near, one) => (near === null || far(one) < far(near) ? one : near),
      null,
    )
    if (nearest === null) return
    ring.setAttribute("cx", String(nearest.x))
    ring.setAttribute("cy", String(nearest.y))
    ring.setAttribute("visibility", "visible")
    say(readout, toldReading(nearest.reading))
  })
  picture.addEventListener("pointerleave", () => {
    ring.setAttribute("visibility", "hidden")
    say(readout, "")
  })
  const failed = points.filter(({ reading }) => reading.value === null).length
  const ends = [axis.ticks[0]?.text ?? "", axis.ticks[axis.ticks.length - 1]?.text ?? ""]
  return h(
    "figure",
    { class: "slice" },
    h("figcaption", { class: "knob-name small" }, axis.name),
    h(
      "div",
      {
        role: "img",
        "aria-label": `Value against ${axis.name}, from ${ends[0]} to ${ends[1]}: ${points.length} evaluations, ${failed} failed`,
      },
      picture,
      h("span", { class: "ends small faint" }, ...ends.map((text) => h("span", {}, text))),
    ),
  )
}
