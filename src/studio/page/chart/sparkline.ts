/** A few latest values as a line without axes, for a row of a list. */
import { svg } from "../core/dom.ts"

const WIDE = 84
const TALL = 22
const MOST = 60

export interface Sparkline {
  readonly element: SVGSVGElement
  readonly add: (value: number) => void
}

export function sparkline(): Sparkline {
  const values: Array<number> = []
  const line = svg("path", {})
  return {
    element: svg("svg", { class: "spark-row", viewBox: `0 0 ${WIDE} ${TALL}`, "aria-hidden": "true" }, line),
    add: (value) => {
      values.push(value)
      if (values.length > MOST) values.shift()
      const low = Math.min(...values)
      const span = Math.max(...values) - low
      const points = values.map((one, i) => {
        const x = values.length < 2 ? WIDE : (i / (values.length - 1)) * WIDE
        const y = span > 0 ? TALL - 2 - ((one - low) / span) * (TALL - 4) : TALL / 2
        return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`
      })
      line.setAttribute("d", points.length < 2 ? `M0 ${TALL / 2}H${WIDE}` : points.join(""))
    },
  }
}
