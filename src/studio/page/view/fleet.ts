/**
 * Everything that this studio shows: fleets with their engines, one of those in detail where the address names its key, and engines
 * that stand alone, live and recorded, with a search over names, knobs and runs.
 */
import type { EngineEntry, FleetEntry } from "../../protocol/protocol.ts"
import { Cell, Scope } from "../core/cell.ts"
import { fill, h, keyed, mark, say } from "../core/dom.ts"
import { capital, clock, counted, span } from "../core/format.ts"
import type { Model } from "../core/Model.ts"
import { linkTo, route } from "../core/route.ts"
import { fleetEngine } from "../parts/fleetEngine.ts"
import { fleetList } from "../parts/fleetList.ts"
import { icon } from "../parts/icons.ts"
import type { View } from "./View.ts"

/** Rows that are drawn; the search finds the rest. */
const SHOWN = 300

const haystack = ({ name, id, runId, knobs, preset, source }: EngineEntry): string =>
  [name, id, runId, preset ?? "", source, ...knobs.map((knob) => knob.name)].join(" ").toLowerCase()

export function fleetView(model: Model): View {
  const scope = new Scope()
  const body = h("div", { class: "fleet" })
  let inner = new Scope()
  let drawn = ""
  scope.add(() => inner.close())
  // Engines come and go while nobody looks.
  void model.refresh()
  scope.watch([model.session, route], () => {
    if (route.value.view !== "fleet") return
    const { value: session } = model.session
    const fleets = session?.fleets ?? []
    const { query } = route.value
    const key = query.get("key")
    const one = key === null ? undefined : (fleets.find(({ id }) => id === query.get("fleet")) ?? fleets[0])
    const alone = fleets.length === 0 || (session?.engines.length ?? 0) > 0
    const wanted = JSON.stringify([fleets, one === undefined ? null : [one.id, key], alone])
    // What stands on the page stays while it is what is wanted: its time lines and its search are its own.
    if (wanted === drawn) return
    drawn = wanted
    inner.close()
    inner = new Scope()
    if (one !== undefined && key !== null) fill(body, fleetEngine(model, inner, one, key))
    else fill(body, ...lists(model, inner, fleets), alone ? engineList(model, inner) : null)
  })
  return { title: "Fleet", element: body, close: scope.close }
}

const lists = (model: Model, scope: Scope, fleets: ReadonlyArray<FleetEntry>): ReadonlyArray<HTMLElement> =>
  fleets.map((fleet) => fleetList(model, scope, fleet))

function engineList(model: Model, scope: Scope): HTMLElement {
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
            : `began ${clock(recording.fromUs)}, lasted ${span(recording.toUs - recording.fromUs)}`,
        ),
      )
      return {
        element: h("li", {}, link),
        update: () => mark(link, "aria-current", entry.id === model.engine.value?.id ? "true" : null),
      }
    },
  )
  scope.watch([model.session, model.engine, text], () => {
    const all = model.session.value?.engines ?? []
    const parts = text.value.toLowerCase().split(/\s+/)
    const found = all.filter((entry) => parts.every((part) => haystack(entry).includes(part)))
    show(found.slice(0, SHOWN))
    nothing.hidden = found.length > 0
    const rest = found.length > SHOWN ? `; the first ${SHOWN} are shown` : ""
    const kind = all.every(({ recording }) => recording !== null) ? "recorded run" : "engine"
    const of = found.length === all.length ? "" : ` of ${all.length}`
    say(status, capital(`${counted(found.length, kind)}${of}${rest}`))
  })
  return h(
    "section",
    { class: "card", "aria-label": "Engines" },
    h("div", { class: "search-row" }, search),
    status,
    list,
    nothing,
  )
}
