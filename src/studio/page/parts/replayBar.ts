/** The bar under the top of a recorded run: play, step, speed, and a slider over the whole recording with its marks. */
import type { HistoryMark } from "../../protocol/protocol.ts"
import type { Scope } from "../core/cell.ts"
import { fill, h, mark, say } from "../core/dom.ts"
import { clock, isolated, span } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import type { ReplayFeed } from "../core/ReplayFeed.ts"
import { icon } from "./icons.ts"

const SPEEDS = [1, 5, 20, 100]
/** Steps of the slider over the whole recording. */
const STEPS = 2000
const MARKED: ReadonlyArray<HistoryMark["kind"]> = ["trip", "rollback", "baseline", "killed"]

export function replayBar(model: Model, replay: ReplayFeed, scope: Scope): HTMLElement {
  const length = Math.max(1, replay.toUs - replay.fromUs)
  const play = h("button", { class: "button square", "data-kind": "primary", click: () => replay.toggle() })
  const slider = h("input", {
    type: "range",
    min: 0,
    max: STEPS,
    step: 1,
    "aria-label": "Moment of the recording",
    input: () => {
      replay.playing.set(false)
      replay.seek(replay.fromUs + (Number(slider.value) / STEPS) * length)
    },
  })
  const now = h("output", { class: "now" })
  const ticks = h("div", { class: "ticks", "aria-hidden": "true" })
  const speed = h(
    "select",
    { class: "input" },
    ...SPEEDS.map((factor) => h("option", { value: factor }, `${factor}×`)),
  )
  speed.addEventListener("change", () => replay.speed.set(Number(speed.value)))
  scope.watch([replay.playing], () => {
    const { value: playing } = replay.playing
    fill(play, icon(playing ? "pause" : "play"))
    mark(play, "aria-label", playing ? "Pause the replay" : "Play the replay")
  })
  scope.watch([replay.atUs], () => {
    const passed = replay.atUs.value - replay.fromUs
    slider.value = String(Math.round((passed / length) * STEPS))
    const text = clock(replay.atUs.value, 1)
    say(now, text)
    mark(slider, "aria-valuetext", `${text}, ${span(passed)} after the start`)
  })
  scope.watch([model.track], () => {
    const marks = (model.track.value?.marks ?? []).filter(({ kind }) => MARKED.includes(kind))
    fill(
      ticks,
      ...marks.map(({ atUs, kind }) => {
        const tick = h("i", { "data-kind": kind })
        tick.style.left = `${((atUs - replay.fromUs) / length) * 100}%`
        return tick
      }),
    )
  })
  const { value: engine } = model.engine
  const recording = engine?.recording ?? null
  const end = recording === null || recording.ended ? "Stopped" : "Killed here"
  return h(
    "section",
    { class: "card replay", "aria-label": "Replay" },
    h(
      "p",
      { class: "of small soft" },
      h("strong", {}, isolated(engine?.name ?? "")),
      ` recorded ${clock(replay.fromUs)}, ${span(length)}`,
    ),
    h(
      "div",
      { class: "tools" },
      h(
        "button",
        { class: "button square", "aria-label": "Step back", click: () => replay.step(-1) },
        icon("back"),
      ),
      play,
      h(
        "button",
        { class: "button square", "aria-label": "Step on", click: () => replay.step(1) },
        icon("forward"),
      ),
    ),
    h("div", { class: "track" }, ticks, slider),
    now,
    h("span", { class: "tag", "data-tone": end === "Stopped" ? null : "trip" }, end),
    h("label", { class: "speed small soft" }, "Speed", speed),
  )
}
