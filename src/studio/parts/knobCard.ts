/** One knob: where it stands in its range beside its base and baseline, and its way over time. */
import type { KnobEntry } from "../../node/studio/protocol.ts"
import { followReplay, nowOf } from "../chart/moment.ts"
import { timeChart } from "../chart/timeChart.ts"
import type { Scope } from "../core/cell.ts"
import { h, say } from "../core/dom.ts"
import { figure } from "../core/format.ts"
import type { Model } from "../core/Model.ts"

const HEIGHT = 92

/** Where a value stands in its knob's range, 0 to 1, on the knob's own scale. */
export function place({ min, max, scale }: KnobEntry, value: number): number {
  const share = scale === "log" ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)
  return Math.min(1, Math.max(0, share))
}

export function knobCard(model: Model, scope: Scope, knob: KnobEntry): HTMLElement {
  const { name } = knob
  const live = h("span", { class: "number" })
  const base = h("dd", {})
  const baseline = h("dd", {})
  const points = {
    live: h("i", { class: "at live" }),
    base: h("i", { class: "at base" }),
    baseline: h("i", { class: "at baseline" }),
  }
  const { value: track } = model.track
  const chart =
    track === null
      ? null
      : timeChart({
          label: `${name} over time`,
          height: HEIGHT,
          track,
          changed: model.track,
          axes: false,
          project: (value) => place(knob, value),
          nowUs: () => nowOf(model),
          cursorUs: () => model.replay.value?.atUs.value ?? null,
          level: () => model.snapshot.value?.baseline?.[name] ?? null,
          lines: [
            {
              name: "live",
              values: (of) => of.live.get(name) ?? [],
              color: "--series-2",
              width: 1,
              stepped: true,
            },
            {
              name: "base",
              values: (of) => of.base.get(name) ?? [],
              color: "--series-1",
              width: 2,
              stepped: true,
            },
          ],
        })
  if (chart !== null) {
    scope.add(chart.close)
    followReplay(model, scope, chart.update)
  }
  scope.watch([model.snapshot, model.track], () => {
    const { value: snapshot } = model.snapshot
    const at = {
      live: snapshot?.values[name] ?? track?.live.get(name)?.at(-1) ?? null,
      base: snapshot?.base[name] ?? track?.base.get(name)?.at(-1) ?? null,
      baseline: snapshot?.baseline?.[name] ?? null,
    }
    say(live, figure(at.live))
    say(base, figure(at.base))
    say(baseline, figure(at.baseline))
    for (const key of ["live", "base", "baseline"] as const) {
      const value = at[key]
      points[key].hidden = value === null
      if (value !== null) points[key].style.left = `${place(knob, value) * 100}%`
    }
  })
  return h(
    "article",
    { class: "card knob", "aria-label": `Knob ${name}` },
    h("header", {}, h("h2", { class: "knob-name" }, name), live),
    h(
      "div",
      { class: "ruler", "aria-hidden": "true" },
      h("span", { class: "rail" }, points.baseline, points.base, points.live),
      h(
        "span",
        { class: "ends small faint" },
        h("span", {}, figure(knob.min)),
        h("span", {}, knob.scale === "linear" ? "" : knob.scale),
        h("span", {}, figure(knob.max)),
      ),
    ),
    chart?.element ?? null,
    h(
      "dl",
      { class: "trio small" },
      h("div", {}, h("dt", { class: "soft" }, h("i", { class: "dot base" }), "Base"), base),
      h("div", {}, h("dt", { class: "soft" }, h("i", { class: "dot baseline" }), "Baseline"), baseline),
    ),
  )
}
