/**
 * Dynamics: does the loop swing? What the stability watch of the engine says, and pictures of the last windows, live or at the moment of a
 * replay. Shown for engines with `stability`.
 */
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import { correlogram, framed, recurrencePlot, thresholdPlane, trajectory } from "../chart/dynamics.ts"
import { Scope } from "../core/cell.ts"
import { h, mark, say } from "../core/dom.ts"
import { dynamicsOf, LEAST_WINDOWS } from "../core/dynamics.ts"
import { clock, figure, grouped, percent } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { tilesOf } from "../parts/tiles.ts"
import type { View } from "./View.ts"

type State = NonNullable<EngineSnapshot["stability"]>

/** Name of a phase, its colour, and a sentence. */
const PHASES: Readonly<Record<State["phase"], readonly [string, "live" | "safe" | "trip" | null, string]>> = {
  learning: ["learning", null, "Learning what a healthy loop is like."],
  stable: ["stable", "live", "The loop is as it was when it was healthy."],
  unstable: ["unstable", "trip", "The loop is unstable."],
  unknown: [
    "unknown",
    "safe",
    "A window is missing, or SafeMode has just ended: nothing can be said until that is out of sight.",
  ],
}

/** Tiles in order: what each is called, and what it shows. */
const TILES: ReadonlyArray<readonly [string, (state: State) => string]> = [
  ["Deviation, times healthy", ({ now }) => (now.ratio > 0 ? figure(now.ratio) : "–")],
  ["Oscillation index", ({ now }) => figure(now.index)],
  ["Period, windows", ({ now }) => (now.periodWindows === null ? "–" : grouped(now.periodWindows))],
  ["Growth a period", ({ now }) => percent(now.growth)],
  ["Windows seen", ({ windows }) => grouped(windows)],
]

const calmly = ({ windowsLeft, windowsPerReading, stepShare }: NonNullable<State["calm"]>): string =>
  `The tuner goes calmly for ${grouped(windowsLeft)} more windows: ${windowsPerReading} windows a reading, steps at most ${percent(stepShare)} as large.`

export function dynamicsView(model: Model): View {
  const scope = new Scope()
  const pictures = [trajectory(), recurrencePlot(), correlogram()]
  const [moving, returning, resembling] = pictures
  const nothing = h("p", { class: "empty" }, `The pictures need ${LEAST_WINDOWS} windows.`)
  const frames = [
    framed(
      "Trajectory",
      moving.element,
      "The objective beyond its level, against itself a quarter of a swing later. A ring is a swing, a cloud is noise.",
    ),
    framed(
      "Recurrence",
      returning.element,
      "Moments that resemble each other, oldest at the lower left. Stripes are a swing, dust is noise.",
    ),
    framed(
      "Autocorrelation",
      resembling.element,
      "Resemblance to itself, by distance in windows. A wave is a swing; noise dies at once.",
    ),
  ]
  const plane = h("div", { class: "plane" })
  scope.watch(
    [model.track, model.snapshot, ...(model.replay.value === null ? [] : [model.replay.value.atUs])],
    () => {
      const { value: track } = model.track
      const untilUs = model.replay.value?.atUs.value ?? Number.POSITIVE_INFINITY
      const dynamics = track === null ? null : dynamicsOf(track, untilUs)
      nothing.hidden = dynamics !== null
      for (const frame of frames) frame.hidden = dynamics === null
      if (dynamics !== null) for (const one of pictures) one.update(dynamics)
    },
  )
  return {
    title: "Dynamics",
    element: h(
      "div",
      { class: "dynamics" },
      verdict(model, scope, plane),
      h("div", { class: "pictures" }, plane, ...frames),
      nothing,
    ),
    close: scope.close,
  }
}

function verdict(model: Model, scope: Scope, plane: HTMLElement): HTMLElement {
  const phase = h("span", { class: "tag" })
  const sentence = h("p", {})
  const last = h("p", { class: "small soft" })
  const tiles = tilesOf(TILES.map(([name]) => name))
  const card = h(
    "section",
    { class: "card", "aria-label": "Stability of the loop" },
    h("header", {}, h("h2", {}, "Stability of the loop"), phase),
    sentence,
    tiles.element,
    last,
  )
  let drawn: ReturnType<typeof thresholdPlane> | null = null
  scope.watch([model.snapshot], () => {
    const state = model.snapshot.value?.stability ?? null
    card.hidden = state === null
    plane.hidden = state === null
    if (state === null) return
    const [name, tone, words] = PHASES[state.phase]
    say(phase, name)
    mark(phase, "data-tone", tone)
    say(sentence, state.calm === null ? words : `${words} ${calmly(state.calm)}`)
    tiles.update(TILES.map(([, text]) => text(state)))
    last.hidden = state.last === null
    if (state.last !== null) say(last, `Tripped at ${clock(state.last.atUs)}. ${state.last.text}`)
    if (drawn === null) {
      drawn = thresholdPlane(state.thresholds)
      plane.append(
        framed(
          "Threshold",
          drawn.element,
          "Deviation (up) over oscillation index (right, 0 to 1). In the red region the latch trips after three checks.",
        ),
      )
    }
    drawn.update(state.now.index, state.now.ratio)
  })
  return card
}
