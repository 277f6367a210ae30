/** Evidence on its way to its threshold, window by window: a scale of logarithms, because evidence grows by factors. */
import type { PipelinePlace, PipelineRow } from "../../protocol/pipelineProtocol.ts"
import { h, mark, say, svg } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import { scaleOf } from "./river.ts"

const LONG = 1000
const TALL = 120
/** A hundredth of no evidence, and three times the threshold. */
const LEAST = 0.01
const ABOVE = 3

const at = (value: number): string => value.toFixed(1)

/** A line of evidence, and its value in a window; undefined where it was not measured. */
export interface EvidenceLine {
  readonly name: string
  readonly series: string
  readonly of: (place: PipelinePlace) => number | null | undefined
}

export function evalues(label: string, lines: ReadonlyArray<EvidenceLine>, tone: "live" | "trip") {
  const picture = svg("svg", {
    class: "evalues",
    "data-tone": tone,
    viewBox: `0 0 ${LONG} ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
  })
  const bound = h("span", {})
  const legend = lines.map(({ name, series }) => {
    const value = h("strong", {})
    return { value, element: h("li", { "data-series": series }, `${name} `, value) }
  })
  return {
    element: h(
      "div",
      {},
      h("ul", { class: "legend small" }, ...legend.map(({ element }) => element)),
      h("div", { class: "ends small faint" }, bound),
      picture,
    ),
    update: (rows: ReadonlyArray<PipelineRow>, name: string, threshold: number) => {
      const x = scaleOf(rows)
      const y = (value: number): number => {
        const within = Math.min(ABOVE * threshold, Math.max(LEAST, value))
        return TALL - (TALL * Math.log(within / LEAST)) / Math.log((ABOVE * threshold) / LEAST)
      }
      const read = lines.map(({ of }) => {
        const last = rows.at(-1)?.pieces[name]
        return last === undefined ? null : (of(last) ?? null)
      })
      legend.forEach(({ value, element }, i) => {
        say(value, figure(read[i]))
        element.hidden = !rows.some(
          ({ pieces }) => pieces[name] !== undefined && (lines[i].of(pieces[name]) ?? null) !== null,
        )
      })
      say(bound, `${label}: ${figure(threshold)} decides, 1 is no evidence; logarithmic`)
      const said = lines.flatMap(({ name: line }, i) =>
        read[i] === null ? [] : [`${line} ${figure(read[i])}`],
      )
      mark(
        picture,
        "aria-label",
        `${label}, of ${figure(threshold)}: ${said.length === 0 ? "none yet" : said.join(", ")}`,
      )
      picture.replaceChildren(
        svg("path", { class: "none", d: `M0 ${at(y(1))}H${LONG}` }),
        svg("path", { class: "bound", d: `M0 ${at(y(threshold))}H${LONG}` }),
        ...lines.map(({ series, of }) =>
          svg("path", { class: "line", "data-series": series, d: lineOf(rows, name, of, x, y) }),
        ),
      )
    },
  }
}

/** Evidence starts over at each stage: a gap where nothing was measured, or where the state has changed. */
function lineOf(
  rows: ReadonlyArray<PipelineRow>,
  name: string,
  of: EvidenceLine["of"],
  x: (boundary: number) => number,
  y: (value: number) => number,
): string {
  let d = ""
  let before: PipelinePlace["state"] | null = null
  for (const { boundary, pieces } of rows) {
    const place = pieces[name]
    const value = place === undefined ? null : (of(place) ?? null)
    if (place !== undefined && value !== null)
      d += `${before === place.state ? "L" : "M"}${at(x(boundary + 0.5))} ${at(y(value))}${before === place.state ? "" : "h.1"}`
    before = value === null || place === undefined ? null : place.state
  }
  return d
}
