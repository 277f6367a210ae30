/** Every engine that this studio shows, live and recorded, with a search over names, knobs and runs. */
import type { EngineEntry } from "../../node/studio/protocol.ts"
import { Cell, Scope } from "../core/cell.ts"
import { h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, counted, span } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { linkTo } from "../core/route.ts"
import { icon } from "../parts/icons.ts"
import type { View } from "./View.ts"

/** Rows that are drawn; the search finds the rest. */
const SHOWN = 300

const haystack = ({ name, id, runId, knobs, preset, source }: EngineEntry): string =>
  [name, id, runId, preset ?? "", source, ...knobs.map((knob) => knob.name)].join(" ").toLowerCase()

export function fleetView(model: Model): View {
  const scope = new Scope()
  const text = new Cell("")
  const search = h("input", {
    class: "input",
    type: "search",
    placeholder: "Name, knob, run",
    "aria-label": "Search engines",
    input: () => text.set(search.value),
  })
  const status = h("p", { class: "small soft", role: "status" })
  const list = h("ul", { class: "engines" })
  const nothing = h("div", { class: "empty" }, icon("nothing"), h("p", {}, "No engine matches."))
  const show = keyed<EngineEntry>(
    list,
    ({ id }) => id,
    (entry) => {
      const { knobs, recording } = entry
      const named = knobs.slice(0, 4).map(({ name }) => h("span", { class: "tag" }, name))
      const link = h(
        "a",
        { class: "engine", href: linkTo("overview", { engine: entry.id }) },
        h("span", { class: "name" }, entry.name),
        h("span", { class: "tag", "data-tone": entry.source === "live" ? "live" : "accent" }, entry.source),
        h("span", { class: "small soft goal" }, `${entry.objective}, ${entry.preset ?? "own guardrails"}`),
        h(
          "span",
          { class: "tags" },
          ...named,
          knobs.length > 4 ? h("span", { class: "small faint" }, `and ${knobs.length - 4} more`) : null,
        ),
        h(
          "span",
          { class: "small faint run mono" },
          recording === null
            ? entry.runId
            : `${clock(recording.fromUs)}, ${span(recording.toUs - recording.fromUs)}`,
        ),
      )
      return {
        element: h("li", {}, link),
        update: () => mark(link, "aria-current", entry.id === model.engine.value?.id ? "true" : null),
      }
    },
  )
  // Engines come and go while nobody looks.
  void model.refresh()
  scope.watch([model.session, model.engine, text], () => {
    const all = model.session.value?.engines ?? []
    const parts = text.value.toLowerCase().split(/\s+/)
    const found = all.filter((entry) => parts.every((part) => haystack(entry).includes(part)))
    show(found.slice(0, SHOWN))
    nothing.hidden = found.length > 0
    const rest = found.length > SHOWN ? `; the first ${SHOWN} are shown` : ""
    say(status, capital(`${counted(found.length, "engine")} of ${all.length}${rest}`))
  })
  return {
    title: "Fleet",
    element: h(
      "div",
      { class: "fleet" },
      h(
        "section",
        { class: "card", "aria-label": "Engines" },
        h("div", { class: "search-row" }, search),
        status,
        list,
        nothing,
      ),
    ),
    close: scope.close,
  }
}
