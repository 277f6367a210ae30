/** A growing host as elements: the network as it is, with grafts beside their sockets. */
import type { GrowthFrame } from "../../protocol/growthProtocol.ts"
import { svg } from "../core/dom.ts"
import { type DrawnSocket, drawingOf, WIDE } from "../core/growthDrawing.ts"

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
