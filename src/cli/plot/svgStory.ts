/**
 * Under a curve, on its scale: a ribbon of what the landscape was taken for, with the reason where it changed, and the
 * reach of the trust region along each of its axes. Lines that part show a valley that is longer than it is wide.
 */
import type { LabelSpan, Reach, Story } from "../../study/story.ts"
import { makeAxis, tickText } from "../../study/ticks.ts"
import { type Colour, fill, fixed, LEFT, RIGHT, stroke, text } from "./svgPage.ts"

const COLOUR_OF: Readonly<Record<string, Colour>> = { quadratic: "classify", curved: "probe", noisy: "told" }
const colourOf = (label: string): Colour => COLOUR_OF[label] ?? "seed"

const RIBBON = 22
/** From the ribbon's top to its reasons, to the heading of the reach, and to the top and the bottom of its frame. */
const REASONS = 39
const ROW = 17
const HEADING = 90
const REACH_TOP = 104
const REACH_BOTTOM = 208
export const STORY_HEIGHT = 236
/** Widths of a letter of the ribbon and of a reason, so that none runs into the next. */
const LETTER = 7
const SMALL_LETTER = 6.2

type Place = (evaluation: number) => number

/** @param top of the story, and `curveTop` that of the curve: changes are marked from there down */
export function storySvg(
  { labels, reach }: Story,
  px: Place,
  top: number,
  curveTop: number,
): ReadonlyArray<string> {
  const bottom = reach.length === 0 ? top + RIBBON : top + REACH_BOTTOM
  return [
    ...changes(labels, px, curveTop, bottom),
    ...ribbon(labels, px, top),
    ...(reach.length === 0 ? [] : reachChart(reach, px, top)),
  ]
}

/** A line through everything where the label changed. */
const changes = (
  labels: ReadonlyArray<LabelSpan>,
  px: Place,
  from: number,
  to: number,
): ReadonlyArray<string> =>
  labels
    .slice(1)
    .map(
      ({ label, from: at }) =>
        `<path d="M${fixed(px(at))} ${from}V${to}" ${stroke(colourOf(label))} stroke-dasharray="3 4" opacity="0.75"/>`,
    )

function ribbon(labels: ReadonlyArray<LabelSpan>, px: Place, top: number): ReadonlyArray<string> {
  const free = [0, 0]
  return [
    text(LEFT - 10, top + 15, "n", "soft", "end", "landscape"),
    ...labels.flatMap(({ label, from, to, reason }) => {
      const start = px(from)
      const width = Math.max(2, px(to) - start)
      const words = `${label}${reason === null ? "" : `: ${reason}`}`
      const drawn = [
        `<g><title>${words}, from evaluation ${from} on</title><rect x="${fixed(start)}" y="${top}" width="${fixed(width)}" height="${RIBBON}" rx="3" ${fill(colourOf(label))} opacity="0.22"/></g>`,
      ]
      if (width > label.length * LETTER + 12)
        drawn.push(text(start + 7, top + 15, "p", colourOf(label), "start", label))
      // From the right edge where there is no room to its right.
      const length = (reason ?? "").length * SMALL_LETTER
      const at = Math.min(start, RIGHT - length)
      const row = free.findIndex((edge) => edge <= at)
      if (reason === null || row < 0) return drawn
      free[row] = at + length + 16
      return [...drawn, text(at, top + REASONS + row * ROW, "n", "soft", "start", reason)]
    }),
  ]
}

function reachChart(
  reach: ReadonlyArray<ReadonlyArray<Reach>>,
  px: Place,
  storyTop: number,
): ReadonlyArray<string> {
  const top = storyTop + REACH_TOP
  const bottom = storyTop + REACH_BOTTOM
  const all = reach.flat().flatMap(({ lengths }) => [lengths[0], lengths[lengths.length - 1]])
  const axis = makeAxis(Math.min(...all) / 1.5, Math.max(...all) * 1.5, true, 4)
  const py = (length: number): number => bottom - axis.at(length) * (bottom - top)
  const body = [
    text(
      LEFT,
      storyTop + HEADING,
      "n",
      "soft",
      "start",
      "reach of the trust region along each of its axes, in shares of a range",
    ),
  ]
  for (const tick of axis.ticks) {
    body.push(`<path d="M${LEFT} ${fixed(py(tick))}H${RIGHT}" ${stroke("grid")}/>`)
    body.push(text(LEFT - 10, py(tick) + 4, "n", "soft", "end", tickText(tick)))
  }
  for (const stretch of reach) body.push(...stretchSvg(stretch, px, py))
  return body
}

/** A band from the longest to the shortest axis, and a line for each axis that is drawn. */
function stretchSvg(
  stretch: ReadonlyArray<Reach>,
  px: Place,
  py: (length: number) => number,
): ReadonlyArray<string> {
  const most = Math.min(...stretch.map(({ lengths }) => lengths.length))
  const path = (k: number): string =>
    stretch
      .map(({ at, lengths }, i) => `${i === 0 ? "M" : "L"}${fixed(px(at))} ${fixed(py(lengths[k]))}`)
      .join("")
  const back = stretch
    .map(({ at, lengths }) => `L${fixed(px(at))} ${fixed(py(lengths[lengths.length - 1]))}`)
    .toReversed()
    .join("")
  const lines = Array.from(
    { length: most },
    (_, k) =>
      `<path d="${path(k)}" ${stroke("refine")} stroke-width="1.3" stroke-linejoin="round" opacity="0.85"/>`,
  )
  return [`<path d="${path(0)}${back}Z" ${fill("refine")} opacity="0.16"/>`, ...lines]
}
