/** What the two sides of each stage read, as two lines on one scale; a stroke where another owner took over. */
import type { TunerStage } from "../../protocol/tunerProtocol.ts"
import { h, mark, say, svg } from "../core/dom.ts"
import { counted, figure, grouped } from "../core/format.ts"

/** Drawn in units of its own and stretched to its place; strokes keep their width. */
const LONG = 1000
const TALL = 200
const EDGE = 8

const SIDES = ["plus", "minus"] as const

const at = (value: number): string => value.toFixed(1)

export function sidesChart(): {
  readonly element: HTMLElement
  readonly update: (stages: ReadonlyArray<TunerStage>) => void
} {
  const picture = svg("svg", {
    class: "sides",
    viewBox: `0 0 ${LONG} ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
  })
  const values = SIDES.map(() => h("strong", {}))
  const [top, bottom, told] = [h("span", {}), h("span", {}), h("span", {})]
  const element = h(
    "div",
    {},
    h(
      "ul",
      { class: "sides-legend small" },
      ...SIDES.map((side, i) => h("li", { "data-side": side }, `${side} `, values[i])),
    ),
    h("div", { class: "sides-ends small faint", "aria-hidden": "true" }, top),
    picture,
    h("div", { class: "sides-ends small faint", "aria-hidden": "true" }, bottom, told),
  )
  const update = (stages: ReadonlyArray<TunerStage>): void => {
    const read = stages.flatMap(({ plus, minus }) => [plus, minus]).filter((value) => value !== null)
    const low = Math.min(...read)
    const high = Math.max(...read)
    const x = (place: number): number => (LONG * (place + 0.5)) / Math.max(1, stages.length)
    const y = (value: number): number =>
      high > low ? TALL - EDGE - ((TALL - 2 * EDGE) * (value - low)) / (high - low) : TALL / 2
    const last = stages.at(-1)
    const texts = SIDES.map((side) => figure(last?.[side]))
    values.forEach((value, i) => say(value, texts[i]))
    const moves = stages.flatMap(({ epoch }, i) => (i > 0 && epoch !== stages[i - 1].epoch ? [i] : []))
    say(top, read.length === 0 ? "" : figure(high))
    say(bottom, read.length === 0 ? "No stage has been read yet." : figure(low))
    const owners = moves.length === 0 ? "" : `, ${counted(moves.length, "change")} of owners`
    say(told, stages.length === 0 ? "" : `${grouped(stages.length)} stages${owners}`)
    const summary = SIDES.map((side, i) => `${side} ${texts[i]}`).join(", ")
    mark(picture, "aria-label", `What the sides read: ${summary}${owners}`)
    picture.replaceChildren(
      ...moves.map((i) => svg("path", { class: "move", d: `M${at((x(i) + x(i - 1)) / 2)} 0V${TALL}` })),
      ...SIDES.map((side) =>
        svg("path", {
          class: "side",
          "data-side": side,
          d: lineOf(
            stages.map((one) => one[side]),
            x,
            y,
          ),
        }),
      ),
    )
  }
  return { element, update }
}

/** From reading to reading: a stage that read one side says nothing of the other. */
function lineOf(
  values: ReadonlyArray<number | null>,
  x: (place: number) => number,
  y: (value: number) => number,
): string {
  const points = values.flatMap((value, i) => (value === null ? [] : [`${at(x(i))} ${at(y(value))}`]))
  return points.length === 0 ? "" : points.length === 1 ? `M${points[0]}h1` : `M${points.join("L")}`
}
