/**
 * What else was reported, as small charts on the time line of the objective: load, latency, errors, and what Tier 1 refused. Without the load
 * a change of it would look like one of the tuning. A channel that nobody reports has no chart.
 */
import { followReplay, nowOf } from "../chart/moment.ts"
import { timeChart } from "../chart/timeChart.ts"
import type { Scope } from "../core/cell.ts"
import { h, say } from "../core/dom.ts"
import { figure, percent } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import type { Track } from "../core/Track.ts"

const HEIGHT = 64

interface Vital {
  readonly name: string
  readonly color: string
  readonly values: (track: Track) => ReadonlyArray<number | null>
  readonly text: (value: number | null | undefined) => string
  /** Nothing but zeros is nothing to show. */
  readonly rare?: boolean
}

const VITALS: ReadonlyArray<Vital> = [
  {
    name: "Load (throughput)",
    color: "--series-2",
    values: ({ throughput }) => throughput,
    text: (value) => `${figure(value)}/s`,
  },
  {
    name: "p99 latency",
    color: "--series-3",
    values: ({ latency }) => latency,
    text: (value) => `${figure(value === null || value === undefined ? value : value / 1000)} ms`,
  },
  { name: "Errors", color: "--trip-line", values: ({ errors }) => errors, text: percent },
  {
    name: "Refused",
    color: "--safe-line",
    values: ({ refused }) => refused,
    text: (value) => figure(value),
    rare: true,
  },
]

export function vitals(model: Model, scope: Scope): HTMLElement {
  const { value: track } = model.track
  const row = h("section", { class: "vitals", "aria-label": "Load, latency and errors" })
  if (track === null) return row
  for (const { name, color, values, text, rare = false } of VITALS) {
    const value = h("span", { class: "number" })
    const chart = timeChart({
      label: `${name} over time`,
      height: HEIGHT,
      track,
      changed: model.track,
      axes: false,
      fromZero: true,
      nowUs: () => nowOf(model),
      cursorUs: () => model.replay.value?.atUs.value ?? null,
      figure: text,
      lines: [{ name: name.toLowerCase(), values, color, stepped: rare, fill: true }],
    })
    scope.add(chart.close)
    followReplay(model, scope, chart.update)
    const card = h(
      "article",
      { class: "card vital", "aria-label": name },
      h("header", {}, h("h2", {}, name), value),
      chart.element,
    )
    row.append(card)
    scope.watch([model.track], () => {
      const all = values(track)
      card.hidden = !all.some((one) => one !== null && Number.isFinite(one) && (!rare || one !== 0))
      say(
        value,
        text(
          rare ? all.reduce<number>((sum, one) => sum + (one ?? 0), 0) : all.findLast((one) => one !== null),
        ),
      )
    })
  }
  scope.watch([model.track], () => {
    row.hidden = Array.from(row.children).every((card) => (card as HTMLElement).hidden)
  })
  return row
}
