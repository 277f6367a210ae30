/** Calls as a river: now, as it splits between incumbent and candidate, and window by window, with the pairs that duelled. */
import type { PipelinePiece, PipelineRow } from "../../protocol/pipelineProtocol.ts"
import { h, mark, say, svg } from "../core/dom.ts"
import { grouped, isolated, percent } from "../core/format.ts"

/** Drawn in units of its own and stretched to its place. */
const LONG = 1000
const TALL = 160
/** What flows, and where the two arms end. */
const FLOW = 90
const LEAST = 2

const at = (value: number): string => value.toFixed(1)

/** A band of the river that bends from one height to another. */
const band = (from: number, to: number, wide: number): string =>
  `M0 ${at(from)}C${LONG / 2} ${at(from)} ${LONG / 2} ${at(to)} ${LONG} ${at(to)}v${at(wide)}C${LONG / 2} ${at(to + wide)} ${LONG / 2} ${at(from + wide)} 0 ${at(from + wide)}z`

export function riverNow(): {
  readonly element: HTMLElement
  readonly update: (piece: PipelinePiece) => void
} {
  const picture = svg("svg", {
    class: "river",
    viewBox: `0 0 ${LONG} ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
  })
  const [incumbent, candidate] = [
    h("div", { class: "arm" }),
    h("div", { class: "arm", "data-arm": "candidate" }),
  ]
  const arm = (element: HTMLElement, name: string, text: string): void =>
    element.replaceChildren(h("strong", {}, isolated(name)), h("span", { class: "small soft" }, text))
  return {
    element: h(
      "div",
      { class: "split" },
      h("span", { class: "small soft" }, "calls"),
      picture,
      h("div", { class: "arms" }, incumbent, candidate),
    ),
    update: ({ share, mirror, state, incumbent: old, candidate: fresh }) => {
      const isOver = state === "fossilized"
      const top = (TALL - FLOW) / 2
      const of = isOver ? 0 : share
      const [first, second] = [FLOW * (1 - of), FLOW * of]
      const isWarm = state === "probationary"
      arm(
        incumbent,
        old,
        isOver
          ? "answers every call"
          : isWarm
            ? "stays warm, and answers in duels"
            : `answers ${percent(1 - share)}`,
      )
      const idle = fresh === null || isOver
      candidate.hidden = idle
      if (fresh !== null)
        arm(
          candidate,
          fresh,
          share > 0
            ? `answers ${percent(share)}`
            : mirror === "none"
              ? "gets none"
              : `gets ${mirror} of them again, answers nobody`,
        )
      mark(
        picture,
        "aria-label",
        `${old} answers ${percent(isOver ? 1 : 1 - share)} of the calls${idle ? "" : `, ${fresh} ${percent(share)}`}`,
      )
      const gap = idle ? top : 8
      picture.replaceChildren(
        ...(first > 0 || idle || isWarm
          ? [
              svg("path", {
                class: "stream",
                "data-arm": "incumbent",
                d: band(top, gap, Math.max(LEAST, first)),
              }),
            ]
          : []),
        ...(second > 0 && !idle
          ? [
              svg("path", {
                class: "stream",
                "data-arm": "candidate",
                d: band(top + first, TALL - 8 - second, Math.max(LEAST, second)),
              }),
            ]
          : []),
        ...(mirror !== "none" && !idle
          ? [
              svg("path", {
                class: "mirror",
                d: `M0 ${at(top + FLOW)}C${LONG / 2} ${at(top + FLOW)} ${LONG / 2} ${TALL - 10} ${LONG} ${TALL - 10}`,
              }),
            ]
          : []),
      )
    },
  }
}

/** From windows to the picture's units; what was left out keeps its place. */
export function scaleOf(rows: ReadonlyArray<PipelineRow>): (boundary: number) => number {
  const first = rows.at(0)?.boundary ?? 0
  const last = Math.max(first + 1, (rows.at(-1)?.boundary ?? 0) + 1)
  return (boundary) => (LONG * (boundary - first)) / (last - first)
}

/** Steps of a share as an area from the bottom. */
export function riverCourse(): {
  readonly element: HTMLElement
  readonly update: (rows: ReadonlyArray<PipelineRow>, name: string) => void
} {
  const picture = svg("svg", {
    class: "river-course",
    viewBox: `0 0 ${LONG} 100`,
    preserveAspectRatio: "none",
    role: "img",
  })
  const [from, to] = [h("span", {}), h("span", {})]
  return {
    element: h("div", {}, picture, h("div", { class: "ends small faint", "aria-hidden": "true" }, from, to)),
    update: (rows, name) => {
      const x = scaleOf(rows)
      const steps = rows.flatMap(({ boundary, pieces }) => {
        const place = pieces[name]
        return place === undefined ? [] : [{ boundary, ...place }]
      })
      const area = steps
        .map(({ boundary, share }) => `V${at(100 - 100 * share)}H${at(x(boundary + 1))}`)
        .join("")
      const shadow = steps
        .filter(({ state }) => state === "shadowing" || state === "training" || state === "germinated")
        .map(({ boundary }) => `M${at(x(boundary))} 94H${at(x(boundary + 1))}`)
        .join("")
      // A duel is a pair that came since the window before.
      const duels = steps.map(({ pairs, state, boundary }, i) => {
        const before = i > 0 && steps[i - 1].state === state ? (steps[i - 1].pairs ?? 0) : 0
        return { boundary, come: Math.max(0, (pairs ?? 0) - before) }
      })
      const most = Math.max(1, ...duels.map(({ come }) => come))
      const bars = duels
        .filter(({ come }) => come > 0)
        .map(({ boundary, come }) => `M${at(x(boundary + 0.5))} 0v${at(4 + (18 * come) / most)}`)
        .join("")
      const moves = steps
        .flatMap(({ state, boundary }, i) =>
          i > 0 && steps[i - 1].state !== state ? [`M${at(x(boundary))} 0V100`] : [],
        )
        .join("")
      say(from, rows.length === 0 ? "No window yet." : `window ${grouped(rows[0].boundary)}`)
      say(to, rows.length === 0 ? "" : grouped(rows.at(-1)?.boundary ?? 0))
      const last = steps.at(-1)
      mark(
        picture,
        "aria-label",
        `Share of the candidate by window, ${percent(last?.share ?? 0)} now; ${duels.reduce((sum, { come }) => sum + come, 0)} pairs`,
      )
      picture.replaceChildren(
        svg("rect", { class: "stream", "data-arm": "incumbent", x: 0, y: 0, width: LONG, height: 100 }),
        svg("path", {
          class: "stream",
          "data-arm": "candidate",
          d: steps.length === 0 ? "" : `M${at(x(steps[0].boundary))} 100${area}V100z`,
        }),
        svg("path", { class: "mirror", d: shadow }),
        svg("path", { class: "moves", d: moves }),
        svg("path", { class: "duels", d: bars }),
      )
    },
  }
}
