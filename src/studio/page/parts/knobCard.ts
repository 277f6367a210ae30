/** One knob: where it stands in its range beside its base and baseline, and its way over time. */
import type { KnobEntry } from "../../protocol/protocol.ts"
import { followReplay, nowOf, type TimelineModel } from "../chart/moment.ts"
import { timeChart } from "../chart/timeChart.ts"
import { Scope } from "../core/cell.ts"
import { fill, h, say } from "../core/dom.ts"
import { counted, figure } from "../core/format.ts"

const HEIGHT = 92

/** Where a value stands in its knob's range, 0 to 1, on the knob's own scale. */
function place({ min, max, scale }: KnobEntry, value: number): number {
  const share = scale === "log" ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)
  return Math.min(1, Math.max(0, share))
}

/** Cards at the same time; of more knobs those are shown that a search finds. */
const MOST_CARDS = 24

/** Every knob as a card, with a search where there are too many to be seen at once. */
export function knobCards(
  model: TimelineModel,
  scope: Scope,
  { knobs }: { readonly knobs: ReadonlyArray<KnobEntry> },
): HTMLElement {
  const grid = h("div", { class: "knobs" })
  let shown = new Scope()
  scope.add(() => shown.close())
  const show = (text: string): void => {
    shown.close()
    shown = new Scope()
    const found = knobs.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    say(status, `${Math.min(MOST_CARDS, found.length)} of ${counted(knobs.length, "knob")} shown`)
    fill(grid, ...found.slice(0, MOST_CARDS).map((knob) => knobCard(model, shown, knob)))
  }
  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Name of a knob",
    "aria-label": "Search knobs",
    input: () => show(search.value.trim()),
  })
  const status = h("p", { class: "small soft", role: "status" })
  show("")
  return h(
    "section",
    { class: "stack", "aria-label": "Knobs" },
    knobs.length > MOST_CARDS ? h("div", { class: "search-row" }, search, status) : null,
    grid,
  )
}

function knobCard(model: TimelineModel, scope: Scope, knob: KnobEntry): HTMLElement {
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
