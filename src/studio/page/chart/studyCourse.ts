/** How a study came to its best value: every result as a dot, and the best so far as a stair. */
import type { StudyPage } from "../../protocol/studyProtocol.ts"
import { h, mark, say, svg } from "../core/dom.ts"
import { counted, figure, grouped } from "../core/format.ts"

/** Drawn in units of its own and stretched to its place; strokes keep their width. */
const LONG = 1000
const TALL = 240
const EDGE = 10
/** Worse results than this share of all stand at the edge: one of them would press the others together. */
const SHOWN_SHARE = 0.9

const at = (value: number): string => value.toFixed(1)

export function studyCourse(): {
  readonly element: HTMLElement
  readonly update: (page: StudyPage) => void
} {
  const picture = svg("svg", {
    class: "study-course",
    viewBox: `0 0 ${LONG} ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
  })
  const [top, bottom, told] = [h("span", {}), h("span", {}), h("span", {})]
  const element = h(
    "div",
    {},
    h("div", { class: "ends small faint", "aria-hidden": "true" }, top),
    picture,
    h("div", { class: "ends small faint", "aria-hidden": "true" }, bottom, told),
  )
  const update = ({ course, bests, objective, told: results }: StudyPage): void => {
    const downwards = objective === "minimize"
    const sorted = course.map(({ value }) => value).toSorted((a, b) => (downwards ? a - b : b - a))
    const best = bests.at(-1)?.value ?? sorted.at(0) ?? 0
    const worst = sorted.at(Math.floor(SHOWN_SHARE * (sorted.length - 1))) ?? best
    const [low, high] = [Math.min(best, worst), Math.max(best, worst)]
    const x = (n: number): number => (LONG * (n - 0.5)) / Math.max(1, results)
    const y = (value: number): number => {
      if (high === low) return TALL / 2
      const within = Math.min(high, Math.max(low, value))
      return TALL - EDGE - ((TALL - 2 * EDGE) * (within - low)) / (high - low)
    }
    const beyond = course.filter(({ value }) => value < low || value > high).length
    say(top, course.length === 0 ? "" : figure(high))
    say(bottom, course.length === 0 ? "No result yet." : figure(low))
    const edge = beyond === 0 ? "" : `, ${grouped(beyond)} at the edge`
    say(told, course.length === 0 ? "" : `${counted(results, "result")}${edge}`)
    mark(
      picture,
      "aria-label",
      `${counted(results, "result")}; the best so far: ${figure(bests.at(-1)?.value)}, found in ${counted(bests.length, "step")}`,
    )
    const stair = bests.map(
      ({ n, value }, i) => `${i === 0 ? "M" : "H"}${at(x(n))}${i === 0 ? " " : "V"}${at(y(value))}`,
    )
    picture.replaceChildren(
      svg("path", {
        class: "dots",
        d: course.map(({ n, value }) => `M${at(x(n))} ${at(y(value))}h0`).join(""),
      }),
      svg("path", { class: "best", d: stair.length === 0 ? "" : `${stair.join("")}H${LONG}` }),
    )
  }
  return { element, update }
}
