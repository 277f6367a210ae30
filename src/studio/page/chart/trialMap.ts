/** The budget of a study as small squares, one for each evaluation: what is told, what is out, what failed, and what is still to come. */
import { type StudyPage, TRIAL_MARKS } from "../../protocol/studyProtocol.ts"
import { h, mark, svg } from "../core/dom.ts"
import { counted, grouped } from "../core/format.ts"

/** A square with its gap, and how many stand beside each other, in units of the picture. */
const SQUARE = 10
const MARK = 8
const LEAST_ACROSS = 40
/** So many times as wide as tall, on a desk and on a phone. */
const SHAPE = 20
const NARROW_SHAPE = 5
/** Squares for evaluations to come at most. */
const MOST_TO_COME = 5000

const BEST = "b"
const FREE = "."

const NAMES = [
  ["told", TRIAL_MARKS.told, "told"],
  ["out", TRIAL_MARKS.out, "being evaluated"],
  ["waits", TRIAL_MARKS.waits, "waiting for a worker"],
  ["failed", TRIAL_MARKS.failed, "failed"],
  ["best", BEST, "the best"],
  ["free", FREE, "to come"],
] as const

export function trialMap(): {
  readonly element: HTMLElement
  readonly update: (page: StudyPage) => void
} {
  const picture = svg("svg", { class: "trial-map", preserveAspectRatio: "xMinYMin meet", role: "img" })
  const legend = NAMES.map(([name, , text]) => h("li", { "data-mark": name }, text))
  const update = ({ map, mapFrom, best, budget, asked }: StudyPage): void => {
    const free = Math.min(MOST_TO_COME, Math.max(0, budget - asked))
    const letters = `${map}${FREE.repeat(free)}`.split("")
    if (best !== null && best.id >= mapFrom) letters[best.id - mapFrom] = BEST
    const shape = matchMedia("(width < 700px)").matches ? NARROW_SHAPE : SHAPE
    const across = Math.max(LEAST_ACROSS, Math.ceil(Math.sqrt(letters.length * shape)))
    const tall = Math.max(1, Math.ceil(letters.length / across))
    mark(picture, "viewBox", `0 0 ${across * SQUARE} ${tall * SQUARE}`)
    const places = NAMES.map(([, letter]) => letters.flatMap((one, i) => (one === letter ? [i] : [])))
    legend.forEach((item, i) => {
      item.hidden = places[i].length === 0
    })
    const said = NAMES.flatMap(([, , text], i) =>
      places[i].length === 0 ? [] : [`${grouped(places[i].length)} ${text}`],
    )
    mark(picture, "aria-label", [counted(letters.length, "evaluation"), ...said].join(", "))
    picture.replaceChildren(
      ...NAMES.map(([name], k) =>
        svg("path", {
          "data-mark": name,
          d: places[k]
            .map(
              (i) =>
                `M${(i % across) * SQUARE + 1} ${Math.floor(i / across) * SQUARE + 1}h${MARK}v${MARK}h-${MARK}z`,
            )
            .join(""),
        }),
      ),
    )
  }
  return { element: h("div", {}, picture, h("ul", { class: "marks small soft" }, ...legend)), update }
}
