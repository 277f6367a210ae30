/** The page's icons, drawn on a 24 by 24 field in one line weight. */
import { svg } from "../core/dom.ts"

const PATHS = {
  overview: "M4 19V11 M10 19V5 M16 19v-6 M22 19H2",
  statecharts: "M4 4h7v5H4z M13 15h7v5h-7z M7.5 9v8.5H13 M16.5 15V6.5H11",
  dynamics: "M3 12c2-7 4-7 6 0s4 7 6 0s4-7 6 0",
  audit: "M5 3h10l4 4v14H5z M9 12h6 M9 16h6 M9 8h2",
  solver: "M3 17l5-6 4 3 5-8 4 4 M3 21h18",
  growth: "M12 21V9 M12 14c-5 0-7-3-7-7c4 0 7 2 7 7 M12 11c0-4 2-7 7-7c0 5-3 7-7 7",
  pipeline: "M3 9h6c5 0 4-4 9-4h3 M3 14h6c5 0 4 5 9 5h3 M3 11.5h8",
  replicas: "M12 3v6 M12 9L5 15 M12 9l7 6 M12 9v6 M3 15h4v5H3z M10 15h4v5h-4z M17 15h4v5h-4z",
  studies: "M9 3h6 M10 3v6L5 19a1.5 1.5 0 0 0 1.4 2h11.2a1.5 1.5 0 0 0 1.4-2L14 9V3 M7.5 15h9",
  campaigns: "M3 12h4 M17 12h4 M7 12l3 3 6-7 M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18",
  fleet: "M4 5h16v5H4z M4 14h16v5H4z M8 7.5h.01 M8 16.5h.01",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14 M16 16l4.5 4.5",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8 M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M5 19l1.4-1.4 M17.6 6.4L19 5",
  moon: "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z",
  system: "M3 5h18v11H3z M8 20h8 M12 16v4",
  help: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18 M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1 .9-1 1.7 M12 16.8h.01",
  command: "M5 8l4 4-4 4 M12 17h7",
  play: "M7 4l13 8-13 8z",
  pause: "M8 5v14 M16 5v14",
  back: "M18 5l-9 7 9 7z M6 5v14",
  forward: "M6 5l9 7-9 7z M18 5v14",
  fit: "M4 9V4h5 M20 9V4h-5 M4 15v5h5 M20 15v5h-5",
  plus: "M12 5v14 M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12 M18 6L6 18",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8z M9 9l6 6 M15 9l-6 6",
  steer: "M4 7h9 M17 7h3 M15 5v4 M4 17h3 M11 17h9 M9 15v4",
  lock: "M6 11h12v9H6z M9 11V8a3 3 0 0 1 6 0v3",
  nothing: "M4 13l2.5-8h11L20 13v6H4z M4 13h5l1 2h4l1-2h5",
} as const

export type IconName = keyof typeof PATHS

/** Decoration: the words beside it say what it means. */
export const icon = (name: IconName): SVGSVGElement =>
  svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }))

/** The mark: a point between two probes, and the base it moves. */
export const brandMark = (): SVGSVGElement =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 2, "aria-hidden": "true" },
    svg("path", { d: "M3 19C7 19 8 6 12 6s5 13 9 13", "stroke-linecap": "round" }),
    svg("circle", { cx: 12, cy: 6, r: 2.6, fill: "currentColor", stroke: "none" }),
  )
