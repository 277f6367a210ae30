/** Elements of a growing host: the network as it is, and the course of numbers over its boundaries. */
import type { GrowthFrame, GrowthRow } from "../../protocol/growthProtocol.ts"
import { svg } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import { type DrawnSocket, drawingOf, toneOf, WIDE } from "../core/growthDrawing.ts"

/** Longest name that fits beside the trunk. */
const LETTERS = 17
const at = (value: number): string => value.toFixed(1)
const cut = (name: string): string => (name.length > LETTERS ? `…${name.slice(1 - LETTERS)}` : name)

export interface NetworkPicture {
  readonly element: SVGSVGElement
  readonly update: (frame: GrowthFrame, chosen: string | null) => void
}

/** The network, redrawn at each boundary. */
export function networkPicture(): NetworkPicture {
  const element = svg("svg", { class: "network", role: "img" })
  return {
    element,
    update: (frame, chosen) => {
      const { height, trunk, parts, sockets, label } = drawingOf(frame)
      element.setAttribute("viewBox", `0 0 ${WIDE} ${height}`)
      element.setAttribute("aria-label", label)
      element.replaceChildren(
        svg("path", { class: "trunk", d: `M${trunk.x} ${trunk.from}V${trunk.to}` }),
        ...parts.flatMap(({ kind, name, words, box: { x, y, width, height: tall } }) => [
          svg("rect", {
            class: "part",
            "data-kind": kind,
            x: at(x),
            y: at(y),
            width: at(width),
            height: tall,
            rx: 5,
          }),
          svg("text", { class: "name", x: 0, y: at(y + tall / 2 - 2) }, cut(name)),
          svg("text", { x: 0, y: at(y + tall / 2 + 11) }, words),
        ]),
        ...sockets.flatMap((one) => socketShapes(one, one.name === chosen)),
      )
    },
  }
}

function socketShapes(
  { name, state, tone, x, y, graft, paused }: DrawnSocket,
  chosen: boolean,
): ReadonlyArray<SVGElement> {
  const words = paused ? `${state}, paused` : state
  const shapes: Array<SVGElement> = []
  if (graft !== null) {
    const { box, stem, filled } = graft
    const { x: left, y: top, width, height } = box
    const frame = { x: at(left), y: at(top), height, rx: 5 }
    shapes.push(
      svg("path", { class: "stem", "data-tone": tone, d: `M${at(stem[0])} ${at(y)}H${at(stem[1])}` }),
      svg("rect", { class: "graft", ...frame, width: at(width) }),
      svg("rect", { class: "filled", "data-tone": tone, ...frame, width: at(width * filled) }),
      svg("rect", { class: "outline", "data-tone": tone, ...frame, width: at(width) }),
      svg("text", { class: "name", x: at(left), y: at(top + height + 13) }, graft.name),
    )
  }
  shapes.push(
    svg("circle", {
      class: chosen ? "socket chosen" : "socket",
      "data-tone": tone,
      cx: at(x),
      cy: at(y),
      r: chosen ? 8 : 6,
    }),
    svg("text", { class: "name", x: 0, y: at(y - 2) }, cut(name)),
    svg("text", { x: 0, y: at(y + 11) }, words),
  )
  return shapes
}

/** A course is drawn in units of its own. */
const LONG = 600
const TALL = 140
const PAD = 8

/** A line of a course. */
export interface CourseLine {
  readonly name: string
  readonly series: string
  readonly of: (row: GrowthRow) => number | null
}

/** Lines over boundaries from 0 upwards, with a bound where there is one. Redrawn when rows come. */
export function course(label: string, lines: ReadonlyArray<CourseLine>, bound: number | null = null) {
  const element = svg("svg", { class: "course", viewBox: `0 0 ${LONG} ${TALL}`, role: "img" })
  return {
    element,
    /** @param at the boundary that is shown */
    update: (rows: ReadonlyArray<GrowthRow>, shown: number) => {
      const values = rows.flatMap((row) => lines.map(({ of }) => of(row)).filter((value) => value !== null))
      const top = Math.max(Number.MIN_VALUE, bound ?? 0, ...values)
      const first = rows.at(0)?.epoch ?? 0
      const last = Math.max(first + 1, rows.at(-1)?.epoch ?? 1)
      const x = (epoch: number): string => at(PAD + ((LONG - 2 * PAD) * (epoch - first)) / (last - first))
      const y = (value: number): string => at(TALL - PAD - ((TALL - 2 * PAD) * value) / top)
      const now = rows.findLast(({ epoch }) => epoch <= shown)
      const read = lines.map(({ name, of }) => `${name} ${figure(now === undefined ? null : of(now))}`)
      element.setAttribute("aria-label", `${label}: ${read.join(", ")}`)
      element.replaceChildren(
        svg("path", { class: "axis", d: `M${PAD} ${PAD}V${TALL - PAD}H${LONG - PAD}` }),
        ...(bound === null ? [] : [svg("path", { class: "bound", d: `M${PAD} ${y(bound)}H${LONG - PAD}` })]),
        ...lines.map(({ series, of }) =>
          svg("path", { class: "line", "data-series": series, d: lineOf(rows, of, x, y) }),
        ),
        svg("path", {
          class: "moment",
          d: `M${x(Math.min(last, Math.max(first, shown)))} ${PAD}V${TALL - PAD}`,
        }),
      )
    },
  }
}

/** With a gap where there is no number. */
function lineOf(
  rows: ReadonlyArray<GrowthRow>,
  of: CourseLine["of"],
  x: (epoch: number) => string,
  y: (value: number) => string,
): string {
  let d = ""
  let down = false
  for (const row of rows) {
    const value = of(row)
    if (value !== null) d += `${down ? "L" : "M"}${x(row.epoch)} ${y(value)}`
    down = value !== null
  }
  return d
}

const LANE = 22

/** A lane for each socket, with a stretch in the colour of each state that was passed. */
export function stateLanes() {
  const element = svg("svg", { class: "lanes", role: "img" })
  return {
    element,
    update: (rows: ReadonlyArray<GrowthRow>, shown: number) => {
      const names = [...new Set(rows.flatMap(({ states }) => Object.keys(states)))]
      const first = rows.at(0)?.epoch ?? 0
      const last = Math.max(first + 1, (rows.at(-1)?.epoch ?? 0) + 1)
      const x = (epoch: number): number => PAD + ((LONG - 2 * PAD) * (epoch - first)) / (last - first)
      element.setAttribute("viewBox", `0 0 ${LONG} ${Math.max(1, names.length) * 2 * LANE}`)
      element.setAttribute("aria-label", `States of ${names.join(", ")}, boundary by boundary`)
      element.replaceChildren(
        ...names.flatMap((name, lane) => [
          svg("text", { x: PAD, y: lane * 2 * LANE + LANE - 6 }, name),
          ...stretchesOf(rows, name).map(({ state, from, to }) =>
            svg(
              "rect",
              {
                class: "stretch",
                "data-tone": toneOf(state),
                x: at(x(from)),
                y: lane * 2 * LANE + LANE,
                width: at(x(to) - x(from)),
                height: LANE - 4,
              },
              svg("title", {}, `${state}, ${from} to ${to - 1}`),
            ),
          ),
        ]),
        svg("path", {
          class: "moment",
          d: `M${at(x(Math.min(last, Math.max(first, shown))))} 0V${names.length * 2 * LANE}`,
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
