/** The pictures of a loop's dynamics: where it goes, when it comes back, how it resembles itself, and how far it is from a trip. */
import { h, svg } from "../core/dom.ts"
import { type Dynamics, recurrences } from "../core/dynamics.ts"

/** All are square and drawn in units of their own. */
const SIDE = 240
const EDGE = 14
const INNER = SIDE - 2 * EDGE
/** Deviations from the middle of the trajectory to its edge. */
const REACH = 3
/** Parts of the trajectory that fade one by one with their age. */
const SHADES = 8
/** Times the healthy deviation at the top; the scale is that of the root, so that both small and large ones can be told apart. */
const TOP = 9

const at = (value: number): string => value.toFixed(1)

export interface Picture {
  readonly element: SVGSVGElement
  readonly update: (dynamics: Dynamics) => void
}

function picture(label: string, ...parts: ReadonlyArray<SVGElement>): SVGSVGElement {
  return svg(
    "svg",
    { class: "dynamic", viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label": label },
    ...parts,
  )
}

const axis = (d: string): SVGElement => svg("path", { class: "axis", d })

/** The last windows against those a quarter of a swing before: a circle is a swing, a cloud is noise. */
export function trajectory(): Picture {
  const place = (value: number): number =>
    EDGE + (INNER * (Math.max(-REACH, Math.min(REACH, value)) + REACH)) / (2 * REACH)
  const shades = Array.from({ length: SHADES }, (_, i) =>
    svg("path", { class: "trace", "data-age": SHADES - 1 - i }),
  )
  const head = svg("circle", { class: "head", r: 4.5 })
  const middle = SIDE / 2
  return {
    element: picture(
      "Trajectory in delay coordinates",
      axis(`M${middle} ${EDGE}V${SIDE - EDGE}M${EDGE} ${middle}H${SIDE - EDGE}`),
      ...shades,
      head,
    ),
    update: ({ series, delay }) => {
      const points = series.length - delay
      const x = (i: number): string => at(place(series[i]))
      const y = (i: number): string => at(SIDE - place(series[i + delay]))
      shades.forEach((shade, part) => {
        const from = Math.floor((part * (points - 1)) / SHADES)
        const to = Math.floor(((part + 1) * (points - 1)) / SHADES)
        let d = ""
        for (let i = from; i <= to; i++) d += `${i === from ? "M" : "L"}${x(i)} ${y(i)}`
        shade.setAttribute("d", d)
      })
      head.setAttribute("cx", x(points - 1))
      head.setAttribute("cy", y(points - 1))
    },
  }
}

/** Which moments resemble which: stripes along the diagonal are a swing, dust is noise. */
export function recurrencePlot(): Picture {
  const dots = svg("path", { class: "dots" })
  return {
    element: picture(
      "Recurrence plot",
      svg("rect", { class: "ground", x: EDGE, y: EDGE, width: INNER, height: INNER }),
      dots,
    ),
    update: (dynamics) => {
      const cell = INNER / (dynamics.series.length - dynamics.delay)
      const tall = cell.toFixed(2)
      const d = recurrences(dynamics)
        .map(([row, from, to]) => {
          const wide = ((to - from) * cell).toFixed(2)
          return `M${(EDGE + from * cell).toFixed(2)} ${(SIDE - EDGE - (row + 1) * cell).toFixed(2)}h${wide}v${tall}h-${wide}z`
        })
        .join("")
      dots.setAttribute("d", d)
    },
  }
}

/** Resemblance by distance in windows: a wave is a swing, what dies at once is noise. */
export function correlogram(): Picture {
  const bars = svg("path", { class: "bars" })
  const middle = SIDE / 2
  return {
    element: picture("Autocorrelation", bars, axis(`M${EDGE} ${middle}H${SIDE - EDGE}`)),
    update: ({ correlation }) => {
      const step = INNER / correlation.length
      let d = ""
      for (let lag = 0; lag < correlation.length; lag++)
        d += `M${at(EDGE + (lag + 0.5) * step)} ${middle}V${at(middle - (correlation[lag] * INNER) / 2)}`
      bars.setAttribute("d", d)
    },
  }
}

/** What the latch needs: alone, or together with a swing. */
export interface Thresholds {
  readonly alone: number
  readonly swinging: number
  readonly index: number
}

/** The loop as a point, and the region in which the latch trips. */
export function thresholdPlane(thresholds: Thresholds): {
  readonly element: SVGSVGElement
  readonly update: (index: number, ratio: number) => void
} {
  const x = (index: number): number => EDGE + INNER * Math.max(0, Math.min(1, index))
  const y = (ratio: number): number =>
    SIDE - EDGE - INNER * Math.sqrt(Math.max(0, Math.min(TOP, ratio)) / TOP)
  const { alone, swinging, index: from } = thresholds
  const steps = `V${at(y(swinging))}H${x(from)}V${at(y(alone))}H${x(0)}`
  const region = `M${x(0)} ${y(TOP)}H${x(1)}${steps}z`
  const point = svg("circle", { class: "head", r: 6 })
  return {
    element: picture(
      "Deviation over oscillation index, with the latch's threshold",
      svg("path", { class: "region", d: region }),
      svg("path", { class: "threshold", d: `M${x(1)} ${at(y(swinging))}${steps}` }),
      axis(`M${x(0)} ${y(TOP)}V${y(0)}H${x(1)}`),
      axis(`M${x(0)} ${at(y(1))}H${x(1)}`),
      svg("text", { x: x(0) + 6, y: at(y(1) - 6) }, "healthy"),
      svg("text", { x: x(0) + 6, y: at(y(alone) - 6) }, `${alone} times`),
      svg("text", { x: x(1) - 6, y: at(y(swinging) - 6), "text-anchor": "end" }, `${swinging}, with a swing`),
      point,
    ),
    update: (index, ratio) => {
      point.setAttribute("cx", at(x(index)))
      point.setAttribute("cy", at(y(ratio)))
    },
  }
}

/** A picture with its name above and what to look for below. */
export const framed = (name: string, image: SVGElement, words: string): HTMLElement =>
  h(
    "section",
    { class: "card", "aria-label": name },
    h("header", {}, h("h2", {}, name)),
    image,
    h("p", { class: "small soft" }, words),
  )
