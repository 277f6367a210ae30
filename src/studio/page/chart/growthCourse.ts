/** The course of a growing host over its boundaries: lines of numbers, and a lane of states for each socket, on one time line. */
import type { GrowthRow } from "../../protocol/growthProtocol.ts"
import { fill, h, say, svg } from "../core/dom.ts"
import { figure, grouped } from "../core/format.ts"
import { toneOf } from "../core/growthDrawing.ts"

/** Drawn in units of its own and stretched to its place; strokes keep their width. */
const LONG = 1000
const TALL = 100
const HEAD = 4

const at = (value: number): string => value.toFixed(1)

/** From boundaries to the picture's units. */
function scaleOf(rows: ReadonlyArray<GrowthRow>): (epoch: number) => number {
  const first = rows.at(0)?.epoch ?? 0
  const last = Math.max(first + 1, (rows.at(-1)?.epoch ?? 0) + 1)
  return (epoch) => (LONG * (Math.min(last, Math.max(first, epoch)) - first)) / (last - first)
}

const stretched = (name: string, tall: number) => ({
  class: name,
  viewBox: `0 0 ${LONG} ${tall}`,
  preserveAspectRatio: "none",
})

/** A line of a course. */
export interface CourseLine {
  readonly name: string
  readonly series: string
  readonly of: (row: GrowthRow) => number | null
}

/** Lines from 0 upwards, with a bound where there is one. */
export function course(label: string, lines: ReadonlyArray<CourseLine>, bound: number | null = null) {
  const picture = svg("svg", { ...stretched("course", TALL), role: "img" })
  const top = h("span", {})
  const [from, to] = [h("span", {}), h("span", {})]
  const legend = lines.map(({ name, series }) => {
    const value = h("strong", {})
    return { value, element: h("li", { "data-series": series }, `${name} `, value) }
  })
  return {
    element: h(
      "div",
      { class: "course-frame" },
      h("ul", { class: "course-legend small" }, ...legend.map(({ element }) => element)),
      h("div", { class: "small faint", "aria-hidden": "true" }, top),
      picture,
      h("div", { class: "course-ends small faint", "aria-hidden": "true" }, from, to),
    ),
    /** @param shown the boundary that is looked at */
    update: (rows: ReadonlyArray<GrowthRow>, shown: number) => {
      const values = rows.flatMap((row) => lines.map(({ of }) => of(row)).filter((value) => value !== null))
      const most = Math.max(Number.MIN_VALUE, bound ?? 0, ...values)
      const x = scaleOf(rows)
      const y = (value: number): number => TALL - ((TALL - HEAD) * value) / most
      const now = rows.findLast(({ epoch }) => epoch <= shown)
      const read = lines.map(({ of }) => figure(now === undefined ? null : of(now)))
      legend.forEach(({ value }, i) => say(value, read[i]))
      say(top, figure(most))
      say(from, `epoch ${grouped(rows.at(0)?.epoch ?? 0)}`)
      say(to, grouped(rows.at(-1)?.epoch ?? 0))
      picture.setAttribute(
        "aria-label",
        `${label}: ${lines.map(({ name }, i) => `${name} ${read[i]}`).join(", ")}`,
      )
      picture.replaceChildren(
        ...(bound === null ? [] : [svg("path", { class: "bound", d: `M0 ${at(y(bound))}H${LONG}` })]),
        ...lines.map(({ series, of }) =>
          svg("path", { class: "line", "data-series": series, d: lineOf(rows, of, x, y) }),
        ),
        svg("path", { class: "moment", d: `M${at(x(shown + 0.5))} 0V${TALL}` }),
      )
    },
  }
}

/** With a gap where there is no number. */
function lineOf(
  rows: ReadonlyArray<GrowthRow>,
  of: CourseLine["of"],
  x: (epoch: number) => number,
  y: (value: number) => number,
): string {
  let d = ""
  let down = false
  for (const row of rows) {
    const value = of(row)
    if (value !== null) d += `${down ? "L" : "M"}${at(x(row.epoch + 0.5))} ${at(y(value))}`
    down = value !== null
  }
  return d
}

const LANE = 10

/** A lane for each socket, with a stretch in the colour of each state that was passed. */
export function stateLanes() {
  const element = h("ul", { class: "lanes" })
  return {
    element,
    update: (rows: ReadonlyArray<GrowthRow>, shown: number) => {
      const names = [...new Set(rows.flatMap(({ states }) => Object.keys(states)))]
      const x = scaleOf(rows)
      const now = rows.findLast(({ epoch }) => epoch <= shown)
      fill(
        element,
        ...names.map((name) => {
          const state = now?.states[name]
          return h(
            "li",
            {},
            h("div", { class: "small" }, h("strong", {}, name), ` ${state ?? "not there yet"}`),
            svg(
              "svg",
              { ...stretched("lane", LANE), "aria-hidden": "true" },
              ...stretchesOf(rows, name).map((one) =>
                svg(
                  "rect",
                  {
                    class: "stretch",
                    "data-tone": toneOf(one.state),
                    x: at(x(one.from)),
                    y: 0,
                    width: at(x(one.to) - x(one.from)),
                    height: LANE,
                  },
                  svg("title", {}, `${one.state}, ${one.from} to ${one.to - 1}`),
                ),
              ),
              svg("path", { class: "moment", d: `M${at(x(shown + 0.5))} 0V${LANE}` }),
            ),
          )
        }),
      )
    },
  }
}

interface Stretch {
  readonly state: Parameters<typeof toneOf>[0]
  readonly from: number
  readonly to: number
}

function stretchesOf(rows: ReadonlyArray<GrowthRow>, name: string): ReadonlyArray<Stretch> {
  const stretches: Array<Stretch> = []
  for (const { epoch, states } of rows) {
    const state = states[name]
    if (state === undefined) continue
    const before = stretches.at(-1)
    if (before?.state === state && before.to === epoch)
      stretches[stretches.length - 1] = { ...before, to: epoch + 1 }
    else stretches.push({ state, from: epoch, to: epoch + 1 })
  }
  return stretches
}
