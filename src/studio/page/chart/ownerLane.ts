/** Who owned a tuner when, as one lane over time, with a mark wherever another owner began. Where nobody owned it the lane is empty. */
import type { OwnerSpan } from "../../protocol/tunerProtocol.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { counted, isolated } from "../core/format.ts"

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** What ticks may be apart. */
const STEPS_MS = [
  ...[1, 5, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 5, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 30, 90, 365].map((n) => n * DAY_MS),
]
const MOST_TICKS = 6
/** A tick further left would stand out of the card, and one further right on the one that says "now". */
const FIRST_TICK = 0.09
const LAST_TICK = 0.92
/** So long a lane has at least. */
const LEAST_MS = 10 * SECOND_MS

/** How a change of owners is shown and called. */
export const CHANGES = {
  wentOn: ["◆", "move"],
  baseline: ["✕", "death"],
} as const

interface Drawn {
  readonly span: OwnerSpan
  /** In shares of the lane. */
  readonly from: number
  readonly seen: number
  readonly until: number
}

/** The address of a runner, without which start of it this is. */
export const runnerName = (runner: string): string => runner.split(" ")[0]

export interface Lane {
  readonly element: HTMLElement
  /** `backMs`: how far it goes back; infinite: to the first owner. */
  readonly update: (spans: ReadonlyArray<OwnerSpan>, nowMs: number, backMs: number) => void
}

export function ownerLane(): Lane {
  const marks = h("div", { class: "owner-marks" })
  const track = h("div", { class: "owner-track" })
  const ticks = h("div", { class: "owner-ticks small faint" })
  const element = h("div", { class: "owner-lane", role: "img" }, marks, track, ticks)
  const showSpans = keyed<Drawn>(track, ({ span }) => String(span.epoch), bar)
  const showMarks = keyed<Drawn>(marks, ({ span }) => String(span.epoch), changeMark)
  const showTicks = keyed<readonly [string, number]>(ticks, ([text]) => text, tick)
  const update = (spans: ReadonlyArray<OwnerSpan>, nowMs: number, backMs: number): void => {
    const endMs = Math.max(nowMs, ...spans.map(({ seenMs }) => seenMs))
    const firstMs = spans.at(0)?.fromMs ?? endMs
    const fromMs = Math.min(Math.max(firstMs, endMs - backMs), endMs - LEAST_MS)
    const share = (ms: number): number => (Math.max(fromMs, ms) - fromMs) / (endMs - fromMs)
    const drawn = spans
      .map((span) => ({
        span,
        from: share(span.fromMs),
        seen: share(span.untilMs === null ? endMs : span.seenMs),
        until: share(span.untilMs ?? endMs),
      }))
      .filter(({ span }) => (span.untilMs ?? endMs) >= fromMs)
    const changes = drawn.filter(({ span }) => span.began !== "first" && span.fromMs >= fromMs)
    showSpans(drawn)
    showMarks(changes)
    showTicks(ticksOf(fromMs, endMs))
    mark(element, "aria-label", laneText(spans.at(-1), changes))
  }
  return { element, update }
}

/** In words: who owns it, and what happened before. */
function laneText(last: OwnerSpan | undefined, changes: ReadonlyArray<Drawn>): string {
  const now =
    last === undefined || last.untilMs !== null ? "Nobody owns it now" : `Owned by ${runnerName(last.runner)}`
  return `${now}, ${changesText(changes.map(({ span }) => span))}`
}

/** "3 changes of owners: 2 moves, 1 death". */
export function changesText(spans: ReadonlyArray<OwnerSpan>): string {
  const kinds = (["wentOn", "baseline"] as const).flatMap((began) => {
    const count = spans.filter((span) => span.began === began).length
    return count === 0 ? [] : [counted(count, CHANGES[began][1])]
  })
  const count = spans.filter(({ began }) => began !== "first").length
  return count === 0 ? "no change of owners" : `${counted(count, "change")} of owners: ${kinds.join(", ")}`
}

function bar({ span: { runner, epoch } }: Drawn) {
  const sure = h("span", { class: "sure" }, h("span", { class: "name" }, isolated(runnerName(runner))))
  const element = h("div", { class: "owner", title: `epoch ${epoch}, ${runner}` }, sure)
  return {
    element,
    update: ({ span, from, seen, until }: Drawn) => {
      mark(element, "data-now", span.untilMs === null)
      element.style.left = percentOf(from)
      element.style.width = percentOf(until - from)
      sure.style.width = percentOf(until > from ? (seen - from) / (until - from) : 1)
    },
  }
}

function changeMark({ span: { began, runner } }: Drawn) {
  const [sign, word] = began === "first" ? ["", ""] : CHANGES[began]
  const element = h(
    "span",
    { class: "owner-mark", "data-began": began, title: `${word}, then ${runnerName(runner)}` },
    sign,
  )
  return { element, update: ({ from }: Drawn) => void (element.style.left = percentOf(from)) }
}

function tick([text]: readonly [string, number]) {
  const element = h("span", {}, text)
  return {
    element,
    update: ([, at]: readonly [string, number]) => {
      say(element, text)
      element.style.left = percentOf(at)
    },
  }
}

const percentOf = (share: number): string => `${(100 * share).toFixed(2)}%`

/** Round times of the local clock, and now. */
function ticksOf(fromMs: number, endMs: number): ReadonlyArray<readonly [string, number]> {
  const length = endMs - fromMs
  const step = STEPS_MS.find((one) => length / one <= MOST_TICKS) ?? length
  const zone = new Date(endMs).getTimezoneOffset() * MINUTE_MS
  const first = Math.ceil((fromMs + FIRST_TICK * length - zone) / step) * step + zone
  const ticks: Array<readonly [string, number]> = []
  for (let ms = first; (ms - fromMs) / length < LAST_TICK; ms += step)
    ticks.push([tickText(ms, step), (ms - fromMs) / length])
  return [...ticks, ["now", 1]]
}

function tickText(ms: number, step: number): string {
  const date = new Date(ms)
  if (step >= DAY_MS) return date.toLocaleDateString(undefined, { month: "short", day: "numeric" })
  const seconds = step < MINUTE_MS ? ({ second: "2-digit" } as const) : {}
  return date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false, ...seconds })
}
