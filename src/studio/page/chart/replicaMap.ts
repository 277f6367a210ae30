/** Every replica as one small square, coloured by its role, or by what is wrong with it: one that does not follow is seen among thousands. */
import { MARKS } from "../../protocol/tunerProtocol.ts"
import { h, mark, svg } from "../core/dom.ts"
import { counted } from "../core/format.ts"

/** A square with its gap, and how many stand beside each other, in units of the picture. */
const SQUARE = 10
const MARK = 8
const LEAST_ACROSS = 40
/** A thousand make a band 8 tall. */
const SHAPE = 18

type Marked = keyof typeof MARKS

const NAMES: ReadonlyArray<readonly [Marked, string]> = [
  ["base", "on the base"],
  ["plus", "on plus"],
  ["minus", "on minus"],
  ["control", "on the baseline"],
  ["canary", "on a candidate"],
  ["silent", "silent"],
  ["refusing", "refusing"],
]

export function replicaMap(): {
  readonly element: HTMLElement
  readonly update: (map: string) => void
} {
  const picture = svg("svg", { class: "replica-map", preserveAspectRatio: "xMinYMin meet", role: "img" })
  const legend = NAMES.map(([name, text]) => h("li", { "data-mark": name }, text))
  const update = (map: string): void => {
    const across = Math.max(LEAST_ACROSS, Math.ceil(Math.sqrt(map.length * SHAPE)))
    const tall = Math.max(1, Math.ceil(map.length / across))
    mark(picture, "viewBox", `0 0 ${across * SQUARE} ${tall * SQUARE}`)
    const counts = NAMES.map(([name]) => map.split(MARKS[name]).length - 1)
    legend.forEach((item, i) => {
      item.hidden = counts[i] === 0
    })
    const said = NAMES.flatMap(([, text], i) => (counts[i] === 0 ? [] : [`${counts[i]} ${text}`]))
    mark(picture, "aria-label", [counted(map.length, "replica"), ...said].join(", "))
    picture.replaceChildren(
      ...NAMES.map(([name]) => svg("path", { "data-mark": name, d: squaresOf(map, MARKS[name], across) })),
    )
  }
  return { element: h("div", {}, picture, h("ul", { class: "marks small soft" }, ...legend)), update }
}

const squaresOf = (map: string, letter: string, across: number): string =>
  Array.from(map, (one, i) =>
    one === letter
      ? `M${(i % across) * SQUARE + 1} ${Math.floor(i / across) * SQUARE + 1}h${MARK}v${MARK}h-${MARK}z`
      : "",
  ).join("")
